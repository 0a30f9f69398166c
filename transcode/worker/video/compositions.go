package video

import (
	"slices"

	"github.com/roombridge/roombridge/transcode"
)

// drawing is a composition that groups share.
type drawing struct {
	canvas canvas
	scene  string
}

// compose gives each group that needs one its composition: the one it had goes on with a
// new scene where nobody else stays with the old one.
func (p *plan) compose() (all []*composition) {
	sets := make(map[drawing][]*group)
	var order []drawing
	for _, g := range p.groups {
		if g.composed() {
			d := drawing{canvas{g.form.width, g.form.height, g.form.aspect}, g.form.scene}
			if sets[d] == nil {
				order = append(order, d)
			}
			sets[d] = append(sets[d], g)
		}
	}
	taken := make(map[*composition]bool)
	for _, same := range []bool{true, false} {
		for _, d := range order {
			if sets[d][0].at == nil {
				assign(sets[d], d, taken, same)
			}
		}
	}
	for _, d := range order {
		c := sets[d][0].at
		if c == nil {
			c = newComposition(p.engine, d.canvas)
			for _, g := range sets[d] {
				g.at = c
			}
		}
		p.draw(c, sets[d])
		all = append(all, c)
	}
	return all
}

// composed tells whether a group's picture is drawn, rather than passed.
func (g *group) composed() bool { return g.scene.Layout != transcode.Single }

// assign gives groups the composition one of their encoders had, if it is free: of the same
// scene, or of any.
func assign(groups []*group, d drawing, taken map[*composition]bool, same bool) {
	for _, g := range groups {
		c, _ := g.encoder.from.(*composition)
		if c == nil || taken[c] || c.canvas != d.canvas || same && c.key != d.scene {
			continue
		}
		taken[c] = true
		for _, g := range groups {
			g.at = c
		}
		return
	}
}

// draw tells a composition what it does, and starts it if it is new.
func (p *plan) draw(c *composition, groups []*group) {
	fps := 1
	encoders := make([]*encoder, 0, len(groups))
	for _, g := range groups {
		fps = max(fps, g.form.fps)
		encoders = append(encoders, g.encoder)
	}
	inputs := make(map[transcode.StreamID]*input)
	for _, t := range visible(groups[0]) {
		if in := p.inputs[t.Input]; in != nil {
			inputs[t.Input] = in
		}
	}
	c.set(groups[0].scene, inputs, encoders, fps)
	c.key = groups[0].form.scene
	if !slices.Contains(p.engine.compositions, c) {
		p.engine.running.Go(c.run)
	}
}

// end ends the compositions that nobody needs any more.
func (p *plan) end(before, now []*composition) {
	for _, c := range before {
		if !slices.Contains(now, c) {
			close(c.quit)
		}
	}
}
