package video

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/transcode"
)

// A picture is passed on as it comes, from the first keyframe on, with rising numbers and
// the source's spacing.
func TestSingle(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.graph(single(10, 1))
		s.run(2*time.Second, true)
		got := s.gallery.of(10)
		if len(got) < 58 || !got[0].key {
			t.Fatalf("%d frames", len(got))
		}
		for i := 1; i < len(got); i++ {
			a, b := got[i-1], got[i]
			if b.number != a.number+1 || b.timestamp-a.timestamp != 3000 || b.key {
				t.Errorf("%+v after %+v", b, a)
			}
		}
		st := s.stats()
		if in := st.VideoInputs[0]; in.Frames < 58 || in.Lost != 0 || in.Width != 64 || in.Wanted != 1 {
			t.Errorf("%+v", in)
		}
		if out := st.VideoOutputs[0]; out.Keyframes != 1 || out.Late != 0 || out.FPS < 28 || out.DelayMax > 1 || out.Frames < 58 {
			t.Errorf("%+v", out)
		}
	})
}

// Nothing is decoded that nobody is shown, and decoders end when the last looks away.
func TestUnseen(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.camera(2)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.decoders); n != 1 {
			t.Errorf("%d decoders", n)
		}
		if len(s.gallery.asked(2)) != 0 {
			t.Error("a keyframe of what nobody sees is wanted")
		}
		s.graph()
		synctest.Wait()
		if n, held := s.studio.get(&s.studio.decoders), s.studio.get(&s.studio.held); n != 0 || held != 0 {
			t.Errorf("%d decoders and %d pictures when nobody looks", n, held)
		}
		before := s.studio.get(&s.studio.decoded)
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.decoded); n != before {
			t.Errorf("%d frames were decoded for nobody", n-before)
		}
	})
}

// More pictures than the receiver takes are left out evenly.
func TestSpacing(t *testing.T) {
	for _, fps := range []int{25, 20, 15, 10, 7, 1} {
		play(t, func(s *show) {
			s.camera(1)
			o := single(10, 1)
			o.FPS = fps
			s.graph(o)
			s.run(4*time.Second, true)
			got := s.gallery.of(10)
			if n := len(got); n < 4*fps-1 || n > 4*fps+1 {
				t.Errorf("%d frames in 4 s at %d a second", n, fps)
			}
			for i := 1; i < len(got); i++ {
				if step := float64(got[i].timestamp-got[i-1].timestamp) / clock; step > 1/float64(fps)+0.034 || step < 1/float64(fps)-0.034 {
					t.Errorf("%.3f s between two at %d a second", step, fps)
				}
			}
		})
	}
}

// A source that stands still is shown once a second; when it goes on, so does the output.
func TestFreeze(t *testing.T) {
	play(t, func(s *show) {
		c := s.camera(1)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		c.mute = true
		before := s.gallery.of(10)
		s.run(5*time.Second, true)
		frozen := s.gallery.of(10)[len(before):]
		if n := len(frozen); n < 4 || n > 5 {
			t.Errorf("%d pictures in 5 s", n)
		}
		for _, f := range frozen {
			if f.number != before[len(before)-1].number {
				t.Errorf("picture %d, the last one was %d", f.number, before[len(before)-1].number)
			}
		}
		c.mute = false
		s.run(time.Second, true)
		after := s.gallery.of(10)[len(before)+len(frozen):]
		if len(after) < 28 {
			t.Errorf("%d pictures in the second after", len(after))
		}
		rising(t, s.gallery.of(10))
	})
}

// rising checks that timestamps rise, and the whole with the time that passes.
func rising(t *testing.T, frames []seenFrame) {
	t.Helper()
	for i := 1; i < len(frames); i++ {
		if d := int32(frames[i].timestamp - frames[i-1].timestamp); d <= 0 {
			t.Errorf("timestamp goes by %d at frame %d of %d", d, i, len(frames))
		}
	}
	first, last := frames[0], frames[len(frames)-1]
	counted, passed := float64(last.timestamp-first.timestamp)/clock, (last.at - first.at).Seconds()
	if off := counted - passed; off > 0.4 || off < -0.4 {
		t.Errorf("timestamps count %.2f s in %.2f s", counted, passed)
	}
}

