package payload

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/transcode/codec"
)

// maxSingle is how large a payload may be at most that cannot be cut, bytes: an H.264
// encoder keeps to the MTU in packetization-mode 0 but for a few units, which still fit Ethernet.
const maxSingle = 1400

// h264Packetizer cuts access units (RFC 6184 6): in mode 0 each NAL unit is a
// payload; in mode 1 those above the MTU become FU-A, and parameter sets that stand
// together share a STAP-A.
type h264Packetizer struct {
	mtu  int
	mode uint8
	carrier
}

func (p *h264Packetizer) Payloads(e codec.Encoded) ([][]byte, error) {
	size := 0
	for _, nal := range e.Units {
		if len(nal) == 0 {
			return nil, fmt.Errorf("%w: empty NAL unit", ErrMalformed)
		}
		if p.mode == 0 && len(nal) > max(p.mtu, maxSingle) {
			return nil, fmt.Errorf("%w: NAL unit of %d bytes in packetization-mode 0", ErrTooLarge, len(nal))
		}
		size += len(nal) + 3 + 2*parts(len(nal), p.mtu-2)
	}
	p.begin(size)
	for i := 0; i < len(e.Units); i++ {
		nal := e.Units[i]
		switch {
		case p.mode != 0 && len(nal) > p.mtu:
			p.fragments(nal)
		case p.mode != 0 && h264.Type(nal) == h264.TypeSPS:
			n := together(e.Units[i:], p.mtu)
			p.aggregate(e.Units[i : i+n])
			i += n - 1
		default:
			p.put(nal)
		}
	}
	return p.out, nil
}

// together counts the parameter sets at the front that fit one packet.
func together(nals [][]byte, mtu int) int {
	size, n := 1, 0
	for _, nal := range nals {
		size += 2 + len(nal)
		if t := h264.Type(nal); t != h264.TypeSPS && t != h264.TypePPS || size > mtu {
			break
		}
		n++
	}
	return max(n, 1)
}

// aggregate puts NAL units into a STAP-A (RFC 6184 5.7.1), whose header has the
// highest nal_ref_idc of all. One unit stays what it is.
func (p *h264Packetizer) aggregate(nals [][]byte) {
	if len(nals) == 1 {
		p.put(nals[0])
		return
	}
	at := len(p.buf)
	p.buf = append(p.buf, h264.TypeSTAPA)
	for _, nal := range nals {
		p.buf[at] = p.buf[at]&0x9f | nal[0]&0x80 | max(p.buf[at]&0x60, nal[0]&0x60)
		p.buf = append(p.buf, byte(len(nal)>>8), byte(len(nal)))
		p.buf = append(p.buf, nal...)
	}
	p.out = append(p.out, p.buf[at:len(p.buf):len(p.buf)])
}

// fragments puts a NAL unit into FU-A packets (RFC 6184 5.8).
func (p *h264Packetizer) fragments(nal []byte) {
	body := nal[1:]
	count := parts(len(body), p.mtu-2)
	for i := range count {
		header := nal[0] & 0x1f
		if i == 0 {
			header |= 0x80
		}
		if i == count-1 {
			header |= 0x40
		}
		p.put(part(body, i, count), nal[0]&0xe0|h264.TypeFUA, header)
	}
}
