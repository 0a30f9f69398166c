package relay

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// Times of a still picture.
const (
	stillRefresh = int64(5 * time.Second)        // between keyframes that nobody asked for
	stillFloor   = int64(500 * time.Millisecond) // between keyframes
	stillFPS     = 5
	stillClock   = 90000
)

// StillConfig describes a still picture's stream.
type StillConfig struct {
	ID     string
	Role   media.Role
	Format media.Format // H.264, of which packetization mode 0 asks for single NAL unit packets, or what SetPackets gets
	MTU    int          // RTP payload bytes; 0 is 1200
	FPS    int          // rate of the pictures between keyframes; 0 is 5
	Now    func() int64 // nil is Clock
}

// Still is a picture sent as real video: the encoded picture when a keyframe
// is wanted and every few seconds, and between them pictures that say "as
// before", so that the receiver sees a live stream for next to no bits. While
// its track has no sinks it rests; a wish for a keyframe wakes it.
type Still struct {
	track *Track
	now   func() int64
	every time.Duration
	mtu   int
	mode  uint8

	mu      sync.Mutex
	picture *stillPicture // nil: nothing to show
	wanted  bool
	wake    chan struct{} // one slot; filled under mu
	ended   chan struct{} // of the goroutine that runs or ran last; nil: none was
	running bool
	closed  bool

	stop chan struct{}

	// Of the goroutine.
	header packet.Header
	played *stillPicture // what the last packets showed
	keyAt  int64         // when the last keyframe went
	begun  int64
	batch  []packet.Packet
	skip   [1][]byte
}

// stillPicture is an access unit ready to send.
type stillPicture struct {
	payloads [][]byte
	skips    *h264.Skips // nil: the picture is repeated
}

// NewStill starts an empty still picture; it sends from SetPicture on.
func NewStill(cfg StillConfig) *Still {
	if cfg.FPS <= 0 {
		cfg.FPS = stillFPS
	}
	if cfg.Format.ClockRate == 0 {
		cfg.Format.ClockRate = stillClock
	}
	s := &Still{
		now: clockOr(cfg.Now), every: time.Second / time.Duration(cfg.FPS), mtu: cfg.MTU, mode: cfg.Format.H264.Mode,
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
		header: packet.Header{SSRC: rand.Uint32(), Seq: uint16(rand.Uint32()), Timestamp: rand.Uint32()},
	}
	s.begun = s.now()
	s.track = NewTrack(TrackConfig{
		ID: cfg.ID, Kind: media.Video, Role: cfg.Role, Format: cfg.Format, Now: cfg.Now, Upstream: stillUpstream{s},
	})
	return s
}

// Track is the picture as a source.
func (s *Still) Track() *Track { return s.track }

// SetPicture gives one access unit: SPS, PPS, IDR slices without start codes.
// Without units nothing is sent any more. It is an error when a unit does not
// fit the packetization mode.
func (s *Still) SetPicture(nals [][]byte, w, h int) error {
	var p *stillPicture
	if len(nals) > 0 {
		payloads, err := h264.Packetize(nals, s.mode, s.mtu)
		if err != nil {
			return err
		}
		p = &stillPicture{payloads: payloads, skips: skipsOf(nals)}
	}
	s.show(p)
	return nil
}

// SetPackets gives the RTP payloads of one frame that decodes alone, in a codec of any kind. It
// is repeated every second. Without payloads nothing is sent any more.
func (s *Still) SetPackets(payloads [][]byte) {
	var p *stillPicture
	if len(payloads) > 0 {
		p = &stillPicture{payloads: payloads}
	}
	s.show(p)
}

func (s *Still) show(p *stillPicture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.picture, s.wanted = p, true
	s.nudge()
}

// skipsOf makes the pictures between keyframes; nil when the parameter sets
// are beyond us.
func skipsOf(nals [][]byte) *h264.Skips {
	var sps, pps []byte
	for _, nal := range nals {
		switch h264.Type(nal) {
		case h264.TypeSPS:
			sps = nal
		case h264.TypePPS:
			pps = nal
		}
	}
	skips, err := h264.NewSkips(sps, pps)
	if err != nil {
		return nil
	}
	return skips
}

// nudge has the goroutine look, and starts it when it rests. The caller holds mu.
func (s *Still) nudge() {
	if s.closed {
		return
	}
	if !s.running {
		s.running, s.ended = true, make(chan struct{})
		go s.run(s.ended)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// stillUpstream is how the track reaches its still.
type stillUpstream struct{ s *Still }

// RequestKeyframe makes the next picture a keyframe.
func (u stillUpstream) RequestKeyframe(int) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.wanted = true
	u.s.nudge()
}

// Limit is of no use: the picture was made for its receiver.
func (stillUpstream) Limit(media.Limits) {}

// run plays until it is stopped or nobody looks. Hundreds of terminals that
// see each other have a still picture that nobody sees.
func (s *Still) run(ended chan struct{}) {
	defer close(ended)
	beat := NewBeat(s.every)
	defer beat.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-beat.C:
			beat.Next()
			now := s.now()
			s.track.Tick(now)
			s.play(now, true)
			if s.track.deserted() && s.rest() {
				return
			}
		case <-s.wake:
			s.play(s.now(), false)
		}
	}
}

// rest ends the goroutine unless it was just nudged.
func (s *Still) rest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = len(s.wake) > 0
	return !s.running
}

// play sends what is due: a keyframe, or else at a tick the picture that
// changes nothing.
func (s *Still) play(now int64, tick bool) {
	s.mu.Lock()
	p := s.picture
	key := s.wanted || p != s.played || now-s.keyAt >= stillRefresh
	if s.played != nil && p == s.played && now-s.keyAt < stillFloor {
		key = false // wanted stays, the next tick after the floor serves it
	}
	if key {
		s.wanted = false
	}
	s.mu.Unlock()
	switch {
	case p == nil:
		s.played = nil
	case key:
		s.keyframe(p, now)
	case tick:
		s.repeat(p, now)
	}
}

func (s *Still) keyframe(p *stillPicture, now int64) {
	s.played, s.keyAt = p, now
	if p.skips != nil {
		p.skips.Restart()
	}
	s.send(p.payloads, now)
}

// repeat sends a picture that changes nothing. Where that cannot be made, the
// keyframe itself goes once a second.
func (s *Still) repeat(p *stillPicture, now int64) {
	if p.skips == nil {
		if now-s.keyAt >= int64(time.Second) {
			s.keyframe(p, now)
		}
		return
	}
	nal, err := p.skips.Next(s.skip[0][:0])
	if err != nil {
		return
	}
	s.skip[0] = nal
	s.send(s.skip[:], now)
}

// send publishes one access unit.
func (s *Still) send(payloads [][]byte, now int64) {
	s.batch = s.batch[:0]
	h := s.header
	h.Timestamp += uint32((now - s.begun) / 1e3 * stillClock / 1e6)
	for i, payload := range payloads {
		s.header.Seq++
		h.Seq, h.Marker = s.header.Seq, i == len(payloads)-1
		s.batch = append(s.batch, packet.Packet{Header: h, Payload: payload, Arrived: now, Audio: packet.NoLevel})
	}
	s.track.Publish(s.batch)
}

// Close ends the stream.
func (s *Still) Close() {
	s.mu.Lock()
	again, ended := s.closed, s.ended
	s.closed = true
	s.mu.Unlock()
	if !again {
		close(s.stop)
	}
	if ended != nil {
		<-ended
	}
	s.track.Close()
}
