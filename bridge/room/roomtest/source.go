package roomtest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/stills"
)

// Source is one encoding of a camera: a still picture sent as video, with
// keyframes when they are asked for.
type Source struct {
	page   *Page
	rid    string
	track  *webrtc.TrackLocalStaticRTP
	still  *relay.Still
	sender *webrtc.RTPSender
	mid    func() string

	size      stills.Size // as VP8 is said to have; zero is H.264
	keyed     uint32      // timestamp of the last keyframe of VP8
	mu        sync.Mutex
	off       bool
	Keyframes atomic.Int64 // asked for by RTCP
	Bitrate   atomic.Int64 // last REMB
	seq       uint16
}

// SourceFPS is the frame rate of cameras.
const SourceFPS = 20

var layers = []struct {
	rid  string
	size stills.Size
}{{"h", stills.Sizes[0]}, {"m", stills.Sizes[1]}, {"l", stills.Sizes[3]}}

func (p *Page) addSources(pc *webrtc.PeerConnection) error {
	mime := webrtc.MimeTypeH264
	if p.opt.VP8 {
		mime = webrtc.MimeTypeVP8
	}
	audio, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "mic", "mic")
	if err != nil {
		return err
	}
	t, err := pc.AddTransceiverFromTrack(audio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv})
	if err != nil {
		return err
	}
	if p.Mic == nil {
		p.Mic = &Mic{}
	}
	p.Mic.use(audio, t.Sender())
	if p.opt.Simulcast {
		err = p.addSimulcast(pc, mime)
	} else {
		err = p.addCamera(pc, mime)
	}
	if err != nil {
		return err
	}
	screen, err := p.source(mime, "screen", "", stills.Sizes[0], p.Screen)
	if err != nil {
		return err
	}
	p.Screen = screen
	if err := p.send(pc, screen); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = []*Source{screen}
	for _, s := range p.Camera {
		p.all = append(p.all, s)
	}
	for _, s := range p.all {
		s.still.Track().Attach(s)
	}
	return nil
}

func (p *Page) addCamera(pc *webrtc.PeerConnection, mime string) error {
	s, err := p.source(mime, "camera", "", stills.Sizes[1], p.Camera[""])
	if err != nil {
		return err
	}
	p.Camera[""] = s
	if p.opt.NoMedia {
		s.Off(true)
	}
	return p.send(pc, s)
}

func (p *Page) addSimulcast(pc *webrtc.PeerConnection, mime string) error {
	var first *Source
	for _, l := range layers {
		s, err := p.source(mime, "camera", l.rid, l.size, p.Camera[l.rid])
		if err != nil {
			return err
		}
		p.Camera[l.rid] = s
		if first == nil {
			first = s
			if err := p.send(pc, s); err != nil {
				return err
			}
			continue
		}
		if err := first.sender.AddEncoding(s.track); err != nil {
			return err
		}
		s.sender, s.mid = first.sender, first.mid
	}
	return nil
}

func (p *Page) source(mime, id, rid string, size stills.Size, old *Source) (*Source, error) {
	opts := []func(*webrtc.TrackLocalStaticRTP){}
	if rid != "" {
		opts = append(opts, webrtc.WithRTPStreamID(rid))
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{
		MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtpFor(mime),
	}, id, id, opts...)
	if err != nil {
		return nil, err
	}
	if old != nil {
		old.close()
	}
	s := &Source{page: p, rid: rid, track: track}
	s.still = relay.NewStill(relay.StillConfig{ID: id + rid, FPS: SourceFPS, Format: media.Format{
		Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1},
	}})
	if s.off = id == "screen"; mime == webrtc.MimeTypeVP8 {
		s.size = size
	}
	return s, s.still.SetPicture(size.NALs(), size.Width, size.Height)
}

func fmtpFor(mime string) string {
	if mime == webrtc.MimeTypeH264 {
		return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	}
	return ""
}

func (p *Page) send(pc *webrtc.PeerConnection, s *Source) error {
	t, err := pc.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	s.sender, s.mid = t.Sender(), t.Mid
	return nil
}

// tap reads all RTCP of the room. It does so where pion binds its readers,
// for reading from senders of several encodings is not safe beside closing them.
type tap struct {
	interceptor.NoOp
	page *Page
}

func (t *tap) NewInterceptor(string) (interceptor.Interceptor, error) { return t, nil }

