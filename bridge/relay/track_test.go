package relay

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// source is an Upstream that remembers when it was asked, with a track that
// it feeds.
type source struct {
	mu     sync.Mutex
	now    func() int64
	asked  []int64
	tries  []int
	limits []media.Limits
	track  *Track
	h      packet.Header
	sent   []packet.Header
}

func newSource(id string, f media.Format, now func() int64) *source {
	s := &source{now: now, h: packet.Header{SSRC: uint32(len(id))*7919 + uint32(id[0]), Seq: uint16(id[0]) * 901, Timestamp: uint32(id[0]) * 90001}}
	s.track = NewTrack(TrackConfig{ID: id, Kind: f.Codec.Kind(), Upstream: s, Format: f, Now: now})
	return s
}

func (s *source) RequestKeyframe(attempt int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.tries = append(s.asked, s.now()), append(s.tries, attempt)
}

func (s *source) Limit(l media.Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = append(s.limits, l)
}

// send publishes payloads as one frame, a thirtieth of a second after the last.
func (s *source) send(payloads ...[]byte) {
	s.h.Timestamp += 3000
	var batch []packet.Packet
	for i, b := range payloads {
		s.h.Seq++
		s.h.Marker = i == len(payloads)-1
		batch = append(batch, packet.Packet{Header: s.h, Payload: b, Arrived: s.now(), Audio: packet.NoLevel})
		s.sent = append(s.sent, s.h)
	}
	s.track.Publish(batch)
}

func (s *source) key()   { s.send(testSPS, testPPS, testIDR) }
func (s *source) delta() { s.send(testP) }

func TestKeyframeRequestsAreCoalesced(t *testing.T) {
	now := int64(1e15)
	s := newSource("a", h264Format, func() int64 { return now })
	for range 50 {
		s.track.RequestKeyframe()
	}
	if len(s.asked) != 1 || s.tries[0] != 0 {
		t.Fatalf("attempts %v", s.tries)
	}
	s.key()
	for range 50 {
		now += int64(100 * time.Millisecond)
		s.track.Tick(now)
	}
	if len(s.asked) != 1 {
		t.Fatalf("asked again after a keyframe: %v", s.tries)
	}
	if st := s.track.Stats(); st.Keyframes != 1 || st.KeyframeRequests != 1 {
		t.Fatalf("%+v", st)
	}
}

func TestKeyframeRequestsAreRepeated(t *testing.T) {
	now := int64(1e15)
	s := newSource("a", h264Format, func() int64 { return now })
	s.track.RequestKeyframe()
	begun := now
	for range 30 {
		now += int64(100 * time.Millisecond)
		s.track.Tick(now)
		s.delta()
	}
	want := []int64{0, 300, 600, 1100, 2100}
	if len(s.asked) != len(want) {
		t.Fatalf("asked %d times", len(s.asked))
	}
	for i, at := range s.asked {
		if (at-begun)/1e6 != want[i] || s.tries[i] != i {
			t.Fatalf("attempt %d after %d ms, want %d", s.tries[i], (at-begun)/1e6, want[i])
		}
	}
}

func TestKeyframeRequestRateIsBounded(t *testing.T) {
	now := int64(1e15)
	s := newSource("a", h264Format, func() int64 { return now })
	// Everybody wants one all the time, and the source obeys every time.
	for range 1000 {
		now += int64(10 * time.Millisecond)
		s.track.RequestKeyframe()
		s.track.Tick(now)
		if n := len(s.asked); n > 0 && s.asked[n-1] == now {
			s.key()
		}
	}
	if n := len(s.asked); n < 15 || n > 21 {
		t.Fatalf("asked %d times in 10 s", n)
	}
}

func TestRequestThatCrossedTheKeyframeIsDropped(t *testing.T) {
	now := int64(1e15)
	s := newSource("a", h264Format, func() int64 { return now })
	s.track.Attach(&collector{})
	now += int64(time.Second)
	s.key()
	now += int64(20 * time.Millisecond)
	s.track.RequestKeyframe()
	if len(s.asked) != 0 {
		t.Fatal("asked though everybody just had a keyframe")
	}
	s.track.Attach(&collector{})
	s.track.RequestKeyframe()
	if len(s.asked) != 1 {
		t.Fatal("who came after the keyframe got none")
	}
}

