package screen

import (
	"fmt"
	"image"
	"image/color"
	"regexp"
	"strings"
)

// Notice is a screen that asks somebody for something, or tells them something.
type Notice struct {
	Title   string
	Lines   []string
	Entry   string // what was typed so far; bullets are drawn as dots
	Places  int    // how many are expected, 0 is not known
	Asks    bool   // the field is drawn though nothing was typed
	Error   string
	Footer  string
	Waiting bool
}

// Colours of notices beside those of stills.
var (
	errorInk  = color.RGBA{0xff, 0x9d, 0x86, 0xff}
	brightInk = color.RGBA{0xd6, 0xe0, 0xe8, 0xff}
	footerInk = color.RGBA{0x8a, 0x9b, 0xa8, 0xff}
	fieldInk  = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

// Bounds of a notice.
const (
	maxEntry  = 32 // letters
	maxPlaces = 12 // drawn each for itself
)

// Notice makes the picture. Its sides must be even. Everything keeps to margins that no
// television cuts off; what does not fit is written smaller, and at last left out,
// the least important first.
func (p *Painter) Notice(width, height int, n Notice) (*image.RGBA, error) {
	if width < minSide || height < minSide || width > maxSide || height > maxSide || width%2+height%2 != 0 {
		return nil, fmt.Errorf("screen: no picture of %dx%d", width, height)
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	p.ground(img)
	s := p.arrange(width, height, n.clean())
	s.draw(img)
	return img, nil
}

// wide is the space between things that a footer has side by side.
var wide = regexp.MustCompile(` {3,}`)

func (n Notice) clean() Notice {
	n.Title, n.Error = Clean(n.Title, maxText), Clean(n.Error, maxText)
	n.Footer = Clean(wide.ReplaceAllString(strings.TrimSpace(n.Footer), " · "), maxText)
	n.Entry = Clean(n.Entry, maxEntry)
	var lines []string
	for _, l := range n.Lines {
		if l = Clean(l, maxText); l != "" && len(lines) < maxLines {
			lines = append(lines, l)
		}
	}
	n.Lines = lines
	n.Places = min(max(n.Places, 0), maxEntry)
	return n
}

// sheet is a notice laid out.
type sheet struct {
	items  []item
	top    int // of the first item
	footer []line
	base   int // top of the footer
	left   int

	noteInk color.RGBA
}

// item is one thing of the column of things that a notice is.
type item struct {
	above  int // free space in front of it
	height int
	draw   func(img *image.RGBA, x, y int)
}

// thrift is what is left out of a notice that has too little room, more and more.
const (
	thriftFooter = iota + 1
	thriftLines  // but the first
	thriftAll
)

// How far letters shrink before something is left out, and when nothing more can be.
const (
	smallest = 0.7
	tiny     = 0.5
)

// arrange finds the largest letters with which the notice fits and nothing is cut; where there
// are none, the smallest with which it fits.
func (p *Painter) arrange(width, height int, n Notice) sheet {
	for thrift := range thriftAll + 1 {
		var cut *sheet
		for scale := 1.0; scale >= smallest; scale *= 0.93 {
			s, fits, whole := p.sheet(width, height, n.without(thrift), scale)
			if fits && whole {
				return s
			}
			if fits {
				cut = &s
			}
		}
		if cut != nil {
			return *cut
		}
	}
	s, _, _ := p.sheet(width, height, n.without(thriftAll), tiny)
	return s
}

func (n Notice) without(thrift int) Notice {
	if thrift >= thriftFooter {
		n.Footer = ""
	}
	if thrift >= thriftLines {
		n.Lines = n.Lines[:min(len(n.Lines), 1)]
	}
	if thrift >= thriftAll {
		n.Lines, n.Waiting = nil, false
	}
	return n
}

// measures are the sizes of a notice's parts, in samples.
type measures struct {
	margin, room      int
	title, text, note float64 // letters
	digit             float64
	gap               int
	textInk, noteInk  color.RGBA
}

// Letters of small pictures are larger than their share, and brighter: coarse coding blurs them.
func measured(width, height int, scale float64) measures {
	unit := float64(min(height, width*2/3))
	least, textInk, noteInk := 15.0, lineInk, footerInk
	if height < 200 {
		least, textInk, noteInk = 12.5, brightInk, lineInk
	}
	text := max(unit/19, least) * scale
	m := measures{margin: max(width/14, 6), text: text, title: max(unit/9.5, 1.45*least) * scale, textInk: textInk, noteInk: noteInk}
	m.room = width - 2*m.margin
	m.digit = max(unit/10, 1.55*least) * scale
	m.note = max(text*0.78, min(text, 11))
	m.gap = max(int(text*0.75), 3)
	return m
}

// How large a text is tried to be written: in so many rows, in letters down to this share.
type attempt struct {
	rows  int
	least float64
}

var (
	titleRows = []attempt{{1, 0.84}, {2, 0.74}, {3, 0.6}}
	textRows  = []attempt{{1, 0.92}, {2, 0.92}, {3, 0.85}}
	noteRows  = []attempt{{1, 0.9}, {2, 0.9}}
)

// sheet lays a notice out in letters of a size. It tells whether there is room for it, and
// whether no text was cut.
func (p *Painter) sheet(width, height int, n Notice, scale float64) (s sheet, fits, whole bool) {
	m := measured(width, height, scale)
	s.left, s.noteInk, whole = m.margin, m.noteInk, true
	set := func(w Weight, t string, size float64, room int, tries []attempt) []line {
		rows, ok := p.set(w, t, size, room, tries)
		whole = whole && ok
		return rows
	}
	if n.Title != "" {
		s.items = append(s.items, written(set(Bold, n.Title, m.title, m.room, titleRows), 0, titleInk), accentBar(m))
	}
	for i, l := range n.Lines {
		above := m.gap / 3
		if i == 0 {
			above = m.gap
		}
		s.items = append(s.items, written(set(Regular, l, m.text, m.room, textRows), above, m.textInk))
	}
	if n.Asks || n.Entry != "" {
		s.items = append(s.items, p.field(m, n))
	}
	if n.Error != "" {
		s.items = append(s.items, warning(m, set(Bold, n.Error, m.text, m.room-sign(m), textRows)))
	}
	if n.Waiting {
		s.items = append(s.items, waiting(m))
	}
	if n.Footer != "" {
		s.footer = set(Regular, n.Footer, m.note, m.room, noteRows)
	}
	return s, s.settle(m, height), whole
}

// settle gives the column its place: in the middle of what the footer leaves, a little above it.
func (s *sheet) settle(m measures, height int) (fits bool) {
	edge := max(height/16, 5)
	bottom := height - edge
	if len(s.footer) > 0 {
		s.base = bottom - blockHeight(s.footer)
		bottom = s.base - m.gap/2
	}
	total := 0
	for _, i := range s.items {
		total += i.above + i.height
	}
	free := bottom - edge - total
	s.top = edge + max(free, 0)*9/20
	return free >= 0
}

func (s sheet) draw(img *image.RGBA) {
	y := s.top
	for _, i := range s.items {
		y += i.above
		i.draw(img, s.left, y)
		y += i.height
	}
	place(s.footer, s.left, s.base, s.noteInk)
	for _, l := range s.footer {
		l.face.Draw(img, l.x, l.base, l.text, l.ink)
	}
}

// set writes a text, in the first of the ways in which nothing of it is cut. Where there is none
// it is cut, and false says so.
func (p *Painter) set(w Weight, text string, size float64, room int, tries []attempt) ([]line, bool) {
	var face *Face
	var rows []string
	for _, t := range tries {
		for share := 1.0; share >= t.least; share *= 0.95 {
			face = p.Face(w, share*size)
			of := measure(face, text)
			wide := 0
			if rows, wide = of.balanced(room); len(rows) <= t.rows && wide <= room {
				return lines(face, rows), true
			}
		}
	}
	if most := tries[len(tries)-1].rows; len(rows) > most {
		rows = rows[:most]
		rows[most-1] += "…"
	}
	for i, r := range rows {
		rows[i] = face.Shorten(r, room)
	}
	return lines(face, rows), false
}

func lines(face *Face, rows []string) []line {
	list := make([]line, 0, len(rows))
	for _, r := range rows {
		list = append(list, line{text: r, face: face})
	}
	return list
}

// written is rows of text.
func written(rows []line, above int, ink color.RGBA) item {
	return item{above: above, height: blockHeight(rows), draw: func(img *image.RGBA, x, y int) {
		place(rows, x, y, ink)
		for _, l := range rows {
			l.face.Draw(img, l.x, l.base, l.text, l.ink)
		}
	}}
}

// accentBar is the short line below a title.
func accentBar(m measures) item {
	h := max(int(m.title/13), 2)
	return item{above: m.gap / 2, height: h, draw: func(img *image.RGBA, x, y int) {
		rounded(img, box{float64(x), float64(y), float64(x) + 1.3*m.title, float64(y + h)}, float64(h)/2, accentInk, 1)
	}}
}

// sign is the width of the sign before an error, with the space behind it.
func sign(m measures) int { return int(1.5 * m.text) }

// warning is an error with a sign before it.
func warning(m measures, rows []line) item {
	return item{above: m.gap, height: blockHeight(rows), draw: func(img *image.RGBA, x, y int) {
		place(rows, x+sign(m), y, errorInk)
		for _, l := range rows {
			l.face.Draw(img, l.x, l.base, l.text, l.ink)
		}
		r := 0.46 * m.text
		cx, cy := float64(x)+r+1, float64(y)+float64(rowMiddle(rows, m))
		rounded(img, around(cx, cy, r, r), r, errorInk, 1)
		bar := max(0.09*m.text, 1)
		rounded(img, box{cx - bar, cy - 0.27*m.text, cx + bar, cy + 0.06*m.text}, bar/2, bottom, 1)
		rounded(img, box{cx - bar, cy + 0.14*m.text, cx + bar, cy + 0.14*m.text + 2*bar}, bar, bottom, 1)
	}}
}

// rowMiddle is how far below its top the letters of the first row have their middle.
func rowMiddle(rows []line, m measures) int {
	if len(rows) == 0 {
		return 0
	}
	return rows[0].face.Ascent() - int(0.36*m.text)
}

// waiting is three dots, each fainter than the one before.
func waiting(m measures) item {
	r := 0.27 * m.text
	return item{above: m.gap * 3 / 2, height: int(2*r) + 1, draw: func(img *image.RGBA, x, y int) {
		for i, ink := range []float64{1, 0.6, 0.3} {
			rounded(img, around(float64(x)+r+float64(i)*3.6*r, float64(y)+r, r, r), r, accentInk, ink)
		}
	}}
}
