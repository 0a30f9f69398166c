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
	at, end, ok := payloadBounds(b)
	if !ok {
		return errRTP
	}
	p.PT = b[1] & 0x7f
	p.Marker = b[1]&0x80 != 0
	p.Seq = binary.BigEndian.Uint16(b[2:])
	p.Timestamp = binary.BigEndian.Uint32(b[4:])
	p.SSRC = binary.BigEndian.Uint32(b[8:])
	p.Payload = b[at:end]
	p.Audio = -1
	if levelID != 0 {
		if e := extension(b, levelID); len(e) > 0 {
			p.Audio = int8(e[0] & 0x7f)
		}
	}
	return nil
}

// payloadBounds finds the payload of an RTP packet, without padding.
func payloadBounds(b []byte) (at, end int, ok bool) {
	at, size, ok := extensionBounds(b)
	if !ok {
		return 0, 0, false
	}
	at, end = at+size, len(b)
	if b[0]&0x20 != 0 {
		pad := int(b[end-1])
		if pad == 0 || pad > end-at {
			return 0, 0, false
		}
		end -= pad
	}
	return at, end, true
}

// extensionBounds finds the data of the header extension; without one it is
// empty and begins where the payload does.
func extensionBounds(b []byte) (at, size int, ok bool) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return 0, 0, false
	}
	at = 12 + 4*int(b[0]&0x0f)
	if at > len(b) {
		return 0, 0, false
	}
	if b[0]&0x10 == 0 {
		return at, 0, true
	}
	if at+4 > len(b) {
		return 0, 0, false
	}
	size = 4 * int(binary.BigEndian.Uint16(b[at+2:]))
	at += 4
	return at, size, at+size <= len(b)
}

// extension gives the value of one header extension in its one-byte or
// two-byte form (RFC 8285 4.2, 4.3), nil when it is not there.
func extension(b []byte, id uint8) []byte {
	at, size, ok := extensionBounds(b)
	if !ok || size == 0 {
		return nil
	}
	profile := binary.BigEndian.Uint16(b[at-4:])
	two := profile>>4 == 0x100
	if !two && profile != 0xbede {
		return nil
	}
	for ext := b[at : at+size]; len(ext) > 0; {
		if ext[0] == 0 { // padding
			ext = ext[1:]
			continue
		}
		got, n, head := ext[0]>>4, int(ext[0]&0x0f)+1, 1
		if two {
			if len(ext) < 2 {
				return nil
			}
			got, n, head = ext[0], int(ext[1]), 2
		}
		if !two && got == 15 || head+n > len(ext) {
			return nil
		}
		if got == id {
			return ext[head : head+n]
		}
		ext = ext[head+n:]
	}
	return nil
}
