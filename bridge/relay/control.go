package relay

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/secure"
)

// Bounds of one compound RTCP packet.
const (
	maxCompound = 32 // packets in it
	maxNACKs    = 64 // packets it can make us send again
)

// control is the RTCP half of a stream: who the far end's reports come from,
// and what is remembered between packets. Its lock is held for one datagram.
type control struct {
	sync.Mutex
	cname string
	kind  media.Kind
	terms *terms
	in    *secure.Inbound
	out   *secure.Outbound

	remote atomic.Pointer[netip.AddrPort] // where RTCP goes, unless it shares RTP's port

	// Of the far end's sender report, for our reports on it (RFC 3550 6.4.1).
	senderSSRC uint32
	senderNTP  uint32 // middle 32 bits
	senderAt   int64  // when it came, 0 is never

	marks      marks
	tries      [2]budget
	firSent    uint8 // our last command's number (RFC 5104 4.3.1.1)
	firSeen    [4]firEntry
	nextReport int64
	sentAt     uint64       // packets sent when the last report went out
	rtt        atomic.Int64 // ns, 0 is not known
	described  []byte       // our SDES packet, once it was needed

	limit limitState
}

// firEntry is the last FIR of one requester.
type firEntry struct {
	ssrc uint32
	seq  uint8
	at   int64
}

func newControl(cname string, kind media.Kind) *control {
	return &control{cname: cname, kind: kind}
}

func (c *control) apply(t *terms, moved bool) {
	c.Lock()
	defer c.Unlock()
	c.terms = t
	if !moved {
		return
	}
	if to := c.remote.Load(); to != nil && *to == t.rtcp {
		return
	}
	to := t.rtcp
	c.remote.Store(&to)
}

func (c *control) key(in *secure.Inbound, out *secure.Outbound) {
	c.keyIn(in)
	c.keyOut(out)
}

func (c *control) keyIn(in *secure.Inbound) {
	c.Lock()
	defer c.Unlock()
	if c.in != nil {
		c.in.Close()
	}
	c.in = in
}

func (c *control) keyOut(out *secure.Outbound) {
	c.Lock()
	defer c.Unlock()
	if c.out != nil {
		c.out.Close()
	}
	c.out = out
}

// heard is what one compound packet said, to be acted on without the lock.
type heard struct {
	keyframe bool
	limited  bool
	limit    int // bit/s
	reported bool
	report   Report
	lost     uint32
	jitter   uint32
	nacks    [maxNACKs]uint16
	nackN    int
	bye      bool
	notify   *bitrateTuple // a TMMBN is owed for it
}

// receiveControl takes one RTCP datagram. onRTP says that it came to the RTP
// port.
func (s *Stream) receiveControl(data []byte, from netip.AddrPort, onRTP bool, now int64) verdict {
	var h heard
	v := s.control.receive(data, from, s.rtpTo().Addr(), s.tx.ssrc, now, &h)
	if v == accepted {
		s.control.latch(from, onRTP)
	}
	if v != accepted {
		return v
	}
	s.heard.Store(now)
	s.act(&h, now)
	return accepted
}

// act tells those concerned.
func (s *Stream) act(h *heard, now int64) {
	if h.bye {
		s.rx.Lock()
		s.rx.admission.leave()
		s.rx.Unlock()
	}
	if h.nackN > 0 {
		s.tx.resend(h.nacks[:h.nackN])
	}
	if h.reported {
		h.report.Sent = s.tx.reportedBy(h, now)
	}
	if h.notify != nil {
		p := rawPacket(marshalTuples(formatTMMBN, s.tx.ssrc, *h.notify))
		s.sendControl(now, &p)
	}
	f := s.feedback()
	if f == nil {
		return
	}
	if h.reported {
		f.Reported(h.report)
	}
	if h.limited {
		f.BitrateLimit(h.limit)
	}
	if h.keyframe {
		f.KeyframeWanted()
	}
}

