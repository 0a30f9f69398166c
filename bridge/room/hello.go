package room

import "encoding/binary"

// serverHello is what the keys of a session need of the answer in a DTLS
// handshake (RFC 5246 7.4.1.3, RFC 5764 4.1.1).
type serverHello struct {
	random  [32]byte
	cipher  uint16
	profile uint16 // of SRTP, 0: none was agreed
}

const (
	dtlsAlert       = 21 // content types
	dtlsHandshake   = 22
	dtlsServerHello = 2  // handshake type
	dtlsUseSRTP     = 14 // extension
)

// clearRecord gives the first record of a datagram that is not encrypted, and
// what follows it (RFC 6347 4.1); nil when there is none.
func clearRecord(b []byte) (kind uint8, record, rest []byte) {
	for len(b) >= 13 {
		size := 13 + int(binary.BigEndian.Uint16(b[11:]))
		if len(b) < size {
			return 0, nil, nil
		}
		if epoch := binary.BigEndian.Uint16(b[3:]); epoch == 0 {
			return b[0], b[13:size], b[size:]
		}
		b = b[size:]
	}
	return 0, nil, nil
}

// isFatal tells whether a datagram holds a fatal alert in the clear (RFC 5246
// 7.2), with which a handshake ends.
func isFatal(b []byte) bool {
	for kind, record, rest := clearRecord(b); record != nil; kind, record, rest = clearRecord(rest) {
		if kind == dtlsAlert && len(record) == 2 && record[0] == 2 {
			return true
		}
	}
	return false
}

// readServerHello looks for a whole ServerHello in the clear records of a
// datagram (RFC 6347 4.2.2).
func readServerHello(b []byte) (h serverHello, ok bool) {
	for kind, record, rest := clearRecord(b); record != nil; kind, record, rest = clearRecord(rest) {
		if kind != dtlsHandshake {
			continue
		}
		for len(record) >= 12 {
			whole, at, part := uint24(record[1:]), uint24(record[6:]), uint24(record[9:])
			if len(record) < 12+part {
				break
			}
			if record[0] == dtlsServerHello && at == 0 && part == whole {
				return parseServerHello(record[12 : 12+part])
			}
			record = record[12+part:]
		}
	}
	return h, false
}

func parseServerHello(b []byte) (h serverHello, ok bool) {
	if len(b) < 2+32+1 {
		return h, false
	}
	copy(h.random[:], b[2:])
	session := int(b[34])
	if b = b[35:]; len(b) < session+3 {
		return h, false
	}
	h.cipher = binary.BigEndian.Uint16(b[session:])
	if b = b[session+3:]; len(b) < 2 {
		return h, true // without extensions
	}
	size := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; len(b) < size {
		return h, false
	}
	for b = b[:size]; len(b) >= 4; {
		kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if len(b) < 4+size {
			return h, false
		}
		if value := b[4 : 4+size]; kind == dtlsUseSRTP && size >= 4 {
			h.profile = binary.BigEndian.Uint16(value[2:]) // the one profile of an answer
		}
		b = b[4+size:]
	}
	return h, true
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
