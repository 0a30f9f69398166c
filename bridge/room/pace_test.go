package room

import (
	"testing"
	"testing/synctest"
	"time"
)

// A room of terminals slows down while nothing changes, and only then.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		now := func() int64 { return int64(time.Since(begun)) }
		p := newPace(now())
		defer p.Stop()
		ticks := func(length time.Duration, pages bool) (n int) {
			for end := now() + int64(length); ; n++ {
				select {
				case <-p.C:
					p.Next()
					p.passed(now(), pages)
				case <-time.After(time.Duration(end - now())):
					return n
				}
			}
		}
		for _, c := range []struct {
			what   string
			length time.Duration
			pages  bool
			least  int
			most   int
		}{
			{"just after a change", 2950 * time.Millisecond, false, 29, 30},
			{"when nothing changed for long", 20 * time.Second, false, 38, 44},
			{"with a page", 20 * time.Second, true, 190, 200},
		} {
			if n := ticks(c.length, c.pages); n < c.least || n > c.most {
				t.Errorf("%s: %d ticks", c.what, n)
			}
		}
		ticks(time.Second, false)
		p.changed(now())
		if n := ticks(time.Second, false); n < 9 {
			t.Errorf("after another change: %d ticks in a second", n)
		}
	})
}
