package main

import (
	"runtime"
	"strconv"
	"testing"
)

// One thread more than processors lets the kernel bring packets in while Go is busy; who sets GOMAXPROCS keeps it.
func TestProcessors(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	t.Setenv("GOMAXPROCS", strconv.Itoa(before))
	if n := processors(); n != before || runtime.GOMAXPROCS(0) != before {
		t.Errorf("%d processors, %d threads, as GOMAXPROCS says %d", n, runtime.GOMAXPROCS(0), before)
	}
	t.Setenv("GOMAXPROCS", "")
	if n := processors(); n != before || runtime.GOMAXPROCS(0) != before+1 {
		t.Errorf("%d processors of %d, %d threads", n, before, runtime.GOMAXPROCS(0))
	}
}
