package gateway

import (
	"slices"
	"testing"
	"time"
)

func TestTidy(t *testing.T) {
	var y tidy
	begun := time.Unix(1000, 0)
	var done []int
	for s := range 300 {
		happened := uint64(0)
		switch {
		case s >= 200:
			happened = 30
		case s >= 20:
			happened = uint64(min(s-19, 10)) // one thing a second for ten seconds
		}
		if y.due(begun.Add(time.Duration(s)*time.Second), happened) {
			done = append(done, s)
		}
	}
	if want := []int{34, 69, 205, 240}; !slices.Equal(done, want) {
		t.Errorf("done at %d, want %d", done, want)
	}
}
