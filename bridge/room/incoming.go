package room

import (
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
)

// incoming is one encoding of a browser's camera or screen on its way in. It
// is the Upstream of its track.
type incoming struct {
	session *session
	role    media.Role
	rid     string
	ssrc    uint32
	track   *relay.Track
	limit   atomic.Pointer[media.Limits]
	firSeq  atomic.Uint32

	mu       sync.Mutex
	arrivals arrivals
}

// onTrack is pion's word of a new source. It runs on a goroutine of pion's.
func (s *session) onTrack(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	s.mu.Lock()
	lines, closed := s.lines, s.closed
	s.mu.Unlock()
	t := receiver.RTPTransceiver()
	if closed || lines == nil || t == nil {
		return
	}
	switch t.Mid() {
	case lines.mic:
		s.start(func() { s.readSound(remote, receiver) })
	case lines.camera:
		s.start(func() { s.readPicture(remote, receiver, media.Main) })
	case lines.screen:
		s.start(func() { s.readPicture(remote, receiver, media.Content) })
	}
}

// start runs a reader unless the session is closing.
func (s *session) start(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.readers.Go(f)
	}
}

func (s *session) readPicture(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver, role media.Role) {
	in := &incoming{session: s, role: role, rid: remote.RID(), ssrc: uint32(remote.SSRC())}
	in.track = relay.NewTrack(relay.TrackConfig{
		ID: role.String() + "/" + in.rid, Kind: media.Video, Role: role, Upstream: in,
		Format: formatOf(remote.Codec()), Now: s.link.now,
	})
	s.mu.Lock()
	s.incoming = append(s.incoming, in)
	s.mu.Unlock()
	s.host.picture(s, in)
	defer func() {
		s.mu.Lock()
		s.incoming = slices.DeleteFunc(s.incoming, func(x *incoming) bool { return x == in })
		s.mu.Unlock()
		s.host.gone(s, in)
		in.track.Close()
	}()
	b := make([]byte, packet.MaxSize)
	batch := make([]packet.Packet, 1)
	p := &batch[0]
	pt := -1
	for {
		n, _, err := remote.Read(b)
		if err != nil {
			if err == io.EOF || s.over() {
				return
			}
			continue // a payload type that was not negotiated
		}
		if parseRTP(b[:n], 0, p) != nil {
			continue
		}
		if pt != int(p.PT) {
			pt = int(p.PT)
			in.track.SetFormat(formatOf(remote.Codec()))
		}
		in.mu.Lock()
		fresh := in.arrivals.add(p.Seq)
		in.mu.Unlock()
		if !fresh {
			continue
		}
		p.Arrived, p.Keyframe = s.link.now(), false
		in.track.Publish(batch)
	}
}

func (s *session) readSound(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	level := uint8(0)
	for _, e := range receiver.GetParameters().HeaderExtensions {
		if e.URI == extLevel {
			level = uint8(e.ID)
		}
	}
	defer s.host.silent(s)
	b := make([]byte, packet.MaxSize)
	var p packet.Packet
	var sink func(*packet.Packet)
	pt := -1
	for {
		n, _, err := remote.Read(b)
		if err != nil {
			if err == io.EOF || s.over() {
				return
			}
			continue
		}
		if parseRTP(b[:n], level, &p) != nil {
			continue
		}
		if pt != int(p.PT) {
			pt = int(p.PT)
			sink = s.host.sound(s, formatOf(remote.Codec()))
		}
		if len(p.Payload) > 0 {
			p.Arrived = s.link.now()
			sink(&p)
		}
	}
}

func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// formatOf says in neutral words what pion negotiated.
func formatOf(c webrtc.RTPCodecParameters) media.Format {
	f := media.Format{PT: uint8(c.PayloadType), ClockRate: int(c.ClockRate), Channels: int(c.Channels)}
	_, name, _ := strings.Cut(c.MimeType, "/")
	switch {
	case strings.EqualFold(name, "H264"):
		f.Codec, f.H264 = media.H264, h264Params(c.SDPFmtpLine)
	case strings.EqualFold(name, "VP8"):
		f.Codec = media.VP8
	case strings.EqualFold(name, "opus"):
		f.Codec = media.Opus
		f.FEC = strings.Contains(c.SDPFmtpLine, "useinbandfec=1")
	case strings.EqualFold(name, "G722"):
		f.Codec = media.G722
	case strings.EqualFold(name, "PCMU"):
		f.Codec = media.PCMU
	case strings.EqualFold(name, "PCMA"):
		f.Codec = media.PCMA
	}
	return f
}

// RequestKeyframe implements relay.Upstream: PLI, then FIR too (RFC 4585
// 6.3.1, RFC 5104 4.3.1).
func (in *incoming) RequestKeyframe(attempt int) {
	list := []rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: in.ssrc}}
	if attempt >= 2 {
		list = append(list, &rtcp.FullIntraRequest{
			MediaSSRC: in.ssrc,
			FIR:       []rtcp.FIREntry{{SSRC: in.ssrc, SequenceNumber: uint8(in.firSeq.Add(1))}},
		})
	}
	in.session.post(list...)
}

// Limit implements relay.Upstream. The room tells the page.
func (in *incoming) Limit(l media.Limits) {
	in.limit.Store(&l)
	in.session.host.wake()
}

func (in *incoming) limits() media.Limits {
	if l := in.limit.Load(); l != nil {
		return *l
	}
	return media.Limits{}
}

func (in *incoming) loss() (expected, lost uint32) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.arrivals.loss()
}
