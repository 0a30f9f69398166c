package relay

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// inspector looks into the packets of one video source, in their order. key
// is true for a packet with which a decoder can start; w and h are the
// picture's size where the packet tells it.
type inspector interface {
	inspect(p *packet.Packet) (key bool, w, h int)
}

// newInspector gives nil for codecs whose keyframes are not looked for.
func newInspector(c media.Codec) inspector {
	switch c {
	case media.H264:
		return new(h264Inspector)
	case media.H265:
		return inspectFunc(inspectH265)
	case media.VP8:
		return inspectFunc(inspectVP8)
	case media.VP9:
		return inspectFunc(inspectVP9)
	case media.AV1:
		return inspectFunc(inspectAV1)
	case media.H263, media.H263P:
		return inspectFunc(inspectH263)
	case media.H261:
		return inspectFunc(inspectH261)
	}
	return nil
}

type inspectFunc func(payload []byte) (key bool, w, h int)

func (f inspectFunc) inspect(p *packet.Packet) (key bool, w, h int) { return f(p.Payload) }

// inspectVP8 reads the payload descriptor (RFC 7741 4.2) and the frame header
// behind it (RFC 6386 9.1).
func inspectVP8(payload []byte) (key bool, w, h int) {
	d, ok := parseVP8(payload)
	frame := payload[d.size:]
	if !ok || !d.start || len(frame) < 10 || frame[0]&1 != 0 {
		return false, 0, 0
	}
	if frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return false, 0, 0
	}
	w = int(binary.LittleEndian.Uint16(frame[6:]) & 0x3fff)
	h = int(binary.LittleEndian.Uint16(frame[8:]) & 0x3fff)
	return true, w, h
}

// inspectVP9 reads the payload descriptor (RFC 9628 4.2): a keyframe begins
// where a frame of the lowest layer begins that is not inter-picture
// predicted; the scalability structure tells the size.
func inspectVP9(payload []byte) (key bool, w, h int) {
	if len(payload) < 1 {
		return false, 0, 0
	}
	first, rest := payload[0], payload[1:]
	const i, p, l, f, b, v = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02
	if first&i != 0 {
		n := 1
		if len(rest) > 0 && rest[0]&0x80 != 0 {
			n = 2
		}
		if rest = skip(rest, n); rest == nil {
			return false, 0, 0
		}
	}
	layer := byte(0)
	if first&l != 0 {
		if len(rest) == 0 {
			return false, 0, 0
		}
		layer = rest[0] >> 1 & 7
		n := 2
		if first&f != 0 {
			n = 1
		}
		rest = skip(rest, n)
	}
	key = first&p == 0 && first&b != 0 && layer == 0
	// Y of the structure says that sizes follow; N_S+1 of them, the last the largest.
	if key && first&v != 0 && len(rest) > 0 && rest[0]&0x10 != 0 {
		if at := 1 + 4*int(rest[0]>>5); len(rest) >= at+4 {
			w, h = int(binary.BigEndian.Uint16(rest[at:])), int(binary.BigEndian.Uint16(rest[at+2:]))
		}
	}
	return key, w, h
}

func skip(b []byte, n int) []byte {
	if len(b) < n {
		return nil
	}
	return b[n:]
}

// inspectAV1 reads the aggregation header (RTP Payload Format For AV1 4.4): N
// marks the first packet of a coded video sequence.
func inspectAV1(payload []byte) (key bool, w, h int) {
	return len(payload) > 1 && payload[0]&0x08 != 0, 0, 0
}

// inspectH265 finds parameter sets and intra random access pictures (RFC 7798
// 4.4, ITU-T H.265 table 7-1).
func inspectH265(payload []byte) (key bool, w, h int) {
	if len(payload) < 3 {
		return false, 0, 0
	}
	switch typ := payload[0] >> 1 & 0x3f; typ {
	case 48: // aggregation packet: look at its first unit
		if len(payload) < 5 {
			return false, 0, 0
		}
		return startsH265(payload[4] >> 1 & 0x3f), 0, 0
	case 49: // fragment: its start
		return payload[2]&0x80 != 0 && startsH265(payload[2]&0x3f), 0, 0
	default:
		return startsH265(typ), 0, 0
	}
}

func startsH265(typ byte) bool {
	return typ >= 16 && typ <= 21 || typ >= 32 && typ <= 34
}
