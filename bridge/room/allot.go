package room

import "cmp"
import "slices"

// demand is one picture that a page wants, for the division of its budget.
type demand struct {
	options []option
	height  int // wanted, pixels
	area    int
	now     int // layer shown, -1 is none
	made    bool
	w, h    int // of what is made for the page: as large as there is a use for
}

// wanted is what pages' pictures would take if their path carried everything, bit/s.
func wanted(demands []demand) (bps int) {
	for i := range demands {
		d := &demands[i]
		switch len(d.options) {
		case 0:
		case 1:
			bps += d.ample()
		default:
			bps += keepOrTake(cost(d.options, enough(d.options, 0, d.height, d.now)), false)
		}
	}
	return bps
}

// ample is a bit rate with which a picture of one layer is bounded no more.
func (d *demand) ample() int {
	if d.made {
		return bitrateFor(d.w, d.h)
	}
	return bitrateFor(size(d.options, 0))
}

// allot divides a budget among a page's pictures: the largest pictures come
// first, everyone gets the smallest layer before anyone gets more, and the
// largest picture is never left out. It gives a layer for each demand, -1 for
// a picture that does not fit.
func allot(demands []demand, budget int) []int {
	order := make([]int, len(demands))
	ideal := make([]int, len(demands))
	got := make([]int, len(demands))
	for i, d := range demands {
		order[i], got[i] = i, -1
		if len(d.options) > 0 {
			ideal[i] = alive(d.options, enough(d.options, 0, d.height, d.now), 0)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(demands[b].area, demands[a].area) })
	left := budget
	first := true
	for _, i := range order {
		d := demands[i]
		if len(d.options) == 0 {
			continue
		}
		low := alive(d.options, len(d.options)-1, ideal[i])
		c := cost(d.options, low)
		if !first && left < keepOrTake(c, d.now >= 0) {
			continue
		}
		first = false
		got[i], left = low, left-c
	}
	for _, i := range order {
		if got[i] >= 0 {
			left = raise(demands[i], ideal[i], &got[i], left)
		}
	}
	return got
}

// raise moves a picture up to its ideal layer as far as the budget goes.
func raise(d demand, ideal int, got *int, left int) int {
	base := cost(d.options, *got)
	for j := ideal; j < *got; j++ {
		if !d.options[j].live && j != ideal {
			continue
		}
		more := cost(d.options, j) - base
		if keepOrTake(more, d.now >= 0 && d.now <= j) <= left {
			*got = j
			return left - more
		}
	}
	return left
}

// keepOrTake asks for some air above the cost of what is not shown yet, so
// that pictures do not flap between layers.
func keepOrTake(cost int, shown bool) int {
	if shown {
		return cost * 19 / 20
	}
	return cost * 23 / 20
}
