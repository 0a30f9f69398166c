package load

import (
	"os"
	"testing"
	"time"
)

func TestStatTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"12 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20": 3 * time.Second,
		"12 (a) S 1 2 3":                    0,
		"12 (a) S 1 2 3 4 5 6 7 8 9 10 x y": 0,
		"":                                  0,
		")":                                 0,
	} {
		if got := statTime([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestCPU(t *testing.T) {
	before := CPU(nil)
	for begun := time.Now(); time.Since(begun) < 50*time.Millisecond; {
	}
	if used := CPU(nil) - before; used < 10*time.Millisecond {
		t.Errorf("%v for 50 ms of work", used)
	}
	// Our own process as its child: what its threads used comes on top.
	if CPU([]int{os.Getpid(), -1}) < CPU(nil) {
		t.Error("a child takes time away")
	}
}
