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
	bare    bool   // only its picture is drawn in its place, while it moves there
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
	case p == t.picture || !sound(p):
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

// sound tells whether a picture has the memory that it says.
func sound(p *codec.Picture) bool {
	w, h := (p.Width+1)/2, (p.Height+1)/2
	return p.Width >= 2 && p.Height >= 2 && p.StrideY >= p.Width && p.StrideC >= w &&
		len(p.Y) >= p.StrideY*(p.Height-1)+p.Width && len(p.U) >= p.StrideC*(h-1)+w && len(p.V) >= p.StrideC*(h-1)+w
}

func (t *tile) fit() {
	t.fitting = fit(t.picture, t.place, t.c.o.SampleAspect, t.spec.Slides || t.c.scene.Layout == transcode.Single)
}

// paint draws the tile.
func (t *tile) paint(dst *codec.Picture) {
	if t.picture == nil || !t.scale(dst) {
		t.paintFace(dst)
	}
	if !t.bare {
		t.decorate(dst, t.place)
	}
}

// decorate draws what is on top of the picture, which is seen at r now.
func (t *tile) decorate(dst *codec.Picture, r layout.Rect) {
	if t.c.scene.Layout == transcode.Single {
		return
	}
	if !t.full {
		t.c.look.edge(dst, r, t.glow.level, t.spec.Slides && t.picture != nil)
	}
	if t.plate == nil {
		t.plate = t.c.look.drawPlate(t.c.o.Painter, t.spec, t.place)
	}
	if t.hidden > 0 && (t.more == nil || t.more.says != t.hidden) {
		t.more = t.c.look.drawMore(t.c.o.Painter, t.hidden, t.place)
	}
	t.paintLabels(dst, r)
}

func (t *tile) paintLabels(dst *codec.Picture, r layout.Rect) {
	inset := t.c.look.inset
	fits := func(l *label) bool { return l != nil && l.w+2*inset <= r.W && l.h+2*inset <= r.H }
	if t.hidden > 0 && fits(t.more) {
		t.more.lay(dst, r.X+r.W-inset-t.more.w, r.Y+inset)
	}
	if !fits(t.plate) {
		return
	}
	y := r.Y + r.H - inset - t.plate.h
	if t.spec.Slides && t.picture != nil { // below slides, not on top of them
		in := t.fitting.place
		if y = in.Y + in.H + inset; y+t.plate.h > r.Y+r.H || r != t.place {
			return
		}
	}
	t.plate.lay(dst, r.X+inset, y)
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

func (t *tile) close() {
	if t.picture != nil {
		t.picture.Release()
		t.picture = nil
	}
}
