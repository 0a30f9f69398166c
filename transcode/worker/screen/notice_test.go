package screen

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
)

// notices are screens as the reception shows them, in both languages.
var notices = map[string]Notice{
	"number-vi": {
		Title: "Xin chào quý khách", Lines: []string{"Nhập số phòng họp rồi bấm phím #", "Bấm * để xoá"}, Asks: true,
		Footer: "Roombridge · +84 24 3900 1000",
	},
	"number-en": {
		Title: "Welcome", Lines: []string{"Type the number of the room, then press #", "Press * to delete"}, Asks: true, Entry: "1001",
		Footer: "Roombridge · +84 24 3900 1000",
	},
	"unknown-vi": {
		Title: "Xin chào quý khách", Lines: []string{"Nhập số phòng họp rồi bấm phím #"}, Asks: true,
		Error: "Không có phòng họp số 4711. Xin nhập lại.", Footer: "Roombridge",
	},
	"pin-vi": {
		Title: "Phòng họp Hội đồng Quản trị", Lines: []string{"Nhập mã PIN rồi bấm phím #"}, Entry: "••", Places: 6, Asks: true,
		Footer: "Bấm * để xoá",
	},
	"wrong-en": {
		Title: "Board of Directors", Lines: []string{"Enter your PIN, then press #"}, Places: 4, Asks: true,
		Error: "This PIN is not right. You have two more tries.", Footer: "Press * to delete",
	},
	"lobby-vi": {
		Title: "Phòng họp giao ban tuần", Lines: []string{"Xin chờ trong giây lát", "Chủ phòng sẽ cho quý khách vào họp"}, Waiting: true,
		Footer: "Roombridge",
	},
	"lobby-en": {
		Title: "Weekly briefing", Lines: []string{"Please wait", "The host will let you in"}, Waiting: true,
	},
	"long-vi": {
		Title: "Uỷ ban nhân dân tỉnh Thừa Thiên Huế – Phòng họp trực tuyến Nguyễn Thị Minh Khai số 12",
		Lines: []string{
			"Nhập mã PIN gồm sáu chữ số đã được gửi đến quý khách trong thư mời họp rồi bấm phím #",
			"Nếu không có mã PIN, xin liên hệ văn phòng", "Bấm * để xoá",
		},
		Entry: "••••••••••••••••", Asks: true,
		Error:  "Mã PIN không đúng. Quý khách còn hai lần thử, sau đó máy sẽ bị khoá trong mười phút.",
		Footer: "Tổng công ty Viễn thông · Hỗ trợ kỹ thuật: +84 24 3900 1000",
	},
	"word-en": {
		Title: strings.Repeat("Donaudampfschifffahrt", 3), Lines: []string{strings.Repeat("x", 150)}, Entry: strings.Repeat("8", 32), Asks: true,
	},
}

var noticeSizes = [][2]int{{128, 96}, {176, 144}, {352, 288}, {640, 360}, {1280, 720}, {360, 640}}

// Whatever the size, there are letters, and all keep to the margins. SCREEN_DIR keeps the
// pictures to look at.
func TestNotices(t *testing.T) {
	p := painter(t)
	for name, n := range notices {
		for _, size := range noticeSizes {
			img, err := p.Notice(size[0], size[1], n)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, img, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]))
			all := ink(img, img.Bounds())
			inside := ink(img, img.Bounds().Inset(min(size[0], size[1])/32))
			if all < size[0]*size[1]/300 || all != inside {
				t.Errorf("%s, %v: %d bright samples, %d of them inside the margins", name, size, all, inside)
			}
		}
	}
}

// Nothing that a notice says is left out in the sizes of room terminals, from CIF on.
func TestNoticesAreWhole(t *testing.T) {
	p := painter(t)
	if p.name == "built in" {
		t.Skip("no font is installed")
	}
	for name, n := range notices {
		if name == "word-en" {
			continue
		}
		for _, size := range [][2]int{{352, 288}, {640, 360}, {1280, 720}} {
			s := p.arrange(size[0], size[1], n.clean())
			if whole := p.parts(n); len(s.items) != whole || n.Footer != "" && len(s.footer) == 0 && size[0] > 352 {
				t.Errorf("%s, %v: %d of %d parts, %d rows of a footer", name, size, len(s.items), whole, len(s.footer))
			}
		}
	}
}

