package packet

// Class tells what protocol a datagram on a media port belongs to.
type Class uint8

// Classes of datagrams.
const (
	Unknown Class = iota
	STUN
	DTLS
	RTP
	RTCP
)

func (c Class) String() string {
	switch c {
	case STUN:
		return "stun"
	case DTLS:
		return "dtls"
	case RTP:
		return "rtp"
	case RTCP:
		return "rtcp"
	}
	return "unknown"
}

// Classify looks at the first bytes of a datagram (RFC 7983 7), and tells RTP
// from RTCP by the packet type (RFC 5761 4). It says what the datagram claims
// to be; the reader of that protocol says whether it is.
func Classify(b []byte) Class {
	if len(b) < 2 {
		return Unknown
	}
	switch first := b[0]; {
	case first <= 3:
		return STUN
	case first >= 20 && first <= 63:
		return DTLS
	case first >= 128 && first <= 191:
		if b[1] >= 192 && b[1] <= 223 {
			return RTCP
		}
		return RTP
	}
	return Unknown
}
