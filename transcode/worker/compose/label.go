package compose

import (
	"fmt"
	"image"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/layout"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// label is a line of text on a tile. An empty one has no height.
type label struct {
	overlay
	says int // the number in it
}

// letters gives the size of a name's letters in a tile of a height.
func (l *look) letters(height int) float64 {
	least := 11.0
	if l.height < 200 {
		least = 10
	}
	return max(min(float64(height)*0.06, 24*l.unit), 17*l.unit, least)
}

// plate is a dark box for a line of text, with room for a mark before it.
type plate struct {
	*image.RGBA
	face   *screen.Face
	pad    int
	base   int     // of the letters
	mark   float64 // side of a mark
	offset int     // where the text begins
}

// pad is the room beside the text in its box.
func (l *look) pad(size float64, room int) int {
	if float64(room) < 12*size {
		return int(size*0.35 + 0.5)
	}
	return int(size*0.55 + 0.5)
}

// newPlate gives nil when there is no room.
func (l *look) newPlate(p *screen.Painter, weight screen.Weight, size float64, mark bool, text string, room int) *plate {
	b := &plate{face: p.Face(weight, size), pad: l.pad(size, room)}
	b.offset = b.pad
	if mark {
		b.mark = size * 1.1
		b.offset += int(b.mark/l.aspect + 0.5)
		if text != "" {
			b.offset += int(size*0.3 + 0.5)
		}
	}
	w := even(float64(b.offset+b.face.Measure(text)+b.pad) + 1)
	h := even(size*1.62 + 1)
	if w > room || h > l.height {
		return nil
	}
	b.RGBA = image.NewRGBA(image.Rect(0, 0, w, h))
	// The middle of small letters and capitals stands in the middle of the box; marks go above.
	b.base = (h + b.face.CapHeight()) / 2
	pen := newPen(b, l.aspect)
	pen.box(0, 0, float64(w), float64(h), size*0.42)
	pen.fill(b.RGBA, plateInk)
	return b
}

// drawPlate draws a tile's name, and whether one is muted.
func (l *look) drawPlate(p *screen.Painter, t transcode.Tile, place layout.Rect) *label {
	if t.Name == "" && !t.Muted {
		return &label{}
	}
	size, room := l.letters(place.H), place.W-2*l.inset
	free := room - 2*l.pad(size, room) - 1
	if t.Muted {
		free -= int(size*1.4/l.aspect + 2)
	}
	name := p.Face(screen.Regular, size).Shorten(t.Name, free)
	if name == "" && !t.Muted {
		return &label{}
	}
	b := l.newPlate(p, screen.Regular, size, t.Muted, name, room)
	if b == nil {
		return &label{}
	}
	if t.Muted {
		newPen(b, l.aspect).microphone(b.RGBA, float64(b.pad), (float64(b.Rect.Dy())-b.mark)/2, b.mark, mutedInk)
	}
	b.face.Draw(b, b.offset, b.base, name, nameInk)
	return &label{overlay: *l.overlay(b.RGBA)}
}

// drawMore draws the number of people who are not shown.
func (l *look) drawMore(p *screen.Painter, n int, place layout.Rect) *label {
	text := fmt.Sprintf("+%d", n)
	b := l.newPlate(p, screen.Bold, l.letters(place.H), true, text, place.W-2*l.inset)
	if b == nil {
		return &label{says: n}
	}
	pen := newPen(b, l.aspect)
	pen.person(float64(b.pad), (float64(b.Rect.Dy())-b.mark)/2, b.mark)
	pen.fill(b.RGBA, moreInk)
	b.face.Draw(b, b.offset, b.base, text, nameInk)
	return &label{*l.overlay(b.RGBA), n}
}
