package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lock keeps benchmarks of one machine from measuring at the same time. It
// waits for the other to be between two measurements.
func lock(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(os.TempDir(), "roombridge-bench.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	for told := false; ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			_ = f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if !told {
			fmt.Fprintln(os.Stderr, "another benchmark measures: waiting for it")
			told = true
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
}
