package player

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/pcm"
	"github.com/roombridge/roombridge/bridge/player/tone"
)

var spoken = []media.Codec{media.PCMU, media.PCMA, media.G722}

// decodeAll decodes frames and analyses the sound.
func decodeAll(t *testing.T, c media.Codec, frames [][]byte) *tone.Detector {
	t.Helper()
	d := newDecoder(c)
	det := tone.NewDetector(d.Rate())
	var buf [maxFrame]float32
	for _, f := range frames {
		n, err := d.Decode(buf[:], f)
		if err != nil {
			t.Fatal(err)
		}
		if n != d.Rate()/50 {
			t.Fatalf("%s: a frame of %d samples", c, n)
		}
		det.Write(toInt16(nil, buf[:n]))
	}
	return det
}

func collect(v *voice, n int) [][]byte {
	var frames [][]byte
	for i := range n {
		frames = append(frames, v.frame(uint64(i)))
	}
	return frames
}

func TestToneInEachCodec(t *testing.T) {
	for _, c := range spoken {
		v := Tone(440, -15).voice(c)
		// Over the seam of the loop.
		got := decodeAll(t, c, collect(v, 600)).Tones()
		if len(got) == 0 || math.Abs(got[0].Hz-440) > 1 || math.Abs(got[0].DBFS+15) > 0.5 || got[0].Share < 0.98 {
			t.Errorf("%s: %+v", c, got)
		}
		if len(got) > 1 && got[1].DBFS > got[0].DBFS-20 && got[1].Share > 0.05 {
			t.Errorf("%s: something else is heard: %+v", c, got)
		}
	}
}

func TestUnknownCodec(t *testing.T) {
	if Tone(440, -15).voice(media.G729) != nil || Encodes(media.Opus) || !Encodes(media.G722) || newDecoder(media.G729) != nil {
		t.Error("a codec is known that should not be, or is not that should be")
	}
}

// All calls share what was encoded once, in any order and at the same time.
func TestVoiceIsShared(t *testing.T) {
	s := Tone(440, -15)
	v := s.voice(media.G722)
	if s.voice(media.G722) != v {
		t.Fatal("the sound is encoded twice")
	}
	alone := collect(Tone(440, -15).voice(media.G722), 200)
	var wg sync.WaitGroup
	for start := range 8 {
		wg.Go(func() {
			for i := range 200 {
				n := (i + start*31) % 200
				if !bytes.Equal(v.frame(uint64(n)), alone[n]) {
					t.Errorf("frame %d differs", n)
				}
			}
		})
	}
	wg.Wait()
	if !bytes.Equal(v.frame(3+500), v.frame(3)) {
		t.Error("the loop is not 500 frames long")
	}
}

func TestFileIsPlayed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tone.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pcm.NewWriter(f, 44100)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(tone.Sine(1000, 44100, 44100+100, -20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSound(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range spoken {
		v := s.voice(c)
		if cap(v.frames) != 51 {
			t.Errorf("%s: %d frames", c, cap(v.frames))
		}
		if got := decodeAll(t, c, collect(v, 50)).Tones(); len(got) == 0 || math.Abs(got[0].Hz-1000) > 2 {
			t.Errorf("%s: %+v", c, got)
		}
	}
	if _, err := OpenSound(path + ".missing"); err == nil {
		t.Error("a missing file is played")
	}
	if err := os.WriteFile(path, []byte("not sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSound(path); err == nil {
		t.Error("another file is played")
	}
}

func TestSpeakerKeepsTime(t *testing.T) {
	for _, c := range spoken {
		out := &fakeOut{}
		s := &speaker{out: out}
		s.set(Tone(440, -15).voice(c), 9, 8000)
		out.run(5, 5+10_000*millisecond, s.step)
		if len(out.sent) != 500 || out.flushed != 500 {
			t.Fatalf("%s: %d packets in 10 s, %d flushed", c, len(out.sent), out.flushed)
		}
		for i, p := range out.sent {
			if p.Seq != uint16(i) || p.Timestamp != uint32(i*160) || p.Marker != (i == 0) || p.PT != 9 || len(p.payload) != 160 {
				t.Fatalf("%s: packet %d: %+v", c, i, p.Header)
			}
			if p.at != 5+int64(i)*20*millisecond {
				t.Fatalf("%s: packet %d at %d", c, i, p.at)
			}
		}
	}
}

// Time goes on while nothing is sent; the first packet after silence is marked.
func TestSpeakerOnHold(t *testing.T) {
	out := &fakeOut{}
	s := &speaker{out: out}
	v := Tone(440, -15).voice(media.PCMU)
	s.set(v, 0, 8000)
	out.run(0, 100*millisecond, s.step)
	s.set(nil, 0, 0)
	out.run(100*millisecond, 1000*millisecond, s.step)
	s.set(v, 0, 8000)
	out.run(1000*millisecond, 1100*millisecond, s.step)
	if len(out.sent) != 10 {
		t.Fatalf("%d packets", len(out.sent))
	}
	if p := out.sent[5]; !p.Marker || p.Seq != 5 {
		t.Errorf("after hold: %+v", p.Header)
	}
}

func TestSpeakerAfterAPause(t *testing.T) {
	out := &fakeOut{}
	s := &speaker{out: out}
	s.set(Tone(440, -15).voice(media.PCMU), 0, 8000)
	out.run(0, 100*millisecond, s.step)
	s.step(300 * millisecond) // late, but not by much: all of it follows
	if len(out.sent) != 16 {
		t.Errorf("%d packets after a short pause", len(out.sent))
	}
	s.step(10_000 * millisecond)
	if len(out.sent) != 17 {
		t.Fatalf("%d packets after a long pause", len(out.sent))
	}
	if p := out.sent[16]; p.Timestamp != 500*160 || p.Seq != 16 {
		t.Errorf("after 10 s: %+v", p.Header)
	}
}
