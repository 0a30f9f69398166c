package plan

import (
	"math/rand/v2"
	"testing"
)

const (
	start  = int64(1 << 60)
	second = int64(1e9)
	ms     = int64(1e6)
)

func TestClassOf(t *testing.T) {
	for limit, want := range map[int]int{
		0: 4_000_000, 1: 64_000, 64_000: 64_000, 127_999: 64_000, 128_000: 128_000, 2_500_000: 2_000_000, 3_999_999: 3_000_000, 90_000_000: 4_000_000,
	} {
		if got := Classes[classOf(limit)]; got != want {
			t.Errorf("%d bit/s is of class %d, not %d", limit, got, want)
		}
	}
	if Above(768_000) != 1_000_000 || Above(4_000_000) != 0 {
		t.Error("what is above")
	}
}

func TestRate(t *testing.T) {
	type step struct {
		at    int64 // ms
		limit int
		want  int
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"the first limit at once", []step{{0, 700_000, 512_000}}},
		{"no limit", []step{{0, 0, 4_000_000}}},
		{"down at once", []step{{0, 2e6, 2e6}, {10, 300_000, 256_000}, {20, 50_000, 64_000}}},
		{"up when it stays", []step{{0, 300_000, 256_000}, {100, 400_000, 256_000}, {2000, 400_000, 256_000}, {2100, 400_000, 384_000}}},
		{"soon when it is far above", []step{{0, 300_000, 256_000}, {100, 2e6, 256_000}, {300, 2e6, 256_000}, {400, 2e6, 2e6}}},
		{"up to the least of what was allowed meanwhile", []step{
			{0, 300_000, 256_000}, {100, 2e6, 256_000}, {200, 800_000, 256_000}, {300, 2e6, 256_000}, {500, 2e6, 768_000},
		}},
		{"a wobble begins the wait anew", []step{
			{0, 300_000, 256_000}, {100, 400_000, 256_000}, {2000, 300_000, 256_000}, {2100, 400_000, 256_000}, {4000, 400_000, 256_000}, {4100, 400_000, 384_000},
		}},
		{"a rise that did not last makes the next one wait longer", []step{
			{0, 300_000, 256_000}, {100, 400_000, 256_000}, {2100, 400_000, 384_000}, {3000, 300_000, 256_000},
			{3100, 400_000, 256_000}, {5100, 400_000, 256_000}, {7100, 400_000, 384_000},
		}},
		{"one that lasted forgives", []step{
			{0, 300_000, 256_000}, {100, 400_000, 256_000}, {2100, 400_000, 384_000}, {13_000, 400_000, 384_000}, {14_000, 300_000, 256_000},
			{15_000, 400_000, 256_000}, {17_000, 400_000, 384_000},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Rate
			for _, s := range c.steps {
				if got := r.Follow(s.limit, start+s.at*ms); got != s.want {
					t.Errorf("at %d ms with %d bit/s: %d, not %d", s.at, s.limit, got, s.want)
				}
			}
		})
	}
}

// A class is never above the limit, unless the limit is below all classes, and
// it does not rise more often than its wait allows.
func TestRateProperties(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var r Rate
		now, limit, rises, last := start, 1_000_000, 0, 0
		for range 600 {
			now += 100 * ms
			if rng.IntN(5) == 0 {
				limit = 30_000 + rng.IntN(5_000_000)
			}
			got := r.Follow(limit, now)
			if got > max(limit, Classes[0]) {
				t.Fatalf("seed %d: class %d with a limit of %d", seed, got, limit)
			}
			if last != 0 && got > last {
				rises++
			}
			last = got
		}
		if rises > 60_000/500 {
			t.Errorf("seed %d: %d rises in a minute", seed, rises)
		}
	}
}
