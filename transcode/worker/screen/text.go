package screen

import (
	"image"
	"image/color"
	"image/draw"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// Face is letters of one weight and size. It is used by one goroutine at a time.
type Face struct {
	fonts []*sfnt.Font
	faces []font.Face // of each font, made when first needed
	size  float64
	buf   sfnt.Buffer
}

// Face gives letters of a size in samples.
func (p *Painter) Face(w Weight, size float64) *Face {
	fonts := p.fonts[w]
	return &Face{fonts: fonts, faces: make([]font.Face, len(fonts)), size: min(max(size, 4), 400)}
}

func (f *Face) face(i int) font.Face {
	if f.faces[i] == nil {
		// The only error is one of options that cannot be.
		f.faces[i], _ = opentype.NewFace(f.fonts[i], &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingNone})
	}
	return f.faces[i]
}

// LineHeight is from one baseline to the next, samples.
func (f *Face) LineHeight() int { return f.face(0).Metrics().Height.Ceil() }

// Ascent is from the highest letters' top, with two marks above each other, to the baseline.
func (f *Face) Ascent() int { return f.face(0).Metrics().Ascent.Ceil() }

// CapHeight is the height of capitals without marks.
func (f *Face) CapHeight() int { return f.face(0).Metrics().CapHeight.Round() }

// holder gives the first font that has a letter. Without one it is the first font, whose box
// it shows, or none for pictographs and the like, which are left out.
func (f *Face) holder(r rune) int {
	for i, of := range f.fonts {
		if g, err := of.GlyphIndex(&f.buf, r); err == nil && g != 0 {
			return i
		}
	}
	if unicode.In(r, unicode.L, unicode.N) {
		return 0
	}
	return none
}

const none = -1

// runs cuts text where another font has to take over. Marks stay with the letter they stand on.
func (f *Face) runs(s string, take func(run string, face font.Face)) {
	start, by := 0, none
	end := func(at int) {
		if by != none && at > start {
			take(s[start:at], f.face(by))
		}
		start = at
	}
	for i, r := range s {
		if by != none && unicode.Is(unicode.Mn, r) {
			continue
		}
		if h := f.holder(r); h != by {
			end(i)
			by = h
		}
	}
	end(len(s))
}

// Measure is how wide a text gets.
func (f *Face) Measure(s string) int {
	var width fixed.Int26_6
	f.runs(s, func(run string, face font.Face) { width += font.MeasureString(face, run) })
	return width.Ceil()
}

// Draw writes from x on along a baseline.
func (f *Face) Draw(img draw.Image, x, base int, s string, ink color.Color) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Dot: fixed.P(x, base)}
	f.runs(s, func(run string, face font.Face) {
		d.Face = face
		d.DrawString(run)
	})
}

// Shorten cuts a text that is wider than room and says so with an ellipsis.
func (f *Face) Shorten(s string, room int) string {
	if f.Measure(s) <= room {
		return s
	}
	ends := []int{0} // of letters
	for at := 0; at < len(s); at = ends[len(ends)-1] {
		ends = append(ends, at+letter(s[at:]))
	}
	cut := func(i int) string {
		return strings.TrimRightFunc(strings.TrimSuffix(s[:ends[i]], "…"), unicode.IsSpace) + "…"
	}
	long := sort.Search(len(ends), func(i int) bool { return f.Measure(cut(i)) > room })
	if long == 0 {
		return ""
	}
	return cut(long - 1)
}

// letter is the length of the first letter of s and of the marks on it.
func letter(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	for n < len(s) {
		r, more := utf8.DecodeRuneInString(s[n:])
		if !unicode.Is(unicode.M, r) {
			break
		}
		n += more
	}
	return n
}

// Bounds of a text: marks beyond these many on one letter are left out.
const maxMarks = 3

// Clean keeps of a text what can be drawn: one line of at most so many letters, composed (NFC),
// without control and format characters.
func Clean(s string, most int) string {
	if len(s) > 16*most { // what is normalised below
		s = s[:16*most]
	}
	var b strings.Builder
	n, marks := 0, 0
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r):
			continue
		}
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks > maxMarks {
			continue
		}
		if n == most {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
