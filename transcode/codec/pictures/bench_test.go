//go:build cgo && !nocodecs

package pictures

import (
	"slices"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

// pendulum gives pictures that go forth and back without a jump.
func pendulum(t testing.TB, w, h, n int) []*codec.Picture {
	list := codectest.Moving(t, w, h, n)
	back := slices.Clone(list)
	slices.Reverse(back)
	return append(list, back...)
}

func BenchmarkEncode(b *testing.B) {
	for _, s := range streams {
		b.Run(name(s.codec, s.settings), func(b *testing.B) {
			list := pendulum(b, s.settings.Width, s.settings.Height, 30)
			e := open(b, s.codec, s.settings)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := e.Encode(list[i%len(list)], int64(i)*3000, false); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range streams {
		if s.settings.Content || s.settings.Profile == 77 {
			continue
		}
		b.Run(name(s.codec, s.settings), func(b *testing.B) {
			var frames [][]byte
			e := open(b, s.codec, s.settings)
			for i, p := range codectest.Moving(b, s.settings.Width, s.settings.Height, 60) {
				out, err := e.Encode(p, int64(i)*3000, false)
				if err != nil {
					b.Fatal(err)
				}
				if f := flat(s.codec, out); len(f) > 0 {
					frames = append(frames, f)
				}
			}
			d := decoder(b, s.codec)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				p, _, err := d.Decode(frames[i%len(frames)])
				if err != nil || p == nil {
					b.Fatal(err)
				}
				p.Release()
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
		})
	}
}
