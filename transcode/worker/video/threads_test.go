package video

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// No more work is done at once than there may be threads, and none starts without work.
func TestThreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lowered := 0
		var mu sync.Mutex
		threads := newThreads(3, func() { mu.Lock(); lowered++; mu.Unlock() })
		if n := threads.started.Load(); n != 0 {
			t.Errorf("%d threads without work", n)
		}
		now, most, done := 0, 0, 0
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				k := newTask(func() {
					mu.Lock()
					now++
					most = max(most, now)
					mu.Unlock()
					time.Sleep(time.Millisecond) // the work
					mu.Lock()
					now--
					done++
					mu.Unlock()
				})
				for range 5 {
					threads.do(&k)
				}
			})
		}
		all.Wait()
		threads.close()
		if most != 3 || done != 50 || lowered != 3 {
			t.Errorf("%d at once, %d done, %d threads of low priority", most, done, lowered)
		}
	})
}
