package load

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/secure"
)

// remembered is how many bursts a source knows the times of: what comes out of
// the relay later than that many periods is lost.
const remembered = 256

// Source sends one stream of pictures.
type Source struct {
	// What was negotiated.
	PT      uint8
	Secured bool // waits for the leg's keys
	MID     byte // header extensions of a browser (RFC 9143, transport-wide-cc-01), 0: none
	MIDID   uint8
	TWCCID  uint8

	leg    *Leg
	id     uint32
	size   int // of an RTP packet
	header int // of it, the RTP header and its extensions
	base   uint32
	canvas *canvas

	seq    uint32 // packets so far; a burst has as many as any other
	burst  uint32 // of them
	wanted bool   // a keyframe
	keyAt  uint32 // burst of the last keyframe
	sent   [remembered]int64
	sealed [][]byte // the next burst, if plan is not 0
	plan   int64
	from   uint32 // seq when the measurement began
	short  uint64 // packets that the kernel did not take
}

// canvas is the plain packets of a picture, which sources write their headers
// and stamps into: one for all sources of a kind, so that it stays in the cache.
type canvas struct{ key, other [][]byte }

func newCanvas(packets, size, header int) *canvas {
	c := &canvas{}
	for _, set := range []*[][]byte{&c.key, &c.other} {
		for range packets {
			*set = append(*set, make([]byte, size))
		}
		writePicture(*set, header, set == &c.key)
	}
	return c
}

// keyEvery is how many bursts may pass without a keyframe.
const keyEvery = 600

// draw writes the next burst for a planned time and gives its packets, which
// are valid until another source draws.
func (s *Source) draw(plan int64) [][]byte {
	p, first := s.canvas.other, 0
	if s.burst == 0 || s.wanted || s.burst-s.keyAt >= keyEvery {
		s.wanted, s.keyAt = false, s.burst
		p, first = s.canvas.key, 1
	}
	ts := s.base + s.burst*s.leg.loop.ticks
	for i, b := range p {
		seq := s.seq + uint32(i)
		s.writeHeader(b, seq, ts, i == len(p)-1)
		if i >= first {
			stamp{plan, s.id, seq}.put(b[s.header:])
		}
	}
	return p
}

func (s *Source) writeHeader(b []byte, seq, ts uint32, marker bool) {
	b[0], b[1] = 0x80, s.PT
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], uint16(s.base+seq))
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], s.leg.ssrc)
	if s.MIDID == 0 {
		return
	}
	b[0] |= 0x10
	b[12], b[13], b[14], b[15] = 0xbe, 0xde, 0, 2
	b[16], b[17] = s.MIDID<<4, s.MID
	b[18], b[19], b[20] = s.TWCCID<<4|1, byte(seq>>8), byte(seq)
	b[21], b[22], b[23] = 0, 0, 0
}

// timestamp is the RTP time that belongs to now.
func (s *Source) timestamp(now int64) uint32 {
	last := s.sent[(s.burst-1)%remembered]
	return s.base + (s.burst-1)*s.leg.loop.ticks + uint32((now-last)*90/1e6)
}

// prepare seals the next burst ahead of its time, so that sealing is not part
// of what is measured.
func (s *Source) prepare(plan int64) {
	if !s.Secured || s.leg.out == nil {
		return
	}
	for i, b := range s.draw(plan) {
		sealed, err := s.leg.out.Seal(s.sealed[i][:0], b)
		if err != nil {
			s.plan = 0
			return
		}
		s.sealed[i] = sealed
	}
	s.plan = plan
}

// send sends the burst that was planned for a time.
func (s *Source) send(plan int64, segment bool) {
	var p [][]byte
	switch {
	case !s.Secured:
		p = s.draw(plan)
	case s.leg.out == nil:
		return
	default:
		if s.plan != plan {
			s.prepare(plan)
		}
		if s.plan != plan {
			return
		}
		p, s.plan = s.sealed, 0
	}
	l := s.leg.loop
	s.sent[s.burst%remembered] = Now()
	var n int
	if segment && len(p[0]) == len(p[1]) {
		n = l.tx.SendSegmented(s.leg.sock.FD, p)
	} else {
		n = l.tx.Send(s.leg.sock.FD, p)
	}
	s.short += uint64(len(p) - n)
	s.seq += uint32(len(p))
	s.burst++
}

// sentAt is when a packet went, or 0 when that is too long ago.
func (s *Source) sentAt(seq uint32) int64 {
	burst := seq / uint32(s.leg.loop.cfg.Packets)
	if s.burst-burst-1 >= remembered {
		return 0
	}
	return s.sent[burst%remembered]
}

// overhead is room for what sealing adds.
func (s *Source) overhead() int {
	if !s.Secured {
		return 0
	}
	most := 0
	for suite := range secureSuites {
		rtp, _ := secure.Overhead(secureSuites[suite])
		most = max(most, rtp)
	}
	return most
}
