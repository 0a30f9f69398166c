package video

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// coding is what cannot change within an encoder.
type coding struct {
	codec                media.Codec
	profile, level, mode uint8
	mtu, width, height   int
	aspect               float64 // of samples
	content              bool    // sharp slides rather than smooth motion
}

// form is what two outputs must have in common to share an encoder.
type form struct {
	coding
	scene        string
	fps, bitrate int
}

// Bounds of outputs. Rates beyond them are brought within; sizes are refused.
const (
	minSide     = 16
	mostFPS     = 60
	minBitrate  = 16_000
	mostBitrate = 50_000_000
	minPayload  = 200
)

// formOf gives the form of an output, or why it cannot be served.
func formOf(o *transcode.VideoOutput, b *Build) (form, error) {
	switch {
	case !b.Encodes(o.Codec):
		return form{}, fmt.Errorf("this build does not encode %s", o.Codec)
	case o.Width < minSide || o.Height < minSide || o.Width > codec.MaxWidth || o.Height > codec.MaxHeight || o.Width%2+o.Height%2 != 0:
		return form{}, fmt.Errorf("no picture of %dx%d", o.Width, o.Height)
	case o.MTU != 0 && (o.MTU < minPayload || o.MTU > transcode.MaxPacket):
		return form{}, fmt.Errorf("no payloads of %d bytes", o.MTU)
	case len(o.Scene.Tiles) > transcode.MaxTiles:
		return form{}, errors.New("too many tiles")
	}
	f := form{
		coding: coding{codec: o.Codec, mtu: o.MTU, width: o.Width, height: o.Height, aspect: aspectOf(o.Width, o.Height), content: slides(&o.Scene)},
		scene:  sceneKey(&o.Scene), fps: min(max(o.FPS, 1), mostFPS), bitrate: min(max(o.Bitrate, minBitrate), mostBitrate),
	}
	if o.Codec == media.H264 {
		f.profile, f.level, f.mode = o.Profile, o.Level, o.Mode
		if f.profile == 0 {
			f.profile = 66
		}
		if f.level == 0 {
			f.level = 31
		}
	}
	return f, nil
}

// slides tells whether the large picture of a scene is slides.
func slides(s *transcode.Scene) bool {
	return s.Layout == transcode.Slides || s.Layout == transcode.Single && len(s.Tiles) > 0 && s.Tiles[0].Slides
}

// sceneKey tells scenes apart by what is seen of them.
func sceneKey(s *transcode.Scene) string {
	var b strings.Builder
	b.WriteString(string(s.Layout))
	if s.Layout == transcode.Single {
		return string(strconv.AppendUint([]byte(s.Layout+":"), uint64(only(s)), 10))
	}
	fmt.Fprintf(&b, ":%d:%q:%q", s.More, s.Title, s.Banner)
	for i := range s.Tiles {
		t := &s.Tiles[i]
		fmt.Fprintf(&b, ":%q,%d,%q,%t,%t,%t", t.Owner, t.Input, t.Name, t.Muted, t.Speaking, t.Slides)
	}
	return b.String()
}

// only gives the input of a single picture, 0 for none.
func only(s *transcode.Scene) transcode.StreamID {
	if len(s.Tiles) == 0 {
		return 0
	}
	return s.Tiles[0].Input
}

// group is the outputs of one form.
type group struct {
	form    form
	scene   transcode.Scene
	members []*output
	encoder *encoder
	fresh   bool // a member, or all of the encoder, is new to it
	at      *composition
}

// plan is a new graph while it is made.
type plan struct {
	engine  *Engine
	inputs  map[transcode.StreamID]*input
	outputs map[transcode.StreamID]*output
	groups  []*group
	byForm  map[form]*group
	taken   map[*encoder]bool
}

// SetGraph makes the engine do what the graph says. Streams that were in the graph before
// go on. Streams that cannot be served are left out, and the sink is told.
func (e *Engine) SetGraph(g transcode.Graph) {
	p := &plan{
		engine: e, inputs: make(map[transcode.StreamID]*input), outputs: make(map[transcode.StreamID]*output),
		byForm: make(map[form]*group), taken: make(map[*encoder]bool),
	}
	p.sources(g.VideoInputs)
	for i := range g.VideoOutputs {
		if err := p.output(&g.VideoOutputs[i]); err != nil {
			e.refuse(g.VideoOutputs[i].ID, err)
		}
	}
	p.match()
	p.apply()
}

var errTwice = errors.New("it is in the graph twice")

func (p *plan) sources(specs []transcode.VideoInput) {
	for _, spec := range specs {
		if p.inputs[spec.ID] != nil {
			p.engine.refuse(spec.ID, errTwice)
			continue
		}
		in := p.engine.inputs[spec.ID]
		if in == nil || in.spec != spec {
			in = newInput(p.engine, spec)
		}
		p.inputs[spec.ID] = in
	}
}

