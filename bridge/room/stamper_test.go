package room

import (
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/transcode"
)

func TestRelayedNumbers(t *testing.T) {
	type in struct {
		stream transcode.StreamID
		seq    uint16
		ts     uint32
		at     int64 // ms
	}
	type out struct {
		seq uint16
		ts  uint32
		ok  bool
	}
	for _, c := range []struct {
		name string
		in   []in
		want []out
	}{
		{"goes through", []in{{1, 10, 1000, 0}, {1, 11, 1160, 20}}, []out{{10, 1000, true}, {11, 1160, true}}},
		{"late", []in{{1, 10, 1000, 0}, {1, 12, 1320, 40}, {1, 11, 1160, 41}, {1, 11, 1160, 42}, {1, 13, 1480, 60}},
			[]out{{10, 1000, true}, {12, 1320, true}, {11, 1160, true}, {}, {13, 1480, true}}},
		{"twice", []in{{1, 10, 1000, 0}, {1, 10, 1000, 1}}, []out{{10, 1000, true}, {}}},
		{"before the beginning", []in{{1, 10, 1000, 0}, {1, 9, 840, 1}}, []out{{10, 1000, true}, {}}},
		{"another source", []in{{1, 10, 1000, 0}, {2, 700, 5, 20}, {2, 699, 4, 21}, {2, 701, 165, 40}},
			[]out{{10, 1000, true}, {11, 1160, true}, {}, {12, 1320, true}}},
		{"wraps", []in{{1, 65535, 0xffffffff, 0}, {1, 1, 319, 40}, {1, 0, 159, 41}}, []out{{65535, 0xffffffff, true}, {1, 319, true}, {0, 159, true}}},
		{"begins again behind", []in{{1, 500, 1000, 0}, {1, 100, 50, 20}, {1, 101, 210, 40}, {1, 102, 370, 60}, {1, 103, 530, 80}, {1, 104, 690, 100}, {1, 105, 850, 120}},
			[]out{{500, 1000, true}, {}, {}, {}, {}, {501, 1800, true}, {502, 1960, true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stamper{clock: 8000}
			for i, x := range c.in {
				seq, ts, _, ok := s.relay(x.stream, x.seq, x.ts, 1<<60+x.at*ms)
				if got := (out{seq, ts, ok}); got != c.want[i] {
					t.Errorf("packet %d: %+v, want %+v", i, got, c.want[i])
				}
			}
		})
	}
}

// Whatever comes from whom, no number is given twice within a thousand, and
// numbers never go back further than late packets are let through.
func TestNoNumberTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := stamper{clock: 8000}
	given := map[uint16]int{}
	var mixed, relayed uint16
	now := int64(1 << 60)
	for i := range 200_000 {
		now += rng.Int64N(40) * ms
		var seq uint16
		ok := true
		switch n := rng.IntN(100); {
		case n < 2:
			mixed++
			seq, _, _ = s.next(1, mixed, uint32(mixed)*160, now)
		case n < 4:
			relayed += uint16(rng.IntN(65536))
			continue
		default:
			relayed++
			from := relayed - uint16(rng.IntN(100)*rng.IntN(2))
			seq, _, _, ok = s.relay(2, from, uint32(from)*160, now)
		}
		if !ok {
			continue
		}
		if at, was := given[seq]; was && i-at < 1000 {
			t.Fatalf("step %d: number %d again after %d steps", i, seq, i-at)
		}
		given[seq] = i
	}
}
