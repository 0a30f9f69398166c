package worker

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/worker/dsp"
)

// mix is the sum of a set of inputs. Outputs that hear the same share it.
type mix struct {
	in   map[*input]bool // those that are heard
	sum  [block]float32
	done uint64 // tick for which sum was made
}

// compute adds up what is heard in this tick. all is the sum of every input in
// audible: where most of them are heard, the others are taken out of it.
func (m *mix) compute(tick uint64, audible []*input, all *[block]float32) *[block]float32 {
	if m.done == tick {
		return &m.sum
	}
	m.done = tick
	count := 0
	for _, in := range audible {
		if m.in[in] {
			count++
		}
	}
	most := 2*count > len(audible)
	if most {
		m.sum = *all
	} else {
		m.sum = [block]float32{}
	}
	for _, in := range audible {
		switch {
		case most && !m.in[in]:
			subtract(&m.sum, &in.pcm)
		case !most && m.in[in]:
			add(&m.sum, &in.pcm)
		}
	}
	return &m.sum
}

func add(to, x *[block]float32) {
	for i := range to {
		to[i] += x[i]
	}
}

func subtract(from, x *[block]float32) {
	for i := range from {
		from[i] -= x[i]
	}
}

// form is what two outputs must have in common to share an encoder.
type form struct {
	hears   string
	codec   media.Codec
	rate    int // of samples, where one codec has several
	bitrate int
	ptime   int
	fec     bool
}

func formOf(o transcode.Output, hears []transcode.StreamID, ptime int) form {
	b := make([]byte, 0, 4*len(hears))
	for _, id := range hears {
		b = binary.BigEndian.AppendUint32(b, uint32(id))
	}
	f := form{hears: string(b), codec: o.Codec, ptime: ptime}
	switch o.Codec {
	case media.Opus:
		f.bitrate, f.fec = o.Bitrate, o.FEC
	case media.G7221:
		f.rate, f.bitrate = o.ClockRate, o.Bitrate
	}
	return f
}

// sameCoding tells whether one encoder can go on from one form to the other.
func (f form) sameCoding(g form) bool {
	f.hears, g.hears = "", ""
	return f == g
}

// encoder makes the frames of one form, for one or more outputs.
type encoder struct {
	form    form
	mix     *mix
	before  *mix // the mix until the last graph: blended out of at the next tick
	enc     codec.Encoder
	limiter *dsp.Limiter
	re      *dsp.Resampler // nil at 48 kHz
	waiting []float32      // samples of the frame that is being filled
	size    int            // samples of a frame
	work    [block]float32
	packet  []byte
	outputs []*output
	failed  uint64
}

func newEncoder(o transcode.Output, f form, m *mix) (*encoder, error) {
	a, err := audioCodec(o.Codec)
	if err != nil {
		return nil, err
	}
	if a.encoder == nil {
		return nil, errors.New("this build does not encode " + string(o.Codec))
	}
	enc, err := a.encoder(o)
	if err != nil {
		return nil, err
	}
	e := &encoder{form: f, mix: m, enc: enc, limiter: dsp.NewLimiter(), size: enc.Rate() * f.ptime / 1000}
	if enc.Rate() != rate {
		e.re = dsp.NewResampler(rate, enc.Rate())
	}
	return e, nil
}

// split gives an encoder for some of another's outputs, which are to hear
// something else from now on. It stands where the other does, so that they
// miss nothing.
func (e *encoder) split(f form, m, before *mix) (*encoder, error) {
	enc, err := e.enc.Clone()
	if err != nil {
		return nil, err
	}
	c := &encoder{form: f, mix: m, before: before, enc: enc, limiter: new(dsp.Limiter), size: e.size, waiting: append([]float32(nil), e.waiting...)}
	*c.limiter = *e.limiter
	if e.re != nil {
		c.re = e.re.Clone()
	}
	return c, nil
}

// tick takes in this tick's mix and, when a frame is full, encodes it.
func (e *encoder) tick(n uint64, audible []*input, all *[block]float32) []byte {
	e.work = *e.mix.compute(n, audible, all)
	if e.before != nil {
		crossfade(&e.work, e.before.compute(n, audible, all))
		e.before = nil
	}
	e.limiter.Process(e.work[:])
	e.take()
	if len(e.waiting) < e.size {
		return nil
	}
	packet, err := e.enc.Encode(e.packet[:0], e.waiting[:e.size])
	e.waiting = e.waiting[:copy(e.waiting, e.waiting[e.size:])]
	if err != nil {
		e.failed++
		return nil
	}
	e.packet = packet
	return packet
}

func (e *encoder) take() {
	if e.re == nil {
		e.waiting = append(e.waiting, e.work[:]...)
		return
	}
	e.re.Write(e.work[:])
	n := len(e.waiting)
	e.waiting = slices.Grow(e.waiting, block)[:n+block]
	e.waiting = e.waiting[:n+e.re.Read(e.waiting[n:])]
}

// crossfade goes from old to x within the tick.
func crossfade(x, old *[block]float32) {
	for i := range x {
		w := float32(i+1) / block
		x[i] = old[i]*(1-w) + x[i]*w
	}
}

// output is one stream of frames to the gateway.
type output struct {
	spec  transcode.Output
	enc   *encoder
	step  uint32 // timestamps for a frame
	next  transcode.Frame
	begun bool
}

// frame gives the numbers of the output's next frame.
func (o *output) frame(payload []byte) transcode.Frame {
	f := o.next
	f.Payload = payload
	f.Marker = !o.begun
	o.begun = true
	o.next.Seq++
	o.next.Timestamp += o.step
	return f
}
