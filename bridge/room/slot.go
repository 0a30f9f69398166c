package room

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// slot is one picture on the way to a browser: the relay.Out behind a splice,
// and for pion, which negotiates it, a webrtc.TrackLocal. What it is sent waits
// until the end of a batch, shared with other receivers, and is written and
// sealed then. It belongs to the slot's own SRTP context, so that no flow
// waits for another's.
type slot struct {
	mid     string
	msid    string
	link    *link
	way     *way
	pool    *packet.Pool
	formats atomic.Pointer[[]slotFormat]

	mu      sync.Mutex
	out     *secure.Outbound // nil before there are keys, and after the end
	bound   bool             // pion has named the source
	ssrc    uint32
	rtxSSRC uint32
	rtxSeq  uint16
	twcc    uint8 // id of the transport-wide sequence number extension, 0: none
	waiting []waiting
	past    history
	sent    sending
	at      int64 // the clock at this batch's first packet
}

// waiting is a packet that goes out at the end of the batch.
type waiting struct {
	packet.Header
	payload *packet.Buffer
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

func newSlot(o slotOffer, l *link, w *way, pool *packet.Pool) *slot {
	s := &slot{
		mid: o.mid, msid: "slot-" + o.mid, link: l, way: w, pool: pool,
		rtxSSRC: rand.Uint32(), rtxSeq: uint16(rand.Uint32()), twcc: o.twcc,
	}
	s.sent.clockRate = 90000
	s.offered(o)
	return s
}

// offered takes the formats of a new offer.
func (s *slot) offered(o slotOffer) {
	f := slices.Clone(o.formats)
	s.formats.Store(&f)
}

// open begins to send.
func (s *slot) open(out *secure.Outbound) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = out
}

// close sends nothing more.
func (s *slot) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out != nil {
		s.out.Close()
		s.out = nil
	}
	s.drop()
	s.past.clear()
}

// ID, RID, StreamID and Kind make it a webrtc.TrackLocal.
func (s *slot) ID() string                { return s.mid }
func (s *slot) RID() string               { return "" }
func (s *slot) StreamID() string          { return s.msid }
func (s *slot) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }

// Bind is told by pion which source it is.
func (s *slot) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := c.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound, s.ssrc = true, uint32(c.SSRC())
	return codecs[0], nil
}

// Unbind ends the sending.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound = false
	return nil
}

// PayloadType implements relay.Out.
func (s *slot) PayloadType(f media.Format) (uint8, bool) {
	got, ok := match(*s.formats.Load(), f)
	return got.PT, ok
}

// Send implements relay.Out.
func (s *slot) Send(h packet.Header, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready() && len(payload) <= s.pool.Size() {
		buf := s.pool.Get()
		buf.Bytes = buf.Bytes[:copy(buf.Bytes, payload)]
		s.queue(h, buf, 0)
	}
}

// SendShared implements relay.Sharer.
func (s *slot) SendShared(h packet.Header, p *packet.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready() {
		if buf := p.Keep(s.pool); buf != nil {
			s.queue(h, buf, p.Arrived)
		}
	}
}

func (s *slot) ready() bool { return s.bound && s.out != nil }

// queue takes over the payload. now is 0 when it has to be read.
func (s *slot) queue(h packet.Header, payload *packet.Buffer, now int64) {
	if len(s.waiting) == 0 {
		if s.at = now; now == 0 {
			s.at = s.link.now()
		}
	}
	s.waiting = append(s.waiting, waiting{h, payload})
	if len(s.waiting) == wire.BatchSize {
		s.flush()
	}
}

// Flush implements relay.Out.
func (s *slot) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
}