func TestLimitsOfAllReceivers(t *testing.T) {
	s := newSource("a", h264Format, Clock)
	tr := s.track
	tr.Want(1, media.Limits{Bitrate: 2e6, MaxFS: 3600})
	tr.Want(2, media.Limits{Bitrate: 1e6})
	tr.Want(2, media.Limits{Bitrate: 1e6})
	tr.Want(3, media.Limits{FPS: 15, Bitrate: 4e6})
	tr.Unwant(2)
	tr.Unwant(2)
	tr.Unwant(1)
	tr.Unwant(3)
	want := []media.Limits{
		{Bitrate: 2e6, MaxFS: 3600}, {Bitrate: 1e6, MaxFS: 3600}, {Bitrate: 1e6, MaxFS: 3600, FPS: 15},
		{Bitrate: 2e6, MaxFS: 3600, FPS: 15}, {Bitrate: 4e6, FPS: 15}, {},
	}
	if len(s.limits) != len(want) {
		t.Fatalf("told %d limits: %+v", len(s.limits), s.limits)
	}
	for i := range want {
		if s.limits[i] != want[i] {
			t.Fatalf("limit %d: %+v, want %+v", i, s.limits[i], want[i])
		}
	}
}

// gate is a sink that can be held in its call.
type gate struct {
	entered, leave chan struct{}
	calls          int
}

func (g *gate) WriteRTP(*packet.Packet) {
	g.calls++
	g.entered <- struct{}{}
	<-g.leave
}
func (g *gate) Flush() {}

func TestDetachWaitsForTheBatch(t *testing.T) {
	s := newSource("a", h264Format, Clock)
	g := &gate{make(chan struct{}), make(chan struct{}), 0}
	s.track.Attach(g)
	s.track.Attach(g) // once is enough
	published, detached := make(chan struct{}), make(chan struct{})
	go func() { s.delta(); close(published) }()
	<-g.entered
	go func() { s.track.Detach(g); close(detached) }()
	for s.track.Stats().Sinks > 0 {
		runtime.Gosched()
	}
	for range 1000 {
		runtime.Gosched()
	}
	select {
	case <-detached:
		t.Fatal("Detach returned while the sink was being called")
	default:
	}
	close(g.leave)
	<-detached
	<-published
	s.delta()
	if g.calls != 1 {
		t.Fatalf("%d calls", g.calls)
	}
}

func TestAttachAndDetachWhilePublishing(t *testing.T) {
	s := newSource("a", h264Format, Clock)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				c := &collector{}
				s.track.Attach(c)
				s.track.RequestKeyframe()
				s.track.Detach(c)
				c.take()
			}
		})
	}
	var feeding sync.WaitGroup
	feeding.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.delta()
			}
		}
	})
	wg.Wait()
	close(stop)
	feeding.Wait()
	if n := s.track.Stats().Sinks; n != 0 {
		t.Fatalf("%d sinks left", n)
	}
}

func TestClosedTrackTellsNothing(t *testing.T) {
	s := newSource("a", h264Format, Clock)
	c := &collector{}
	s.track.Attach(c)
	s.track.Want(1, media.Limits{Bitrate: 1})
	s.track.Close()
	s.track.Attach(c)
	s.track.Want(1, media.Limits{Bitrate: 2})
	s.track.Unwant(1)
	s.key()
	if len(c.take()) != 0 || c.flushes != 0 || len(s.limits) != 1 {
		t.Fatal("a closed track told something")
	}
	s.track.Close()
}

func TestTrackWithoutUpstream(t *testing.T) {
	tr := NewTrack(TrackConfig{ID: "x", Kind: media.Video, Format: h264Format})
	tr.RequestKeyframe()
	tr.Want(1, media.Limits{Bitrate: 1})
	tr.Tick(Clock())
	if tr.ID() != "x" || tr.Kind() != media.Video || tr.Role() != media.Main {
		t.Fatal("not as configured")
	}
}

