package compose

import (
	"image"
	"strings"
	"unicode"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// backdrop gives the ground of tiles of a size without a picture.
func (c *Compositor) backdrop(w, h int) *codec.Picture {
	for _, p := range c.backdrops {
		if p.Width == w && p.Height == h {
			return p
		}
	}
	p := codec.Allocate(w, h)
	from, to := c.look.colour(tileTop), c.look.colour(tileBottom)
	gradient(p.Y, w, h, from.y, to.y)
	gradient(p.U, w/2, h/2, from.u, to.u)
	gradient(p.V, w/2, h/2, from.v, to.v)
	if len(c.backdrops) == maxBackdrops {
		c.backdrops = c.backdrops[1:]
	}
	c.backdrops = append(c.backdrops, p)
	return p
}

// maxBackdrops is how many sizes are kept: an arrangement has two.
const maxBackdrops = 2

// faceAt gives the upper left corner of the square that has the face.
func (l *look) faceAt(place layout.Rect, t transcode.Tile) (x, y int) {
	w, h := l.faceSize(place, t)
	free := place.H
	if t.Name != "" || t.Muted { // what stands above the name
		free = max(place.H-int(l.letters(place.H)*1.3)-l.inset, h)
	}
	return place.X + (place.W-w)/2&^1, place.Y + (free-h)/2&^1
}

func (l *look) faceSize(place layout.Rect, t transcode.Tile) (w, h int) {
	side := min(float64(place.W)*l.aspect, float64(place.H)) * 0.48
	return max(even(side/l.aspect), 2), max(even(side), 2)
}

// drawFace draws what stands for a picture: initials in a disc of the person's colour, or a
// screen for slides.
func (l *look) drawFace(p *screen.Painter, place layout.Rect, t transcode.Tile) *image.RGBA {
	w, h := l.faceSize(place, t)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	x, y, r := float64(w)/2, float64(h)/2, float64(h)/2
	pen := newPen(img, l.aspect)
	if t.Slides {
		pen.display(img, x-r*0.45/l.aspect, y-r*0.45, r*0.9, slidesInk)
		return img
	}
	pen.circle(x, y, r)
	pen.fill(img, hue(t.Owner, t.Name))
	letters := initials(t.Name)
	if letters == "" {
		pen.person(x-r*0.68/l.aspect, y-r*0.72, r*1.36)
		pen.fill(img, nameInk)
		return img
	}
	face := p.Face(screen.Bold, r*0.74)
	face.Draw(img, int(x+0.5)-face.Measure(letters)/2, int(y+0.5)+face.CapHeight()/2, letters, nameInk)
	return img
}

// gradient fills a plane from above to below and a little from left to right, dithered: after
// encoding, a plain one would show bands.
func gradient(plane []byte, w, h int, from, to byte) {
	const one = 1 << 16
	all := (int(to) - int(from)) * one
	right, down := all*35/100/w, all*65/100/h
	for y := range h {
		row, at := plane[y*w:(y+1)*w], int(from)*one+y*down
		for x := range row {
			row[x] = byte((at + (x*7+y*13)&15*(one/16)) >> 16)
			at += right
		}
	}
}

// initials gives the first letters of the first and last word: Vietnamese given names come last, so
// both count.
func initials(name string) string {
	var words []string
	for _, w := range strings.Fields(name) {
		if w = strings.TrimLeftFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }); w != "" {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return ""
	}
	first := func(w string) string {
		for _, r := range w {
			return string(unicode.ToUpper(r))
		}
		return ""
	}
	if len(words) == 1 {
		return first(words[0])
	}
	return first(words[0]) + first(words[len(words)-1])
}
