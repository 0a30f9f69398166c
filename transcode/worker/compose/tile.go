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
	hidden  int    // people who have no tile, which this one says
	version uint64 // of how it looks

	picture *codec.Picture // held; nil while there is none
	fitting fitting
	bars    bars
	glow    glow

	// Drawn when first needed; nil too when there is nothing or no room.
	face        *overlay
	plate, more *label
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
	case p == t.picture || p.Width < 2 || p.Height < 2:
		p.Release()
		return
	}
	if t.picture != nil {
		t.picture.Release()
	}
	t.picture = p
	t.fit()
	t.bars.update(t, now)
	t.version = t.c.version()
}

func (t *tile) fit() {
	t.fitting = fit(t.picture, t.place, t.c.o.SampleAspect, t.spec.Slides || t.c.scene.Layout == transcode.Single)
}

// paint draws the tile.
func (t *tile) paint(dst *codec.Picture) {
	if t.picture == nil || !t.scale(dst) {
		t.paintFace(dst)
	}
	if t.c.scene.Layout == transcode.Single {
		return
	}
	if !t.full {
		t.c.look.edge(dst, t.place, t.glow.level, t.spec.Slides)
	}
	t.paintLabels(dst)
}

// scale draws the picture.
func (t *tile) scale(dst *codec.Picture) bool {
	if t.fitting.whole {
		t.bars.paint(t, dst)
	}
	return t.c.o.Scaler.Scale(dst, scale.Rect(t.fitting.place), t.picture, scale.Rect(t.fitting.part)) == nil
}

func (t *tile) paintFace(dst *codec.Picture) {
	copyInto(dst, t.place, t.c.backdrop(t.place.W, t.place.H))
	if t.face == nil {
		t.face = t.c.look.overlay(t.c.look.drawFace(t.c.o.Painter, t.place, t.spec))
	}
	x, y := t.c.look.faceAt(t.place, t.spec)
	t.face.lay(dst, x, y)
}

func (t *tile) paintLabels(dst *codec.Picture) {
	l, r := t.c.look, t.place
	if t.plate == nil {
		t.plate = l.drawPlate(t.c.o.Painter, t.spec, r)
	}
	if y := r.Y + r.H - l.inset - t.plate.h; t.plate.h > 0 {
		if t.spec.Slides && t.picture != nil { // nothing on top of slides
			in := t.fitting.place
			y = in.Y + in.H + l.inset
		}
		if y+t.plate.h <= r.Y+r.H {
			t.plate.lay(dst, r.X+l.inset, y)
		}
	}
	if t.hidden <= 0 {
		return
	}
	if t.more == nil || t.more.says != t.hidden {
		t.more = l.drawMore(t.c.o.Painter, t.hidden, r)
	}
	t.more.lay(dst, r.X+r.W-l.inset-t.more.w, r.Y+l.inset)
}

func (t *tile) close() {
	if t.picture != nil {
		t.picture.Release()
		t.picture = nil
	}
}