func TestKeyframesOfEachCodec(t *testing.T) {
	format := func(c media.Codec) media.Format { return media.Format{Codec: c, ClockRate: 90000} }
	vp8Key := []byte{0x90, 0x80, 0x81, 0x23, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x41}
	vp8Delta := []byte{0x90, 0x80, 0x81, 0x24, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	stap := append(append([]byte{0x78, 0, byte(len(testSPS))}, testSPS...), append([]byte{0, byte(len(testPPS))}, testPPS...)...)
	for _, c := range []struct {
		name    string
		format  media.Format
		payload []byte
		key     bool
		w, h    int
	}{
		{"H264 SPS", h264Format, testSPS, true, 320, 240},
		{"H264 STAP-A", h264Format, stap, true, 320, 240},
		{"H264 IDR without SPS", h264Format, testIDR, false, 0, 0},
		{"H264 slice", h264Format, testP, false, 0, 0},
		{"H264 empty", h264Format, nil, false, 0, 0},
		{"VP8 key", vp8Format, vp8Key, true, 640, 480},
		{"VP8 delta", vp8Format, vp8Delta, false, 0, 0},
		{"VP8 short", vp8Format, vp8Key[:9], false, 0, 0},
		{"VP8 continued", vp8Format, append([]byte{0x80}, vp8Key[1:]...), false, 0, 0},
		{"VP9 key", format(media.VP9), []byte{0x8a, 0x81, 0x23, 0x18, 0x05, 0x00, 0x02, 0xd0, 1}, true, 1280, 720},
		{"VP9 delta", format(media.VP9), []byte{0xcc, 0x81, 0x24, 1}, false, 0, 0},
		{"VP9 upper layer", format(media.VP9), []byte{0xac, 0x81, 0x23, 0x02, 0x00, 1}, false, 0, 0},
		{"VP9 short", format(media.VP9), []byte{0x80}, false, 0, 0},
		{"AV1 sequence", format(media.AV1), []byte{0x18, 0x0a}, true, 0, 0},
		{"AV1 frame", format(media.AV1), []byte{0x10, 0x32}, false, 0, 0},
		{"H265 VPS", format(media.H265), []byte{0x40, 1, 0}, true, 0, 0},
		{"H265 IDR", format(media.H265), []byte{0x26, 1, 0}, true, 0, 0},
		{"H265 aggregated", format(media.H265), []byte{0x60, 1, 0, 3, 0x42, 1, 0}, true, 0, 0},
		{"H265 fragment", format(media.H265), []byte{0x62, 1, 0x93, 0}, true, 0, 0},
		{"H265 fragment's middle", format(media.H265), []byte{0x62, 1, 0x13, 0}, false, 0, 0},
		{"H265 slice", format(media.H265), []byte{0x02, 1, 0}, false, 0, 0},
		{"H263", format(media.H263), []byte{0, 0, 0, 0}, false, 0, 0},
	} {
		s := newSource("a", c.format, Clock)
		got := &collector{}
		s.track.Attach(got)
		s.send(c.payload)
		w, h := s.track.Size()
		if p := got.take()[0]; p.Keyframe != c.key || w != c.w || h != c.h {
			t.Errorf("%s: keyframe %v, %dx%d", c.name, p.Keyframe, w, h)
		}
	}
}

func TestOnlyTheFirstPacketOfAKeyframeIsMarked(t *testing.T) {
	s := newSource("a", h264Format, Clock)
	got := &collector{}
	s.track.Attach(got)
	s.send(testSPS, testPPS, testSPS, testIDR)
	s.key()
	marked := 0
	for _, p := range got.take() {
		if p.Keyframe {
			marked++
		}
	}
	if marked != 2 || s.track.Stats().Keyframes != 2 {
		t.Fatalf("%d packets marked", marked)
	}
}
