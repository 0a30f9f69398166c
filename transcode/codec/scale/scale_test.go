//go:build cgo && !nocodecs

package scale

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

func scaler(t testing.TB) *Scaler {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ramp draws a slope in luma and another in chroma.
func ramp(w, h int) *codec.Picture {
	p := codec.Allocate(w, h)
	for y := range h {
		for x := range w {
			p.Y[y*p.StrideY+x] = byte(30 + 180*x/w)
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			p.U[y*p.StrideC+x] = byte(60 + 280*y/h)
			p.V[y*p.StrideC+x] = byte(60 + 280*x/w)
		}
	}
	return p
}

func near(a, b, by int) bool { return a-b <= by && b-a <= by }

// A slope stays one, at the same place, and nothing is drawn beside the place.
func TestScale(t *testing.T) {
	s := scaler(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		src := ramp(2*(16+r.IntN(400)), 2*(16+r.IntN(300)))
		to := Rect{2 * r.IntN(100), 2 * r.IntN(100), 2 * (8 + r.IntN(300)), 2 * (8 + r.IntN(200))}
		switch i % 10 {
		case 0:
			to.W, to.H = src.Width, src.Height
		case 1, 2, 3:
			to.W = step * (1 + r.IntN(10))
		}
		dst := codec.Allocate(to.X+to.W+2*r.IntN(40), to.Y+to.H+2*r.IntN(40))
		for _, plane := range [][]byte{dst.Y, dst.U, dst.V} {
			for j := range plane {
				plane[j] = 7
			}
		}
		if err := s.Scale(dst, to, src, Whole(src)); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%dx%d to %+v in %dx%d", src.Width, src.Height, to, dst.Width, dst.Height)
		checkRamp(t, name, dst, to, min(src.Width, src.Height, to.W, to.H))
	}
}

func checkRamp(t *testing.T, name string, dst *codec.Picture, to Rect, least int) {
	t.Helper()
	for y := range dst.Height {
		for x := range dst.Width {
			got := int(dst.Y[y*dst.StrideY+x])
			in := x >= to.X && x < to.X+to.W && y >= to.Y && y < to.Y+to.H
			if !in && got != 7 {
				t.Fatalf("%s: luma drawn at %d,%d", name, x, y)
			}
			if in && !near(got, 30+180*(x-to.X)/to.W, 4+180/least) {
				t.Fatalf("%s: %d at %d,%d", name, got, x, y)
			}
		}
	}
	for y := range dst.Height / 2 {
		for x := range dst.Width / 2 {
			u, v := int(dst.U[y*dst.StrideC+x]), int(dst.V[y*dst.StrideC+x])
			in := 2*x >= to.X && 2*x < to.X+to.W && 2*y >= to.Y && 2*y < to.Y+to.H
			if !in && (u != 7 || v != 7) {
				t.Fatalf("%s: chroma drawn at %d,%d", name, x, y)
			}
			if in && (!near(u, 60+280*(y-to.Y/2)/to.H, 6+560/least) || !near(v, 60+280*(x-to.X/2)/to.W, 6+560/least)) {
				t.Fatalf("%s: chroma %d, %d at %d,%d", name, u, v, x, y)
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	s := scaler(t)
	p, q := codec.Allocate(64, 48), codec.Allocate(32, 32)
	for _, to := range []Rect{{-2, 0, 16, 16}, {0, 0, 66, 16}, {1, 0, 16, 16}, {0, 0, 0, 16}, {50, 0, 16, 16}, {0, 40, 16, 16}} {
		if s.Scale(p, to, q, Whole(q)) == nil || s.Scale(q, Rect{0, 0, 16, 16}, p, to) == nil {
			t.Errorf("%+v is taken", to)
		}
	}
	q.U = q.U[:10]
	if s.Scale(p, Whole(p), q, Whole(q)) == nil {
		t.Error("a picture without its memory is taken")
	}
}

func TestCrop(t *testing.T) {
	s := scaler(t)
	src := codectest.Moving(t, 640, 360, 1)[0]
	dst := codec.Allocate(160, 90)
	if err := s.Scale(dst, Whole(dst), src, Rect{160, 90, 160, 90}); err != nil {
		t.Fatal(err)
	}
	for y := range 90 {
		for x := range 160 {
			if dst.Y[y*160+x] != src.Y[(y+90)*640+x+160] {
				t.Fatalf("another sample at %d,%d", x, y)
			}
		}
	}
}

func BenchmarkScale(b *testing.B) {
	for _, c := range []struct{ sw, sh, dw, dh int }{
		{352, 288, 1280, 720}, {640, 360, 1280, 720}, {1280, 720, 1280, 720}, {1280, 720, 960, 540}, {1280, 720, 640, 360}, {1280, 720, 424, 240},
		{1920, 1080, 640, 360},
	} {
		b.Run(fmt.Sprintf("%dx%d-%dx%d", c.sw, c.sh, c.dw, c.dh), func(b *testing.B) {
			s := scaler(b)
			src, dst := ramp(c.sw, c.sh), codec.Allocate(1920, 1080)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Scale(dst, Rect{16, 16, c.dw, c.dh}, src, Whole(src)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGlide scales to another size each time, as a tile that glides does.
func BenchmarkGlide(b *testing.B) {
	s := scaler(b)
	src, dst := ramp(1280, 720), codec.Allocate(1920, 1080)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w := 320 + 2*(i%300)
		if err := s.Scale(dst, Rect{16, 16, w, w * 9 / 32 * 2}, src, Whole(src)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
