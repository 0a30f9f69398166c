package compose

import (
	"math"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

func TestFit(t *testing.T) {
	for name, c := range map[string]struct {
		w, h   int
		aspect float32
		place  layout.Rect
		slides bool
		part   layout.Rect
		to     layout.Rect
	}{
		"the same shape":                 {1280, 720, 1, layout.Rect{X: 8, Y: 8, W: 640, H: 360}, false, layout.Rect{W: 1280, H: 720}, layout.Rect{X: 8, Y: 8, W: 640, H: 360}},
		"sides are cut off":              {1280, 720, 0, layout.Rect{W: 600, H: 400}, false, layout.Rect{X: 100, W: 1080, H: 720}, layout.Rect{W: 600, H: 400}},
		"more is cut off below":          {640, 480, 1, layout.Rect{W: 600, H: 400}, false, layout.Rect{Y: 18, W: 640, H: 426}, layout.Rect{W: 600, H: 400}},
		"4:3 would lose a quarter":       {640, 480, 1, layout.Rect{W: 640, H: 360}, false, layout.Rect{W: 640, H: 480}, layout.Rect{X: 80, W: 480, H: 360}},
		"CIF is 4:3":                     {352, 288, 12.0 / 11, layout.Rect{W: 480, H: 360}, false, layout.Rect{W: 352, H: 288}, layout.Rect{W: 480, H: 360}},
		"a phone":                        {720, 1280, 1, layout.Rect{X: 100, Y: 50, W: 640, H: 360}, false, layout.Rect{W: 720, H: 1280}, layout.Rect{X: 318, Y: 50, W: 202, H: 360}},
		"slides are whole":               {1280, 720, 1, layout.Rect{W: 600, H: 400}, true, layout.Rect{W: 1280, H: 720}, layout.Rect{Y: 30, W: 600, H: 338}},
		"nonsense of a sample's shape":   {1280, 720, -3, layout.Rect{W: 640, H: 360}, false, layout.Rect{W: 1280, H: 720}, layout.Rect{W: 640, H: 360}},
		"not a number of sample's shape": {1280, 720, float32(math.NaN()), layout.Rect{W: 640, H: 360}, false, layout.Rect{W: 1280, H: 720}, layout.Rect{W: 640, H: 360}},
	} {
		p := &codec.Picture{Width: c.w, Height: c.h, SampleAspect: c.aspect}
		got := fit(p, c.place, 1, c.slides)
		if got.part != c.part || got.place != c.to {
			t.Errorf("%s: %+v, want %+v to %+v", name, got, c.part, c.to)
		}
	}
}

// Whatever shapes meet: all stays inside, on even samples, and nothing is visibly stretched.
func TestFitKeepsInside(t *testing.T) {
	sides := []int{2, 3, 16, 90, 177, 352, 720, 1281, 3840}
	for _, w := range sides {
		for _, h := range sides {
			for _, place := range []layout.Rect{{X: 4, Y: 6, W: 2, H: 2}, {X: 4, Y: 6, W: 84, H: 62}, {X: 4, Y: 6, W: 640, H: 360}, {X: 4, Y: 6, W: 200, H: 900}} {
				p := &codec.Picture{Width: w, Height: h}
				f := fit(p, place, 1, false)
				if f.part.X < 0 || f.part.Y < 0 || f.part.W < 2 || f.part.H < 2 || f.part.X+f.part.W > w || f.part.Y+f.part.H > h || (f.part.X|f.part.Y)&1 != 0 {
					t.Fatalf("%dx%d in %v: takes %v", w, h, place, f.part)
				}
				in := f.place
				if (in.X|in.Y|in.W|in.H)&1 != 0 || in.W < 2 || in.H < 2 || in.X < 4 || in.Y < 6 || in.X+in.W > 4+place.W || in.Y+in.H > 6+place.H {
					t.Fatalf("%dx%d in %v: goes to %v", w, h, place, in)
				}
				if lost := 1 - float64(f.part.Area())/float64(w*h); lost > mostCropped+0.02 && w > 3 && h > 3 {
					t.Fatalf("%dx%d in %v: loses %.2f", w, h, place, lost)
				}
			}
		}
	}
}
