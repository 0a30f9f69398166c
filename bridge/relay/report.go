package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// Mean times between reports. RFC 3550 6.2 asks for 5 s and lets a stream of
// a higher rate report more often; the first report comes in half the time.
const (
	reportVideo = int64(800 * time.Millisecond)
	reportAudio = int64(5 * time.Second)
)

// rawPacket is an RTCP packet that is marshalled already.
type rawPacket = rtcp.RawPacket

// ntpEpoch is the Unix epoch in NTP seconds.
const ntpEpoch = 2208988800

// ntpNow is the wall clock as NTP writes it (RFC 3550 4).
func ntpNow() uint64 {
	now := time.Now()
	return uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/1e9
}

func ntpMiddle() uint32 { return uint32(ntpNow() >> 16) }

// report sends a report when one is due.
func (s *Stream) report(now int64) {
	c := s.control
	mean := reportAudio
	if c.kind == media.Video {
		mean = reportVideo
	}
	c.Lock()
	due := c.terms != nil && c.terms.rtp.IsValid() && now >= c.nextReport
	if due {
		first := c.nextReport == 0
		// RFC 3550 6.3.1: between half and one and a half times the mean.
		c.nextReport = now + mean/2 + rand.Int64N(mean)
		if first {
			c.nextReport = now + mean/4 + rand.Int64N(mean/4)
			due = false
		}
	}
	c.Unlock()
	if due {
		s.sendControl(now)
	}
}

// goodbye tells the far end that we leave (RFC 3550 6.6).
func (s *Stream) goodbye() {
	s.sendControl(s.now(), &rtcp.Goodbye{Sources: []uint32{s.tx.ssrc}})
}

// sendControl sends a compound packet: a report, our name, and what else is
// given. It sends nothing while there is no address or no key.
func (s *Stream) sendControl(now int64, more ...rtcp.Packet) {
	c := s.control
	block, heard := s.rx.report(now)
	sender, sent, m := s.tx.report(now)
	c.Lock()
	defer c.Unlock()
	if c.terms == nil || !c.terms.rtp.IsValid() || c.terms.secured() && c.out == nil {
		return
	}
	sock, to := s.controlPath()
	if !to.IsValid() {
		return
	}
	var reports []rtcp.ReceptionReport
	if heard {
		c.fill(&block, now)
		reports = []rtcp.ReceptionReport{block}
	}
	packets := make([]rtcp.Packet, 0, 2+len(more))
	if sent != c.sentAt && !s.tx.probing.Load() {
		c.sentAt = sent
		c.marks.put(m)
		sender.Reports = reports
		packets = append(packets, &sender)
	} else {
		packets = append(packets, &rtcp.ReceiverReport{SSRC: sender.SSRC, Reports: reports})
	}
	packets = append(packets, c.description(sender.SSRC))
	c.write(sock, to, append(packets, more...))
}

// description is our name (RFC 3550 6.5.1).
func (c *control) description(ssrc uint32) rtcp.Packet {
	return &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: ssrc,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: c.cname}},
	}}}
}

// askAgain asks the far end to send packets of a source again. It goes out
// at once and without a report block (RFC 4585 3.1, the minimal compound packet):
// blocks made for each loss would tell of intervals of a few packets.
func (s *Stream) askAgain(source uint32, pairs []rtcp.NackPair) {
	c := s.control
	c.Lock()
	defer c.Unlock()
	if c.terms == nil || c.terms.secured() && c.out == nil {
		return
	}
	sock, to := s.controlPath()
	if !to.IsValid() {
		return
	}
	if c.described == nil {
		c.described, _ = c.description(s.tx.ssrc).Marshal()
	}
	b := feedback.AppendReceiverReport(make([]byte, 0, 320), s.tx.ssrc, nil)
	b = append(b, c.described...)
	c.send(sock, to, feedback.AppendNACK(b, s.tx.ssrc, source, pairs))
}

// fill adds what the far end's sender report said.
func (c *control) fill(r *rtcp.ReceptionReport, now int64) {
	if c.senderAt != 0 && c.senderSSRC == r.SSRC {
		r.LastSenderReport = c.senderNTP
		r.Delay = uint32((now - c.senderAt) / 1e3 << 16 / 1e6)
	}
}

func (c *control) write(sock wire.Socket, to netip.AddrPort, packets []rtcp.Packet) {
	if data, err := rtcp.Marshal(packets); err == nil {
		c.send(sock, to, data)
	}
}

// send seals a compound packet and sends it.
func (c *control) send(sock wire.Socket, to netip.AddrPort, data []byte) {
	if c.out != nil {
		var err error
		_, tail := secure.Overhead(c.out.Suite())
		if data, err = c.out.SealRTCP(make([]byte, 0, len(data)+tail), data); err != nil {
			return
		}
	}
	sock.Write(to, [][]byte{data})
}

// controlPath is the socket and the address for RTCP. The caller holds the
// control's lock.
func (s *Stream) controlPath() (wire.Socket, netip.AddrPort) {
	if s.control.terms.Mux {
		return s.rtp.sock, s.rtpTo()
	}
	if to := s.control.remote.Load(); to != nil {
		return s.rtcp.sock, *to
	}
	return s.rtcp.sock, netip.AddrPort{}
}

// report is the block on what the far end sends.
func (r *receiver) report(now int64) (rtcp.ReceptionReport, bool) {
	r.Lock()
	defer r.Unlock()
	if r.reports == nil || !r.admission.known {
		return rtcp.ReceptionReport{}, false
	}
	return r.reports.Block(r.admission.source.ssrc, now)
}

// report is what we say of our own sending.
func (s *sender) report(now int64) (rtcp.SenderReport, uint64, mark) {
	s.Lock()
	defer s.Unlock()
	r := rtcp.SenderReport{SSRC: s.ssrc, NTPTime: ntpNow(), RTPTime: s.timestamp,
		PacketCount: uint32(s.packets), OctetCount: uint32(s.bytes)}
	if s.at > 0 && s.clock > 0 {
		r.RTPTime += uint32(max(now-s.at, 0) / 1e3 * int64(s.clock) / 1e6)
	}
	return r, s.packets, mark{uint32(r.NTPTime >> 16), 8 * s.burst, now - s.burstAt}
}

// reportedBy keeps what the far end said of our packets, and gives what was
// sent since it did so last, bit/s.
func (s *sender) reportedBy(h *heard, now int64) int {
	s.Lock()
	defer s.Unlock()
	s.farLost = uint64(max(int32(h.lost<<8)>>8, 0)) // 24 bits, signed
	if s.clock > 0 {
		s.farJitter = float64(h.jitter) * 1000 / float64(s.clock)
	}
	rate := 0
	if d := now - s.farAt; d > 0 {
		rate = int(float64(s.bytes-s.farBytes) * 8e9 / float64(d))
	}
	s.farAt, s.farBytes = now, s.bytes
	return rate
}

// fullIntraRequest makes a FIR for the far end's source.
func fullIntraRequest(sender, source uint32, seq uint8) rtcp.Packet {
	b := make([]byte, 20)
	b[0], b[1] = 2<<6|rtcp.FormatFIR, byte(rtcp.TypePayloadSpecificFeedback)
	binary.BigEndian.PutUint16(b[2:], 4)
	binary.BigEndian.PutUint32(b[4:], sender)
	binary.BigEndian.PutUint32(b[12:], source)
	b[16] = seq
	p := rawPacket(b)
	return &p
}