// flush writes what waits, seals it and sends it.
func (s *slot) flush() {
	if len(s.waiting) == 0 {
		return
	}
	if !s.ready() {
		s.drop()
		return
	}
	f, age := takeFlight(), s.link.memory()
	defer f.release()
	for i := range s.waiting {
		w := &s.waiting[i]
		w.SSRC = s.ssrc
		number := s.number(len(w.payload.Bytes), s.at)
		f.add(w.Header, s.twcc, number, w.payload.Bytes)
		s.sent.packets++
		s.sent.octets += uint32(len(w.payload.Bytes))
		s.sent.timestamp, s.sent.at = w.Timestamp, s.at
		s.past.put(past{payload: w.payload, at: s.at, timestamp: w.Timestamp, seq: w.Seq, pt: w.PT, marker: w.Marker}, age)
		w.payload = nil
	}
	f.seal(s.out)
	s.remember(f)
	s.waiting = s.waiting[:0]
	f.send(s.way)
}

// number gives a packet its transport-wide number.
func (s *slot) number(size int, now int64) uint16 {
	if s.twcc == 0 {
		return 0
	}
	return s.link.leave(size, now)
}

// remember keeps, of packets that can only be repeated to the last bit, what
// was sealed: another header under the same sequence number would use a nonce
// of AES-GCM for two messages (RFC 7714 8.1).
func (s *slot) remember(f *flight) {
	for i := range s.waiting {
		w := &s.waiting[i]
		if s.rtxOf(w.PT) == 0 && f.pkts[i] != nil {
			buf := s.pool.Get()
			buf.Bytes = buf.Bytes[:copy(buf.Bytes, f.pkts[i])]
			s.past.replace(w.Seq, buf)
		}
	}
}

// drop gives back what waits.
func (s *slot) drop() {
	for i := range s.waiting {
		if s.waiting[i].payload != nil {
			s.waiting[i].payload.Release()
		}
	}
	s.waiting = s.waiting[:0]
}

// repeat sends lost packets again, those of the entries of a NACK (RFC 4585
// 6.2.1): as RFC 4588 retransmissions where the browser takes them, else as
// they were.
func (s *slot) repeat(pairs []byte, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready() {
		return
	}
	f := takeFlight()
	defer f.release()
	for n := 0; n < maxNackPairs && len(pairs) >= 4; n, pairs = n+1, pairs[4:] {
		first, more := binary.BigEndian.Uint16(pairs), binary.BigEndian.Uint16(pairs[2:])
		for i := range uint16(17) {
			if i == 0 || more>>(i-1)&1 == 1 {
				s.sendAgain(f, first+i, now)
			}
		}
	}
	s.finish(f)
}

// maxNackPairs bounds the work of one NACK: each pair names up to 17 packets.
const maxNackPairs = 16

func (s *slot) sendAgain(f *flight, seq uint16, now int64) {
	e := s.past.again(seq, now)
	if e == nil {
		return
	}
	if f.full() || e.sealed && f.done < f.n {
		s.finish(f)
	}
	if e.sealed {
		f.addSealed(e.payload.Bytes)
		return
	}
	rtx := s.rtxOf(e.pt)
	if rtx == 0 {
		return // negotiated otherwise meanwhile
	}
	size := 2 + len(e.payload.Bytes)
	h := packet.Header{PT: rtx, Marker: e.marker, Seq: s.rtxSeq, Timestamp: e.timestamp, SSRC: s.rtxSSRC}
	s.rtxSeq++
	f.addAgain(h, s.twcc, s.number(size, now), e.seq, e.payload.Bytes)
}

// finish sends a flight of repeated packets and empties it.
func (s *slot) finish(f *flight) {
	f.seal(s.out)
	f.send(s.way)
	f.clear()
}

func (s *slot) rtxOf(pt uint8) uint8 {
	for _, f := range *s.formats.Load() {
		if f.PT == pt {
			return f.rtx
		}
	}
	return 0
}

// tick forgets what is too old to be asked for.
func (s *slot) tick(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past.expire(now - s.link.memory())
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
	_ relay.Sharer      = (*slot)(nil)
	_ webrtc.TrackLocal = (*slot)(nil)
)
