package video

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
)

// A process in which nothing has been encoded for long although it should is given up; one that serves somebody, or
// finds memory in time, is not.
func TestStarved(t *testing.T) {
	for name, c := range map[string]struct {
		scarce func(s codec.VideoSettings, begun time.Time) bool
		want   bool
	}{
		"nothing works":    {func(codec.VideoSettings, time.Time) bool { return true }, true},
		"memory comes":     {func(_ codec.VideoSettings, begun time.Time) bool { return time.Since(begun) < 7*time.Second }, false},
		"one of two works": {func(s codec.VideoSettings, _ time.Time) bool { return s.Width == 320 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(s *show) {
				begun := time.Now()
				s.studio.scarce = func(set codec.VideoSettings) bool { return c.scarce(set, begun) }
				s.camera(1)
				small := single(11, 1)
				small.Width, small.Height = 320, 180
				s.graph(single(10, 1), small)
				s.run(starved+2*openAgain+time.Second, true)
				if got := s.gallery.starved > 0; got != c.want {
					t.Errorf("given up %d times", s.gallery.starved)
				}
				if (len(s.gallery.of(10)) > 0) == c.want {
					t.Errorf("%d frames", len(s.gallery.of(transcode.StreamID(10))))
				}
			})
		})
	}
}
