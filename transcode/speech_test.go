package transcode

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// A worker speaks, and the next one does when it dies over it.
func TestSay(t *testing.T) {
	s, _ := supervise(t, workerPath)
	m := open(t, s, newTold())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, err := m.Say(ctx, Speech{Codec: media.PCMA, ClockRate: 8000, PCM: make([]int16, SpeechRate/2)})
	if err != nil || got.PTime != 20 || len(got.Frames) != 25 || len(got.Frames[0]) != 160 {
		t.Fatalf("%d frames of %d ms, %v", len(got.Frames), got.PTime, err)
	}
	if _, err := m.Say(ctx, Speech{Codec: "GSM"}); err == nil || !strings.Contains(err.Error(), "GSM") {
		t.Errorf("%v", err)
	}
	if _, err := m.Say(ctx, Speech{Codec: media.PCMA, PCM: make([]int16, MaxSpeech+1)}); err == nil {
		t.Error("more than a minute")
	}
}

// A worker that never reads is not waited for, and what is asked of it is bounded.
func TestSayToTheDeaf(t *testing.T) {
	s, _ := supervise(t, fake(t, "never-reads"))
	m := open(t, s, newTold())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	refused := make(chan error, 40)
	for range cap(refused) {
		go func() {
			_, err := m.Say(ctx, Speech{Codec: media.PCMA, PCM: make([]int16, MaxSpeech)})
			refused <- err
		}()
	}
	for range cap(refused) {
		if err := <-refused; err == nil {
			t.Error("an answer of a worker that reads nothing")
		}
	}
}

func TestSpeechFormats(t *testing.T) {
	want := Speech{Codec: media.G722, ClockRate: 8000, PTime: 30, PCM: []int16{1, -2, 32767, -32768}}
	b, err := AppendSpeech(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseSpeech(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	spoken := Spoken{PTime: 20, Frames: [][]byte{{1, 2}, {3}}}
	if got, err := ParseSpoken(AppendSpoken(nil, spoken)); err != nil || !reflect.DeepEqual(got, spoken) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, b := range map[string][]byte{
		"nothing": {}, "no time": {0, 0}, "half a length": {0, 20, 0}, "an empty packet": {0, 20, 0, 0}, "a short one": {0, 20, 0, 5, 1},
	} {
		if _, err := ParseSpoken(b); err == nil {
			t.Errorf("%s is an answer", name)
		}
	}
}

func FuzzSpeech(f *testing.F) {
	b, _ := AppendSpeech(nil, Speech{Codec: media.PCMU, PCM: []int16{1, 2, 3}})
	f.Add(b)
	f.Add(AppendSpoken(nil, Spoken{PTime: 20, Frames: [][]byte{{1}, {2, 3}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseSpeech(b); err == nil && len(s.PCM) > MaxSpeech {
			t.Fatal("too long")
		}
		if s, err := ParseSpoken(b); err == nil && string(AppendSpoken(nil, s)) != string(b) {
			t.Fatalf("%+v", s)
		}
	})
}
