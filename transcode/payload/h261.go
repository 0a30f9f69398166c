package payload

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/transcode/codec"
)

// h261Header is the length of the header of RFC 4587 4.1.
const h261Header = 4

// h261Format puts pictures of H.261 together. After a hole all is left out
// up to the next start code, from which a decoder can go on.
type h261Format struct {
	lost bool // no start code came since a hole
}

// starts261 tells whether a payload begins with a start code, and with a picture's.
func starts261(payload []byte) (start, picture bool) {
	if len(payload) < h261Header+4 {
		return false, false
	}
	body, skip := payload[h261Header:], payload[0]>>5
	word := (uint32(body[0])<<24 | uint32(body[1])<<16 | uint32(body[2])<<8 | uint32(body[3])) << skip
	return startCode(body, int(skip), 15), word>>12 == 0x10
}

func (*h261Format) place(payload []byte) place {
	if _, picture := starts261(payload); picture {
		return beginning
	}
	if len(payload) <= h261Header {
		return anywhere
	}
	return inside
}

func (h *h261Format) add(f *building, payload []byte) {
	if len(payload) <= h261Header {
		f.damaged = f.damaged || len(payload) > 0
		return
	}
	start, picture := starts261(payload)
	h.lost = h.lost || f.hole
	switch {
	case len(f.data) == 0:
		h.lost = !picture
	case h.lost && start:
		f.stuff()
		h.lost = false
	}
	if h.lost {
		f.damaged = true
		return
	}
	f.join(payload[h261Header:], int(payload[0]>>5), int(payload[0]>>2&7))
	f.content = true
}

func (h *h261Format) end(f *building) {
	h.lost = false
	f.key = !f.damaged && h26x.Intra261(f.data, true)
}

// h261Packetizer cuts pictures of H.261 at GOBs and macroblocks (RFC 4587).
type h261Packetizer struct {
	mtu int
	cutter
	carrier
}

func (p *h261Packetizer) Payloads(e codec.Encoded) ([][]byte, error) {
	frame, err := single(e)
	if frame == nil {
		return nil, err
	}
	if p.cuts, err = h26x.Cuts261(p.cuts[:0], frame); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	p.end = len(frame) * 8
	p.begin(len(frame) + (2+len(frame)/p.mtu*3)*(h261Header+1))
	for i := 0; i < len(p.cuts); {
		k, err := p.next(i, p.mtu-h261Header)
		if err != nil {
			return nil, err
		}
		body, skip, leave := p.piece(frame, i, k)
		fields := fields261(p.cuts[i])
		// I is 0 and V is 1: they speak of the stream, which may have anything.
		p.put(body, byte(skip<<5|leave<<2|1), byte(fields>>16), byte(fields>>8), byte(fields))
		i = k
	}
	return p.out, nil
}

// fields261 gives GOBN, MBAP, QUANT, HMVD and VMVD, which are 0 before a start code.
func fields261(c h26x.Cut) uint32 {
	if c.Start {
		return 0
	}
	return uint32(c.GOB)<<20 | uint32(c.MBA-1)<<15 | uint32(c.Quant)<<10 | uint32(c.HMV&0x1f)<<5 | uint32(c.VMV&0x1f)
}
