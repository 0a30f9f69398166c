package worker

import (
	"fmt"
	"slices"

	"github.com/roombridge/roombridge/transcode"
)

// Refusal says why a stream of a graph is not served.
type Refusal struct {
	Stream transcode.StreamID
	Reason string
}

// SetGraph makes the engine do what the graph says from the next tick on.
// Streams that were in the graph before go on without a gap. Streams that
// cannot be served are left out and named.
func (e *Engine) SetGraph(g transcode.Graph) []Refusal {
	refused := e.setInputs(g.Inputs)
	p := plan{engine: e, encoders: make(map[form]*encoder), mixes: make(map[string]*mix)}
	seen := make(map[transcode.StreamID]bool, len(g.Outputs))
	for _, spec := range g.Outputs {
		if seen[spec.ID] {
			refused = append(refused, Refusal{spec.ID, "it is in the graph twice"})
			continue
		}
		seen[spec.ID] = true
		if err := p.output(spec); err != nil {
			refused = append(refused, Refusal{spec.ID, err.Error()})
		}
	}
	p.carryOver()
	return append(refused, p.apply()...)
}

func (e *Engine) setInputs(specs []transcode.Input) (refused []Refusal) {
	keep := make(map[transcode.StreamID]*input, len(specs))
	for _, spec := range specs {
		in := e.inputs[spec.ID]
		if keep[spec.ID] != nil {
			refused = append(refused, Refusal{spec.ID, "it is in the graph twice"})
			continue
		}
		if in == nil || in.spec != spec {
			var err error
			if in, err = newInput(spec); err != nil {
				refused = append(refused, Refusal{spec.ID, err.Error()})
				continue
			}
		}
		keep[spec.ID] = in
	}
	for id, in := range e.inputs {
		if keep[id] != in {
			e.leaving = append(e.leaving, in)
		}
	}
	e.inputs = keep
	e.sortInputs()
	return refused
}

// plan is the outputs' side of a new graph while it is made: first which
// encoders are wanted, then which of the old ones become which.
type plan struct {
	engine   *Engine
	wanted   []*encoder // without codec until apply
	encoders map[form]*encoder
	mixes    map[string]*mix
	specs    []transcode.Output
	forms    []form
	reused   map[*encoder]*encoder // new to old
	before   map[*encoder]*mix     // what old encoders mixed until now
}

// output finds the form of an output.
func (p *plan) output(spec transcode.Output) error {
	a, err := audioCodec(spec.Codec)
	if err != nil {
		return err
	}
	if a.encoder == nil {
		return fmt.Errorf("this build does not encode %s", spec.Codec)
	}
	spec.ClockRate = a.clockOr(spec.ClockRate)
	hears := p.hears(spec.Hears)
	f := formOf(spec, hears, a.ptime(spec.PTime))
	if p.encoders[f] == nil {
		w := &encoder{form: f, mix: p.mix(f, hears)}
		p.encoders[f] = w
		p.wanted = append(p.wanted, w)
	}
	p.specs, p.forms = append(p.specs, spec), append(p.forms, f)
	return nil
}

// hears gives the known inputs of a set, sorted, each once.
func (p *plan) hears(ids []transcode.StreamID) []transcode.StreamID {
	known := make([]transcode.StreamID, 0, len(ids))
	for _, id := range ids {
		if p.engine.inputs[id] != nil {
			known = append(known, id)
		}
	}
	slices.Sort(known)
	return slices.Compact(known)
}

func (p *plan) mix(f form, hears []transcode.StreamID) *mix {
	m := p.mixes[f.hears]
	if m == nil {
		m = &mix{hears: hears, in: make(map[*input]bool, len(hears))}
		for _, id := range hears {
			m.in[p.engine.inputs[id]] = true
		}
		p.mixes[f.hears] = m
	}
	return m
}

// carryOver finds the old encoder that each wanted one goes on with: the one
// that served all of its outputs so far, if its coding is the same and nobody
// else goes on with it. The first come takes it.
func (p *plan) carryOver() {
	p.reused, p.before = make(map[*encoder]*encoder), make(map[*encoder]*mix)
	for _, old := range p.engine.encoders {
		p.before[old] = old.mix
	}
	taken := make(map[*encoder]bool)
	mixed := make(map[*encoder]bool)
	for i, spec := range p.specs {
		old := p.engine.outputs[spec.ID]
		if old == nil {
			continue
		}
		w := p.encoders[p.forms[i]]
		switch have := p.reused[w]; {
		case have == old.enc:
		case have != nil: // outputs of two encoders come together: a fresh one is clean for both
			mixed[w] = true
		case !taken[old.enc] && old.enc.form.sameCoding(w.form):
			p.reused[w] = old.enc
			taken[old.enc] = true
		default:
			mixed[w] = true
		}
	}
	for w := range mixed {
		delete(p.reused, w)
	}
}

// apply builds what is new, moves what stays and frees what is not wanted.
func (p *plan) apply() (refused []Refusal) {
	e := p.engine
	live := make(map[form]*encoder, len(p.wanted))
	encoders := make([]*encoder, 0, len(p.wanted))
	outputs := make(map[transcode.StreamID]*output, len(p.specs))
	for i, spec := range p.specs {
		f := p.forms[i]
		enc := live[f]
		if enc == nil {
			var err error
			if enc, err = p.encoder(spec, p.encoders[f]); err != nil {
				refused = append(refused, Refusal{spec.ID, err.Error()})
				continue
			}
			live[f] = enc
			encoders = append(encoders, enc)
		}
		outputs[spec.ID] = p.connect(spec, enc)
	}
	for _, old := range e.encoders {
		if !slices.Contains(encoders, old) {
			old.enc.Close()
		}
	}
	e.outputs, e.encoders, e.mixes = outputs, encoders, len(p.mixes)
	return refused
}

// encoder gives the running encoder for a wanted one: the old one that it
// goes on with, or a new one that takes up where the output's old one stands.
func (p *plan) encoder(spec transcode.Output, w *encoder) (*encoder, error) {
	if old := p.reused[w]; old != nil {
		if old.before == nil && !sameInputs(old.mix, w.mix) {
			old.before = old.mix
		}
		old.form, old.mix, old.outputs = w.form, w.mix, old.outputs[:0]
		return old, nil
	}
	enc, err := newEncoder(spec, w.form, w.mix)
	if err != nil {
		return nil, err
	}
	if was := p.engine.outputs[spec.ID]; was != nil && was.enc.form.sameCoding(w.form) {
		enc.adopt(was.enc, p.before[was.enc])
	} else {
		enc.align(p.engine.ticks)
	}
	return enc, nil
}

// sameInputs tells whether two mixes hear the very same inputs: an id may have
// been given to another codec.
func sameInputs(a, b *mix) bool {
	for in := range a.in {
		if !b.in[in] {
			return false
		}
	}
	return len(a.in) == len(b.in)
}

// align begins a frame in the middle, so that frames of all encoders of one
// packet time end with the same tick and outputs can move between them.
func (e *encoder) align(ticks uint64) {
	into := int(ticks % uint64(e.form.ptime/10))
	e.waiting = append(e.waiting[:0], make([]float32, into*e.enc.Rate()/100)...)
}

func (p *plan) connect(spec transcode.Output, enc *encoder) *output {
	o := p.engine.outputs[spec.ID]
	if o == nil {
		o = &output{next: transcode.Frame{Stream: spec.ID}}
	}
	o.spec, o.enc = spec, enc
	o.step = uint32(spec.ClockRate * enc.form.ptime / 1000)
	enc.outputs = append(enc.outputs, o)
	return o
}
