package load

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

var secureSuites = []media.Suite{media.AESCM80, media.AEADGCM128, media.AEADGCM256}

// Sink receives one stream. Of a secured one it opens a sample, which tells
// how the relay's sequence numbers stand to the source's; so it knows of every
// packet which one it is.
type Sink struct {
	PT      uint8
	Secured bool
	Sample  int    // opens one packet of so many
	From    uint32 // SSRC that alone is taken, 0 is any
	Group   int    // which histogram counts it
	TWCC    uint8  // id of transport-wide sequence numbers, to be told of; 0: none

	leg    *Leg
	source *Source

	heard   bool
	ssrc    uint32
	highest uint16
	joined  bool // offset is known
	offset  uint16
	skip    int

	arrivals feedback.Arrivals

	counts
	seen []uint64 // bits, from Source.from on
}

// counts is what one or more sinks saw since the measurement began.
type counts struct {
	again   uint64 // that came before
	failed  uint64 // could not be opened
	strange uint64 // with another source's stamp
	moved   uint64 // times the numbering jumped
}

func (s *Sink) receive(data []byte, at int64) {
	if len(data) < headerSize || data[1]&0x7f != s.PT {
		return
	}
	ssrc := binary.BigEndian.Uint32(data[8:])
	if s.From != 0 && ssrc != s.From {
		return
	}
	out := binary.BigEndian.Uint16(data[2:])
	if !s.heard || ssrc != s.ssrc || packet.SeqDiff(out, s.highest) > 0 {
		s.heard, s.ssrc, s.highest = true, ssrc, out
	}
	if s.TWCC != 0 {
		if n, ok := wide(data, s.TWCC); ok {
			s.arrivals.Record(n, at)
		}
	}
	if s.look() && !s.open(data, out) {
		return
	}
	if !s.joined {
		return
	}
	src := s.source
	seq := src.seq + uint32(int16(out-s.offset-uint16(src.seq)))
	i := seq - src.from
	if int32(i) < 0 || int(i/64) >= len(s.seen) {
		return // from before or after the measurement
	}
	if s.seen[i/64]>>(i%64)&1 == 1 {
		s.again++
		return
	}
	s.seen[i/64] |= 1 << (i % 64)
	if sent := src.sentAt(seq); sent != 0 {
		s.leg.loop.delays[s.Group].Add(at - sent)
	}
}

// wide reads the transport-wide sequence number of a packet among its one-byte
// header extensions (RFC 8285 4.2), which are never encrypted.
func wide(data []byte, id uint8) (uint16, bool) {
	at := headerSize + 4*int(data[0]&15)
	if data[0]&0x10 == 0 || at+4 > len(data) || binary.BigEndian.Uint16(data[at:]) != 0xbede {
		return 0, false
	}
	end := at + 4 + 4*int(binary.BigEndian.Uint16(data[at+2:]))
	for at += 4; at < min(end, len(data)); {
		if data[at] == 0 { // padding
			at++
			continue
		}
		n := int(data[at]&15) + 1
		if data[at]>>4 == id && n == 2 && at+3 <= len(data) {
			return binary.BigEndian.Uint16(data[at+1:]), true
		}
		at += 1 + n
	}
	return 0, false
}

// look tells whether a packet's stamp is to be read: always where that is
// free, else one in Sample.
func (s *Sink) look() bool {
	if !s.Secured || !s.joined {
		return true
	}
	if s.skip--; s.skip > 0 {
		return false
	}
	s.skip = s.Sample
	return true
}

// open reads a packet's stamp. It is false for one that does not count.
func (s *Sink) open(data []byte, out uint16) bool {
	if s.Secured {
		if s.leg.in == nil {
			return false
		}
		plain, err := s.leg.in.OpenNew(data[:0], data)
		if err != nil {
			s.failed++
			return false
		}
		data = plain
	}
	var p packet.Packet
	if packet.Parse(data, &p) != nil {
		s.failed++
		return false
	}
	st, ok := readStamp(p.Payload)
	if !ok {
		return true // parameter sets, or what the relay shows before the source
	}
	if st.source != s.source.id {
		s.strange++
		return false
	}
	if offset := out - uint16(st.seq); !s.joined || offset != s.offset {
		if s.joined {
			s.moved++
		}
		s.joined, s.offset = true, offset
	}
	return true
}

// report appends a reception report block (RFC 3550 6.4.1) that complains of nothing.
func (s *Sink) report(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, s.ssrc)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(s.highest))
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, 0)
	return binary.BigEndian.AppendUint32(b, 0)
}
