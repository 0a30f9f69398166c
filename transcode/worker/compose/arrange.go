package compose

import (
	"slices"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

func same(a, b *transcode.Scene) bool {
	return a.Layout == b.Layout && a.More == b.More && a.Title == b.Title && slices.Equal(a.Tiles, b.Tiles)
}

// arrange takes a new scene. Who was there before goes on with the same picture.
func (c *Compositor) arrange(s *transcode.Scene) {
	c.scene = *s
	c.scene.Tiles = slices.Clone(s.Tiles)
	places := layout.ArrangeShaped(s.Layout, len(s.Tiles), c.o.Width, c.o.Height, c.o.SampleAspect)
	left := c.tiles
	c.tiles = make([]*tile, 0, len(places))
	for i, place := range places {
		spec := s.Tiles[i]
		spec.Name = screen.Clean(spec.Name, maxName)
		t := &tile{c: c}
		if at := slices.IndexFunc(left, func(t *tile) bool { return t.shows(spec) }); at >= 0 {
			t = left[at]
			left = slices.Delete(left, at, at+1)
		}
		t.set(spec, place, len(places) == 1)
		c.tiles = append(c.tiles, t)
	}
	for _, t := range left {
		t.close()
	}
	if n := len(c.tiles); n > 0 && s.Layout != transcode.Single {
		hidden := max(s.More, 0) + len(s.Tiles) - n
		c.tiles[n-1].addMore(hidden)
	}
	c.arrangement++
}

// shows tells whether a tile is of the same person and the same picture.
func (t *tile) shows(s transcode.Tile) bool {
	return t.spec.Owner == s.Owner && t.spec.Input == s.Input && t.spec.Slides == s.Slides
}

// set makes the tile show a part of a scene.
func (t *tile) set(spec transcode.Tile, place layout.Rect, full bool) {
	if place.W != t.place.W || place.H != t.place.H || spec.Name != t.spec.Name {
		t.face = nil
	}
	t.spec, t.place, t.full = spec, place, full
	t.glow.on = spec.Speaking && !full
	if t.picture != nil {
		t.fitting = fit(t.picture, place, t.c.o.SampleAspect, spec.Slides)
	}
	t.labels = t.labels[:0]
	if t.c.scene.Layout != transcode.Single {
		t.addPlate()
	}
	t.version = t.c.version()
}

// background draws what is around the tiles.
func (c *Compositor) background(v *canvas) {
	fill(v.Picture, c.look.full(), c.look.ground)
	if len(c.tiles) > 0 {
		return
	}
	img, err := c.o.Painter.Draw(c.o.Width, c.o.Height, screen.Text{Title: screen.Clean(c.scene.Title, maxTitle)})
	if err != nil {
		return
	}
	c.look.Convert(img, v.Y, v.U, v.V, v.StrideY, v.StrideC)
}

// face draws what stands for a picture that is not there.
func (c *Compositor) face(t *tile) *codec.Picture {
	img := c.look.drawFace(c.o.Painter, t.place.W, t.place.H, t.spec)
	p := codec.Allocate(t.place.W, t.place.H)
	c.look.Convert(img, p.Y, p.U, p.V, p.StrideY, p.StrideC)
	return p
}