func (t *tap) BindRTCPReader(r interceptor.RTCPReader) interceptor.RTCPReader {
	t.page.wg.Go(func() {
		b := make([]byte, packet.MaxSize)
		for {
			n, _, err := r.Read(b, nil)
			if err != nil {
				return
			}
			if list, err := rtcp.Unmarshal(b[:n]); err == nil {
				t.page.heard(list)
			}
		}
	})
	return r
}

func (p *Page) heard(list []rtcp.Packet) {
	for _, m := range list {
		switch m := m.(type) {
		case *rtcp.PictureLossIndication:
			p.asked(m.MediaSSRC)
		case *rtcp.FullIntraRequest:
			for _, e := range m.FIR {
				p.asked(e.SSRC)
			}
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			for _, s := range p.sources() {
				s.Bitrate.Store(int64(m.Bitrate))
			}
		}
	}
}

func (p *Page) asked(ssrc uint32) {
	for _, s := range p.sources() {
		if s.ssrc() == ssrc {
			s.asked()
		}
	}
}

func (p *Page) sources() []*Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all
}

func (s *Source) asked() {
	s.Keyframes.Add(1)
	s.still.Track().RequestKeyframe()
}

func (s *Source) ssrc() uint32 {
	for _, e := range s.sender.GetParameters().Encodings {
		if e.RID == s.rid {
			return uint32(e.SSRC)
		}
	}
	return 0
}

// Off stops and starts the picture.
func (s *Source) Off(off bool) {
	s.mu.Lock()
	s.off = off
	s.mu.Unlock()
	if !off {
		s.still.Track().RequestKeyframe()
	}
}

// WriteRTP takes the still picture's packets.
func (s *Source) WriteRTP(p *packet.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.off {
		return
	}
	if s.size.Width > 0 {
		q := *p
		if p = &q; !s.asVP8(p) {
			return
		}
	}
	out := rtp.Packet{Header: rtp.Header{Version: 2, Marker: p.Marker, SequenceNumber: s.seq, Timestamp: p.Timestamp}, Payload: append([]byte(nil), p.Payload...)}
	s.seq++
	if s.rid != "" && s.sender != nil {
		for _, e := range s.sender.GetParameters().HeaderExtensions {
			switch e.URI {
			case sdp.SDESMidURI:
				_ = out.SetExtension(uint8(e.ID), []byte(s.mid()))
			case sdp.SDESRTPStreamIDURI:
				_ = out.SetExtension(uint8(e.ID), []byte(s.rid))
			}
		}
	}
	_ = s.track.WriteRTP(&out)
}

// asVP8 makes one packet of VP8 of each frame (RFC 7741 4.2, RFC 6386 9.1), and
// tells whether p is that.
func (s *Source) asVP8(p *packet.Packet) bool {
	w, h := s.size.Width, s.size.Height
	switch {
	case p.Keyframe:
		s.keyed = p.Timestamp
		p.Payload = []byte{0x10, 0, 0, 0, 0x9d, 1, 0x2a, byte(w), byte(w >> 8), byte(h), byte(h >> 8), 0}
	case p.Timestamp == s.keyed:
		return false
	default:
		p.Payload = []byte{0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	}
	p.Marker = true
	return true
}

// Flush implements relay.Sink.
func (s *Source) Flush() {}

func (s *Source) close() { s.still.Close() }

// Mic sends what a test gives it.
type Mic struct {
	mu     sync.Mutex
	track  *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender
	seq    uint16
	ts     uint32
}

func (m *Mic) use(t *webrtc.TrackLocalStaticRTP, s *webrtc.RTPSender) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.track, m.sender = t, s
}

var errNoMic = errors.New("roomtest: the microphone is not connected")

// Send sends one 20 ms packet of Opus with a stated level (RFC 6464), 0 to
// 127 below the loudest.
func (m *Mic) Send(payload []byte, level uint8) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.track == nil {
		return errNoMic
	}
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: m.seq, Timestamp: m.ts}, Payload: payload}
	for _, e := range m.sender.GetParameters().HeaderExtensions {
		if e.URI == sdp.AudioLevelURI {
			_ = p.SetExtension(uint8(e.ID), []byte{level})
		}
	}
	m.seq++
	m.ts += 960
	return m.track.WriteRTP(&p)
}
