package bridge

import "time"

// setupBounds are the upper bounds of the setup time histogram.
var setupBounds = [...]time.Duration{
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Histogram counts durations. Buckets[i] counts those of at most Bounds[i].
type Histogram struct {
	Bounds  []time.Duration
	Buckets []uint64
	Count   uint64
	Sum     time.Duration
}

func newHistogram() Histogram {
	return Histogram{Bounds: setupBounds[:], Buckets: make([]uint64, len(setupBounds))}
}

func (h *Histogram) add(d time.Duration) {
	h.Count++
	h.Sum += d
	for i, b := range h.Bounds {
		if d <= b {
			h.Buckets[i]++
		}
	}
}

// clone is a copy that later values do not change.
func (h *Histogram) clone() Histogram {
	c := *h
	c.Buckets = append([]uint64(nil), h.Buckets...)
	return c
}
