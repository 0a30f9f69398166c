package screen

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var vietnamese = Text{
	Title: "Phòng họp Hội đồng Quản trị",
	Lines: []string{"Số phòng 1001", "Đang chờ những người khác tham gia…"},
}

func painter(t *testing.T) *Painter {
	t.Helper()
	p, err := NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ink counts the samples that are brighter than any of the background.
func ink(img *image.RGBA, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if img.RGBAAt(x, y).G > 0x50 {
				n++
			}
		}
	}
	return n
}

// From QCIF to 1080p the text is there, and nothing in the margins that a
// television may cut off. SCREEN_DIR keeps the pictures to look at.
func TestSizes(t *testing.T) {
	p := painter(t)
	for _, size := range [][2]int{{128, 96}, {176, 144}, {352, 288}, {640, 360}, {768, 448}, {1024, 576}, {1280, 720}, {1920, 1080}, {720, 1280}} {
		img, err := p.Draw(size[0], size[1], vietnamese)
		if err != nil {
			t.Fatal(err)
		}
		all := ink(img, img.Bounds())
		inside := ink(img, img.Bounds().Inset(min(size[0], size[1])/24))
		if all < size[0]*size[1]/400 || all != inside {
			t.Errorf("%v: %d bright samples, %d of them inside the margins", size, all, inside)
		}
		keep(t, img, fmt.Sprintf("%dx%d", size[0], size[1]))
	}
}

func keep(t *testing.T, img image.Image, name string) {
	t.Helper()
	dir := os.Getenv("SCREEN_DIR")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

func TestHasVietnameseLetters(t *testing.T) {
	p := painter(t)
	if p.name == "built in" {
		t.Skip("no font is installed")
	}
	for w, fonts := range p.fonts {
		for _, r := range "ạảãăằẳẵặâầẩẫậđẹẻẽêềểễệỉĩịọỏõôồổỗộơờởỡợụủũưừửữựỳỷỹỵẠẢÃĂẰẲẴẶÂẦẨẪẬĐẸẺẼÊỀỂỄỆỈĨỊỌỎÕÔỒỔỖỘƠỜỞỠỢỤỦŨƯỪỬỮỰỲỶỸỴ" {
			if i, err := fonts[0].GlyphIndex(nil, r); err != nil || i == 0 {
				t.Errorf("weight %d has no %c", w, r)
			}
		}
	}
}

// Words that terminals and people send must not break the drawing.
func TestStrangeText(t *testing.T) {
	p := painter(t)
	for _, text := range []Text{
		{},
		{Title: strings.Repeat("W", 5000)},
		{Title: strings.Repeat("word ", 500), Lines: make([]string, 50)},
		{Title: "\x00\x1b[31m\xff\xfe", Lines: []string{"a\nb\tc", "\u202eabc", "😀🏳️‍🌈", " "}},
	} {
		for _, w := range []int{32, 176, 1280} {
			if _, err := p.Draw(w, w*9/16&^1+16, text); err != nil {
				t.Errorf("%d: %v", w, err)
			}
		}
	}
}

func TestWrongSizes(t *testing.T) {
	p := painter(t)
	for _, s := range [][2]int{{0, 0}, {-2, 100}, {33, 34}, {31, 32}, {5000, 100}} {
		if _, err := p.Draw(s[0], s[1], Text{}); err == nil {
			t.Errorf("drew %v", s)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{" a\nb ": "a b", "x\x00y": "xy", "\u200bz": "z"} {
		if got := Clean(in, maxText); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if n := len([]rune(Clean(strings.Repeat("đ", 1000), maxText))); n != maxText+1 {
		t.Errorf("%d letters stay", n)
	}
}

// White, black and grey have no colour; red is known from the standards.
func TestI420(t *testing.T) {
	for _, c := range []struct {
		r, g, b   uint8
		h         int
		y, cb, cr int
	}{
		{255, 255, 255, 32, 235, 128, 128},
		{0, 0, 0, 32, 16, 128, 128},
		{128, 128, 128, 720, 126, 128, 128},
		{255, 0, 0, 32, 81, 90, 240},
		{255, 0, 0, 720, 63, 102, 240},
		{0, 0, 255, 720, 32, 240, 118},
	} {
		img := image.NewRGBA(image.Rect(0, 0, 4, c.h))
		for i := 0; i < len(img.Pix); i += 4 {
			copy(img.Pix[i:], []byte{c.r, c.g, c.b, 255})
		}
		out := I420(img)
		n := 4 * c.h
		for i, pair := range [][2]int{{int(out[0]), c.y}, {int(out[n]), c.cb}, {int(out[n+n/4]), c.cr}} {
			if d := pair[0] - pair[1]; d > 1 || d < -1 {
				t.Errorf("%v: plane %d is %d, want %d", c, i, pair[0], pair[1])
			}
		}
	}
}

func BenchmarkDraw720p(b *testing.B) {
	p, err := NewPainter()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		img, err := p.Draw(1280, 720, vietnamese)
		if err != nil {
			b.Fatal(err)
		}
		I420(img)
	}
}
