package room

import (
	"encoding/binary"
	"time"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"

	"github.com/pion/rtcp"
)

// source is one RTP source of a browser. It belongs to its gate.
type source struct {
	ssrc     uint32
	named    named
	pt       int              // of what is published, -1: none yet
	replaced bool             // another source has its place on the line
	in       *incoming        // a picture
	losses   *feedback.Losses // of a picture
	reports  feedback.Reports
}

func newSource(ssrc uint32, n named, clock int) *source {
	s := &source{ssrc: ssrc, named: n, pt: -1, reports: feedback.NewReports(clock)}
	if n.line.kind == media.Video && !n.repair {
		s.losses = &feedback.Losses{}
	}
	return s
}

// count notes a packet of the source's own and tells whether it is new.
func (s *source) count(b []byte, now int64) bool {
	seq := binary.BigEndian.Uint16(b[2:])
	s.reports.Add(seq, binary.BigEndian.Uint32(b[4:]), now)
	return s.losses == nil || s.losses.Add(seq, now)
}

// hearing is where a browser's sound goes.
type hearing struct {
	format media.Format
	sink   func(*packet.Packet)
}

// tune makes the sink for a format.
func (h *hearing) tune(s *session, f media.Format) {
	if h.sink == nil || h.format != f {
		h.format, h.sink = f, s.host.sound(s, f)
	}
}

// repaired turns a retransmission back into what it repeats (RFC 4588 4), in
// its place. It gives nothing for a probe: browsers measure the path with
// padding and with what arrived long ago.
func (g *gate) repaired(s *source, b []byte, pt uint8, now int64) (*source, []byte) {
	at, end, ok := payloadBounds(b)
	to := g.repairs(s, b)
	if !ok || end-at < 2 || to == nil || !to.losses.Add(binary.BigEndian.Uint16(b[at:]), now) {
		return nil, nil
	}
	return to, restore(b, at, pt, to.ssrc)
}

// repairs finds the source that another repairs.
func (g *gate) repairs(s *source, b []byte) *source {
	n := &s.named
	if n.of == 0 && n.rid == "" {
		n.rid = string(g.terms.extension(b, g.terms.repairs))
	}
	for _, o := range g.sources {
		if o.losses == nil || o.replaced {
			continue
		}
		if n.of != 0 && o.ssrc == n.of || n.of == 0 && o.named.line == n.line && o.named.rid == n.rid {
			return o
		}
	}
	return nil
}

// restore turns a retransmission, whose payload starts at at, into the packet
// that it repeats, within its bytes.
func restore(packet []byte, at int, pt uint8, ssrc uint32) []byte {
	hi, lo := packet[at], packet[at+1]
	copy(packet[2:at+2], packet[:at]) // the header moves up to the payload
	packet = packet[2:]
	packet[1] = packet[1]&0x80 | pt
	packet[2], packet[3] = hi, lo
	binary.BigEndian.PutUint32(packet[8:], ssrc)
	return packet
}

// toldWhen is when the browser was told last.
type toldWhen struct{ transport, reports int64 }

// How often a browser is told of its sending, nanoseconds. Its estimate of the
// path follows the arrivals, so these are told soon.
const (
	transportEvery = int64(50 * time.Millisecond)
	reportsEvery   = int64(time.Second)
)

// react tells the browser what is due after packets: what was lost and when
// the others arrived.
func (g *gate) react(now int64) {
	var pairs [64]rtcp.NackPair
	for _, s := range g.sources {
		if s.losses == nil {
			continue
		}
		if at, ok := s.losses.Next(); ok && at <= now {
			if due := s.losses.Due(now, g.s.link.roundTrip(), pairs[:0]); len(due) > 0 {
				buf := g.pool.Get()
				g.s.control.send(feedback.AppendNACK(buf.Bytes[:0], g.s.control.ssrc, s.ssrc, due))
				buf.Release()
			}
		}
	}
	if now-g.told.transport < transportEvery || g.last == nil {
		return
	}
	buf := g.pool.Get()
	if b := g.arrivals.Append(buf.Bytes[:0], g.s.control.ssrc, g.last.ssrc, now); len(b) > 0 {
		g.told.transport = now
		g.s.control.send(b)
	}
	buf.Release()
}

// tick does what is due when nothing arrives, and reports once a second. It
// tells whether the browser has proved that it has the keys.
func (g *gate) tick(now int64) (proved bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in == nil {
		return false
	}
	g.react(now)
	if now-g.told.reports >= reportsEvery {
		g.report(now)
	}
	return g.proved
}

// report tells how reception went since the last time.
func (g *gate) report(now int64) {
	g.told.reports = now
	buf := g.pool.Get()
	defer buf.Release()
	var blocks [maxBlocks]rtcp.ReceptionReport
	list := blocks[:0]
	for _, s := range g.sources {
		if s.named.repair || s.pt < 0 {
			continue
		}
		if b, ok := s.reports.Block(s.ssrc, now); ok && len(list) < maxBlocks {
			list = append(list, b)
		}
		if s.in != nil {
			s.in.count(s.losses.Loss())
		}
	}
	if len(list) > 0 {
		g.s.control.send(feedback.AppendReceiverReport(buf.Bytes[:0], g.s.control.ssrc, list))
	}
}

// maxBlocks is how many sources one report tells of (RFC 3550 6.4.1).
const maxBlocks = 31

// senderReport takes the time of a source's sender report.
func (g *gate) senderReport(ssrc uint32, ntp uint64, now int64) {
	for _, s := range g.sources {
		if s.ssrc == ssrc {
			s.reports.SenderReport(ntp, now)
		}
	}
}
