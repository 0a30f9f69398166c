package worker

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talker sends a tone into one input.
type talker struct {
	in   transcode.Input
	enc  codec.Encoder
	gen  tone.Generator
	seq  uint16
	ts   uint32
	mute bool
}

// coding is a codec and what there is to say of it. Zeros are the usual.
type coding struct {
	codec          media.Codec
	clock, bitrate int
}

func (c coding) entry(t testing.TB) audio {
	t.Helper()
	a, err := audioCodec(c.codec)
	if err != nil || a.decoder == nil || a.encoder == nil {
		t.Fatalf("%s is not in this build: %v", c.codec, err)
	}
	return a
}

func (c coding) encoder(t testing.TB) (codec.Encoder, int) {
	t.Helper()
	a := c.entry(t)
	clock := a.clockOr(c.clock)
	enc, err := a.encoder(transcode.Output{Codec: c.codec, ClockRate: clock, Bitrate: c.bitrate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(enc.Close)
	return enc, clock
}

func (c coding) decoder(t testing.TB) codec.Decoder {
	t.Helper()
	a := c.entry(t)
	dec, err := a.decoder(transcode.Input{Codec: c.codec, ClockRate: a.clockOr(c.clock), Bitrate: c.bitrate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dec.Close)
	return dec
}

func newTalker(t testing.TB, id transcode.StreamID, name media.Codec, hz, amplitude float64) *talker {
	return coding{codec: name}.talker(t, id, hz, amplitude)
}

func (c coding) talker(t testing.TB, id transcode.StreamID, hz, amplitude float64) *talker {
	enc, clock := c.encoder(t)
	in := transcode.Input{ID: id, Codec: c.codec, ClockRate: clock, Bitrate: c.bitrate}
	return &talker{in: in, enc: enc, gen: tone.Generator{Hz: hz, Amplitude: amplitude, Rate: enc.Rate()}}
}

// send makes the next 20 ms.
func (k *talker) send(t testing.TB, e *Engine, now int64) {
	pcm := make([]float32, k.enc.Rate()/50)
	k.gen.Fill(pcm)
	payload, err := k.enc.Encode(nil, pcm)
	if err != nil {
		t.Fatal(err)
	}
	if !k.mute {
		e.Write(transcode.Frame{Stream: k.in.ID, Seq: k.seq, Timestamp: k.ts, Payload: payload}, now)
	}
	k.seq++
	k.ts += uint32(k.in.ClockRate / 50)
}

// ear decodes what one output says.
type ear struct {
	dec    codec.Decoder
	frames []transcode.Frame // without payload
	pcm    []float32
	rate   int
}

func newEar(t testing.TB, c coding) *ear {
	dec := c.decoder(t)
	return &ear{dec: dec, rate: dec.Rate()}
}

// last gives the last so many ms of sound.
func (e *ear) last(ms int) []float32 { return e.pcm[max(len(e.pcm)-e.rate*ms/1000, 0):] }

// ears is a Sink.
type ears struct {
	t      testing.TB
	by     map[transcode.StreamID]*ear
	levels [][]transcode.Level
}

func (s *ears) Frame(f transcode.Frame) {
	e := s.by[f.Stream]
	if e == nil {
		s.t.Errorf("frame of output %d, which nobody asked for", f.Stream)
		return
	}
	pcm := make([]float32, codec.MaxFrame)
	n, err := e.dec.Decode(pcm, f.Payload)
	if err != nil {
		s.t.Errorf("output %d: %v", f.Stream, err)
	}
	e.pcm = append(e.pcm, pcm[:n]...)
	f.Payload = nil
	e.frames = append(e.frames, f)
}

func (s *ears) Levels(l []transcode.Level) {
	s.levels = append(s.levels, append([]transcode.Level(nil), l...))
}

// meeting is an engine with talkers and ears in virtual time.
type meeting struct {
	t       testing.TB
	engine  *Engine
	ears    *ears
	talkers []*talker
	now     int64
}

func newMeeting(t testing.TB) *meeting {
	s := &ears{t: t, by: make(map[transcode.StreamID]*ear)}
	m := &meeting{t: t, engine: NewEngine(s), ears: s}
	t.Cleanup(m.engine.Close)
	return m
}

func (m *meeting) talk(k *talker) *talker { m.talkers = append(m.talkers, k); return k }

func (m *meeting) listen(id transcode.StreamID, name media.Codec, hears ...transcode.StreamID) transcode.Output {
	return m.listenTo(id, coding{codec: name}, hears...)
}

func (m *meeting) listenTo(id transcode.StreamID, c coding, hears ...transcode.StreamID) transcode.Output {
	if m.ears.by[id] == nil {
		m.ears.by[id] = newEar(m.t, c)
	}
	return transcode.Output{ID: id, Codec: c.codec, ClockRate: c.entry(m.t).clockOr(c.clock), Bitrate: c.bitrate, Hears: hears}
}

// graph sets what all talkers send and these outputs hear.
func (m *meeting) graph(outs ...transcode.Output) {
	g := transcode.Graph{Outputs: outs}
	for _, k := range m.talkers {
		g.Inputs = append(g.Inputs, k.in)
	}
	for _, r := range m.engine.SetGraph(g) {
		m.t.Errorf("stream %d: %s", r.Stream, r.Reason)
	}
}

// run lets time pass.
func (m *meeting) run(ms int) {
	for range ms / 10 {
		if m.now%(2*tickTime) == 0 {
			for _, k := range m.talkers {
				k.send(m.t, m.engine, m.now)
			}
		}
		m.engine.Tick(m.now)
		m.now += tickTime
	}
}
