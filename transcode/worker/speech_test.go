package worker

import (
	"math"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/internal/tone"
	"github.com/roombridge/roombridge/transcode/wire"
)

// hum is a second of a tone, as samples for speech.
func hum(hz float64) []int16 {
	var pcm []int16
	for _, v := range tone.Make(hz, 0.3, transcode.SpeechRate, transcode.SpeechRate) {
		pcm = append(pcm, codec.Int16(v))
	}
	return pcm
}

// A sound comes out of each codec as it went in, in packets of the time wanted.
func TestSpeechInEveryCodec(t *testing.T) {
	for _, a := range audios {
		if a.encoder == nil {
			t.Logf("this build does not encode %s", a.name)
			continue
		}
		for _, ptime := range a.ptimes {
			clocks := []int{a.clock}
			if a.name == media.G7221 {
				clocks = []int{16000, 32000}
			}
			for _, clock := range clocks {
				s := transcode.Speech{Codec: a.name, ClockRate: clock, PTime: ptime, PCM: hum(440)}
				out, err := encodeSpeech(s)
				if err != nil || out.PTime != ptime || len(out.Frames) < 1000/ptime || len(out.Frames) > 1000/ptime+1 {
					t.Errorf("%s, %d ms: %d frames of %d ms, %v", a.name, ptime, len(out.Frames), out.PTime, err)
					continue
				}
				pcm, rate := heard(t, a, s, out.Frames)
				if got := tone.Level(pcm[len(pcm)/2:len(pcm)*9/10], 440, rate); math.Abs(got-tone.DB(0.3)) > 2 {
					t.Errorf("%s, %d ms: %.1f dB, want %.1f", a.name, ptime, got, tone.DB(0.3))
				}
			}
		}
	}
}

func heard(t *testing.T, a audio, s transcode.Speech, frames [][]byte) ([]float32, int) {
	t.Helper()
	d, err := a.decoder(transcode.Input{Codec: s.Codec, ClockRate: s.ClockRate, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var all []float32
	pcm := make([]float32, codec.MaxFrame)
	for _, f := range frames {
		n, err := d.Decode(pcm, f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pcm[:n]...)
	}
	return all, d.Rate()
}

func TestSpeechRefusals(t *testing.T) {
	for _, c := range []media.Codec{"", "GSM", media.H264} {
		if _, err := encodeSpeech(transcode.Speech{Codec: c, PCM: hum(440)}); err == nil {
			t.Errorf("%q is encoded", c)
		}
	}
	if out, err := encodeSpeech(transcode.Speech{Codec: media.PCMA}); err != nil || len(out.Frames) != 0 {
		t.Errorf("nothing became %d frames, %v", len(out.Frames), err)
	}
}

// A sound is asked for and comes over the socket; a damaged request ends the worker.
func TestServeSpeaks(t *testing.T) {
	g := serve(t)
	g.until(wire.Hello, nil)
	request, err := transcode.AppendSpeech(nil, transcode.Speech{Codec: media.PCMU, ClockRate: 8000, PCM: hum(300)})
	if err != nil {
		t.Fatal(err)
	}
	g.send(wire.Message{Kind: wire.Speech, ID: 4, Payload: request})
	m := g.until(wire.Spoken, func(m wire.Message) bool { return m.ID == 4 })
	if s, err := transcode.ParseSpoken(m.Payload); err != nil || s.PTime != 20 || len(s.Frames) != 50 || len(s.Frames[0]) != 160 {
		t.Errorf("%d frames of %d ms, %v", len(s.Frames), s.PTime, err)
	}
	wrong, _ := transcode.AppendSpeech(nil, transcode.Speech{Codec: "GSM", PCM: hum(300)})
	g.send(wire.Message{Kind: wire.Speech, ID: 5, Payload: wrong})
	g.until(wire.Error, func(m wire.Message) bool { return m.ID == 5 && wire.Kind(m.Seq) == wire.Speech })
	g.send(wire.Message{Kind: wire.Speech, ID: 6, Payload: []byte{0, 200, '{'}})
	go func() {
		for _, err := g.read.Next(); err == nil; _, err = g.read.Next() {
		}
	}()
	if err := <-g.ended; err == nil {
		t.Error("a damaged request is no error")
	}
}

// What stays in the resampler's filter comes out, too.
func TestResampledKeepsTheEnd(t *testing.T) {
	in := slices.Concat(make([]int16, 1000), hum(500)[:600])
	for _, rate := range []int{8000, 32000, 48000} {
		out := resampled(in, rate)
		if want := len(in) * rate / transcode.SpeechRate; len(out) < want-2 || len(out) > want {
			t.Errorf("%d samples at %d Hz, want %d", len(out), rate, want)
		}
		if end := out[len(out)-rate/100:]; tone.RMS(end) < 0.1 {
			t.Errorf("%d Hz: the end is lost: %.3f", rate, tone.RMS(end))
		}
	}
}
