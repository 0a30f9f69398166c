package worker

import (
	"errors"
	"sync"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/worker/dsp"
	"github.com/roombridge/roombridge/transcode/worker/playout"
)

// input is one sender in the mix.
type input struct {
	spec   transcode.Input
	source *playout.Source
	meter  dsp.Meter
	pcm    [block]float32 // of this tick
	heard  bool           // pcm is not silence
}

func newInput(spec transcode.Input) (*input, error) {
	a, err := audioCodec(spec.Codec)
	if err != nil {
		return nil, err
	}
	if a.decoder == nil {
		return nil, errors.New("this build does not decode " + string(spec.Codec))
	}
	clocked := spec
	clocked.ClockRate = a.clockOr(spec.ClockRate)
	dec, err := a.decoder(clocked)
	if err != nil {
		return nil, err
	}
	return &input{spec: spec, source: playout.NewSource(dec, clocked.ClockRate)}, nil
}

// pull makes the input's sound for this tick.
func (in *input) pull(now int64) {
	in.source.Pull(in.pcm[:], now)
	in.heard = dsp.Peak(in.pcm[:]) > 0
	in.meter.Add(in.pcm[:])
}

func (in *input) stats() transcode.InputStats {
	s := in.source.Stats()
	return transcode.InputStats{
		ID: in.spec.ID, Packets: s.Packets, Lost: s.Lost, Late: s.Late, Duplicate: s.Duplicate, Invalid: s.Invalid, Resyncs: s.Resyncs,
		ConcealedMS: uint64(s.Concealed / 1e6), JitterMS: float64(s.Jitter) / 1e6, DelayMS: float64(s.Delay) / 1e6, TargetMS: float64(s.Target) / 1e6,
		SkewPPM: s.Skew * 1e6,
	}
}

// Bounds of what may arrive between two ticks.
const (
	inboxFrames = 4096
	inboxBytes  = 4 << 20
)

// arrived is a frame that waits for the next tick.
type arrived struct {
	frame    transcode.Frame // without payload
	from, to int             // payload in the inbox's bytes
	at       int64
}

// inbox takes frames from the reader to the engine. Neither waits for the
// other's work.
type inbox struct {
	mu     sync.Mutex
	frames []arrived
	bytes  []byte
	lost   uint64
}

func (b *inbox) put(f transcode.Frame, now int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.frames) == inboxFrames || len(b.bytes)+len(f.Payload) > inboxBytes {
		b.lost++
		return
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, f.Payload...)
	f.Payload = nil
	b.frames = append(b.frames, arrived{f, from, len(b.bytes), now})
}

// swap gives all that came, and leaves the memory of what was given before.
func (b *inbox) swap(frames []arrived, bytes []byte) ([]arrived, []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	frames, b.frames = b.frames, frames[:0]
	bytes, b.bytes = b.bytes, bytes[:0]
	return frames, bytes
}