// parts counts what a notice's column is made of.
func (p *Painter) parts(n Notice) int {
	s, _, _ := p.sheet(4096, 4096, n.clean(), 1)
	return len(s.items)
}

// What is left out is the least important; the title, the field and an error never are.
func TestThrift(t *testing.T) {
	p := painter(t)
	n := notices["long-vi"].clean()
	tiny := p.arrange(128, 96, n)
	least := p.parts(n.without(thriftAll))
	if len(tiny.items) < least || len(tiny.footer) > 0 {
		t.Errorf("%d parts, at least %d are wanted; %d rows of a footer", len(tiny.items), least, len(tiny.footer))
	}
	full := p.arrange(1280, 720, n)
	if len(full.items) != p.parts(n) || len(full.footer) == 0 {
		t.Errorf("%d parts of %d", len(full.items), p.parts(n))
	}
}

// Each letter that is typed is seen, a secret one as a dot.
func TestField(t *testing.T) {
	p := painter(t)
	draw := func(entry string, places int) *image.RGBA {
		img, err := p.Notice(640, 360, Notice{Title: "x", Asks: true, Entry: entry, Places: places})
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	for _, places := range []int{0, 6, 20} {
		seen := []*image.RGBA{draw("", places)}
		for _, entry := range []string{"1", "12", "•", "••", "•••"} {
			img := draw(entry, places)
			if slices.ContainsFunc(seen, func(o *image.RGBA) bool { return slices.Equal(o.Pix, img.Pix) }) {
				t.Errorf("%d places: %q looks like another entry", places, entry)
			}
			seen = append(seen, img)
		}
	}
	if a, b := draw("12345678", 4), draw("12345679", 4); slices.Equal(a.Pix, b.Pix) {
		t.Error("more letters than places are not seen")
	}
}

// What a footer has side by side stays apart.
func TestFooterKeepsApart(t *testing.T) {
	n := Notice{Footer: "  #  xong      *  xoá "}.clean()
	if n.Footer != "#  xong · *  xoá" {
		t.Errorf("%q", n.Footer)
	}
}

func TestStrangeNotices(t *testing.T) {
	p := painter(t)
	for _, n := range []Notice{
		{},
		{Places: -5, Asks: true},
		{Places: 1 << 30, Asks: true, Entry: strings.Repeat("9", 5000)},
		{
			Title: "\x00\x1b[31m\xff\xfe", Lines: []string{"", " ", "a\nb", "\u202eabc", "😀", "x", "y", "z"},
			Error: strings.Repeat("W ", 4000), Footer: strings.Repeat("W", 4000), Waiting: true, Asks: true,
		},
	} {
		for _, size := range [][2]int{{32, 32}, {128, 96}, {4096, 64}, {64, 4096}, {1280, 720}} {
			if _, err := p.Notice(size[0], size[1], n); err != nil {
				t.Errorf("%v: %v", size, err)
			}
		}
	}
	for _, s := range [][2]int{{0, 0}, {33, 34}, {31, 32}, {5000, 100}} {
		if _, err := p.Notice(s[0], s[1], Notice{}); err == nil {
			t.Errorf("drew %v", s)
		}
	}
}

func FuzzNotice(f *testing.F) {
	f.Add("Phòng họp", "Nhập mã PIN", "••1", "Sai mã", 4, 176, 144)
	f.Add(strings.Repeat("W", 300), "\u0301\u0301", "", "", 0, 352, 288)
	p, err := NewPainter()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title, line, entry, wrong string, places, w, h int) {
		n := Notice{Title: title, Lines: []string{line, line}, Entry: entry, Places: places, Error: wrong, Footer: line, Asks: places > 0}
		w, h = 32+(w&0x1ff)&^1, 32+(h&0x1ff)&^1
		if _, err := p.Notice(w, h, n); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkNotice720p(b *testing.B) {
	p, err := NewPainter()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		img, err := p.Notice(1280, 720, notices["pin-vi"])
		if err != nil {
			b.Fatal(err)
		}
		I420(img)
	}
}
