package room

import (
	"strings"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/secure"
)

// speaker is the sound on the way to a browser: the relay.Out that the mixer
// writes to and, for pion, a webrtc.TrackLocal.
type speaker struct {
	now func() int64
	way *way

	mu      sync.Mutex
	out     *secure.Outbound // nil before there are keys, and after the end
	bound   bool             // pion has named the source
	ssrc    uint32
	formats []media.Format
	flight  *flight // packets of this batch
	sent    sending
}

// open begins to send.
func (s *speaker) open(out *secure.Outbound) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = out
}

// close sends nothing more.
func (s *speaker) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out != nil {
		s.out.Close()
		s.out = nil
	}
	if s.flight != nil {
		s.flight.release()
		s.flight = nil
	}
}

// ID, RID, StreamID and Kind make it a webrtc.TrackLocal.
func (s *speaker) ID() string                { return "sound" }
func (s *speaker) RID() string               { return "" }
func (s *speaker) StreamID() string          { return "room" }
func (s *speaker) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// Bind is told by pion which source it is, and in which formats.
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
	s.bound, s.ssrc = true, uint32(c.SSRC())
	return codecs[0], nil
}

// Unbind ends the sending.
func (s *speaker) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound = false
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
	if !s.bound || s.out == nil {
		return
	}
	if s.flight == nil {
		s.flight = takeFlight()
		s.sent.at = s.now()
	}
	s.sent.packets++
	s.sent.octets += uint32(len(payload))
	s.sent.timestamp = h.Timestamp
	h.SSRC = s.ssrc
	s.flight.add(h, 0, 0, payload)
	if s.flight.full() {
		s.flush()
	}
}

// Flush implements relay.Out.
func (s *speaker) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
}

func (s *speaker) flush() {
	if s.flight == nil {
		return
	}
	if s.out != nil {
		s.flight.seal(s.out)
		s.flight.send(s.way)
	}
	s.flight.release()
	s.flight = nil
}

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
