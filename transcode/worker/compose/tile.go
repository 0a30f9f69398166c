package compose

import (
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/layout"
)

// tile is one place of the arrangement, and what was shown there last.
type tile struct {
	c       *Compositor
	spec    transcode.Tile
	place   layout.Rect
	full    bool   // it is all of the canvas: nothing around it
	version uint64 // of how it looks

	picture *codec.Picture // held; nil while there is none
	fitting fitting

	face   *codec.Picture // what stands for the picture, once it was needed
	labels []label        // on top of it
	glow   glow
}

// label is an overlay in its place on the canvas.
type label struct {
	*overlay
	x, y int
}

// update takes what is new.
func (t *tile) update(source Source, now time.Duration) {
	if t.glow.step(now) {
		t.version = t.c.version()
	}
	if t.spec.Input == 0 {
		return
	}
	p := source(t.spec.Input)
	switch {
	case p == nil:
		return
	case p == t.picture || p.Width <= 0 || p.Height <= 0:
		p.Release()
		return
	}
	if t.picture != nil {
		t.picture.Release()
	}
	t.picture = p
	t.fitting = fit(p, t.place, t.c.o.SampleAspect, t.spec.Slides)
	t.version = t.c.version()
}

// paint draws the tile.
func (t *tile) paint(dst *codec.Picture) {
	if t.picture == nil || !t.scale(dst) {
		t.paintFace(dst)
	}
	if !t.full {
		t.c.look.edge(dst, t.place, t.glow.level, t.spec.Slides)
	}
	for _, l := range t.labels {
		l.lay(dst, l.x, l.y)
	}
}

// scale draws the picture.
func (t *tile) scale(dst *codec.Picture) bool {
	f := &t.fitting
	if f.bars {
		t.bars(dst)
	}
	return t.c.o.Scaler.Scale(dst, scale.Rect(f.place), t.picture, scale.Rect(f.part)) == nil
}

// bars fills what the picture leaves of its tile.
func (t *tile) bars(dst *codec.Picture) {
	k, r, in := t.c.look.bars, t.place, t.fitting.place
	if t.spec.Slides {
		k = t.c.look.ground
	}
	fill(dst, layout.Rect{X: r.X, Y: r.Y, W: in.X - r.X, H: r.H}, k)
	fill(dst, layout.Rect{X: in.X + in.W, Y: r.Y, W: r.X + r.W - in.X - in.W, H: r.H}, k)
	fill(dst, layout.Rect{X: in.X, Y: r.Y, W: in.W, H: in.Y - r.Y}, k)
	fill(dst, layout.Rect{X: in.X, Y: in.Y + in.H, W: in.W, H: r.Y + r.H - in.Y - in.H}, k)
}

func (t *tile) paintFace(dst *codec.Picture) {
	if t.face == nil {
		t.face = t.c.face(t)
	}
	copyInto(dst, t.place, t.face)
}

func (t *tile) close() {
	if t.picture != nil {
		t.picture.Release()
		t.picture = nil
	}
}
