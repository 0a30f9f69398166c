package compose

import (
	"slices"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/layout"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

func same(a, b *transcode.Scene) bool {
	return a.Layout == b.Layout && a.More == b.More && a.Title == b.Title && slices.Equal(a.Tiles, b.Tiles)
}

// arrange takes a new scene. Who was there before goes on with the same picture.
func (c *Compositor) arrange(s *transcode.Scene, now time.Duration) {
	moves := s.Layout != transcode.Single && c.scene.Layout != transcode.Single
	c.scene = *s
	c.scene.Tiles = slices.Clone(s.Tiles)
	places := layout.ArrangeShaped(s.Layout, len(s.Tiles), c.o.Width, c.o.Height, c.o.SampleAspect)
	before, left, stay := c.placed(now), slices.Clone(c.tiles), len(places) == len(c.tiles)
	c.tiles = make([]*tile, 0, len(places))
	for i, place := range places {
		t := &tile{c: c, spec: s.Tiles[i]}
		if at := slices.IndexFunc(left, t.isOf); at >= 0 {
			t = left[at]
			left = slices.Delete(left, at, at+1)
		}
		stay = stay && t.place == place
		t.set(s.Tiles[i], place, len(places) == 1)
		c.tiles = append(c.tiles, t)
	}
	if n := len(c.tiles); n > 0 && s.Layout != transcode.Single {
		c.tiles[n-1].hidden = max(s.More, 0) + len(s.Tiles) - n
	}
	c.arrangement++
	switch {
	case moves && !stay && !c.hurried && c.given != nil:
		c.move(before, left, now)
	case !stay:
		c.motion.stop()
	}
	for _, t := range left {
		t.close()
	}
}

// placed gives where tiles are seen now, which is between two places while they move.
func (c *Compositor) placed(now time.Duration) map[*tile]layout.Rect {
	at := make(map[*tile]layout.Rect, len(c.tiles))
	moving := c.motion.goesOn(now)
	for i, t := range c.tiles {
		at[t] = t.place
		if moving {
			at[t] = c.motion.moves[i].at(c.motion.progress(now))
		}
	}
	return at
}

// move starts the motion from what was seen before.
func (c *Compositor) move(before map[*tile]layout.Rect, gone []*tile, now time.Duration) {
	from := c.given.Retain()
	c.motion.stop()
	c.motion.from, c.motion.start = from, now
	for _, t := range c.tiles {
		at, was := before[t]
		v := move{tile: t, from: at, to: t.place, comes: !was}
		t.bare = v.glides()
		c.motion.moves = append(c.motion.moves, v)
	}
	for _, t := range gone {
		c.motion.gone = append(c.motion.gone, before[t])
	}
}

// isOf tells whether another tile is of the same person and the same picture.
func (t *tile) isOf(other *tile) bool {
	a, b := t.spec, other.spec
	return a.Owner == b.Owner && a.Slides == b.Slides && (a.Input == b.Input || a.Owner != "")
}

// set makes the tile show a part of a scene. When it is to show another stream, it keeps the
// picture until the first one of that.
func (t *tile) set(spec transcode.Tile, place layout.Rect, full bool) {
	if t.picture != nil && spec.Input == 0 {
		t.picture.Release()
		t.picture = nil
	}
	spec.Name = screen.Clean(spec.Name, maxName)
	if place.W != t.place.W || place.H != t.place.H || spec.Name != t.spec.Name || spec.Muted != t.spec.Muted {
		t.face, t.plate, t.more = nil, nil, nil
	}
	t.spec, t.place, t.full, t.hidden = spec, place, full, 0
	t.glow.on = spec.Speaking && !full
	if t.picture != nil {
		t.fit()
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
