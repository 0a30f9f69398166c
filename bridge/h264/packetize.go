package h264

import (
	"encoding/binary"
	"fmt"
)

// DefaultMTU is how large an RTP payload of ours is at most.
const DefaultMTU = 1200

// Packetize makes the RTP payloads of one access unit (RFC 6184 6). In mode 0
// each NAL unit is a payload, and one that is larger than the MTU is an
// error; in mode 1 (any other) it becomes FU-A, and parameter sets that stand
// together share a STAP-A. The marker belongs on the last payload. Payloads may
// be slices of the units. mtu 0 is DefaultMTU.
func Packetize(nals [][]byte, mode uint8, mtu int) ([][]byte, error) {
	if mtu <= 0 {
		mtu = DefaultMTU
	}
	if mtu < minMTU {
		return nil, fmt.Errorf("h264: MTU of %d bytes", mtu)
	}
	var out [][]byte
	for i := 0; i < len(nals); i++ {
		nal := nals[i]
		switch {
		case len(nal) == 0:
			return nil, fmt.Errorf("%w: empty NAL unit", ErrSyntax)
		case mode == 0 && len(nal) > mtu:
			return nil, fmt.Errorf("h264: NAL unit of %d bytes does not fit packetization-mode 0", len(nal))
		case mode == 0:
			out = append(out, nal)
		case len(nal) > mtu:
			out = appendFragments(out, nal, mtu)
		default:
			n := setsTogether(nals[i:], mtu)
			if n < 2 {
				out = append(out, nal)
				continue
			}
			out = append(out, aggregate(make([]byte, 0, mtu), nals[i:i+n]...))
			i += n - 1
		}
	}
	return out, nil
}

// minMTU leaves room for the headers of a fragment and some of its content.
const minMTU = 16

// setsTogether counts the parameter sets at the front that fit one STAP-A.
func setsTogether(nals [][]byte, mtu int) int {
	size, n := 1, 0
	for _, nal := range nals {
		if t := Type(nal); t != TypeSPS && t != TypePPS {
			break
		}
		if size += 2 + len(nal); size > mtu {
			break
		}
		n++
	}
	return n
}

// aggregate appends a STAP-A of the units to dst (RFC 6184 5.7.1).
func aggregate(dst []byte, nals ...[]byte) []byte {
	at := len(dst)
	dst = append(dst, TypeSTAPA)
	for _, nal := range nals {
		dst = appendAggregated(dst, at, nal)
	}
	return dst
}

// appendAggregated adds a unit to the STAP-A that begins at at. Its header has
// the highest nal_ref_idc of all, and F if one has it.
func appendAggregated(dst []byte, at int, nal []byte) []byte {
	dst[at] = dst[at]&0x9f | nal[0]&0x80 | max(dst[at]&0x60, refIDC(nal))
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(nal)))
	return append(dst, nal...)
}

// appendFragments appends the FU-A payloads of a unit, of about equal size.
func appendFragments(out [][]byte, nal []byte, mtu int) [][]byte {
	body := nal[1:]
	count := (len(body) + mtu - 3) / (mtu - 2)
	for i := range count {
		from, to := i*len(body)/count, (i+1)*len(body)/count
		p := make([]byte, 0, 2+to-from)
		p = append(p, fuIndicator(nal[0]), fuHeader(nal[0], i == 0, i == count-1))
		out = append(out, append(p, body[from:to]...))
	}
	return out
}

func fuIndicator(header byte) byte { return header&0xe0 | TypeFUA }

func fuHeader(header byte, start, end bool) byte {
	h := header & 0x1f
	if start {
		h |= 0x80
	}
	if end {
		h |= 0x40
	}
	return h
}
