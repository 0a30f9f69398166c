//go:build !linux

package worker

// Priority is not known.
func Priority() int { return 0 }

// lower leaves priorities as they are.
func lower(int) func() { return nil }
