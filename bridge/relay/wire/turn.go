package wire

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// Turn lets one goroutine call a handler until somebody ends it, who may be
// the handler itself. It is for those who implement Socket.
type Turn struct {
	mu    sync.Mutex // held during a call
	owner atomic.Uint64
	over  atomic.Bool
}

// Own says that the calling goroutine is the one that makes the calls.
func (t *Turn) Own() { t.owner.Store(goroutine()) }

// Mine tells whether the calling goroutine is the one that makes the calls.
func (t *Turn) Mine() bool { return t.owner.Load() == goroutine() }

// Begin starts a call and tells whether it may be made.
func (t *Turn) Begin() bool {
	t.mu.Lock()
	if t.over.Load() {
		t.mu.Unlock()
		return false
	}
	return true
}

// End is the end of a call that Begin let through.
func (t *Turn) End() { t.mu.Unlock() }

// Finish lets no further call begin. It waits for the end of one that runs,
// unless it is part of it. It tells whether it was the first to be called.
func (t *Turn) Finish() (first bool) {
	first = t.over.CompareAndSwap(false, true)
	if !t.Mine() {
		t.mu.Lock()
		//lint:ignore SA2001 the call that held the lock is over, which is all we wait for
		t.mu.Unlock()
	}
	return first
}

// goroutine is the number of the calling goroutine, which the runtime tells in
// the first line of a stack trace only: "goroutine 7 [running]:".
func goroutine() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	number, _, _ := bytes.Cut(line, []byte(" "))
	n, _ := strconv.ParseUint(string(number), 10, 64)
	return n
}