// After a loss the last good picture stands, and a keyframe is asked for until it comes.
func TestLoss(t *testing.T) {
	play(t, func(s *show) {
		c := s.camera(1)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		asked := len(s.gallery.asked(1))
		c.lose = true
		lost := time.Since(s.gallery.begun)
		s.run(4*time.Second, false)
		got := s.gallery.of(10)
		if last := got[len(got)-1]; last.number != 1030 {
			t.Errorf("picture %d is shown, the last good one is 1030", last.number)
		}
		var gaps []time.Duration
		for _, at := range s.gallery.asked(1)[asked:] {
			gaps = append(gaps, at-lost)
			lost = at
		}
		if len(gaps) < 5 || len(gaps) > 7 || gaps[0] > 50*time.Millisecond || gaps[1] < 300*time.Millisecond || gaps[1] > 350*time.Millisecond || gaps[4] < time.Second {
			t.Errorf("asked after %v", gaps)
		}
		s.run(2*time.Second, true)
		after := s.gallery.of(10)
		if after[len(after)-1].number < 1200 {
			t.Errorf("picture %d two seconds after a keyframe", after[len(after)-1].number)
		}
		if in := s.stats().VideoInputs[0]; in.Lost != 1 || in.Damaged < 100 || in.Errors != 0 {
			t.Errorf("%+v", in)
		}
		rising(t, after)
	})
}

// Packets that overtake each other do no harm.
func TestOvertaken(t *testing.T) {
	play(t, func(s *show) {
		c := s.camera(1)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		for range 30 {
			seq := c.seq
			c.mute = true
			s.frame(c, false)
			c.mute = false
			payloads, _ := c.cut.Payloads(encodedFrame(c.number, false, c.size))
			for _, i := range []int{1, 0, 2} {
				s.engine.Write(transcode.Frame{Stream: 1, Seq: seq + uint16(i), Timestamp: c.ts, Marker: i == 2, Payload: payloads[i]})
				time.Sleep(3 * time.Millisecond)
			}
			c.seq += 3
			time.Sleep(24 * time.Millisecond)
		}
		synctest.Wait()
		if in := s.stats().VideoInputs[0]; in.Lost != 0 || in.Damaged > 1 || in.Frames < 59 {
			t.Errorf("%+v", in)
		}
	})
}

// Outputs of one form share an encoder; what joins it waits for a keyframe.
func TestSharedEncoder(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		s.graph(single(10, 1), single(11, 1))
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.opened); n != 1 || s.stats().VideoEncoders != 1 {
			t.Errorf("%d encoders", n)
		}
		second := s.gallery.of(11)
		if len(second) < 28 || !second[0].key {
			t.Fatalf("%d frames of the second output", len(second))
		}
		// The first changes its limit: an encoder of its own, and back.
		o := single(10, 1)
		o.Bitrate = 200_000
		s.graph(o, single(11, 1))
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.encoders); n != 2 {
			t.Errorf("%d encoders for two limits", n)
		}
		s.graph(single(10, 1), single(11, 1))
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.encoders); n != 1 {
			t.Errorf("%d encoders for one limit", n)
		}
		for _, id := range []transcode.StreamID{10, 11} {
			rising(t, s.gallery.of(id))
			if got := s.gallery.of(id); got[len(got)-1].number < 1118 {
				t.Errorf("output %d stands at %d", id, got[len(got)-1].number)
			}
		}
	})
}

// Rates change on the fly; a size needs another encoder, and the output goes on with a keyframe.
func TestAdjust(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.graph(single(10, 1), single(11, 1))
		s.run(time.Second, true)
		a, b := single(10, 1), single(11, 1)
		a.Bitrate, a.FPS = 150_000, 15
		b.Bitrate, b.FPS = 150_000, 15
		s.graph(a, b)
		s.run(time.Second, true)
		if n := len(s.studio.adjusted); n != 1 || s.studio.adjusted[0].Bitrate != 150_000 || s.studio.adjusted[0].FPS != 15 || s.studio.opened != 1 {
			t.Errorf("adjusted to %v, %d encoders", s.studio.adjusted, s.studio.opened)
		}
		if k := s.stats().VideoOutputs[0].Keyframes; k != 1 {
			t.Errorf("%d keyframes", k)
		}
		a.Width, a.Height = 32, 24
		s.graph(a)
		s.run(time.Second, true)
		if n := s.studio.get(&s.studio.opened); n != 2 || s.studio.get(&s.studio.encoders) != 1 {
			t.Errorf("%d encoders were opened", n)
		}
		got := s.gallery.of(10)
		rising(t, got)
		keys := 0
		for _, f := range got {
			if f.key {
				keys++
			}
		}
		if keys != 2 {
			t.Errorf("%d keyframes", keys)
		}
	})
}

