package compose

import (
	"time"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// What stands beside a picture that does not fill its tile is the picture itself, much
// enlarged, soft and dark. It follows slowly, for little.
const (
	barsWide = 16
	barsHigh = 9
	barsTime = 250 * time.Millisecond // from one look at the picture to the next
	barsDark = 150                    // parts of 256 that the tile's colour has in it
)

// bars is the ground beside one picture.
type bars struct {
	ground *codec.Picture // of the tile's size, drawn only where needed
	small  *codec.Picture // the picture in a few samples
	fitted fitting        // for which it was drawn
	next   time.Duration
}

// update looks at a tile's new picture.
func (b *bars) update(t *tile, now time.Duration) {
	if !t.fitting.whole || t.spec.Slides || t.c.hurried && b.ground != nil && b.fitted == t.fitting {
		return
	}
	if b.fitted == t.fitting && now < b.next {
		return
	}
	b.next = now + barsTime
	kept := 3 // of 4
	if b.small == nil {
		b.small, kept = codec.Allocate(2*barsWide, 2*barsHigh), 0
	}
	b.sample(t.picture, t.c.look.bars, kept)
	b.draw(t)
}

// sample takes the middle of the picture, in the shape of the tile, into the small one.
func (b *bars) sample(p *codec.Picture, dark colour, kept int) {
	plane := func(dst, src []byte, stride, w, h, sw, sh int, dark byte) {
		for y := range h {
			for x := range w {
				sum := 0
				for k := range 16 { // spread over the area that the sample stands for
					sum += int(src[(4*y+k/4)*sh/(4*h)*stride+(4*x+k%4)*sw/(4*w)])
				}
				v := (sum/16*(256-barsDark) + int(dark)*barsDark) >> 8
				at := y*w + x
				dst[at] = byte((int(dst[at])*kept + v*(4-kept) + 2) / 4)
			}
		}
		for range 3 {
			soften(dst, w, h)
		}
	}
	plane(b.small.Y, p.Y, p.StrideY, 2*barsWide, 2*barsHigh, p.Width, p.Height, dark.y)
	plane(b.small.U, p.U, p.StrideC, barsWide, barsHigh, (p.Width+1)/2, (p.Height+1)/2, dark.u)
	plane(b.small.V, p.V, p.StrideC, barsWide, barsHigh, (p.Width+1)/2, (p.Height+1)/2, dark.v)
}

// soften mixes each sample with its neighbours.
func soften(plane []byte, w, h int) {
	for y := range h {
		row := plane[y*w : (y+1)*w]
		for x := 1; x < w-1; x++ {
			row[x] = byte((int(row[x-1]) + 2*int(row[x]) + int(row[x+1]) + 2) / 4)
		}
	}
	for y := 1; y < h-1; y++ {
		for x := range w {
			at := y*w + x
			plane[at] = byte((int(plane[at-w]) + 2*int(plane[at]) + int(plane[at+w]) + 2) / 4)
		}
	}
}

// draw enlarges the small picture.
func (b *bars) draw(t *tile) {
	w, h := t.place.W, t.place.H
	if b.ground == nil || b.ground.Width != w || b.ground.Height != h {
		b.ground = codec.Allocate(w, h)
	}
	b.fitted = t.fitting
	stretch(b.ground, layout.Rect{W: w, H: h}, b.small, layout.Rect{W: b.small.Width, H: b.small.Height})
}

// paint fills what the picture leaves of its tile.
func (b *bars) paint(t *tile, dst *codec.Picture) {
	r, in := t.place, t.fitting.place
	for _, bar := range [4]layout.Rect{
		{X: r.X, Y: r.Y, W: in.X - r.X, H: r.H},
		{X: in.X + in.W, Y: r.Y, W: r.X + r.W - in.X - in.W, H: r.H},
		{X: in.X, Y: r.Y, W: in.W, H: in.Y - r.Y},
		{X: in.X, Y: in.Y + in.H, W: in.W, H: r.Y + r.H - in.Y - in.H},
	} {
		switch {
		case bar.W <= 0 || bar.H <= 0:
		case t.spec.Slides:
			fill(dst, bar, t.c.look.ground)
		case b.ground == nil || b.fitted != t.fitting:
			fill(dst, bar, t.c.look.bars)
		default:
			copyPart(dst, bar, b.ground, bar.X-r.X, bar.Y-r.Y)
		}
	}
}
