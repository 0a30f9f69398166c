package feedback

import (
	"math/rand/v2"
	"testing"
)

func TestWindow(t *testing.T) {
	type step struct {
		seq  uint16
		want place
	}
	for name, steps := range map[string][]step{
		"in order":      {{65534, begun}, {65535, ahead}, {0, ahead}, {1, ahead}},
		"repeated":      {{10, begun}, {10, repeated}, {12, ahead}, {10, repeated}, {12, repeated}},
		"late":          {{10, begun}, {13, ahead}, {11, late}, {11, repeated}, {12, late}, {9, late}, {9, repeated}},
		"before zero":   {{1, begun}, {65535, late}, {65535, repeated}, {0, late}},
		"the last late": {{0, begun}, {1024, ahead}, {0, repeated}, {1, late}, {1, repeated}},
		"over a gap":    {{0, begun}, {5000, ahead}, {4000, late}, {3976, repeated}, {3977, late}, {0, repeated}},
		"far ahead":     {{0, begun}, {32767, ahead}, {65534, ahead}, {32765, ahead}},
		"started over":  {{30000, begun}, {10, repeated}, {11, repeated}, {12, repeated}, {13, repeated}, {14, begun}, {15, ahead}, {13, late}},
		"old, not in a row": {{30000, begun}, {10, repeated}, {11, repeated}, {13, repeated}, {14, repeated},
			{15, repeated}, {16, repeated}, {30001, ahead}, {17, repeated}, {18, repeated}, {30002, ahead}},
	} {
		t.Run(name, func(t *testing.T) {
			var w window
			for i, s := range steps {
				n, got := w.add(s.seq)
				if got != s.want || uint16(n) != s.seq {
					t.Fatalf("step %d: %d is %d of %d, want %d", i, s.seq, got, n, s.want)
				}
			}
		})
	}
}

// TestWindowRandom compares with a map that remembers everything.
func TestWindowRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var w window
	seen := map[uint64]bool{}
	n, highest := uint64(1<<16), uint64(0)
	for range 50000 {
		switch rnd.IntN(20) {
		case 0:
			n += uint64(rnd.IntN(1500))
		default:
			n += uint64(rnd.IntN(3))
		}
		x := n - uint64(rnd.IntN(30)*rnd.IntN(30))
		if highest == 0 {
			x = 1 << 16
		}
		want := late
		switch {
		case highest == 0:
			want = begun
		case x > highest:
			want = ahead
		case highest-x >= span || seen[x]:
			want = repeated
		}
		got, place := w.add(uint16(x))
		if got != x || place != want {
			t.Fatalf("%d is %d of %d, want %d", x, place, got, want)
		}
		seen[x] = true
		highest = max(highest, x)
	}
}
