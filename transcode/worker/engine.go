// Package worker is the inside of a media worker: it takes the wanted graph
// and encoded frames from the gateway and gives encoded frames back. The
// Engine mixes sound in ticks of 10 ms, Serve runs it behind a socket.
package worker

import (
	"cmp"
	"slices"

	"github.com/roombridge/roombridge/transcode"
)

const (
	rate      = 48000      // of the mix
	block     = rate / 100 // samples of a tick
	tickTime  = int64(10_000_000)
	levelTick = 5 // ticks between two level reports; who follows speakers counts on it
)

// Sink takes what an Engine makes, on the goroutine that ticks it. Payloads
// are valid during the call only.
type Sink interface {
	Frame(f transcode.Frame)
	Levels(l []transcode.Level)
}

// Engine mixes one meeting's sound. Write may be called from any goroutine,
// the other methods from one. Time is an argument, in nanoseconds.
type Engine struct {
	sink     Sink
	inbox    inbox
	frames   []arrived
	bytes    []byte
	ticks    uint64
	inputs   map[transcode.StreamID]*input
	order    []*input // by id
	leaving  []*input // not in the graph any more, still blended out of
	outputs  map[transcode.StreamID]*output
	encoders []*encoder
	mixes    int
	audible  []*input
	all      [block]float32
	levels   []transcode.Level
}

// NewEngine makes an engine with an empty graph.
func NewEngine(sink Sink) *Engine {
	return &Engine{sink: sink, inputs: make(map[transcode.StreamID]*input), outputs: make(map[transcode.StreamID]*output)}
}

// Write takes an input frame that came now.
func (e *Engine) Write(f transcode.Frame, now int64) { e.inbox.put(f, now) }

// Tick makes the next 10 ms of every output.
func (e *Engine) Tick(now int64) {
	e.ticks++
	e.deliver()
	e.listen(now)
	for _, enc := range e.encoders {
		packet := enc.tick(e.ticks, e.audible, &e.all)
		if packet == nil {
			continue
		}
		for _, o := range enc.outputs {
			e.sink.Frame(o.frame(packet))
		}
	}
	e.dismiss()
	if e.ticks%levelTick == 0 {
		e.measure()
	}
}

// Idle tells that there is nothing to hear and nobody to hear it.
func (e *Engine) Idle() bool { return len(e.inputs) == 0 && len(e.outputs) == 0 && len(e.leaving) == 0 }

// Skip leaves out so many ticks, after a stall too long to be caught up with.
// The outputs' timestamps go on.
func (e *Engine) Skip(ticks int) {
	for _, o := range e.outputs {
		frames := uint32(ticks) * 10 / uint32(o.enc.form.ptime)
		o.next.Timestamp += frames * o.step
	}
}

// deliver gives what came since the last tick to the inputs.
func (e *Engine) deliver() {
	e.frames, e.bytes = e.inbox.swap(e.frames, e.bytes)
	for i := range e.frames {
		a := &e.frames[i]
		if in := e.inputs[a.frame.Stream]; in != nil {
			in.source.Push(a.frame.Seq, a.frame.Timestamp, e.bytes[a.from:a.to], a.at)
		}
	}
}

// listen pulls this tick's sound from the inputs and adds it all up.
func (e *Engine) listen(now int64) {
	e.audible = e.audible[:0]
	e.all = [block]float32{}
	for _, list := range [2][]*input{e.order, e.leaving} {
		for _, in := range list {
			in.pull(now)
			if in.heard {
				e.audible = append(e.audible, in)
				add(&e.all, &in.pcm)
			}
		}
	}
}

// dismiss frees the inputs that were blended out of.
func (e *Engine) dismiss() {
	for i, in := range e.leaving {
		in.source.Close()
		e.leaving[i] = nil
	}
	e.leaving = e.leaving[:0]
}

func (e *Engine) measure() {
	e.levels = e.levels[:0]
	for _, in := range e.order {
		db, voice := in.meter.Read()
		e.levels = append(e.levels, transcode.Level{Stream: in.spec.ID, DBov: int8(db), Voice: voice})
	}
	if len(e.levels) > 0 {
		e.sink.Levels(e.levels)
	}
}

// Stats gives the counters of inputs and sizes of the graph.
func (e *Engine) Stats() transcode.WorkerStats {
	st := transcode.WorkerStats{Ticks: e.ticks, Mixes: e.mixes, Encoders: len(e.encoders), Inputs: make([]transcode.InputStats, 0, len(e.order))}
	for _, in := range e.order {
		st.Inputs = append(st.Inputs, in.stats())
	}
	return st
}

// Close frees all codecs.
func (e *Engine) Close() { e.SetGraph(transcode.Graph{}); e.dismiss() }

func byID(a, b *input) int { return cmp.Compare(a.spec.ID, b.spec.ID) }

func (e *Engine) sortInputs() {
	e.order = e.order[:0]
	for _, in := range e.inputs {
		e.order = append(e.order, in)
	}
	slices.SortFunc(e.order, byID)
}
