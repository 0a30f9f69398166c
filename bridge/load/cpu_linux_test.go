package load

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestStatTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"12 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 777": 3 * time.Second,
		"12 (a) S 1 2 3": -1,
		"12 (a) S 1 2 3 4 5 6 7 8 9 10 x y 0 0 20 0 1 0 777": -1,
		"12 (a) S 1 2 3 4 5 6 7 8 9 10 1 2 0 0 20 0 1 0 -5":  -1,
		"":  -1,
		")": -1,
	} {
		got, began, ok := statTime([]byte(text))
		if ok != (want >= 0) || ok && (got != want || began != 777) {
			t.Errorf("%q: %v, %d, %v", text, got, began, ok)
		}
	}
}

func TestCPU(t *testing.T) {
	var c Clock
	before := c.CPU(nil)
	for begun := time.Now(); c.CPU(nil)-before < 10*time.Millisecond; {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("%v for 30 s of work", c.CPU(nil)-before)
		}
	}
	// A process that is there counts from its settling on, one that is not does not.
	if c.CPU([]int{os.Getpid(), -1}); len(c.workers) != 1 {
		t.Errorf("%d workers", len(c.workers))
	}
	if c.CPU(nil); len(c.workers) != 0 {
		t.Error("a worker that ended is still known")
	}
}

// What a worker uses to start does not count, what it uses later does, and a
// new process with an old number starts anew.
func TestWorkersThatStart(t *testing.T) {
	var c Clock
	c.workers = map[int]*worker{}
	for i, look := range []struct {
		ticks, began int
		want         time.Duration
	}{
		{5, 1, 0}, {10, 1, 0}, {11, 1, clockTick}, {14, 1, 4 * clockTick},
		{9, 2, 4 * clockTick}, {20, 2, 4 * clockTick}, {21, 2, 5 * clockTick},
	} {
		c.look(7, fmt.Appendf(nil, "7 (w) S 1 2 3 4 5 6 7 8 9 10 %d 0 0 0 20 0 1 0 %d", look.ticks, look.began))
		if c.total != look.want {
			t.Errorf("look %d: %v, want %v", i, c.total, look.want)
		}
	}
}
