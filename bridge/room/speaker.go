package room

import (
	"strings"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
)

// speaker is the sound on the way to a browser: a webrtc.TrackLocal and the
// relay.Out that the mixer writes to.
type speaker struct {
	now func() int64

	mu      sync.Mutex
	writer  webrtc.TrackLocalWriter
	ssrc    uint32
	formats []media.Format
	header  rtp.Header
	sent    sending
}

// ID, RID, StreamID and Kind make it a webrtc.TrackLocal.
func (s *speaker) ID() string                { return "sound" }
func (s *speaker) RID() string               { return "" }
func (s *speaker) StreamID() string          { return "room" }
func (s *speaker) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// Bind is told by pion where packets go.
func (s *speaker) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := c.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.formats = nil
	for _, p := range codecs {
		_, name, _ := strings.Cut(p.MimeType, "/")
		if f := formatNamed(name, p.SDPFmtpLine); f.Codec != "" {
			f.PT, f.ClockRate, f.Channels = uint8(p.PayloadType), int(p.ClockRate), int(p.Channels)
			s.formats = append(s.formats, f)
		}
	}
	s.writer, s.ssrc = c.WriteStream(), uint32(c.SSRC())
	return codecs[0], nil
}

// Unbind ends the sending.
func (s *speaker) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer = nil
	return nil
}

// taken are the formats that the browser takes.
func (s *speaker) taken() []media.Format {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.formats
}

// PayloadType implements relay.Out.
func (s *speaker) PayloadType(f media.Format) (uint8, bool) {
	for _, t := range s.taken() {
		if t.Codec == f.Codec {
			return t.PT, true
		}
	}
	return 0, false
}

// Send implements relay.Out.
func (s *speaker) Send(h packet.Header, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return
	}
	s.sent.packets++
	s.sent.octets += uint32(len(payload))
	s.sent.timestamp, s.sent.at = h.Timestamp, s.now()
	s.header.Version, s.header.PayloadType, s.header.Marker = 2, h.PT, h.Marker
	s.header.SequenceNumber, s.header.Timestamp, s.header.SSRC = h.Seq, h.Timestamp, s.ssrc
	_, _ = s.writer.WriteRTP(&s.header, payload)
}

// Flush implements relay.Out.
func (s *speaker) Flush() {}

func (s *speaker) report(now int64, ntp uint64) *rtcp.SenderReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.formats) > 0 {
		s.sent.clockRate = uint32(s.formats[0].ClockRate)
	}
	return s.sent.report(s.ssrc, now, ntp)
}

var (
	_ relay.Out         = (*speaker)(nil)
	_ webrtc.TrackLocal = (*speaker)(nil)
)
