//go:build !linux

package confine

import "errors"

// Check is one thing that a sealed process tried, and what came of it.
type Check struct {
	What    string `json:"what"`
	Refused bool   `json:"refused"`
	Error   string `json:"error"`
}

// Restrict does nothing on this system.
func Restrict(Limits, []string) (landlock int, missing []string) {
	return 0, []string{"confinement: only on Linux"}
}

// Seal fails on this system.
func Seal() error { return errors.New("seccomp: only on Linux") }

// SelfCheck tries nothing on this system.
func SelfCheck(int64) []Check { return nil }