// A keyframe is made when it is asked for, also of a picture that stands still, but not twice
// at once.
func TestRefresh(t *testing.T) {
	play(t, func(s *show) {
		c := s.camera(1)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		c.mute = true
		for range 5 {
			s.engine.Refresh(10)
			s.engine.Refresh(99)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(400 * time.Millisecond)
		synctest.Wait()
		var keys []time.Duration
		for _, f := range s.gallery.of(10)[1:] {
			if f.key {
				keys = append(keys, f.at)
			}
		}
		if len(keys) != 2 || keys[1]-keys[0] < keyPause {
			t.Errorf("keyframes at %v", keys)
		}
	})
}

// Another input is shown as soon as it has a picture; the encoder stays.
func TestSwitch(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.camera(2)
		s.graph(single(10, 1))
		s.run(time.Second, true)
		s.graph(single(10, 2))
		s.run(time.Second, true)
		got := s.gallery.of(10)
		if last := got[len(got)-1]; last.number < 2050 || s.studio.opened != 1 {
			t.Errorf("picture %d, %d encoders", last.number, s.studio.opened)
		}
		rising(t, got)
	})
}

// What others are shown already is there at once, though its source stands still.
func TestSwitchToStill(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		still := s.camera(2)
		s.graph(single(10, 1), single(11, 2))
		s.run(time.Second, true)
		still.mute = true
		s.run(200*time.Millisecond, true)
		s.graph(single(10, 2), single(11, 2))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := s.gallery.of(10); got[len(got)-1].number != 2030 {
			t.Errorf("picture %d is shown", got[len(got)-1].number)
		}
		rising(t, s.gallery.of(10))
	})
}

// What cannot be served is refused, and the rest is served.
func TestRefused(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		odd, small, alien, wide := single(11, 1), single(12, 1), single(13, 1), single(14, 1)
		odd.Width, small.Height, alien.Codec, wide.Width = 65, 2, "MPEG", 666
		again := single(10, 1)
		fat := single(15, 1)
		fat.MTU = 9000
		s.graph(single(10, 1), odd, small, alien, wide, again, fat)
		s.run(time.Second, true)
		for id := transcode.StreamID(10); id <= 15; id++ {
			if s.gallery.no[id] == "" {
				t.Errorf("output %d was not refused", id)
			}
		}
		if len(s.gallery.of(10)) < 28 {
			t.Errorf("%d frames of the one that can be served", len(s.gallery.of(10)))
		}
	})
}

// An encoder that does not keep up leaves pictures out; none waits longer than
// one takes.
func TestOverload(t *testing.T) {
	play(t, func(s *show) {
		s.studio.takes["encode"] = 80 * time.Millisecond
		s.camera(1)
		s.graph(single(10, 1))
		s.run(3*time.Second, true)
		out := s.stats().VideoOutputs[0]
		if out.Late < 40 || out.DelayMax > 200 || out.Frames < 30 || out.Frames > 40 {
			t.Errorf("%+v", out)
		}
	})
}

// A decoder that does not keep up goes on with a keyframe; memory stays bounded.
func TestSlowDecoder(t *testing.T) {
	play(t, func(s *show) {
		s.studio.takes["decode"] = 100 * time.Millisecond
		s.camera(1)
		s.graph(single(10, 1))
		s.run(10*time.Second, true)
		got := s.gallery.of(10)
		if last := got[len(got)-1]; last.number < 1250 {
			t.Errorf("picture %d after 300", last.number)
		}
		if n := len(s.gallery.asked(1)); n < 3 || n > 30 {
			t.Errorf("%d keyframes were asked for", n)
		}
	})
}

// Joining and leaving leaves nothing behind.
func TestJoinAndLeave(t *testing.T) {
	play(t, func(s *show) {
		s.camera(1)
		s.camera(2)
		for i := range 500 {
			id := transcode.StreamID(100 + 2*i)
			extra, scene := single(id, transcode.StreamID(1+i%2)), grid(id+1, 1, 2)
			extra.Bitrate += i % 3 * 1000
			s.graph(single(10, 1), extra, scene)
			s.run(40*time.Millisecond, true)
			s.graph(single(10, 1))
			s.run(40*time.Millisecond, true)
		}
		if d, e, c := s.studio.get(&s.studio.decoders), s.studio.get(&s.studio.encoders), s.studio.get(&s.studio.composers); d != 1 || e != 1 || c != 0 {
			t.Errorf("%d decoders, %d encoders, %d composers", d, e, c)
		}
		rising(t, s.gallery.of(10))
	})
}
