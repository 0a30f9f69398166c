package relay

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
)

// withStill runs a still picture whose packets are kept.
func withStill(t *testing.T, cfg StillConfig, f func(s *Still, c *collector)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := NewStill(cfg)
		defer s.Close()
		c := &collector{}
		s.Track().Attach(c)
		f(s, c)
	})
}

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestStillPlays(t *testing.T) {
	withStill(t, StillConfig{ID: "still", Format: h264Format}, func(s *Still, c *collector) {
		wait(time.Second)
		if len(c.take()) != 0 {
			t.Fatal("sends without a picture")
		}
		if err := s.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240); err != nil {
			t.Fatal(err)
		}
		wait(9950 * time.Millisecond)
		got := c.take()
		keys, skips := 0, 0
		for i, p := range got {
			if p.Keyframe {
				keys++
			}
			if h264.Type(p.Payload) == h264.TypeSlice {
				skips++
			}
			if i > 0 && p.Seq != got[i-1].Seq+1 {
				t.Fatalf("gap at packet %d", i)
			}
			if i > 0 && got[i-1].Marker != (p.Timestamp != got[i-1].Timestamp) {
				t.Fatalf("marker of packet %d", i-1)
			}
		}
		if keys != 2 || skips < 46 || skips > 50 {
			t.Fatalf("%d keyframes and %d other pictures in 10 s", keys, skips)
		}
		if d := got[len(got)-1].Timestamp - got[0].Timestamp; d < 850000 || d > 900000 {
			t.Fatalf("time moved by %d", d)
		}
		if w, h := s.Track().Size(); w != 320 || h != 240 || !s.Track().Live(Clock()) {
			t.Fatalf("size %dx%d", w, h)
		}
		if fps := s.Track().FPS(); fps < 4 || fps > 6 {
			t.Fatalf("%v pictures a second", fps)
		}
	})
}

func TestStillAnswersRequests(t *testing.T) {
	withStill(t, StillConfig{ID: "still", Format: h264Format}, func(s *Still, c *collector) {
		s.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240)
		wait(time.Second)
		c.take()
		s.Track().RequestKeyframe()
		synctest.Wait()
		if got := c.take(); len(got) != 2 || !got[0].Keyframe {
			t.Fatalf("%d packets at once", len(got))
		}
		for range 100 {
			s.Track().RequestKeyframe()
			wait(20 * time.Millisecond)
		}
		keys := 0
		for _, p := range c.take() {
			if p.Keyframe {
				keys++
			}
		}
		if keys < 2 || keys > 4 {
			t.Fatalf("%d keyframes in 2 s of asking", keys)
		}
	})
}

func TestStillChangesItsPicture(t *testing.T) {
	withStill(t, StillConfig{ID: "still", Format: h264Format}, func(s *Still, c *collector) {
		s.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240)
		wait(50 * time.Millisecond)
		c.take()
		next := append(bytes.Clone(testIDR), 0x77)
		s.SetPicture([][]byte{testSPS, testPPS, next}, 320, 240)
		synctest.Wait()
		if got := c.take(); len(got) != 2 || !bytes.Equal(got[1].Payload, next) {
			t.Fatalf("%d packets", len(got))
		}
		s.SetPicture(nil, 0, 0)
		wait(50 * time.Millisecond)
		c.take()
		wait(10 * time.Second)
		if len(c.take()) != 0 {
			t.Fatal("goes on without a picture")
		}
	})
}

func TestStillObeysThePacketizationMode(t *testing.T) {
	mode0 := h264Format
	mode0.H264.Mode = 0
	large := append(bytes.Clone(testIDR), make([]byte, 2000)...)
	withStill(t, StillConfig{ID: "still", Format: mode0}, func(s *Still, c *collector) {
		if err := s.SetPicture([][]byte{testSPS, testPPS, large}, 320, 240); err == nil {
			t.Fatal("a slice above the MTU was taken for packetization-mode 0")
		}
		s.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240)
		synctest.Wait()
		if got := c.take(); len(got) != 3 || h264.Type(got[0].Payload) != h264.TypeSPS {
			t.Fatalf("%d packets", len(got))
		}
	})
	withStill(t, StillConfig{ID: "still", Format: h264Format, MTU: 500}, func(s *Still, c *collector) {
		s.SetPicture([][]byte{testSPS, testPPS, large}, 320, 240)
		synctest.Wait()
		for _, p := range c.take() {
			if len(p.Payload) > 500 {
				t.Fatalf("payload of %d bytes", len(p.Payload))
			}
		}
	})
}

