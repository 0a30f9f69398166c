package room

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
)

// slot is one picture on the way to a browser: a webrtc.TrackLocal that
// pion binds to a transceiver, and the relay.Out behind a splice.
type slot struct {
	mid     string
	msid    string
	link    *link
	formats atomic.Pointer[[]slotFormat]

	mu      sync.Mutex
	writer  webrtc.TrackLocalWriter // nil while pion has not bound it
	ssrc    uint32
	rtxSSRC uint32
	header  rtp.Header // reused for each packet
	twcc    [2]byte    // the extension's value inside header
	hasTWCC bool
	again   rtp.Header // reused for retransmissions
	againAt [2]byte
	buffer  []byte // a retransmission's payload
	rtxSeq  uint16
	past    history
	sent    sending
	batch   int64 // the clock at this batch's first packet, 0 between batches
}

// sending counts what left, for sender reports (RFC 3550 6.4.1).
type sending struct {
	packets, octets uint32
	timestamp       uint32
	at              int64 // clock when the timestamp left
	clockRate       uint32
}

// report gives a sender report, or nil when nothing was sent.
func (s *sending) report(ssrc uint32, now int64, ntp uint64) *rtcp.SenderReport {
	if s.packets == 0 {
		return nil
	}
	since := uint32((now - s.at) / 1000 * int64(s.clockRate) / 1e6)
	return &rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: s.timestamp + since, PacketCount: s.packets, OctetCount: s.octets}
}

func newSlot(o slotOffer, l *link) *slot {
	s := &slot{mid: o.mid, msid: "slot-" + o.mid, link: l, rtxSSRC: rand.Uint32(), rtxSeq: uint16(rand.Uint32())}
	s.sent.clockRate = 90000
	s.offered(o)
	s.extension(o.twcc)
	return s
}

// offered takes the formats of a new offer.
func (s *slot) offered(o slotOffer) {
	f := slices.Clone(o.formats)
	s.formats.Store(&f)
}

func (s *slot) extension(id uint8) {
	if s.hasTWCC = id != 0; !s.hasTWCC {
		return
	}
	s.header.Extension, s.header.ExtensionProfile = true, 0xbede
	s.again.Extension, s.again.ExtensionProfile = true, 0xbede
	_ = s.header.SetExtension(id, s.twcc[:])
	_ = s.again.SetExtension(id, s.againAt[:])
}

// ID, RID, StreamID and Kind make it a webrtc.TrackLocal.
func (s *slot) ID() string                { return s.mid }
func (s *slot) RID() string               { return "" }
func (s *slot) StreamID() string          { return s.msid }
func (s *slot) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }

// Bind is told by pion where packets go.
func (s *slot) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := c.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer, s.ssrc = c.WriteStream(), uint32(c.SSRC())
	return codecs[0], nil
}

// Unbind ends the sending.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer = nil
	return nil
}

// PayloadType implements relay.Out.
func (s *slot) PayloadType(f media.Format) (uint8, bool) {
	got, ok := match(*s.formats.Load(), f)
	return got.PT, ok
}

// Send implements relay.Out. pion seals and sends at once.
func (s *slot) Send(h packet.Header, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return
	}
	if s.batch == 0 {
		s.batch = s.link.now()
	}
	s.sent.packets++
	s.sent.octets += uint32(len(payload))
	s.sent.timestamp, s.sent.at = h.Timestamp, s.batch
	var number uint16
	if s.hasTWCC {
		number = s.link.leave(len(payload), s.batch)
		binary.BigEndian.PutUint16(s.twcc[:], number)
	}
	s.past.put(h, number, payload)
	s.header.Version, s.header.PayloadType, s.header.Marker = 2, h.PT, h.Marker
	s.header.SequenceNumber, s.header.Timestamp, s.header.SSRC = h.Seq, h.Timestamp, s.ssrc
	_, _ = s.writer.WriteRTP(&s.header, payload)
}

// Flush implements relay.Out.
func (s *slot) Flush() {
	s.mu.Lock()
	s.batch = 0
	s.mu.Unlock()
}

// repeat sends lost packets again, those of the entries of a NACK (RFC 4585
// 6.2.1): as RFC 4588 retransmissions where the browser takes them, else as
// they were.
func (s *slot) repeat(pairs []byte, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return
	}
	for n := 0; n < maxNackPairs && len(pairs) >= 4; n, pairs = n+1, pairs[4:] {
		first, more := binary.BigEndian.Uint16(pairs), binary.BigEndian.Uint16(pairs[2:])
		for i := range uint16(17) {
			if i > 0 && more>>(i-1)&1 == 0 {
				continue
			}
			if e, payload := s.past.again(first+i, now); e != nil {
				s.sendAgain(e, payload, now)
			}
		}
	}
}

// maxNackPairs bounds the work of one NACK: each pair names up to 17 packets.
const maxNackPairs = 16

func (s *slot) sendAgain(e *sent, payload []byte, now int64) {
	a, number := &s.again, e.number
	a.Version, a.Marker, a.Timestamp = 2, e.Marker, e.Timestamp
	if rtx := s.rtxOf(e.PT); rtx != 0 {
		s.buffer = append(s.buffer[:0], byte(e.Seq>>8), byte(e.Seq))
		s.buffer = append(s.buffer, payload...)
		payload = s.buffer
		a.PayloadType, a.SSRC, a.SequenceNumber = rtx, s.rtxSSRC, s.rtxSeq
		s.rtxSeq++
		if s.hasTWCC {
			number = s.link.leave(len(payload), now)
		}
	} else {
		// The same packet to the last bit: with another header it would use the
		// nonce of AES-GCM for two messages (RFC 7714 8.1).
		a.PayloadType, a.SSRC, a.SequenceNumber = e.PT, s.ssrc, e.Seq
	}
	if s.hasTWCC {
		binary.BigEndian.PutUint16(s.againAt[:], number)
	}
	_, _ = s.writer.WriteRTP(a, payload)
}

func (s *slot) rtxOf(pt uint8) uint8 {
	for _, f := range *s.formats.Load() {
		if f.PT == pt {
			return f.rtx
		}
	}
	return 0
}

func (s *slot) report(now int64, ntp uint64) *rtcp.SenderReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.report(s.ssrc, now, ntp)
}

func (s *slot) source() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ssrc
}

func (s *slot) sources() sources {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sources{ssrc: s.ssrc, rtx: s.rtxSSRC, msid: s.msid + " " + s.mid}
}

var (
	_ relay.Out         = (*slot)(nil)
	_ webrtc.TrackLocal = (*slot)(nil)
)
