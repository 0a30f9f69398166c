package compose

import (
	"fmt"
	"image"
	"image/color"

	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// addPlate puts the name, and whether one is muted, at the tile's lower left corner.
func (t *tile) addPlate() {
	l := t.c.look
	img := l.drawPlate(t.c.o.Painter, t.spec.Name, t.spec.Muted, t.place.H, t.place.W-2*l.inset)
	if img == nil {
		return
	}
	o := l.overlay(img)
	t.labels = append(t.labels, label{o, t.place.X + l.inset, t.place.Y + t.place.H - l.inset - o.h})
}

// addMore puts the number of people who are not shown at the tile's upper right corner.
func (t *tile) addMore(n int) {
	if n <= 0 {
		return
	}
	l := t.c.look
	img := l.drawMore(t.c.o.Painter, n, t.place.H, t.place.W-2*l.inset)
	if img == nil {
		return
	}
	o := l.overlay(img)
	t.labels = append(t.labels, label{o, t.place.X + t.place.W - l.inset - o.w, t.place.Y + l.inset})
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

func (l *look) newPlate(p *screen.Painter, weight screen.Weight, size float64, mark bool, text string, room int) *plate {
	b := &plate{face: p.Face(weight, size), pad: int(size*0.55 + 0.5)}
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
	if w > room&^1 {
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

// drawPlate gives nil when there is nothing to say, or no room.
func (l *look) drawPlate(p *screen.Painter, name string, muted bool, height, room int) *image.RGBA {
	if name == "" && !muted {
		return nil
	}
	size := l.letters(height)
	free := room - int(size*1.1+2)
	if muted {
		free -= int(size*1.4/l.aspect + 2)
	}
	name = p.Face(screen.Regular, size).Shorten(name, free)
	if name == "" && !muted {
		return nil
	}
	b := l.newPlate(p, screen.Regular, size, muted, name, room)
	if b == nil {
		return nil
	}
	if muted {
		newPen(b, l.aspect).microphone(b.RGBA, float64(b.pad), (float64(b.Rect.Dy())-b.mark)/2, b.mark, mutedInk)
	}
	b.face.Draw(b, b.offset, b.base, name, nameInk)
	return b.RGBA
}

func (l *look) drawMore(p *screen.Painter, n, height, room int) *image.RGBA {
	size := l.letters(height)
	b := l.newPlate(p, screen.Bold, size, true, fmt.Sprintf("+%d", n), room)
	if b == nil {
		return nil
	}
	pen := newPen(b, l.aspect)
	pen.person(float64(b.pad), (float64(b.Rect.Dy())-b.mark)/2, b.mark)
	pen.fill(b.RGBA, color.NRGBA{0xc3, 0xd0, 0xda, 0xff})
	b.face.Draw(b, b.offset, b.base, fmt.Sprintf("+%d", n), nameInk)
	return b.RGBA
}
