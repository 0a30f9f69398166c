package compose

import (
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// mostCropped is how much of people's pictures may be cut off to fill a tile.
const mostCropped = 0.21

// fitting says how a picture goes into a tile: which part of it, to where.
type fitting struct {
	part, place layout.Rect
	whole       bool // nothing is cut off, but the tile is not filled
}

// fit makes a picture fill a place of a canvas, or all of it be seen when too much would
// have to be cut off, or nothing may be.
func fit(p *codec.Picture, place layout.Rect, aspect float64, whole bool) fitting {
	f := fitting{part: layout.Rect{W: p.Width, H: p.Height}, place: place}
	samples := float64(p.SampleAspect)
	if !(samples > 0.25 && samples < 4) {
		samples = 1
	}
	// How many times as wide as the place the picture is, at the same height.
	wider := float64(p.Width) * samples / float64(p.Height) / (float64(place.W) * aspect / float64(place.H))
	switch lost := 1 - min(wider, 1/wider); {
	case lost <= 0.01: // nobody sees that it is stretched
	case lost > mostCropped || whole:
		f.whole = true
		f.place = within(place, wider)
	case wider > 1:
		f.part.W = max(even(float64(p.Width)/wider), 2)
		f.part.X = even(float64(p.Width-f.part.W) / 2)
	default:
		f.part.H = max(even(float64(p.Height)*wider), 2)
		f.part.Y = even(float64(p.Height-f.part.H) / 3) // heads are above
	}
	return f
}

// within gives the largest place in the middle of r that is wider times as wide.
func within(r layout.Rect, wider float64) layout.Rect {
	w, h := r.W, r.H
	if wider > 1 {
		h = min(max(even(float64(h)/wider), 2), h)
	} else {
		w = min(max(even(float64(w)*wider), 2), w)
	}
	return layout.Rect{X: r.X + even(float64(r.W-w)/2), Y: r.Y + even(float64(r.H-h)/2), W: w, H: h}
}
