package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestUntilBeat(t *testing.T) {
	for _, c := range []struct{ past, every, want time.Duration }{
		{0, 100 * time.Millisecond, 100 * time.Millisecond},
		{time.Microsecond, 100 * time.Millisecond, 100*time.Millisecond - time.Microsecond},
		{4 * time.Millisecond, 100 * time.Millisecond, 96 * time.Millisecond},
		{4 * time.Millisecond, 3 * time.Millisecond, time.Millisecond},
		{0, time.Millisecond, 5 * time.Millisecond},
		{2 * time.Millisecond, time.Millisecond, 3 * time.Millisecond},
		{0, 12 * time.Millisecond, 10 * time.Millisecond},
	} {
		if got := untilBeat(time.Unix(0, int64(beatGrid*1000+c.past)), c.every); got != c.want {
			t.Errorf("%v past the grid, every %v: %v, want %v", c.past, c.every, got, c.want)
		}
	}
}

// Beats that began at any time tick together, and keep their pace.
func TestBeatsFallTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1234 * time.Microsecond)
		a := NewBeat(100 * time.Millisecond)
		time.Sleep(777 * time.Microsecond)
		b := NewBeat(200 * time.Millisecond)
		defer a.Stop()
		defer b.Stop()
		begun := time.Now()
		var last time.Time
		ticks := [2]int{}
		for time.Since(begun) < 10*time.Second {
			var at time.Time
			select {
			case at = <-a.C:
				ticks[0]++
				if !last.IsZero() && at.Sub(last) != 100*time.Millisecond {
					t.Fatalf("%v after the tick before", at.Sub(last))
				}
				last = at
				a.Next()
			case at = <-b.C:
				ticks[1]++
				b.Next()
			}
			if at.UnixNano()%int64(beatGrid) != 0 {
				t.Fatalf("a tick at %v", at)
			}
		}
		if ticks[0] < 99 || ticks[0] > 101 || ticks[1] < 49 || ticks[1] > 51 {
			t.Errorf("%d ticks", ticks)
		}
		b.Reset(50 * time.Millisecond)
		now := time.Now()
		if d := (<-b.C).Sub(now); d > 50*time.Millisecond || d <= 45*time.Millisecond {
			t.Errorf("tick after %v at the new pace", d)
		}
	})
}
