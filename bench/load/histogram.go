package load

import "math/bits"

// Histogram counts durations in nanoseconds with an error of at most 1/64.
// The zero value is ready.
type Histogram struct {
	counts [58 * subBuckets]uint32
	n      uint64
	max    int64
}

// subBuckets is how many counters a power of two has.
const subBuckets = 64

// Add counts a duration; a negative one is 0.
func (h *Histogram) Add(d int64) {
	d = max(d, 0)
	h.counts[bucket(d)]++
	h.n++
	h.max = max(h.max, d)
}

// bucket gives the counter of a duration: itself below 64, then 64 for each
// power of two.
func bucket(d int64) int {
	if d < subBuckets {
		return int(d)
	}
	e := bits.Len64(uint64(d)) - 7
	return (e+1)*subBuckets + int(d>>e) - subBuckets
}

// least is the smallest duration of a counter, plus half its width.
func least(i int) int64 {
	if i < subBuckets {
		return int64(i)
	}
	e := i/subBuckets - 1
	return int64(i%subBuckets+subBuckets)<<e + int64(1)<<e>>1
}

// Merge adds another's counts.
func (h *Histogram) Merge(o *Histogram) {
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.n += o.n
	h.max = max(h.max, o.max)
}

// Count is how many were added.
func (h *Histogram) Count() uint64 { return h.n }

// Max is the longest.
func (h *Histogram) Max() int64 { return h.max }

// Quantile gives the duration that a share q of all did not exceed, by nearest
// rank; 0 when there are none.
func (h *Histogram) Quantile(q float64) int64 {
	if h.n == 0 {
		return 0
	}
	rank := max(uint64(q*float64(h.n)+0.999999), 1)
	var seen uint64
	for i, c := range h.counts {
		if seen += uint64(c); seen >= rank {
			return min(least(i), h.max)
		}
	}
	return h.max
}

// Above counts those longer than d, within the error of the counters.
func (h *Histogram) Above(d int64) uint64 {
	var n uint64
	for _, c := range h.counts[bucket(d)+1:] {
		n += uint64(c)
	}
	return n
}
