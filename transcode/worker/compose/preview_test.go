package compose

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

var names = []string{
	"Nguyễn Thị Ngọc Ánh – UBND tỉnh Thừa Thiên Huế", "Phòng họp Hội đồng Quản trị", "Trần Đức Thắng", "Lê Hoàng Yến", "Sở Y tế Quảng Ngãi",
	"Phạm Quỳnh Như", "Đặng Vũ Kiều Oanh", "Ban Tiếp công dân", "Võ Nguyễn Ái Vĩ", "Bùi Thế Mỹ", "Hồ Ngữ Ỷ Lan", "Отдел связи", "Γραφείο Αθηνών", "Dr. Müller",
	"ຫ້ອງປະຊຸມ", "Trường Đại học Kỹ thuật",
}

// wash fills from the upper left to the lower right, dithered.
func wash(img *image.RGBA, from, to color.NRGBA) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range h {
		row := img.Pix[y*img.Stride:]
		for x := range w {
			at := (float64(x)/float64(w)*0.35 + float64(y)/float64(h)*0.65)
			noise := float64((x*7+y*13)&15) / 16
			p := row[4*x:]
			p[0], p[1], p[2], p[3] = between(from.R, to.R, at, noise), between(from.G, to.G, at, noise), between(from.B, to.B, at, noise), 0xff
		}
	}
}

func between(from, to uint8, at, noise float64) uint8 {
	return uint8(float64(from) + (float64(to)-float64(from))*at + noise)
}

// portrait draws something like a person before a wall.
func portrait(w, h, n int, aspect float32) *codec.Picture {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	walls := []color.NRGBA{{0xc9, 0xb8, 0x9c, 255}, {0x8f, 0xa3, 0xad, 255}, {0xd8, 0xd4, 0xcc, 255}, {0x6d, 0x7f, 0x6a, 255}, {0xa8, 0x8f, 0x86, 255}}
	wall := walls[n%len(walls)]
	wash(img, wall, color.NRGBA{wall.R / 2, wall.G / 2, wall.B / 2, 255})
	p := newPen(img, 1)
	fw, fh := float64(w), float64(h)
	p.box(fw*0.06, fh*0.1, fw*0.2, fh*0.42, 4)
	p.fill(img, color.NRGBA{0xee, 0xf3, 0xf6, 255})
	side := min(fw, fh)
	x := fw * (0.46 + 0.04*float64(n%3))
	shirts := []color.NRGBA{{0x2b, 0x3f, 0x63, 255}, {0x7c, 0x2f, 0x35, 255}, {0x3a, 0x3a, 0x3f, 255}, {0xe8, 0xe6, 0xe1, 255}}
	p.ellipse(x, fh*1.06, side*0.42, side*0.38)
	p.fill(img, shirts[n%len(shirts)])
	p.ellipse(x, fh*0.38, side*0.165, side*0.215)
	p.fill(img, color.NRGBA{0x22, 0x1a, 0x16, 255})
	p.box(x-side*0.06, fh*0.55, side*0.12, side*0.16, side*0.04)
	p.fill(img, color.NRGBA{0xb9, 0x8a, 0x6c, 255})
	p.ellipse(x, fh*0.44, side*0.135, side*0.18)
	p.fill(img, color.NRGBA{0xd3, 0xa4, 0x84, 255})
	return toPicture(img, aspect)
}

func toPicture(img *image.RGBA, aspect float32) *codec.Picture {
	c := codec.Allocate(img.Rect.Dx(), img.Rect.Dy())
	m := screen.MatrixFor(c.Height)
	m.Convert(img, c.Y, c.U, c.V, c.StrideY, c.StrideC)
	c.SampleAspect = aspect
	return c
}

func slide(t *testing.T, w, h int) *codec.Picture {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	wash(img, color.NRGBA{255, 255, 255, 255}, color.NRGBA{0xf0, 0xf3, 0xf6, 255})
	p, u := painter(t), float64(h)/720
	pen := newPen(img, 1)
	for i, k := range []float64{0.35, 0.55, 0.48, 0.8, 0.66} {
		pen.box(float64(w)*0.1+float64(i)*130*u, 620*u-400*k*u, 80*u, 400*k*u, 4)
		pen.fill(img, hues[i])
	}
	p.Face(screen.Bold, 46*u).Draw(img, w/10, int(120*u), "Kết quả quý III: tăng trưởng 12 %", color.Black)
	p.Face(screen.Regular, 26*u).Draw(img, w/10, int(170*u), "Doanh thu theo tháng (tỷ đồng)", color.Gray{90})
	return toPicture(img, 1)
}

func scene(l transcode.Layout, n int) *transcode.Scene {
	s := &transcode.Scene{Layout: l}
	for i := range n {
		t := transcode.Tile{Owner: fmt.Sprintf("p%d", i), Name: names[i%len(names)], Input: transcode.StreamID(i + 1), Muted: i%3 == 1, Speaking: i == 0}
		if i%5 == 3 {
			t.Input = 0
		}
		if l == transcode.Slides {
			if i == 0 {
				t = transcode.Tile{Owner: "p9", Name: names[1], Input: 100, Slides: true}
			} else {
				t.Speaking = i == 1
			}
		}
		s.Tiles = append(s.Tiles, t)
	}
	return s
}

// TestPreviews draws all layouts, to look at: COMPOSE_DIR keeps the pictures.
func TestPreviews(t *testing.T) {
	if os.Getenv("COMPOSE_DIR") == "" {
		t.Skip("COMPOSE_DIR is not set")
	}
	scaler, err := scale.New()
	if err != nil {
		t.Skip(err)
	}
	defer scaler.Close()
	in := streams{100: slide(t, 1280, 720), 101: slide(t, 1024, 768)}
	for i := range 16 {
		in[transcode.StreamID(i+1)] = portrait(1280, 720, i, 1)
	}
	in[3], in[5] = portrait(352, 288, 2, 12.0/11), portrait(480, 640, 4, 1)
	for _, size := range [][2]int{{1920, 1080}, {1280, 720}, {640, 360}, {352, 288}, {176, 144}} {
		aspect := 1.0
		if size[1] < 300 {
			aspect = 12.0 / 11
		}
		for _, l := range []struct {
			layout transcode.Layout
			counts []int
			more   int
		}{
			{transcode.Speaker, []int{0, 1}, 3}, {transcode.Grid, []int{1, 2, 3, 4, 6, 9, 12, 16}, 5},
			{transcode.OnePlusN, []int{2, 4, 5, 6, 8}, 5}, {transcode.Slides, []int{1, 2, 4, 6}, 2},
		} {
			for _, n := range l.counts {
				c, err := New(Options{Width: size[0], Height: size[1], SampleAspect: aspect, Painter: painter(t), Scaler: scaler})
				if err != nil {
					t.Fatal(err)
				}
				s := scene(l.layout, n)
				s.Title = "Phòng họp trực tuyến"
				if n%2 == 0 {
					s.More = l.more
				}
				var p *codec.Picture
				for i := range 20 {
					if p != nil {
						p.Release()
					}
					p, _ = c.Compose(s, in.source, time.Duration(i)*40*time.Millisecond)
				}
				keep(t, p, fmt.Sprintf("%s-%d-%dx%d", l.layout, n, size[0], size[1]))
				p.Release()
				c.Close()
			}
		}
	}
}