func TestStillWithoutSkipPicturesRepeats(t *testing.T) {
	withStill(t, StillConfig{ID: "still", Format: h264Format}, func(s *Still, c *collector) {
		s.SetPicture([][]byte{{0x67, 1}, {0x68, 1}, testIDR}, 320, 240)
		wait(5050 * time.Millisecond)
		if got := c.take(); len(got) < 5*2 || len(got) > 7*2 {
			t.Fatalf("%d packets in 5 s", len(got))
		}
	})
}

func TestStillThroughASpliceToATerminal(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply(func(st *media.Stream) { st.Send.H264.Mode = 0 })
		f := h264Format
		f.H264.Mode = 0
		s := NewStill(StillConfig{ID: "still", Format: f})
		defer s.Close()
		s.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240)
		splice := NewSplice(SpliceConfig{Out: r.stream, Kind: media.Video})
		defer splice.Close()
		r.stream.SetFeedback(splice)
		splice.Select(s.Track())
		wait(3 * time.Second)
		if n := len(r.far.Take()); n < 15 {
			t.Fatalf("%d packets at the terminal", n)
		}
		st := r.stream.Stats().Send
		if st.Width != 320 || st.Height != 240 || st.Keyframes == 0 || st.FPS < 4 || st.Codec != media.H264 {
			t.Fatalf("stats %+v", st)
		}
		r.control(marshalPLI())
		if n := len(r.far.Take()); n != 3 {
			t.Fatalf("%d packets for a PLI", n)
		}
	})
}

// A still that nobody watches makes no pictures, and is there at once when
// somebody does.
func TestStillRests(t *testing.T) {
	withStill(t, StillConfig{ID: "still", Format: h264Format}, func(s *Still, c *collector) {
		s.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240)
		wait(time.Second)
		s.Track().Detach(c)
		wait(time.Second)
		before := s.Track().Stats().Packets
		wait(time.Minute)
		if n := s.Track().Stats().Packets - before; n != 0 {
			t.Errorf("%d packets for nobody", n)
		}
		c.take()
		s.Track().Attach(c)
		s.Track().RequestKeyframe()
		synctest.Wait()
		if got := c.take(); len(got) != 2 || !got[0].Keyframe {
			t.Fatalf("%d packets at once", len(got))
		}
		wait(time.Second)
		if n := len(c.take()); n < 4 || n > 6 {
			t.Errorf("%d pictures in the second after", n)
		}
	})
}

// A frame of another codec is sent as it is, once a second and when it is asked for.
func TestStillOfPackets(t *testing.T) {
	frame := [][]byte{{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xb0, 0, 0x90, 0, 1, 2}, {0, 3, 4}} // VP8, 176x144
	format := media.Format{Codec: media.VP8, PT: 96, ClockRate: 90000}
	withStill(t, StillConfig{ID: "still", Format: format}, func(s *Still, c *collector) {
		s.SetPackets(frame)
		wait(9950 * time.Millisecond)
		got := c.take()
		if n := len(got); n < 16 || n > 20 || n%2 != 0 {
			t.Fatalf("%d packets in ten seconds", n)
		}
		for i, p := range got {
			if !bytes.Equal(p.Payload, frame[i%2]) || p.Marker != (i%2 == 1) {
				t.Fatalf("packet %d", i)
			}
		}
		s.Track().RequestKeyframe()
		wait(510 * time.Millisecond)
		if n := len(c.take()); n < 2 {
			t.Errorf("%d packets after a request", n)
		}
		s.SetPackets(nil)
		wait(50 * time.Millisecond)
		c.take()
		wait(5 * time.Second)
		if len(c.take()) != 0 {
			t.Error("goes on without a picture")
		}
	})
}