// output puts one into the group of its form.
func (p *plan) output(spec *transcode.VideoOutput) error {
	if p.outputs[spec.ID] != nil {
		return errTwice
	}
	f, err := formOf(spec, &p.engine.build)
	if err != nil {
		return err
	}
	o := p.engine.outputs[spec.ID]
	if o == nil {
		o = &output{id: spec.ID}
	}
	p.outputs[spec.ID] = o
	g := p.byForm[f]
	if g == nil {
		g = &group{form: f, scene: spec.Scene}
		p.byForm[f] = g
		p.groups = append(p.groups, g)
	}
	g.members = append(g.members, o)
	return nil
}

// match finds the encoder of each group: one that was of the same form, else the one that
// most of its members come from, which goes on where only rates and scene change.
func (p *plan) match() {
	for _, e := range p.engine.encoders {
		if g := p.byForm[e.form]; g != nil && g.encoder == nil {
			p.give(g, e)
		}
	}
	for _, g := range p.groups {
		if g.encoder != nil {
			continue
		}
		var best *encoder
		most := 0
		for _, e := range p.engine.encoders {
			if n := common(g, e); !p.taken[e] && e.coding == g.form.coding && n > most {
				best, most = e, n
			}
		}
		if best != nil {
			p.give(g, best)
		}
	}
	for _, g := range p.groups {
		if g.encoder == nil {
			p.give(g, newEncoder(p.engine, g.form))
		}
	}
}

func (p *plan) give(g *group, e *encoder) {
	g.encoder = e
	p.taken[e] = true
}

// common counts the members of a group that an encoder has.
func common(g *group, e *encoder) (n int) {
	for _, o := range g.members {
		if o.encoder == e {
			n++
		}
	}
	return n
}

// apply begins, moves and ends what the new graph changes.
func (p *plan) apply() {
	e := p.engine
	before, ended := e.encoders, e.inputs
	encoders := make([]*encoder, 0, len(p.groups))
	for _, g := range p.groups {
		encoders = append(encoders, g.encoder)
		for _, o := range g.members {
			if o.encoder != g.encoder {
				o.move(g.encoder)
				g.fresh = true
			}
		}
	}
	compositions := p.compose()
	e.mu.Lock()
	old := e.compositions
	e.inputs, e.outputs, e.encoders, e.compositions = p.inputs, p.outputs, encoders, compositions
	e.mu.Unlock()
	p.connect(before)
	p.look(ended)
	for _, enc := range before {
		if !p.taken[enc] {
			close(enc.quit)
		}
	}
	p.end(old, compositions)
}

// connect gives the encoders what they do, and starts the new ones.
func (p *plan) connect(before []*encoder) {
	known := make(map[*encoder]bool, len(before))
	for _, enc := range before {
		known[enc] = true
	}
	for _, g := range p.groups {
		var from any = g.at
		in := p.inputs[only(&g.scene)]
		if g.at == nil {
			from = in
		}
		changed := g.encoder.set(g.form, from, g.members, g.fresh)
		if !known[g.encoder] {
			p.engine.running.Go(g.encoder.run)
		}
		if changed && g.at == nil && in != nil {
			if s := in.newest.get(); s.picture != nil { // it may be a while until the next
				s.single, s.pts = false, ticks90(p.engine.now())
				g.encoder.offer(in, s)
				s.drop()
			}
		}
	}
}

// look has the inputs decoded that somebody is shown.
func (p *plan) look(ended map[transcode.StreamID]*input) {
	shown := make(map[*input]*viewers, len(p.inputs))
	for _, in := range p.inputs {
		shown[in] = new(viewers)
	}
	for _, g := range p.groups {
		for _, t := range visible(g) {
			if in := p.inputs[t.Input]; in != nil {
				shown[in].add(g)
			}
		}
	}
	for id, in := range ended {
		if p.inputs[id] != in {
			in.viewers.Store(new(viewers))
			in.show(false)
		}
	}
	for in, v := range shown {
		in.viewers.Store(v)
		in.show(len(v.encoders)+len(v.compositions) > 0)
	}
}

func (v *viewers) add(g *group) {
	switch {
	case g.at == nil:
		v.encoders = append(v.encoders, g.encoder)
	case !slices.Contains(v.compositions, g.at):
		v.compositions = append(v.compositions, g.at)
	}
}

// visible gives the tiles of a scene for which there is a place.
func visible(g *group) []transcode.Tile {
	n := 1
	if g.at != nil {
		n = layout.MaxTiles(g.scene.Layout, g.form.width, g.form.height)
	}
	return g.scene.Tiles[:min(n, len(g.scene.Tiles))]
}