// receive admits a datagram and reads it. mediaAddr is where RTP goes, ours
// the SSRC that we send with.
func (c *control) receive(data []byte, from netip.AddrPort, mediaAddr netip.Addr, ours uint32, now int64, h *heard) verdict {
	c.Lock()
	defer c.Unlock()
	if c.terms == nil || !c.terms.rtp.IsValid() {
		return dropIdle
	}
	if !c.affords(from, mediaAddr, now) {
		return dropProbe
	}
	if c.terms.secured() {
		var v verdict
		if data, v = c.open(data); v != accepted {
			return v
		}
	} else if from.Addr() != mediaAddr && from.Addr() != c.terms.rtcp.Addr() {
		// Without keys, reports are believed from the far end's machine only.
		return dropSource
	}
	if !c.read(data, ours, now, h) {
		return dropHeader
	}
	return accepted
}

// affords bounds how much RTCP is decrypted and read.
func (c *control) affords(from netip.AddrPort, mediaAddr netip.Addr, now int64) bool {
	if to := c.remote.Load(); from.Addr() == mediaAddr || to != nil && *to == from {
		return c.tries[trusted].spend(tryControl, now)
	}
	return c.tries[stranger].spend(tryReports, now)
}

// latch follows the far end's RTCP to where it comes from. RTCP at the RTP
// port is read even where it was not negotiated, but answered where it should be.
func (c *control) latch(from netip.AddrPort, onRTP bool) {
	c.Lock()
	defer c.Unlock()
	if onRTP {
		return
	}
	if to := c.remote.Load(); to == nil || *to != from {
		at := from
		c.remote.Store(&at)
	}
}

func (c *control) open(data []byte) ([]byte, verdict) {
	if c.in == nil {
		return nil, dropUnkeyed
	}
	if len(data) < 8 {
		return nil, dropHeader
	}
	plain, err := c.in.OpenNewRTCP(data[:0], data)
	if err != nil {
		return nil, openVerdict(err)
	}
	return plain, accepted
}

// read walks a compound packet (RFC 3550 6.1), reduced-size ones too (RFC
// 5506). A packet in it that cannot be read is passed over; it is false only
// when there is none at all.
func (c *control) read(data []byte, ours uint32, now int64, h *heard) bool {
	read := 0
	for n := 0; len(data) >= 4 && n < maxCompound; n++ {
		if data[0]>>6 != 2 {
			break
		}
		size := 4 * (1 + int(binary.BigEndian.Uint16(data[2:])))
		if size > len(data) {
			break
		}
		if c.one(data[:size], ours, now, h) {
			read++
		}
		data = data[size:]
	}
	return read > 0
}

// one reads one RTCP packet and tells whether it was understood or is of a
// kind that says nothing to us.
func (c *control) one(b []byte, ours uint32, now int64, h *heard) bool {
	switch rtcp.PacketType(b[1]) {
	case rtcp.TypeSenderReport:
		var p rtcp.SenderReport
		if p.Unmarshal(b) != nil {
			return false
		}
		c.senderSSRC, c.senderNTP, c.senderAt = p.SSRC, uint32(p.NTPTime>>16), now
		c.blocks(p.Reports, ours, h)
	case rtcp.TypeReceiverReport:
		var p rtcp.ReceiverReport
		if p.Unmarshal(b) != nil {
			return false
		}
		c.blocks(p.Reports, ours, h)
	case rtcp.TypeGoodbye:
		h.bye = true
	case rtcp.TypeTransportSpecificFeedback:
		return len(b) >= 12 && c.transport(b, ours, now, h)
	case rtcp.TypePayloadSpecificFeedback:
		return len(b) >= 12 && c.payload(b, ours, now, h)
	case typeH261FIR, typeH261NACK:
		h.keyframe = true
	}
	return true
}

