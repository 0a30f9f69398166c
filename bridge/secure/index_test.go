package secure

import (
	"math/rand/v2"
	"testing"
)

func TestWindow(t *testing.T) {
	var w window
	if !w.fresh(0) || !w.fresh(1<<40) {
		t.Error("an empty window refuses")
	}
	w.use(1000)
	for i, want := range map[uint64]bool{
		1000: false, 1001: true, 999: true, 1000 - windowSize: false, 1000 - windowSize + 1: true, 0: false, 1 << 40: true,
	} {
		if w.fresh(i) != want {
			t.Errorf("fresh(%d) = %v", i, !want)
		}
	}
	w.use(1 << 30) // everything before is out of reach
	for i := uint64(1<<30 - windowSize + 1); i < 1<<30; i++ {
		if !w.fresh(i) {
			t.Fatalf("%d was never used", i)
		}
	}
}

// TestWindowRandom compares with a set.
func TestWindowRandom(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 5))
		var w window
		used, top := map[uint64]bool{}, uint64(0)
		at := r.Uint64N(3000)
		for range 3000 {
			switch r.IntN(20) {
			case 0:
				at += r.Uint64N(1500)
			default:
				at += r.Uint64N(3)
			}
			i := at - min(at, r.Uint64N(600))
			want := !used[i] && (len(used) == 0 || i > top || top-i < windowSize)
			if got := w.fresh(i); got != want {
				t.Fatalf("seed %d: fresh(%d) = %v with %d on top", seed, i, got, top)
			}
			if want {
				w.use(i)
				used[i], top = true, max(top, i)
			}
		}
		if w.top != top {
			t.Fatalf("top %d, want %d", w.top, top)
		}
	}
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		top  uint64
		seq  uint16
		want uint64
		ok   bool
	}{
		{0, 1, 1, true},
		{0, 32767, 32767, true},
		{0, 32768, 0, false}, // before the first period
		{100, 65535, 0, false},
		{65535, 0, 1 << 16, true},
		{1<<16 + 5, 65535, 65535, true},
		{1<<16 + 40000, 10, 2<<16 + 10, true},
		{1<<16 + 40000, 7233, 1<<16 + 7233, true},
		{1<<48 - 1, 0, 0, false}, // behind the last
		{1<<48 - 1, 65534, 1<<48 - 2, true},
	} {
		w := window{top: c.top, started: true}
		got, ok := w.guess(c.seq)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("guess(%d) behind %#x: %#x %v, want %#x %v", c.seq, c.top, got, ok, c.want, c.ok)
		}
	}
	if got, ok := new(window).guess(65535); !ok || got != 65535 {
		t.Errorf("first: %d %v", got, ok)
	}
}
