//go:build cgo && !nocodecs

package worker

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

// steps finds the largest jump between two samples: a click.
func steps(x []float32) (most float64) {
	for i := 1; i < len(x); i++ {
		most = max(most, math.Abs(float64(x[i]-x[i-1])))
	}
	return most
}

// While others come, go and change, a stream that stays goes on without a gap,
// a click or a number left out.
func TestStaysWithoutGap(t *testing.T) {
	for _, c := range all {
		m := newMeeting(t)
		m.talk(newTalker(t, 1, c, 500, 0.3))
		stays := m.listen(10, c, 1)
		m.graph(stays)
		m.run(1000)
		// Someone joins and is heard.
		quiet := m.talk(newTalker(t, 2, media.PCMU, 900, 0.1))
		stays.Hears = []transcode.StreamID{1, 2}
		m.graph(stays, m.listen(11, media.Opus, 1))
		m.run(990)
		// An output is added that hears the same, at an odd tick.
		m.graph(stays, m.listen(11, media.Opus, 1), m.listen(12, c, 1, 2))
		m.run(500)
		// The two part again: one of them gets an encoder of its own.
		stays.Hears = []transcode.StreamID{1}
		m.graph(m.listen(12, c, 1, 2), stays)
		m.run(510)
		// The one who joined leaves.
		m.talkers = m.talkers[:1]
		_ = quiet
		m.graph(stays)
		m.run(1000)

		e := m.ears.by[10]
		for i, f := range e.frames {
			if f.Seq != uint16(i) || f.Timestamp != uint32(i)*uint32(stays.ClockRate/50) {
				t.Fatalf("%s: frame %d is %+v", c, i, f)
			}
		}
		if n := len(e.frames); n != 199 && n != 200 {
			t.Errorf("%s: %d frames in 4 s", c, n)
		}
		heard := e.pcm[e.rate/2:]
		piece := e.rate / 50
		if p := tone.Present(heard, 500, e.rate, piece, tone.DB(0.3), 2); p < 1 {
			t.Errorf("%s: the tone is there %.1f %% of the time", c, p*100)
		}
		most := 2 * math.Pi / float64(e.rate) * (500*0.3 + 900*0.1)
		if s := steps(heard); s > 2*most+0.02 {
			t.Errorf("%s: a step of %.3f, the tones' own are %.3f", c, s, most)
		}
	}
}

// An input whose codec changes is a new one under the old number.
func TestInputChangesCodec(t *testing.T) {
	m := newMeeting(t)
	m.talk(newTalker(t, 1, media.PCMU, 500, 0.3))
	m.graph(m.listen(10, media.G722, 1))
	m.run(1000)
	m.talkers[0] = newTalker(t, 1, media.Opus, 1500, 0.3)
	m.graph(m.listen(10, media.G722, 1))
	m.run(1000)
	e := m.ears.by[10]
	if l := tone.Level(e.last(500), 1500, e.rate); math.Abs(l-tone.DB(0.3)) > 1 {
		t.Errorf("new tone at %.1f dB", l)
	}
	if l := tone.Level(e.last(500), 500, e.rate); l > -50 {
		t.Errorf("old tone at %.1f dB", l)
	}
}

func TestRefusals(t *testing.T) {
	e := NewEngine(&ears{t: t})
	defer e.Close()
	refused := e.SetGraph(transcode.Graph{
		Inputs:  []transcode.Input{{ID: 1, Codec: "speex"}, {ID: 2, Codec: media.PCMU}, {ID: 2, Codec: media.PCMU}, {ID: 3, Codec: media.H264}},
		Outputs: []transcode.Output{{ID: 10, Codec: "AMR"}, {ID: 11, Codec: media.PCMU}, {ID: 11, Codec: media.PCMA}, {ID: 12, Codec: media.VP8}},
	})
	want := map[transcode.StreamID]bool{1: true, 2: true, 3: true, 10: true, 11: true, 12: true}
	for _, r := range refused {
		delete(want, r.Stream)
	}
	if len(want) != 0 || len(refused) != 6 {
		t.Errorf("refused %v", refused)
	}
	if len(e.inputs) != 1 || len(e.outputs) != 1 {
		t.Errorf("%d inputs and %d outputs are served", len(e.inputs), len(e.outputs))
	}
}

