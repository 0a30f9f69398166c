package packet

import (
	"encoding/binary"
	"errors"
)

// HeaderSize is the length of the RTP header that Write produces: no CSRCs,
// no extension.
const HeaderSize = 12

// NoLevel is the value of Packet.Audio while the level is unknown.
const NoLevel = -1

// Reasons for which Parse refuses a datagram.
var (
	ErrShort     = errors.New("packet: truncated RTP header")
	ErrVersion   = errors.New("packet: not RTP version 2")
	ErrExtension = errors.New("packet: header extension longer than the packet")
	ErrPadding   = errors.New("packet: padding longer than the payload")
)

// Parse reads an RTP packet (RFC 3550 5.1) into p. The payload is a slice of
// raw without CSRCs, extension and padding. Arrived is left as it is. It does
// not allocate, and p is unchanged when it returns an error.
func Parse(raw []byte, p *Packet) error {
	_, err := parse(raw, p)
	return err
}

// ParseLevel is Parse for a stream that negotiated the audio level extension
// (RFC 6464) under the given id, 1 to 255. A packet with a malformed or
// missing extension element is taken as one without a level.
func ParseLevel(raw []byte, p *Packet, id uint8) error {
	ext, err := parse(raw, p)
	if err != nil {
		return err
	}
	if v := element(ext, id); len(v) > 0 {
		p.Audio = int8(v[0] & 0x7f)
	}
	return nil
}

// parse fills p and returns the header extension with its four byte prefix,
// nil when there is none.
func parse(raw []byte, p *Packet) ([]byte, error) {
	if len(raw) < HeaderSize {
		return nil, ErrShort
	}
	if raw[0]>>6 != 2 {
		return nil, ErrVersion
	}
	body := raw[HeaderSize:]
	csrcs := int(raw[0]&0x0f) * 4
	if len(body) < csrcs {
		return nil, ErrShort
	}
	body = body[csrcs:]
	ext, body, err := splitExtension(raw[0]&0x10 != 0, body)
	if err != nil {
		return nil, err
	}
	if raw[0]&0x20 != 0 {
		if body, err = trimPadding(body); err != nil {
			return nil, err
		}
	}
	p.Header = Header{
		PT:        raw[1] & 0x7f,
		Marker:    raw[1]&0x80 != 0,
		Seq:       binary.BigEndian.Uint16(raw[2:]),
		Timestamp: binary.BigEndian.Uint32(raw[4:]),
		SSRC:      binary.BigEndian.Uint32(raw[8:]),
	}
	p.Payload, p.Keyframe, p.Audio = body, false, NoLevel
	return ext, nil
}

// splitExtension cuts the header extension (RFC 3550 5.3.1) off the front.
func splitExtension(present bool, body []byte) (ext, rest []byte, err error) {
	if !present {
		return nil, body, nil
	}
	if len(body) < 4 {
		return nil, nil, ErrExtension
	}
	n := 4 + 4*int(binary.BigEndian.Uint16(body[2:]))
	if len(body) < n {
		return nil, nil, ErrExtension
	}
	return body[:n], body[n:], nil
}

// trimPadding cuts the padding off the end. Its last byte counts itself, so
// zero is not a length (RFC 3550 5.1).
func trimPadding(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, ErrPadding
	}
	n := int(body[len(body)-1])
	if n == 0 || n > len(body) {
		return nil, ErrPadding
	}
	return body[:len(body)-n], nil
}

// element finds one element of a header extension in the one-byte (RFC 8285
// 4.2) or the two-byte form (4.3), nil when it is not there.
func element(ext []byte, id uint8) []byte {
	if len(ext) < 4 || id == 0 {
		return nil
	}
	profile := binary.BigEndian.Uint16(ext)
	switch {
	case profile == 0xbede:
		return oneByteElement(ext[4:], id)
	case profile&0xfff0 == 0x1000:
		return twoByteElement(ext[4:], id)
	}
	return nil
}

func oneByteElement(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		at, n := b[0]>>4, int(b[0]&0x0f)+1
		if at == 15 || len(b) < 1+n { // 15 ends the list
			return nil
		}
		if at == id {
			return b[1 : 1+n]
		}
		b = b[1+n:]
	}
	return nil
}

func twoByteElement(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil
		}
		n := int(b[1])
		if b[0] == id {
			return b[2 : 2+n]
		}
		b = b[2+n:]
	}
	return nil
}

// Write puts the fixed RTP header into dst, which must hold HeaderSize bytes,
// and returns HeaderSize.
func Write(dst []byte, h Header) int {
	_ = dst[HeaderSize-1]
	dst[0] = 2 << 6
	dst[1] = h.PT & 0x7f
	if h.Marker {
		dst[1] |= 0x80
	}
	binary.BigEndian.PutUint16(dst[2:], h.Seq)
	binary.BigEndian.PutUint32(dst[4:], h.Timestamp)
	binary.BigEndian.PutUint32(dst[8:], h.SSRC)
	return HeaderSize
}
