package layout

import "math"

// split is one large tile and equal ones beside it.
type split struct {
	large   Rect
	others  []Rect
	columns bool // they stand to its right
}

// oneAnd arranges one large tile and k others so that the least is wasted. It
// begins with the most others there can be and goes down to k: with fewer, no tile
// is smaller than it was with more, so nobody grows when somebody comes.
func (c canvas) oneAnd(k, most int, slides bool) []Rect {
	var s split
	for n := most; n >= k; n-- {
		s = c.best(n, s, slides)
	}
	return append([]Rect{s.large}, s.others...)
}

// best is the arrangement of k others that covers the most, of those in which
// no tile is smaller than in another one.
func (c canvas) best(k int, floor split, slides bool) (found split) {
	most := -1.0
	c.candidates(k, slides, func(s split) {
		if len(floor.others) > 0 && (s.large.Area() < floor.large.Area() || s.others[0].Area() < floor.others[0].Area()) {
			return
		}
		if v := c.value(s, slides); v > most {
			found, most = s, v
		}
	})
	if most < 0 { // it has one less than the floor, whose places it can take
		return split{floor.large, floor.others[:k], floor.columns}
	}
	return found
}

// Worth of an arrangement: what it covers. The others are at most this share of
// the large one, and seen at least. Between equals, columns are preferred.
const (
	leastShare = 0.04
	mostShare  = 0.45
	preference = 1.03
)

func (c canvas) value(s split, slides bool) float64 {
	large := float64(s.large.Area())
	if slides {
		w, h := c.fitted(s.large.W, s.large.H, camera, camera)
		large = 1.5 * float64(w*h)
	}
	other := float64(s.others[0].Area())
	if share := other / max(large, 1); share < leastShare || share > mostShare {
		return large * share / 1e6
	}
	worth := large + float64(len(s.others))*other
	if s.columns {
		worth *= preference
	}
	return worth
}

// Shares of the canvas that others may take beside the large tile.
var shares = []float64{0.16, 0.18, 0.2, 0.22, 0.25, 0.28, 0.32, 0.36, 0.4, 0.45, 0.5}

// candidates gives arrangements of a large tile and k others: in one or two columns
// to its right, in one to three rows below it, or on both sides around its corner.
func (c canvas) candidates(k int, slides bool, take func(split)) {
	for _, share := range shares {
		for lines := 1; lines <= 3 && lines <= k; lines++ {
			in := (k + lines - 1) / lines
			if lines < 3 {
				at := even(int(float64(c.w) * (1 - share)))
				right := c.split(Rect{0, 0, at, c.h}, Rect{at - c.gutter, 0, c.w - at + c.gutter, c.h}, k, lines, in, slides)
				right.columns = true
				take(right)
			}
			at := even(int(float64(c.h) * (1 - share)))
			take(c.split(Rect{0, 0, c.w, at}, Rect{0, at - c.gutter, c.w, c.h - at + c.gutter}, k, in, lines, slides))
		}
	}
	for side := 3; side <= 4 && !slides; side++ {
		if k > side && k < 2*side {
			take(c.corner(k, side))
		}
	}
}

// split puts the large tile in one area and k others in another. The areas
// share the gutter between them.
func (c canvas) split(large, others Rect, k, columns, rows int, slides bool) split {
	least, most := leastShape, mostShape
	if slides { // whatever shape they have, they are shown whole
		least, most = 0, math.Inf(1)
	}
	w, h := c.fitted(large.W-2*c.gutter, large.H-2*c.gutter, least, most)
	place := Rect{large.X + even((large.W-w)/2), large.Y + even((large.H-h)/2), w, h}
	return split{large: place, others: c.block(k, columns, rows, others)}
}

// corner is a grid of side by side tiles of which the large one takes all but
// the last column and row. The others go down the column and back along the row.
func (c canvas) corner(k, side int) split {
	w, h := c.fitted((c.w-(side+1)*c.gutter)/side, (c.h-(side+1)*c.gutter)/side, leastShape, mostShape)
	dx, dy := w+c.gutter, h+c.gutter
	left, top := even((c.w-side*dx+c.gutter)/2), even((c.h-side*dy+c.gutter)/2)
	s := split{large: Rect{left, top, (side-1)*dx - c.gutter, (side-1)*dy - c.gutter}}
	for row := range side {
		s.others = append(s.others, Rect{left + (side-1)*dx, top + row*dy, w, h})
	}
	for column := side - 2; len(s.others) < k; column-- {
		s.others = append(s.others, Rect{left + column*dx, top + (side-1)*dy, w, h})
	}
	return s
}
