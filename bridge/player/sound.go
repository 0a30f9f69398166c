package player

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/pcm"
	"github.com/roombridge/roombridge/bridge/player/tone"
)

// frameTime is the time of one packet of sound.
const frameTime = 20 * time.Millisecond

// toneLoop is long enough for a loop of whole periods of any tone that is
// given in tenths of a hertz.
const toneLoop = 10

// Sound is looped sound, encoded once for all calls that play it.
type Sound struct {
	samples func(rate int) []int16

	mu     sync.Mutex
	voices map[media.Codec]*voice
}

// Tone is a sine.
func Tone(hz, dbfs float64) *Sound {
	return newSound(func(rate int) []int16 { return tone.Sine(hz, rate, toneLoop*rate, dbfs) })
}

// OpenSound reads a WAV file.
func OpenSound(path string) (*Sound, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	s, err := pcm.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return newSound(func(rate int) []int16 { return s.Resample(rate).Samples }), nil
}

func newSound(samples func(rate int) []int16) *Sound {
	return &Sound{samples: samples, voices: make(map[media.Codec]*voice)}
}

// voice gives the sound in a codec, nil when the player does not speak it.
func (s *Sound) voice(c media.Codec) *voice {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.voices[c]; v != nil {
		return v
	}
	enc := newEncoder(c)
	if enc == nil {
		return nil
	}
	v := &voice{enc: enc, pcm: s.samples(enc.Rate()), size: enc.Rate() / int(time.Second/frameTime)}
	v.frames = make([][]byte, 0, (len(v.pcm)+v.size-1)/v.size)
	s.voices[c] = v
	return v
}

// voice is sound in one codec. Frames are encoded when somebody first needs
// them and kept, so that the encoder runs once however many listen.
type voice struct {
	size int // samples of a frame

	mu     sync.Mutex
	enc    encoder
	pcm    []int16
	frames [][]byte
	buf    []float32
}

// frame gives the frame of a moment, going around.
func (v *voice) frame(n uint64) []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := int(n % uint64(cap(v.frames)))
	for len(v.frames) <= i {
		at := len(v.frames) * v.size
		v.buf = toFloat(v.buf, v.pcm[at:min(at+v.size, len(v.pcm))])
		for len(v.buf) < v.size {
			v.buf = append(v.buf, 0) // the last frame of a file
		}
		frame, err := v.enc.Encode(nil, v.buf)
		if err != nil {
			frame = nil // the codecs here cannot fail; an empty frame is not sent
		}
		v.frames = append(v.frames, frame)
	}
	return v.frames[i]
}
