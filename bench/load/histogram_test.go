package load

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistogramIsNearTheTruth(t *testing.T) {
	var h, half Histogram
	r := rand.New(rand.NewPCG(1, 2))
	var all []int64
	for i := range 20000 {
		d := int64(r.ExpFloat64() * 1e5)
		if i%100 == 0 {
			d *= 5000
		}
		all = append(all, d)
		if i%2 == 0 {
			h.Add(d)
		} else {
			half.Add(d)
		}
	}
	h.Merge(&half)
	slices.Sort(all)
	for _, q := range []float64{0.001, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[int(q*float64(len(all))+0.999999)-1]
		got := h.Quantile(q)
		if diff := got - want; diff > want/64+1 || -diff > want/64+1 {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if h.Count() != 20000 || h.Max() != all[len(all)-1] {
		t.Errorf("count %d, max %d", h.Count(), h.Max())
	}
	over := len(all) - 1 - slices.IndexFunc(all, func(d int64) bool { return d > 1e6 })
	if got := int(h.Above(1e6)); got < over-over/20-1 || got > over+over/20+1 {
		t.Errorf("%d above a millisecond, want about %d", got, over)
	}
}

func TestHistogramBuckets(t *testing.T) {
	for d := int64(0); d < 1<<40; d += 1 + d/97 {
		if got := least(bucket(d)); got-d > d/64+1 || d-got > d/64+1 {
			t.Fatalf("%d is counted as %d", d, got)
		}
	}
	var h Histogram
	h.Add(-5)
	h.Add(1<<63 - 1)
	if h.Quantile(0.5) != 0 || h.Quantile(1) < 1<<63-1<<57 {
		t.Errorf("the ends: %d and %d", h.Quantile(0.5), h.Quantile(1))
	}
	if new(Histogram).Quantile(0.5) != 0 {
		t.Error("an empty one has a median")
	}
}
