package room

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/stills"
)

// terminal is a room terminal on loopback: the gateway's streams, and the far
// ends that talk to them.
type terminal struct {
	rig        *rig
	plane      *relay.Plane
	audio, far *relay.Stream // the gateway's and the terminal's
	video, eye *relay.Stream
	camera     *relay.Still
	out        *relay.Splice
	seat       bridge.Seat
	seatErr    error
	id         string
	screen     *screen
	mouth      uint16
}

// terminalOptions say what the terminal negotiated.
type terminalOptions struct {
	room    string
	receive media.H264Params // its own decoder; zero is level 3.1, mode 1
	sends   media.H264Params // what its camera sends; zero is the same
	bitrate int
	bounds  media.Limits // of the number plan
	noVideo bool
	size    stills.Size
	h263    bool // it takes H.263 in CIF alone, and sends no picture
}

var cb31 = media.H264Params{Profile: 66, Constraints: 0x80, Level: 31, Mode: 1}

func (r *rig) terminal(name string, o terminalOptions) *terminal {
	r.t.Helper()
	if o.receive == (media.H264Params{}) {
		o.receive = cb31
	}
	if o.sends == (media.H264Params{}) {
		o.sends = cb31
	}
	if o.room == "" {
		o.room = "1001"
	}
	if o.size.Width == 0 {
		o.size = stills.Sizes[1]
	}
	lo := netip.MustParseAddr("127.0.0.1")
	p, err := relay.NewPlane(relay.PlaneConfig{Address: lo, Announce: lo, PortMin: 42000, PortMax: 42999, Log: testLog()})
	r.must(err)
	m := &terminal{rig: r, plane: p}
	r.t.Cleanup(m.close)
	open := func(k media.Kind) *relay.Stream {
		s, err := p.Open(relay.StreamOptions{CallID: name, Kind: k, Log: testLog()})
		r.must(err)
		return s
	}
	m.audio, m.far = open(media.Audio), open(media.Audio)
	t := bridge.Terminal{CallID: "call-" + name, Room: o.room, Number: "1001", Name: name, Device: "Test 1.0", Protocol: "sip", Audio: m.audio, Bounds: o.bounds}
	if !o.noVideo {
		m.video, m.eye = open(media.Video), open(media.Video)
		m.screen = newScreen()
		m.eye.Track().Attach(m.screen)
		t.Video = m.video
	}
	m.negotiate(o, media.SendRecv, false)
	if m.video != nil && !o.h263 {
		f := media.Format{Codec: media.H264, PT: 97, ClockRate: 90000, H264: o.sends}
		m.camera = relay.NewStill(relay.StillConfig{ID: name, FPS: 20, Format: f})
		r.must(m.camera.SetPicture(o.size.NALs(), o.size.Width, o.size.Height))
		m.out = relay.NewSplice(relay.SpliceConfig{Out: m.eye, Kind: media.Video})
		m.eye.SetFeedback(m.out)
		m.out.Select(m.camera.Track())
	}
	m.seat, m.seatErr = r.engine.Seat(context.Background(), t)
	r.must(m.seatErr)
	for _, st := range r.engine.Rooms() {
		for _, q := range st.Participants {
			if q.CallID == t.CallID {
				m.id = q.ID
			}
		}
	}
	return m
}

// negotiate applies both ends' halves of a negotiation; d is the gateway's direction.
func (m *terminal) negotiate(o terminalOptions, d media.Direction, held bool) {
	at := func(s *relay.Stream) (rtp, rtcp netip.AddrPort) {
		a, b := s.Ports()
		lo := netip.MustParseAddr("127.0.0.1")
		return netip.AddrPortFrom(lo, a), netip.AddrPortFrom(lo, b)
	}
	join := func(near, far *relay.Stream, k media.Kind, send, recv media.Format) {
		a, b := media.Stream{Kind: k, Direction: d, Held: held, Send: send, Recv: []media.Format{recv}, SendBitrate: o.bitrate}, media.Stream{
			Kind: k, Direction: d.Reverse(), Send: recv, Recv: []media.Format{send},
		}
		a.Feedback, b.Feedback = media.PLI|media.FIR|media.TMMBR, media.PLI|media.FIR|media.TMMBR
		a.Remote, a.RemoteRTCP = at(far)
		b.Remote, b.RemoteRTCP = at(near)
		m.rig.must(near.Apply(a))
		m.rig.must(far.Apply(b))
	}
	pcmu := media.Format{Codec: media.PCMU, PT: 0, ClockRate: 8000}
	join(m.audio, m.far, media.Audio, pcmu, pcmu)
	if o.h263 {
		old := media.Format{Codec: media.H263, PT: 34, ClockRate: 90000, Sizes: media.Sizes{CIF: 1, QCIF: 1}}
		d = media.Send
		join(m.video, m.eye, media.Video, old, old)
	} else if m.video != nil {
		join(m.video, m.eye, media.Video,
			media.Format{Codec: media.H264, PT: 97, ClockRate: 90000, H264: o.receive},
			media.Format{Codec: media.H264, PT: 97, ClockRate: 90000, H264: o.sends})
	}
}

func (m *terminal) close() {
	if m.seat != nil {
		m.seat.Leave()
	}
	if m.out != nil {
		m.out.Close()
		m.camera.Close()
	}
	_ = m.plane.Close()
}

// speak sends n packets of PCMU.
func (m *terminal) speak(n int) {
	payload := slices.Repeat([]byte{0x55}, 160)
	for range n {
		m.mouth++
		m.far.Send(packet.Header{PT: 0, Seq: m.mouth, Timestamp: uint32(m.mouth) * 160}, payload)
		m.far.Flush()
	}
}

// screen is what a terminal sees: the sizes of the pictures that begin, in order.
type screen struct {
	changed chan struct{}
	mu      chan struct{}
	frames  int
}

func newScreen() *screen {
	s := &screen{changed: make(chan struct{}, 1), mu: make(chan struct{}, 1)}
	s.mu <- struct{}{}
	return s
}

// WriteRTP implements relay.Sink.
func (s *screen) WriteRTP(p *packet.Packet) {
	<-s.mu
	if p.Marker {
		s.frames++
	}
	s.mu <- struct{}{}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Flush implements relay.Sink.
func (s *screen) Flush() {}

// sees waits until the terminal's picture has a width.
func (m *terminal) sees(ctx context.Context, width int) error {
	for {
		w, _ := m.eye.Track().Size()
		if w == width {
			return nil
		}
		select {
		case <-m.screen.changed:
		case <-ctx.Done():
			return errors.New("the terminal's picture is not as wished")
		}
	}
}

// frames waits for n more frames.
func (m *terminal) frames(ctx context.Context, n int) error {
	<-m.screen.mu
	from := m.screen.frames
	m.screen.mu <- struct{}{}
	for {
		<-m.screen.mu
		got := m.screen.frames - from
		m.screen.mu <- struct{}{}
		if got >= n {
			return nil
		}
		select {
		case <-m.screen.changed:
		case <-ctx.Done():
			return errors.New("too few frames for the terminal")
		}
	}
}

// eventually polls what nothing tells of.
func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx := r.ctx()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatal("not in time: " + what)
		}
	}
}
