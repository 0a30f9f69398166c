// Package compose draws what people see of a conference: a scene's tiles with
// names and marks, in I420. It is used by one goroutine at a time; what it gives
// out is shared by counting, and may be encoded while the next picture is drawn.
package compose

import (
	"errors"
	"fmt"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// Scaler draws a place of one picture into a place of another, as scale.Scaler does.
type Scaler interface {
	Scale(dst *codec.Picture, to scale.Rect, src *codec.Picture, from scale.Rect) error
}

// Options say what is drawn on, and with what.
type Options struct {
	Width, Height int // even
	// SampleAspect is the width of a sample over its height; 0 is 1.
	SampleAspect float64
	Painter      *screen.Painter
	Scaler       Scaler // the caller's, who closes it
}

// Bounds of what is drawn.
const (
	minSide  = 32
	maxTiles = transcode.MaxTiles
	maxName  = 64 // letters
	maxTitle = 100
)

// Source gives the newest picture of a stream, held for who asks, or nil when there is none yet.
type Source func(transcode.StreamID) *codec.Picture

// Compositor draws the scenes of one output, or of several that show the same.
type Compositor struct {
	o    Options
	look *look

	scene       transcode.Scene // as it was given last, cut to the bounds
	arrangement uint64          // which arrangement of tiles it is; 0 before the first
	tiles       []*tile
	versions    uint64 // the last one given

	banner banner

	pool  pool
	drawn *canvas // the last one that shows the arrangement as it is; held if it was given last
	given *canvas // the last one given out, held

	hurried   bool
	motion    motion
	backdrops []*codec.Picture
}

// New makes a compositor.
func New(o Options) (*Compositor, error) {
	if o.Width < minSide || o.Height < minSide || o.Width > codec.MaxWidth || o.Height > codec.MaxHeight || o.Width%2+o.Height%2 != 0 {
		return nil, fmt.Errorf("compose: no picture of %dx%d", o.Width, o.Height)
	}
	if o.Painter == nil || o.Scaler == nil {
		return nil, errors.New("compose: nothing to draw or scale with")
	}
	if !(o.SampleAspect > 0.25 && o.SampleAspect < 4) {
		o.SampleAspect = 1
	}
	return &Compositor{o: o, look: newLook(o), pool: pool{width: o.Width, height: o.Height, aspect: float32(o.SampleAspect)}}, nil
}

// Compose draws a scene at a time; now never goes back. The caller holds the picture, and
// releases it; nobody may write to it. changed is false when it is the same as the last one. It
// is nil when the last pictures are all still held.
func (c *Compositor) Compose(s *transcode.Scene, source Source, now time.Duration) (p *codec.Picture, changed bool) {
	if c.arrangement == 0 || !same(&c.scene, s) {
		c.arrange(s, now)
	}
	for _, t := range c.tiles {
		t.update(source, now)
	}
	c.banner.set(c.look, c.o.Painter, s)
	moving := c.motion.goesOn(now)
	over := moving || c.banner.overlay != nil
	switch {
	case c.stale(), c.given != c.drawn && !over && c.drawn.held.Load(): // somebody else holds it still
		if !c.draw() {
			return nil, false
		}
	case c.given == c.drawn && !over:
		return c.given.Retain(), false
	}
	out := c.drawn
	if over {
		if v := c.pool.next(nil, c.drawn); v != nil {
			v.arrangement = 0
			c.lay(v.Picture, moving, now)
			out = v
		}
	}
	switch {
	case out == c.given:
	case out.held.Load(): // by somebody else, and there was no canvas for what is above it
		return nil, false
	default:
		c.giveUp()
		out.take()
		c.given = out
	}
	return out.Retain(), true
}

// lay draws what is seen for a moment only: tiles on their way, and the banner.
func (c *Compositor) lay(dst *codec.Picture, moving bool, now time.Duration) {
	if moving {
		c.motion.draw(dst, c.drawn.Picture, c.look.ground, now)
	} else {
		copyRect(dst, c.drawn.Picture, c.look.full())
	}
	c.banner.lay(dst, c.look)
}

// draw makes a canvas that shows all as it is now. It fails when all canvases are held.
func (c *Compositor) draw() bool {
	c.giveUp()
	v := c.pool.next(c.drawn, nil)
	if v == nil {
		return false
	}
	c.paint(v)
	c.drawn = v
	return true
}

// giveUp releases what was given out last.
func (c *Compositor) giveUp() {
	if c.given != nil {
		c.given.Release()
		c.given = nil
	}
}

// Hurry says whether the engine is late: then tiles jump to their places.
func (c *Compositor) Hurry(on bool) {
	c.hurried = on
	if on {
		c.motion.stop()
	}
}

// stale tells whether the last canvas no longer shows what there is.
func (c *Compositor) stale() bool {
	if c.drawn == nil || c.drawn.arrangement != c.arrangement {
		return true
	}
	for i, t := range c.tiles {
		if c.drawn.versions[i] != t.version {
			return true
		}
	}
	return false
}

// paint brings a canvas up to date. What the last one shows already is copied.
func (c *Compositor) paint(v *canvas) {
	if v.arrangement != c.arrangement {
		c.background(v)
		v.arrangement = c.arrangement
		clear(v.versions[:])
	}
	for i, t := range c.tiles {
		switch {
		case v.versions[i] == t.version:
			continue
		case c.drawn != nil && c.drawn.arrangement == c.arrangement && c.drawn.versions[i] == t.version:
			copyRect(v.Picture, c.drawn.Picture, t.place)
		default:
			t.paint(v.Picture)
		}
		v.versions[i] = t.version
	}
}

// version gives a number that no tile has had.
func (c *Compositor) version() uint64 {
	c.versions++
	return c.versions
}

// Close gives up what the compositor holds. Pictures given out stay good.
func (c *Compositor) Close() {
	for _, t := range c.tiles {
		t.close()
	}
	c.tiles = nil
	c.motion.stop()
	c.giveUp()
}