// What terminals with H.261 send before RFC 4585 (RFC 2032 5.2): a wish for a
// whole picture, and a report of lost packets, which that answers as well.
const (
	typeH261FIR  rtcp.PacketType = 192
	typeH261NACK rtcp.PacketType = 193
)

// blocks reads the report on what we send.
func (c *control) blocks(reports []rtcp.ReceptionReport, ours uint32, h *heard) {
	for _, r := range reports {
		if r.SSRC != ours {
			continue
		}
		h.reported = true
		h.report.Lost, h.lost, h.jitter = float64(r.FractionLost)/256, r.TotalLost, r.Jitter
		if r.LastSenderReport != 0 {
			// RFC 3550 6.4.1: all in units of 1/65536 s, modulo 2^32.
			if d := int32(ntpMiddle() - r.LastSenderReport - r.Delay); d >= 0 && d < 60<<16 {
				trip := int64(d) * 1e9 >> 16
				c.rtt.Store(trip)
				c.marks.measured(r.LastSenderReport, trip, &h.report)
			}
		}
	}
}

// transport reads RTPFB messages: NACK (RFC 4585 6.2.1), TMMBR, TMMBN.
func (c *control) transport(b []byte, ours uint32, now int64, h *heard) bool {
	switch b[0] & 0x1f {
	case rtcp.FormatTLN:
		for fci := b[12:]; len(fci) >= 4; fci = fci[4:] {
			h.nack(binary.BigEndian.Uint16(fci), binary.BigEndian.Uint16(fci[2:]))
		}
	case formatTMMBR:
		sender := binary.BigEndian.Uint32(b[4:])
		parseTuples(b[12:], func(t bitrateTuple) {
			if t.ssrc == ours {
				h.limited, h.limit = true, int(min(t.bitrate, 1<<40))
				t.ssrc = sender
				h.notify = &t
			}
		})
	case formatTMMBN:
		c.limit.confirmed()
	}
	return true
}

func (h *heard) nack(first, more uint16) {
	for i := uint16(0); i <= 16 && h.nackN < maxNACKs; i++ {
		if i == 0 || more>>(i-1)&1 == 1 {
			h.nacks[h.nackN] = first + i
			h.nackN++
		}
	}
}

// payload reads PSFB messages: PLI, FIR, REMB. A PLI is about the one stream
// that we send, whatever SSRC it names: some terminals leave it 0.
func (c *control) payload(b []byte, ours uint32, now int64, h *heard) bool {
	switch b[0] & 0x1f {
	case rtcp.FormatPLI:
		h.keyframe = true
	case rtcp.FormatFIR:
		sender := binary.BigEndian.Uint32(b[4:])
		for fci := b[12:]; len(fci) >= 8; fci = fci[8:] {
			if target := binary.BigEndian.Uint32(fci); target != ours && target != 0 {
				continue
			}
			if c.freshFIR(sender, fci[4], now) {
				h.keyframe = true
			}
		}
	case rtcp.FormatREMB:
		var p rtcp.ReceiverEstimatedMaximumBitrate
		if p.Unmarshal(b) != nil {
			return false
		}
		h.limited, h.limit = true, int(min(max(p.Bitrate, 0), 1<<40))
	}
	return true
}

// firRepeat is how long a FIR with the same number is a repetition (RFC 5104
// 4.3.1.2). Later it is a new command of a sender that does not count.
const firRepeat = int64(2e9)

// freshFIR tells a new command from a repeated one.
func (c *control) freshFIR(sender uint32, seq uint8, now int64) bool {
	oldest := 0
	for i := range c.firSeen {
		e := &c.firSeen[i]
		if e.at != 0 && e.ssrc == sender {
			fresh := e.seq != seq || now-e.at > firRepeat
			if fresh {
				e.seq, e.at = seq, now
			}
			return fresh
		}
		if e.at < c.firSeen[oldest].at {
			oldest = i
		}
	}
	c.firSeen[oldest] = firEntry{sender, seq, now}
	return true
}
