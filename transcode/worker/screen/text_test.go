package screen

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/text/unicode/norm"
)

const longName = "Nguyễn Thị Ngọc Ánh – UBND tỉnh Thừa Thiên Huế"

// Names come composed or not, as the sender's keyboard made them; both look the same.
func TestDecomposedNamesLookTheSame(t *testing.T) {
	p := painter(t)
	decomposed := norm.NFD.String(longName)
	if decomposed == longName || Clean(decomposed, 100) != longName {
		t.Fatalf("%q became %q", decomposed, Clean(decomposed, 100))
	}
	f := p.Face(Bold, 20)
	if a, b := f.Measure(longName), f.Measure(Clean(decomposed, 100)); a != b || a < 300 || a > 700 {
		t.Errorf("%d and %d samples wide", a, b)
	}
}

func TestCleanBounds(t *testing.T) {
	marks := "e" + strings.Repeat("\u0301\u0302\u0328", 50)
	if got := Clean(marks+"x", 64); utf8.RuneCountInString(got) > 2+maxMarks || !strings.HasSuffix(got, "x") {
		t.Errorf("%d marks stay: %q", utf8.RuneCountInString(got), got)
	}
	if got := Clean(strings.Repeat("đ", 70), 64); utf8.RuneCountInString(got) != 65 || !strings.HasSuffix(got, "…") {
		t.Errorf("%q", got)
	}
	if got := Clean("a\u202eb\u2066c\U000e0041d\ufe0f", 64); got != "abcd" {
		t.Errorf("%q", got)
	}
}

func TestShorten(t *testing.T) {
	f := painter(t).Face(Regular, 18)
	whole := f.Measure(longName)
	if got := f.Shorten(longName, whole); got != longName {
		t.Errorf("cut to %q without need", got)
	}
	last := 0
	for room := whole - 1; room > 0; room -= 7 {
		got := f.Shorten(longName, room)
		if w := f.Measure(got); w > room || got != "" && !strings.HasSuffix(got, "…") || got == "" && room > 30 {
			t.Errorf("%q is %d wide in %d", got, w, room)
		}
		if n := len(got); last > 0 && n > last {
			t.Errorf("%q is longer than with more room", got)
		}
		last = len(got)
	}
	// A letter is cut with its marks, or not at all.
	for room := range 120 {
		got := strings.TrimSuffix(f.Shorten("x\u030cx\u030cx\u030cx\u030cx\u030cx\u030cx\u030cx\u030c", room), "…")
		if n := utf8.RuneCountInString(got); n%2 != 0 {
			t.Errorf("%q has lost a mark", got)
		}
	}
}

// Letters that the first font has not come from another one.
func TestFallback(t *testing.T) {
	p := painter(t)
	f := p.Face(Regular, 20)
	if a, b := f.Measure("Lan \U0001f338"), f.Measure("Lan "); a != b {
		t.Errorf("a flower that no font has is %d wide", a-b)
	}
	if f.Measure("\U0010ffff") != 0 || f.Measure("\u5c71") == 0 {
		t.Error("a letter that no font has shows nothing, or what is none shows something")
	}
	if len(f.fonts) < 3 {
		t.Skip("no fonts beside the built-in one")
	}
	var runs []string
	f.runs("Lan ☎ Huế", func(run string, _ font.Face) { runs = append(runs, run) })
	if len(runs) < 2 || strings.Join(runs, "") != "Lan ☎ Huế" {
		t.Errorf("runs %q", runs)
	}
}

func TestDrawStaysInItsWidth(t *testing.T) {
	f := painter(t).Face(Bold, 24)
	w := f.Measure(longName)
	img := image.NewRGBA(image.Rect(0, 0, w+40, 60))
	f.Draw(img, 20, 40, longName, color.White)
	inside := ink(img, image.Rect(18, 40-f.Ascent(), 22+w, 50))
	if all := ink(img, img.Rect); all < 1500 || all != inside {
		t.Errorf("%d samples drawn, %d of them inside", all, inside)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{longName, "\xff\xfe", "\u0301\u0301", "ﷺ🏳️‍🌈ก็็็็็", strings.Repeat("W", 300), " … "} {
		f.Add(s, 100)
	}
	p, err := NewPainter()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string, room int) {
		clean := Clean(s, 64)
		if !utf8.ValidString(clean) || utf8.RuneCountInString(clean) > 65 {
			t.Fatalf("%q", clean)
		}
		face := p.Face(Regular, 14)
		short := face.Shorten(clean, room%2000)
		if w := face.Measure(short); short != "" && w > room%2000 {
			t.Fatalf("%q is %d wide in %d", short, w, room%2000)
		}
		face.Draw(image.NewRGBA(image.Rect(0, 0, 100, 20)), 0, 15, short, color.White)
	})
}
