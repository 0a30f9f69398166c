package layout

import (
	"fmt"
	"testing"

	"github.com/roombridge/roombridge/transcode"
)

var layouts = []transcode.Layout{transcode.Single, transcode.Speaker, transcode.OnePlusN, transcode.Grid, transcode.Slides}

type size struct {
	w, h   int
	aspect float64
}

var sizes = []size{
	{176, 144, 12.0 / 11}, {352, 288, 12.0 / 11}, {704, 576, 12.0 / 11}, {320, 240, 1}, {640, 480, 1}, {640, 360, 1}, {768, 448, 1},
	{1024, 576, 1}, {1024, 768, 1}, {1280, 720, 1}, {1280, 800, 1}, {1920, 1080, 1}, {2560, 1080, 1}, {720, 1280, 1}, {353, 289, 1},
}

func (s size) String() string { return fmt.Sprintf("%dx%d", s.w, s.h) }

func (s size) shape(r Rect) float64 { return float64(r.W) * s.aspect / float64(r.H) }

// each calls f for all layouts, sizes and numbers of tiles.
func each(t *testing.T, f func(t *testing.T, l transcode.Layout, s size, tiles []Rect)) {
	for _, l := range layouts {
		for _, s := range sizes {
			for n := 1; n <= MaxTiles(l, s.w, s.h); n++ {
				tiles := ArrangeShaped(l, n, s.w, s.h, s.aspect)
				if len(tiles) != n {
					t.Fatalf("%s %v: %d tiles of %d", l, s, len(tiles), n)
				}
				f(t, l, s, tiles)
			}
		}
	}
}

func overlap(a, b Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestTilesStandApartInsideTheCanvas(t *testing.T) {
	each(t, func(t *testing.T, l transcode.Layout, s size, tiles []Rect) {
		for i, r := range tiles {
			if (r.X|r.Y|r.W|r.H)&1 != 0 || r.W < 16 || r.H < 16 {
				t.Errorf("%s %v, %d tiles: %d is %v", l, s, len(tiles), i, r)
			}
			if r.X < 0 || r.Y < 0 || r.X+r.W > s.w || r.Y+r.H > s.h {
				t.Errorf("%s %v, %d tiles: %d is outside: %v", l, s, len(tiles), i, r)
			}
			for j := range i {
				if overlap(r, tiles[j]) {
					t.Errorf("%s %v, %d tiles: %v and %v overlap", l, s, len(tiles), r, tiles[j])
				}
			}
		}
	})
}

// People are cropped by a fifth at most, which is what the worker fills tiles with.
func TestShapesAreCameras(t *testing.T) {
	each(t, func(t *testing.T, l transcode.Layout, s size, tiles []Rect) {
		for i, r := range tiles {
			if len(tiles) == 1 || l == transcode.Slides && i == 0 {
				continue
			}
			if shape := s.shape(r); shape < 1.4 || shape > 1.95 {
				t.Errorf("%s %v, %d tiles: %v has the shape %.2f", l, s, len(tiles), r, shape)
			}
		}
	})
}

// The large tile is large, the others are equal and in rows from above.
func TestOthersAreEqual(t *testing.T) {
	each(t, func(t *testing.T, l transcode.Layout, s size, tiles []Rect) {
		first := 1
		if l == transcode.Grid {
			first = 0
		}
		for i, r := range tiles[min(first, len(tiles)-1):] {
			if a := tiles[min(first, len(tiles)-1)]; r.W != a.W || r.H != a.H {
				t.Errorf("%s %v, %d tiles: %d is %v beside %v", l, s, len(tiles), i, r, a)
			}
		}
		if first == 1 && len(tiles) > 1 && s.w > s.h && tiles[0].Area() < 2*tiles[1].Area() {
			t.Errorf("%s %v, %d tiles: the large one is %v, the others %v", l, s, len(tiles), tiles[0], tiles[1])
		}
	})
}

func TestNobodyGrowsWhenSomebodyComes(t *testing.T) {
	var before []Rect
	each(t, func(t *testing.T, l transcode.Layout, s size, tiles []Rect) {
		if len(tiles) > 1 {
			for i, r := range before {
				// Rounding to even sides may give a little.
				if got := tiles[i].Area(); got > r.Area()+2*(r.W+r.H) {
					t.Errorf("%s %v: tile %d grows from %v to %v when number %d comes", l, s, i, r, tiles[i], len(tiles))
				}
			}
		}
		before = tiles
	})
}

func TestLittleIsWasted(t *testing.T) {
	for _, c := range []struct {
		layout transcode.Layout
		n      int
		least  float64
	}{
		{transcode.Grid, 2, 0.55}, {transcode.Grid, 4, 0.94}, {transcode.Grid, 9, 0.92}, {transcode.Grid, 16, 0.9},
		{transcode.OnePlusN, 2, 0.65}, {transcode.OnePlusN, 5, 0.85}, {transcode.OnePlusN, 8, 0.92}, {transcode.Slides, 6, 0.9},
	} {
		covered := 0
		for _, r := range Arrange(c.layout, c.n, 1280, 720) {
			covered += r.Area()
		}
		if share := float64(covered) / (1280 * 720); share < c.least {
			t.Errorf("%s of %d covers %.2f of 720p", c.layout, c.n, share)
		}
	}
}

func TestLastRowIsCentred(t *testing.T) {
	for _, n := range []int{3, 5, 7, 8, 10, 11, 13, 14, 15} {
		tiles := Arrange(transcode.Grid, n, 1280, 720)
		bottom, left, right := tiles[n-1].Y, 1280, 0
		for _, r := range tiles {
			if r.Y == bottom {
				left, right = min(left, r.X), max(right, r.X+r.W)
			}
		}
		if d := left - (1280 - right); d < -2 || d > 2 {
			t.Errorf("%d tiles: %d to the left of the last row, %d to its right", n, left, 1280-right)
		}
	}
}

func TestOddWishes(t *testing.T) {
	for _, l := range append(layouts, "unheard-of") {
		for _, s := range [][2]int{{0, 0}, {1, 1}, {-4, 100}, {2, 2}, {16, 16}, {100000, 2}} {
			for _, n := range []int{-1, 0, 1, 2, 5, 1000} {
				for _, r := range ArrangeShaped(l, n, s[0], s[1], float64(n)) {
					if r.X < 0 || r.Y < 0 || r.X+r.W > s[0] || r.Y+r.H > s[1] {
						t.Errorf("%s %v: %v", l, s, r)
					}
				}
			}
		}
	}
	if n := len(Arrange(transcode.Grid, 1000, 1280, 720)); n != 16 {
		t.Errorf("%d tiles", n)
	}
}

func BenchmarkArrange(b *testing.B) {
	for b.Loop() {
		Arrange(transcode.OnePlusN, 2, 1280, 720)
	}
}