// Any sequence of graphs leaves the engine consistent: each output has an
// encoder, each encoder an output, and frames go on.
func TestRandomGraphs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := &counting{next: make(map[transcode.StreamID]uint16)}
	e := NewEngine(s)
	now := int64(0)
	var g transcode.Graph
	for range 400 {
		g = randomGraph(r)
		for _, refusal := range e.SetGraph(g) {
			t.Fatal(refusal)
		}
		s.t, s.known = t, make(map[transcode.StreamID]bool)
		for _, o := range g.Outputs {
			s.known[o.ID] = true
		}
		for range r.IntN(5) {
			e.Write(transcode.Frame{Stream: transcode.StreamID(r.IntN(9)), Seq: uint16(now / tickTime), Timestamp: uint32(now / 125000), Payload: make([]byte, 160)}, now)
			e.Tick(now)
			now += tickTime
		}
		consistent(t, e, g)
	}
	e.Close()
	if len(e.inputs)+len(e.outputs)+len(e.encoders)+len(e.leaving) != 0 {
		t.Error("Close leaves something")
	}
}

func randomGraph(r *rand.Rand) (g transcode.Graph) {
	for id := range transcode.StreamID(8) {
		if r.IntN(3) > 0 {
			g.Inputs = append(g.Inputs, transcode.Input{ID: id, Codec: all[r.IntN(20)/7+1]})
		}
	}
	for id := range transcode.StreamID(8) {
		if r.IntN(3) == 0 {
			continue
		}
		o := transcode.Output{ID: 100 + id, Codec: all[int(id)%4], PTime: 10 * (r.IntN(2) + 1)}
		for in := range transcode.StreamID(8) {
			if r.IntN(2) == 0 {
				o.Hears = append(o.Hears, in)
			}
		}
		if r.IntN(3) == 0 {
			o.Hears = []transcode.StreamID{1, 2}
		}
		g.Outputs = append(g.Outputs, o)
	}
	return g
}

func consistent(t *testing.T, e *Engine, g transcode.Graph) {
	t.Helper()
	if len(e.inputs) != len(g.Inputs) || len(e.order) != len(g.Inputs) || len(e.outputs) != len(g.Outputs) {
		t.Fatalf("%d inputs of %d, %d outputs of %d", len(e.inputs), len(g.Inputs), len(e.outputs), len(g.Outputs))
	}
	served := 0
	for _, enc := range e.encoders {
		for _, o := range enc.outputs {
			if e.outputs[o.spec.ID] != o || o.enc != enc {
				t.Fatalf("output %d and its encoder do not know each other", o.spec.ID)
			}
			served++
		}
		for in := range enc.mix.in {
			if e.inputs[in.spec.ID] != in {
				t.Fatalf("a mix has an input that is gone")
			}
		}
	}
	if served != len(e.outputs) {
		t.Fatalf("%d of %d outputs are served", served, len(e.outputs))
	}
}

// counting is a Sink that checks the numbers.
type counting struct {
	t     *testing.T
	known map[transcode.StreamID]bool
	next  map[transcode.StreamID]uint16
}

func (c *counting) Levels([]transcode.Level) {}
func (c *counting) Frame(f transcode.Frame) {
	if !c.known[f.Stream] || f.Marker != (f.Seq == 0) || !f.Marker && f.Seq != c.next[f.Stream] {
		c.t.Fatalf("frame %+v, want number %d", f, c.next[f.Stream])
	}
	c.next[f.Stream] = f.Seq + 1
}

// Decoders take anything from the network: the engine goes on.
func FuzzPayload(f *testing.F) {
	f.Add(uint8(0), []byte{0xfc, 0xff, 0xfe})
	f.Add(uint8(0), []byte{0x08, 0x00})
	f.Add(uint8(1), []byte{1, 2, 3})
	f.Add(uint8(2), make([]byte, 160))
	f.Fuzz(func(t *testing.T, codec uint8, payload []byte) {
		e := NewEngine(nothing{})
		defer e.Close()
		e.SetGraph(transcode.Graph{
			Inputs:  []transcode.Input{{ID: 1, Codec: all[codec%4]}},
			Outputs: []transcode.Output{{ID: 2, Codec: media.PCMU, Hears: []transcode.StreamID{1}}},
		})
		for i := range 8 {
			from := min(i*len(payload)/8, len(payload))
			e.Write(transcode.Frame{Stream: 1, Seq: uint16(i), Timestamp: uint32(i) * 160, Payload: payload[from:]}, int64(i)*2*tickTime)
			e.Tick(int64(i) * 2 * tickTime)
			e.Tick(int64(i)*2*tickTime + tickTime)
		}
	})
}

type nothing struct{}

func (nothing) Frame(transcode.Frame)    {}
func (nothing) Levels([]transcode.Level) {}
