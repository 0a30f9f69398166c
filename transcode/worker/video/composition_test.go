package video

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode"
)

// One composition serves all outputs of its scene and size, whatever their limits.
func TestComposition(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.camera(2)
		a, b, c, d := grid(10, 1, 2), grid(11, 1, 2), grid(12, 1, 2), grid(13, 2, 1)
		b.Bitrate, b.FPS = 150_000, 15
		s.graph(a, b, c, d)
		s.run(2*time.Second, true)
		if st := s.stats(); st.Compositions != 2 || st.VideoEncoders != 3 || st.Decoders != 2 {
			t.Errorf("%d compositions, %d encoders, %d decoders", st.Compositions, st.VideoEncoders, st.Decoders)
		}
		if n := s.studio.get(&s.studio.composed); n < 116 || n > 124 {
			t.Errorf("composed %d times in 2 s", n)
		}
		for id, want := range map[transcode.StreamID]int{10: 60, 11: 30, 12: 60, 13: 60} {
			got := s.gallery.of(id)
			if len(got) < want-4 || len(got) > want+3 || !got[0].key {
				t.Errorf("output %d: %d frames", id, len(got))
			}
			rising(t, got)
		}
	})
}

// What does not change is not encoded more than a few times a second.
func TestStillComposition(t *testing.T) {
	play(t, func(s *show) {
		c := s.camera(1)
		s.graph(grid(10, 1))
		s.run(time.Second, true)
		c.mute = true
		before := s.studio.get(&s.studio.encoded)
		s.run(4*time.Second, true)
		if n := s.studio.get(&s.studio.encoded) - before; n < 10 || n > 14 {
			t.Errorf("%d pictures in 4 s", n)
		}
		s.graph(grid(10, 1), grid(11, 1))
		s.run(300*time.Millisecond, true)
		if got := s.gallery.of(11); len(got) == 0 || !got[0].key {
			t.Error("who joins waits for a picture")
		}
	})
}

// A scene changes without another encoder, composer or keyframe.
func TestSceneChange(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.camera(2)
		s.graph(grid(10, 1, 2), grid(11, 1, 2))
		s.run(time.Second, true)
		changed := grid(10, 2)
		changed.Scene.Tiles[0].Speaking = true
		other := changed
		other.ID = 11
		s.graph(changed, other)
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.opened); n != 1 || s.studio.composers != 1 {
			t.Errorf("%d encoders, %d composers", n, s.studio.composers)
		}
		got := s.gallery.of(10)
		if last := got[len(got)-1]; last.number>>24 != 1 || last.number&0xffff < 2050 {
			t.Errorf("shows %#x", last.number)
		}
		for _, f := range got[1:] {
			if f.key {
				t.Error("a keyframe that nobody asked for")
			}
		}
		// From a composition to a picture as it is, and back.
		alone := single(10, 1)
		alone.Width, alone.Height = 640, 360
		s.graph(alone)
		s.run(time.Second, true)
		s.graph(changed)
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.opened); n != 1 {
			t.Errorf("%d encoders", n)
		}
		rising(t, s.gallery.of(10))
	})
}

// Under overload the composition gets slower rather than late, and says so.
func TestSlowComposition(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.graph(grid(10, 1))
		s.run(2*time.Second, true)
		s.studio.mu.Lock()
		s.studio.takes["encode"] = 60 * time.Millisecond
		s.studio.mu.Unlock()
		s.run(15*time.Second, true)
		st := s.stats().VideoOutputs[0]
		if st.Slowed < leastRate || st.Slowed > 24 {
			t.Errorf("slowed to %d a second", st.Slowed)
		}
		late := st.Late
		s.run(2*time.Second, true)
		if n := s.stats().VideoOutputs[0].Late - late; n > 16 {
			t.Errorf("%d late in two seconds after it has slowed down", n)
		}
		s.studio.mu.Lock()
		s.studio.takes["encode"] = 0
		s.studio.mu.Unlock()
		s.run(40*time.Second, true)
		if st := s.stats().VideoOutputs[0]; st.Slowed != 0 {
			t.Errorf("still slowed to %d", st.Slowed)
		}
	})
}
