package screen

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
)

// Bounds of what is drawn.
const (
	minSide  = 32
	maxSide  = 4096
	maxText  = 200 // letters of a line
	maxLines = 6
)

// Colours of the screen: a dark blue that gets darker downwards, nearly white
// letters, an accent that calms the eye where to begin.
var (
	top       = color.RGBA{0x1b, 0x2a, 0x3d, 0xff}
	bottom    = color.RGBA{0x0d, 0x14, 0x1f, 0xff}
	titleInk  = color.RGBA{0xf4, 0xf7, 0xfa, 0xff}
	lineInk   = color.RGBA{0xb4, 0xc2, 0xd2, 0xff}
	accentInk = color.RGBA{0x4c, 0xa6, 0xff, 0xff}
)

// Text is what a screen says.
type Text struct {
	Title string
	Lines []string
}

// Draw makes the picture. Its sides must be even.
func (p *Painter) Draw(width, height int, t Text) (*image.RGBA, error) {
	if width < minSide || height < minSide || width > maxSide || height > maxSide || width%2+height%2 != 0 {
		return nil, fmt.Errorf("screen: no picture of %dx%d", width, height)
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	background(img)
	l := p.layout(width, height, t)
	l.draw(img)
	return img, nil
}

// background fills with a vertical gradient. It is dithered: after encoding, a
// plain one would show bands.
func background(img *image.RGBA) {
	b := img.Bounds()
	for y := range b.Dy() {
		at := float64(y) / float64(b.Dy())
		for x := range b.Dx() {
			noise := (float64((x*7+y*13)&15)/15 - 0.5) / 1
			img.SetRGBA(x, y, color.RGBA{mixed(top.R, bottom.R, at, noise), mixed(top.G, bottom.G, at, noise), mixed(top.B, bottom.B, at, noise), 0xff})
		}
	}
}

func mixed(from, to uint8, at, noise float64) uint8 {
	return uint8(math.Round(min(max(float64(from)+(float64(to)-float64(from))*at+noise, 0), 255)))
}

// line is one line of text in its place.
type line struct {
	text string
	face *Face
	ink  color.RGBA
	x    int
	base int // baseline
}

type layout struct {
	lines  []line
	accent image.Rectangle
}

// layout places the text: the block of lines sits in the middle of the
// picture's height, left aligned within margins that no television cuts off.
func (p *Painter) layout(width, height int, t Text) layout {
	unit := float64(min(height, width*9/16))
	margin := max(width/12, 6)
	room := width - 2*margin
	title := p.fit(Bold, Clean(t.Title, maxText), unit/7.5, unit/16, room, 2)
	var rest []line
	for _, s := range t.Lines[:min(len(t.Lines), maxLines)] {
		rest = append(rest, p.fit(Regular, Clean(s, maxText), unit/15, unit/24, room, 2)...)
	}
	bar := max(int(unit/90), 2)
	gap := int(unit / 14)
	total := blockHeight(title) + gap + bar + gap + blockHeight(rest)
	y := max((height-total)/2, margin/2)
	y = place(title, margin, y, titleInk)
	y += gap / 2
	l := layout{accent: image.Rect(margin, y, margin+int(unit/7), y+bar)}
	y += bar + gap
	place(rest, margin, y, lineInk)
	l.lines = append(title, rest...)
	return l
}

func blockHeight(lines []line) int {
	h := 0
	for _, l := range lines {
		h += l.face.LineHeight()
	}
	return h
}

// place gives lines their places from y downwards and gives where they end.
func place(lines []line, x, y int, ink color.RGBA) int {
	for i := range lines {
		l := &lines[i]
		l.x, l.base, l.ink = x, y+l.face.Ascent(), ink
		y += l.face.LineHeight()
	}
	return y
}

// fit finds the largest letters, between two sizes, in which the text takes at
// most so many lines. What does not fit even in the smallest is cut short.
func (p *Painter) fit(w Weight, text string, largest, smallest float64, room, most int) []line {
	if text == "" {
		return nil
	}
	smallest = max(smallest, 9)
	for size := max(largest, smallest); ; size *= 0.92 {
		last := size*0.92 < smallest
		face := p.Face(w, size)
		rows := wrap(face, text, room)
		if len(rows) > most && !last {
			continue
		}
		if len(rows) > most {
			rows = rows[:most]
			rows[most-1] += "…"
		}
		lines := make([]line, 0, len(rows))
		for _, r := range rows {
			lines = append(lines, line{text: face.Shorten(r, room), face: face})
		}
		return lines
	}
}

// wrap breaks text between words.
func wrap(face *Face, text string, room int) []string {
	var rows []string
	row := ""
	for _, word := range strings.Fields(text) {
		longer := strings.TrimSpace(row + " " + word)
		if row != "" && face.Measure(longer) > room {
			rows = append(rows, row)
			longer = word
		}
		row = longer
	}
	return append(rows, row)
}

func (l layout) draw(img *image.RGBA) {
	if len(l.lines) > 0 {
		draw.Draw(img, l.accent, image.NewUniform(accentInk), image.Point{}, draw.Src)
	}
	for _, n := range l.lines {
		n.face.Draw(img, n.x, n.base, n.text, n.ink)
	}
}
