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

// Colours of the screen, those of the meeting page's dark theme: a dark ground
// that gets darker downwards, with a little light from the upper right; nearly white
// letters, an accent that calms the eye where to begin.
var (
	top       = color.RGBA{0x22, 0x30, 0x3b, 0xff}
	bottom    = color.RGBA{0x0d, 0x14, 0x1a, 0xff}
	light     = color.RGBA{0x2f, 0xd0, 0xb8, 0xff}
	titleInk  = color.RGBA{0xf0, 0xf5, 0xf8, 0xff}
	lineInk   = color.RGBA{0xb2, 0xc1, 0xcd, 0xff}
	accentInk = light
)

const lightShare = 0.09 // of the light, where it is brightest

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
	p.ground(img)
	l := p.layout(width, height, t)
	l.draw(img)
	return img, nil
}

// background fills with a gradient. It is dithered: after encoding, a plain one
// would show bands.
func background(img *image.RGBA) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	across := bell(w, 0.95, 0.5)
	down := bell(h, 0, 0.7)
	for y := range h {
		at := float64(y) / float64(h)
		for x := range w {
			noise := float64((x*7+y*13)&15)/15 - 0.5
			shine := lightShare * across[x] * down[y]
			p := img.Pix[y*img.Stride+4*x:]
			p[0], p[1], p[2], p[3] = mixed(top.R, bottom.R, light.R, at, shine, noise), mixed(top.G, bottom.G, light.G, at, shine, noise),
				mixed(top.B, bottom.B, light.B, at, shine, noise), 0xff
		}
	}
}

// bell gives a curve that is 1 at a place of n and falls to both sides; place and width are shares of n.
func bell(n int, place, width float64) []float64 {
	curve := make([]float64, n)
	for i := range curve {
		d := (float64(i)/float64(n) - place) / width
		curve[i] = math.Exp(-d * d * 2)
	}
	return curve
}

func mixed(from, to, light uint8, at, shine, noise float64) uint8 {
	ground := float64(from) + (float64(to)-float64(from))*at
	return uint8(min(max(ground+(float64(light)-ground)*shine+noise+0.5, 0), 255))
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
	unit := float64(min(height, width*2/3))
	margin := max(width/12, 6)
	room := width - 2*margin
	title := p.fit(Bold, Clean(t.Title, maxText), unit/9, unit/13, room, 1)
	if len(title) == 1 && strings.HasSuffix(title[0].text, "…") {
		title = p.fit(Bold, Clean(t.Title, maxText), unit/10, unit/18, room, 2)
	}
	var rest []line
	for _, s := range t.Lines[:min(len(t.Lines), maxLines)] {
		rest = append(rest, p.fit(Regular, Clean(s, maxText), unit/19, unit/26, room, 2)...)
	}
	bar := max(int(unit/120), 2)
	gap := int(unit / 15)
	total := blockHeight(title) + gap + bar + gap + blockHeight(rest)
	y := max((height-total)/2, margin/2)
	y = place(title, margin, y, titleInk)
	y += gap / 2
	l := layout{accent: image.Rect(margin, y, margin+int(unit/9), y+bar)}
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
	smallest = max(smallest, 10)
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
