package compose

import (
	"image"
	"image/color"
	"strings"
	"unicode"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// drawFace draws a tile for somebody who has no picture: initials in a disc of a colour of
// their own.
func (l *look) drawFace(p *screen.Painter, w, h int, t transcode.Tile) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	gradient(img, tileTop, tileBottom)
	x, y := float64(w)/2, float64(h)/2
	if t.Name != "" && h < w {
		y -= float64(h) * 0.03 // the name is below
	}
	r := min(float64(w)*l.aspect, float64(h)) * 0.25
	pen := newPen(img, l.aspect)
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

// gradient fills from the upper left to the lower right, dithered: after encoding, a plain
// one would show bands.
func gradient(img *image.RGBA, from, to color.NRGBA) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range h {
		row := img.Pix[y*img.Stride:]
		for x := range w {
			at := (float64(x)/float64(w)*0.35 + float64(y)/float64(h)*0.65)
			noise := float64((x*7+y*13)&15)/16 - 0.5 + 0.5
			p := row[4*x:]
			p[0], p[1], p[2], p[3] = between(from.R, to.R, at, noise), between(from.G, to.G, at, noise), between(from.B, to.B, at, noise), 0xff
		}
	}
}

func between(from, to uint8, at, noise float64) uint8 {
	return uint8(float64(from) + (float64(to)-float64(from))*at + noise)
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
