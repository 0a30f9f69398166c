package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

const half = 1 << 31 // of the period

func TestBeatUntil(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		past, every time.Duration
		share       uint32
		want        time.Duration
	}{
		{0, 100 * ms, 0, 100 * ms},
		{time.Microsecond, 100 * ms, 0, 100*ms - time.Microsecond},
		{99 * ms, 100 * ms, 0, ms},
		{0, 100 * ms, half, 50 * ms},
		{50 * ms, 100 * ms, half, 100 * ms},
		{60 * ms, 100 * ms, half, 90 * ms}, // ten late: the next is in time
		{0, 100 * ms, half + half/50, 50 * ms},
		{0, 100 * ms, half + half/25 + half/1000, 52 * ms}, // on the grid
		{0, 5 * ms, 0, 4 * ms},
		{0, time.Microsecond, half, 2 * ms},
	} {
		b := Beat{every: c.every, share: c.share}
		if got := b.until(time.Unix(1000, int64(c.past))); got != c.want {
			t.Errorf("%v past the period, every %v, share %#x: %v, want %v", c.past, c.every, c.share, got, c.want)
		}
	}
}

// Beats that begin together keep their pace, on common instants, and few of them on each.
func TestBeatsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1234 * time.Microsecond)
		const n, every = 200, 100 * time.Millisecond
		at := map[int64]int{}
		for range n {
			b := NewBeat(every)
			defer b.Stop()
			d := b.first(time.Now())
			if d < every/2 || d > every*3/2 {
				t.Fatalf("the first tick after %v", d)
			}
			last := time.Now().Add(d)
			for range 5 {
				if d := b.until(last); d != every {
					t.Fatalf("the next tick after %v", d)
				}
				last = last.Add(every)
			}
			if last.UnixNano()%int64(beatGrid) != 0 {
				t.Fatalf("a tick at %v", last)
			}
			at[last.UnixNano()%int64(every)]++
		}
		for instant, beats := range at {
			if beats > 2*n/int(every/beatGrid) {
				t.Errorf("%d beats at %v", beats, time.Duration(instant))
			}
		}
	})
}

func TestBeatTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBeat(100*time.Millisecond, half)
		defer b.Stop()
		begun, ticks := time.Now(), 0
		for time.Since(begun) < 10*time.Second {
			if at := <-b.C; at.Sub(begun) != time.Duration(ticks)*100*time.Millisecond+150*time.Millisecond {
				t.Fatalf("tick %d after %v", ticks, at.Sub(begun))
			}
			ticks++
			time.Sleep(time.Duration(ticks%90) * time.Millisecond) // as long as its handling takes
			b.Next()
		}
		b.Reset(50 * time.Millisecond)
		now := time.Now()
		if d := (<-b.C).Sub(now); d > 75*time.Millisecond || d < 25*time.Millisecond {
			t.Errorf("tick after %v at the new pace", d)
		}
	})
}
