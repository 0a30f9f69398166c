package wire

import (
	"math/rand/v2"
	"testing"
)

// TestDeadlinesAgainstAModel changes deadlines at random.
func TestDeadlinesAgainstAModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	all := make([]deadline, 20)
	var h deadlines
	for range 20000 {
		d := &all[r.IntN(len(all))]
		at := int64(r.IntN(50)) // 0 lifts it
		h.set(d, at)
		least, n := int64(0), 0
		for i := range all {
			if at := all[i].at; at != 0 {
				n++
				if least == 0 || at < least {
					least = at
				}
				if h[all[i].place] != &all[i] {
					t.Fatal("a deadline does not know its place")
				}
			}
		}
		if len(h) != n || h.next() != least {
			t.Fatalf("%d deadlines, the next at %d; want %d and %d", len(h), h.next(), n, least)
		}
	}
}
