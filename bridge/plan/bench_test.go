package plan

import (
	"fmt"
	"testing"
)

// A room looks ten times a second at each of its terminals.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{2, 10, 100} {
		b.Run(fmt.Sprintf("%d people", n), func(b *testing.B) {
			in := Input{Viewer: terminal(cb, 2e6), People: cameras(n), Recent: []string{"p1", "p0"}, Worker: able}
			var v View
			now := start
			b.ReportAllocs()
			for b.Loop() {
				now += 100 * ms
				v.Decide(in, now)
			}
		})
	}
}

func BenchmarkShare(b *testing.B) {
	var wishes []Wish
	running := []Output{of(1e6), of(2e6)}
	for i := range 100 {
		wishes = append(wishes, Wish{running[i%2], showing("a", "b", "c", "d"), i % 2})
	}
	b.ReportAllocs()
	for b.Loop() {
		Share(wishes, running)
	}
}
