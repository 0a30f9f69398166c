//go:build linux

package worker

import (
	"runtime"
	"testing"
)

// A thread is lowered alone, from where it stands.
func TestLower(t *testing.T) {
	before := Priority()
	lowered := make(chan int)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		lower(before)()
		lowered <- Priority()
	}()
	if got, want := <-lowered, min(before+pictureNice, 19); got != want {
		t.Errorf("lowered to %d, want %d", got, want)
	}
	if now := Priority(); now != before {
		t.Errorf("this thread went from %d to %d", before, now)
	}
}
