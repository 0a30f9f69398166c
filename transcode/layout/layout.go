// Package layout says where the tiles of a scene stand in a picture. The
// gateway asks sources for the size at which they are shown, the worker draws; both
// ask here. It is pure.
package layout

import "github.com/roombridge/roombridge/transcode"

// Rect is a place in a picture, in luma samples; all numbers are even.
type Rect struct{ X, Y, W, H int }

// Area is how many samples it covers.
func (r Rect) Area() int { return r.W * r.H }

// Shapes that tiles may have, as width over height on the screen. Cameras send
// 16:9; what is nearer to a square than leastShape would crop a fifth of them or more.
const (
	camera     = 16.0 / 9
	leastShape = 1.5
	mostShape  = 1.86
)

// Limits of small canvases: below these many samples no more tiles can be
// told apart, whatever the layout has room for.
var crowds = []struct{ samples, grid, beside, people int }{
	{40_000, 4, 3, 3},   // QCIF
	{150_000, 9, 5, 4},  // CIF
	{250_000, 12, 8, 6}, // 640x360
	{1 << 62, 16, 8, 6},
}

// leastSide is of a picture that is divided at all.
const leastSide = 96

// MaxTiles is how many tiles a layout shows at most in a picture of a size.
func MaxTiles(l transcode.Layout, width, height int) int {
	if min(width, height) < leastSide {
		return 1
	}
	c := crowds[0]
	for _, c = range crowds {
		if width*height < c.samples {
			break
		}
	}
	switch l {
	case transcode.Grid:
		return c.grid
	case transcode.OnePlusN:
		return c.beside
	case transcode.Slides:
		return c.people
	}
	return 1
}

// Arrange gives the places of n tiles of a layout in a picture of square samples,
// the large one first. More than MaxTiles are left out.
func Arrange(l transcode.Layout, n, width, height int) []Rect {
	return ArrangeShaped(l, n, width, height, 1)
}

// ArrangeShaped is Arrange for samples that are not square: sampleAspect is
// the width of one over its height, 12.0/11 for CIF. 0 is 1.
func ArrangeShaped(l transcode.Layout, n, width, height int, sampleAspect float64) []Rect {
	most := MaxTiles(l, width, height)
	n = min(n, most)
	c := newCanvas(width, height, sampleAspect)
	switch {
	case n <= 0 || c.w < 2 || c.h < 2:
		return nil
	case n == 1:
		return []Rect{{0, 0, c.w, c.h}}
	case l == transcode.Grid:
		return c.grid(n)
	default:
		return c.oneAnd(n-1, most-1, l == transcode.Slides)
	}
}

// canvas is the picture that is filled.
type canvas struct {
	w, h   int
	gutter int
	aspect float64 // of a sample
}

// edges is how many gutters make up the shorter side.
const edges = 90

func newCanvas(width, height int, aspect float64) canvas {
	if !(aspect > 0.25 && aspect < 4) {
		aspect = 1
	}
	return canvas{width &^ 1, height &^ 1, even(max(min(width, height)/edges, 2)), aspect}
}

func even(n int) int { return n &^ 1 }

// fitted is the largest size within w and h that has a shape between two.
func (c canvas) fitted(w, h int, least, most float64) (int, int) {
	if w <= 0 || h <= 0 {
		return 0, 0
	}
	shape := float64(w) * c.aspect / float64(h)
	switch {
	case shape < least:
		h = int(float64(w) * c.aspect / least)
	case shape > most:
		w = int(float64(h) * most / c.aspect)
	}
	return even(w), even(h)
}

// grids are the columns and rows for so many tiles.
var grids = []struct{ n, columns, rows int }{{2, 2, 1}, {4, 2, 2}, {6, 3, 2}, {9, 3, 3}, {12, 4, 3}, {16, 4, 4}}

// grid gives equal tiles, standing or lying, whichever makes them larger. The
// last row is centred.
func (c canvas) grid(n int) []Rect {
	g := grids[0]
	for _, g = range grids {
		if n <= g.n {
			break
		}
	}
	area := Rect{0, 0, c.w, c.h}
	lying := c.block(n, g.columns, g.rows, area)
	if standing := c.block(n, g.rows, g.columns, area); standing[0].Area() > lying[0].Area() {
		return standing
	}
	return lying
}

// block centres n equal tiles in so many columns and rows within an area, with gutters
// between and around them.
func (c canvas) block(n, columns, rows int, area Rect) []Rect {
	w, h := c.fitted((area.W-(columns+1)*c.gutter)/columns, (area.H-(rows+1)*c.gutter)/rows, leastShape, mostShape)
	rows = (n + columns - 1) / columns
	top := area.Y + even((area.H-rows*h-(rows-1)*c.gutter)/2)
	tiles := make([]Rect, 0, n)
	for row := range rows {
		in := min(columns, n-row*columns)
		left := area.X + even((area.W-in*w-(in-1)*c.gutter)/2)
		for column := range in {
			tiles = append(tiles, Rect{left + column*(w+c.gutter), top + row*(h+c.gutter), w, h})
		}
	}
	return tiles
}
