package compose

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

func testLook(h int) *look {
	return newLook(Options{Width: h * 16 / 9 &^ 1, Height: h, SampleAspect: 1})
}

func uniform(w, h int, k color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(k), image.Point{}, draw.Src)
	return img
}

// An overlay gives what mixing in RGB gives.
func TestOverlayMixes(t *testing.T) {
	for _, h := range []int{360, 720} {
		l := testLook(h)
		for _, k := range []color.NRGBA{{255, 255, 255, 255}, {0, 0, 0, 255}, {255, 0, 0, 255}, {255, 0, 0, 128}, {9, 15, 20, 189}, {255, 255, 255, 0}, {47, 208, 184, 60}} {
			below := color.NRGBA{200, 120, 40, 255}
			img := uniform(4, 4, below)
			draw.Draw(img, img.Rect, image.NewUniform(k), image.Point{}, draw.Over)
			want := l.colour(color.NRGBAModel.Convert(img.At(0, 0)).(color.NRGBA))
			p := codec.Allocate(8, 8)
			fill(p, layout.Rect{W: 8, H: 8}, l.colour(below))
			l.overlay(uniform(4, 4, k)).lay(p, 2, 4)
			if got := at(p, 4, 6); !near(got, want, 3) {
				t.Errorf("%v at %d lines: %v, want %v", k, h, got, want)
			}
			for _, out := range [][2]int{{0, 4}, {6, 4}, {2, 2}} {
				if got := at(p, out[0], out[1]); got != l.colour(below) {
					t.Errorf("%v: drew beside itself: %v", k, got)
				}
			}
		}
	}
}

func TestTintAndFill(t *testing.T) {
	p := plain(16, 16, 50, 100, 150)
	tint(p, 4, 4, 8, 4, colour{150, 200, 50}, 128)
	if got := at(p, 6, 6); !near(got, colour{100, 150, 100}, 1) {
		t.Errorf("half of it is %v", got)
	}
	tint(p, 4, 4, 8, 4, colour{16, 128, 128}, 256)
	if got := at(p, 10, 6); got != (colour{16, 128, 128}) {
		t.Errorf("all of it is %v", got)
	}
	if got := at(p, 2, 6); got != (colour{50, 100, 150}) {
		t.Errorf("beside it is %v", got)
	}
	tint(p, 0, 0, 0, -2, colour{}, 256)
	fill(p, layout.Rect{X: 4, Y: 4, W: -2, H: 0}, colour{})
}

func TestStretch(t *testing.T) {
	src := codec.Allocate(64, 64)
	for y := range 64 {
		for x := range 64 {
			src.Y[y*64+x] = byte(2*x + y)
		}
	}
	dst := codec.Allocate(200, 200)
	for _, to := range []layout.Rect{{X: 10, Y: 20, W: 120, H: 100}, {W: 200, H: 200}, {X: 30, W: 20, H: 2}, {X: 4, Y: 4, W: 64, H: 64}} {
		stretch(dst, to, src, layout.Rect{W: 64, H: 64})
		for _, k := range [][2]int{{0, 0}, {to.W - 1, 0}, {0, to.H - 1}, {to.W - 1, to.H - 1}, {to.W / 2, to.H / 2}} {
			want := 2*63*k[0]/max(to.W-1, 1) + 63*k[1]/max(to.H-1, 1)
			if got := int(dst.Y[(to.Y+k[1])*200+to.X+k[0]]); got < want-2 || got > want+2 {
				t.Errorf("to %v: %v is %d, want %d", to, k, got, want)
			}
		}
	}
	stretch(dst, layout.Rect{W: 200}, src, layout.Rect{W: 64, H: 64})
}

func at(p *codec.Picture, x, y int) colour {
	c := y/2*p.StrideC + x/2
	return colour{p.Y[y*p.StrideY+x], p.U[c], p.V[c]}
}

func near(a, b colour, by int) bool {
	for _, d := range [3]int{int(a.y) - int(b.y), int(a.u) - int(b.u), int(a.v) - int(b.v)} {
		if d > by || d < -by {
			return false
		}
	}
	return true
}
