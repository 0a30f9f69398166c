//go:build !cgo || !linux

package heap

// Tidy does nothing: there is no C library.
func Tidy() bool { return false }
