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
	p := plan{engine: e, mixes: make(map[string]*mix), taken: make(map[*encoder]bool), before: make(map[*encoder]*mix)}
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
	p.join()
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

// plan is the outputs' side of a new graph while it is made: which outputs
// share an encoder, and which encoder that was before.
type plan struct {
	engine *Engine
	groups []*group
	fresh  []member // outputs that were not there before
	mixes  map[string]*mix
	taken  map[*encoder]bool // old encoders that go on
	before map[*encoder]*mix // what old encoders mixed until now
}

// group is the outputs of one encoder.
type group struct {
	form    form
	mix     *mix
	from    *encoder // the old one that they come from, nil if they are new
	members []transcode.Output
}

type member struct {
	spec  transcode.Output
	form  form
	hears []transcode.StreamID
	codec audio
}

// output puts one that was there before into its group, and new ones aside:
// they join where they can when all groups are known.
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
	m := member{spec: spec, form: formOf(spec, hears, a.ptime(spec.PTime)), hears: hears, codec: a}
	old := p.engine.outputs[spec.ID]
	if old == nil || !old.enc.form.sameCoding(m.form) {
		p.fresh = append(p.fresh, m)
		return nil
	}
	p.add(m, old.enc, func(g *group) bool { return g.from == old.enc || a.memory == none })
	return nil
}

// join places the new outputs. Their receivers hear nothing yet: with most
// codecs they may come in where an encoder is in the middle of its stream.
func (p *plan) join() {
	for _, m := range p.fresh {
		p.add(m, nil, func(g *group) bool { return g.from == nil || m.codec.memory != full })
	}
}

// add puts an output into a group of its form that it may be in, or a new one.
func (p *plan) add(m member, from *encoder, may func(*group) bool) {
	for _, g := range p.groups {
		if g.form == m.form && may(g) {
			g.members = append(g.members, m.spec)
			return
		}
	}
	p.groups = append(p.groups, &group{form: m.form, mix: p.mix(m.form, m.hears), from: from, members: []transcode.Output{m.spec}})
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
		m = &mix{in: make(map[*input]bool, len(hears))}
		for _, id := range hears {
			m.in[p.engine.inputs[id]] = true
		}
		p.mixes[f.hears] = m
	}
	return m
}

// apply builds what is new, moves what stays and frees what is not wanted.
func (p *plan) apply() (refused []Refusal) {
	e := p.engine
	for _, old := range e.encoders {
		p.before[old] = old.mix
	}
	encoders := make([]*encoder, 0, len(p.groups))
	outputs := make(map[transcode.StreamID]*output)
	for _, g := range p.groups {
		enc, err := p.encoder(g)
		if err != nil {
			for _, spec := range g.members {
				refused = append(refused, Refusal{spec.ID, err.Error()})
			}
			continue
		}
		encoders = append(encoders, enc)
		enc.outputs = enc.outputs[:0]
		for _, spec := range g.members {
			outputs[spec.ID] = p.connect(spec, enc)
		}
	}
	for _, old := range e.encoders {
		if !p.taken[old] {
			old.enc.Close()
		}
	}
	e.outputs, e.encoders, e.mixes = outputs, encoders, len(p.mixes)
	return refused
}

// encoder gives a group the encoder that its outputs come from. When they came
// from one but part now, the first group takes it and others get a copy.
func (p *plan) encoder(g *group) (*encoder, error) {
	old := g.from
	if old == nil {
		enc, err := newEncoder(g.members[0], g.form, g.mix)
		if err == nil {
			enc.align(p.engine.ticks)
		}
		return enc, err
	}
	if p.taken[old] {
		return old.split(g.form, g.mix, p.before[old])
	}
	p.taken[old] = true
	if old.before == nil && !sameInputs(old.mix, g.mix) {
		old.before = old.mix
	}
	old.form, old.mix = g.form, g.mix
	return old, nil
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
