package room

import (
	"bytes"
	"encoding/binary"
)

// Parts of a STUN message (RFC 8489 5, 14.3).
const (
	stunHeader   = 20
	stunCookie   = 0x2112a442
	stunUsername = 0x0006

	stunRequest    = 0x0001 // Binding
	stunIndication = 0x0011
	stunSuccess    = 0x0101
)

// isSTUN tells whether a message has the header of STUN, and its length.
func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0]>>6 == 0 && binary.BigEndian.Uint32(b[4:]) == stunCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-stunHeader
}

// stunType gives the message type.
func stunType(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// stunName gives whom a request is for: the first half of its user name (RFC
// 8445 7.2.2), nil when it has none. It is false for what is no STUN message.
func stunName(b []byte) (name []byte, ok bool) {
	if !isSTUN(b) {
		return nil, false
	}
	for at := b[stunHeader:]; len(at) >= 4; {
		kind, size := binary.BigEndian.Uint16(at), int(binary.BigEndian.Uint16(at[2:]))
		padded := 4 + (size+3)&^3
		if padded > len(at) {
			return nil, false
		}
		if kind == stunUsername {
			name, _, _ = bytes.Cut(at[4:4+size], []byte{':'})
			return name, true
		}
		at = at[padded:]
	}
	return nil, true
}

// appendIndication writes a Binding indication, which ICE takes for a sign of
// life (RFC 8445 11).
func appendIndication(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, stunIndication)
	dst = binary.BigEndian.AppendUint16(dst, 0)
	dst = binary.BigEndian.AppendUint32(dst, stunCookie)
	return append(dst, make([]byte, 12)...)
}
