package room

import (
	"encoding/binary"
	"errors"

	"github.com/roombridge/roombridge/bridge/packet"
)

var errRTP = errors.New("room: malformed RTP packet")

// parseRTP reads an RTP packet (RFC 3550 5.1) into p, whose payload points
// into b. levelID is the header extension of RFC 6464, 0 when it was not
// negotiated.
func parseRTP(b []byte, levelID uint8, p *packet.Packet) error {
	if len(b) < 12 || b[0]>>6 != 2 {
		return errRTP
	}
	p.PT = b[1] & 0x7f
	p.Marker = b[1]&0x80 != 0
	p.Seq = binary.BigEndian.Uint16(b[2:])
	p.Timestamp = binary.BigEndian.Uint32(b[4:])
	p.SSRC = binary.BigEndian.Uint32(b[8:])
	p.Audio = -1
	end := len(b)
	if b[0]&0x20 != 0 {
		pad := int(b[end-1])
		if pad == 0 || pad > end-12 {
			return errRTP
		}
		end -= pad
	}
	at := 12 + 4*int(b[0]&0x0f)
	if at > end {
		return errRTP
	}
	if b[0]&0x10 != 0 {
		if at+4 > end {
			return errRTP
		}
		profile := binary.BigEndian.Uint16(b[at:])
		size := 4 * int(binary.BigEndian.Uint16(b[at+2:]))
		at += 4
		if at+size > end {
			return errRTP
		}
		if levelID != 0 {
			p.Audio = audioLevel(profile, b[at:at+size], levelID)
		}
		at += size
	}
	p.Payload = b[at:end]
	return nil
}

// audioLevel finds the level in one-byte or two-byte header extensions (RFC
// 8285 4.2, 4.3); -1 when it is not there.
func audioLevel(profile uint16, ext []byte, id uint8) int8 {
	twoByte := profile>>4 == 0x100
	if !twoByte && profile != 0xbede {
		return -1
	}
	for len(ext) > 0 {
		if ext[0] == 0 { // padding
			ext = ext[1:]
			continue
		}
		var got uint8
		var size int
		if twoByte {
			if len(ext) < 2 {
				return -1
			}
			got, size, ext = ext[0], int(ext[1]), ext[2:]
		} else {
			got, size, ext = ext[0]>>4, int(ext[0]&0x0f)+1, ext[1:]
			if got == 15 {
				return -1
			}
		}
		if size > len(ext) {
			return -1
		}
		if got == id && size > 0 {
			return int8(ext[0] & 0x7f)
		}
		ext = ext[size:]
	}
	return -1
}

// arrivals counts what came of one RTP source (RFC 3550 A.3).
type arrivals struct {
	started  bool
	highest  uint32 // extended sequence number
	base     uint32
	received uint32
	// the state at the last report
	expectedBefore, receivedBefore uint32
}

func (a *arrivals) add(seq uint16) {
	if !a.started {
		*a = arrivals{started: true, highest: uint32(seq), base: uint32(seq), received: 1}
		return
	}
	a.received++
	if d := int16(seq - uint16(a.highest)); d > 0 {
		a.highest += uint32(d)
	}
}

// loss gives the packets expected and missing since the last call.
func (a *arrivals) loss() (expected, lost uint32) {
	if !a.started {
		return 0, 0
	}
	all := a.highest - a.base + 1
	expected = all - a.expectedBefore
	got := a.received - a.receivedBefore
	a.expectedBefore, a.receivedBefore = all, a.received
	if got < expected {
		lost = expected - got
	}
	return expected, lost
}
