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

func (*h261Format) place(payload []byte) place {
	p, ok := h26x.Read261(payload)
	switch {
	case !ok:
		return anywhere
	case p.Picture:
		return beginning
	}
	return inside
}

func (h *h261Format) add(f *building, payload []byte) {
	p, ok := h26x.Read261(payload)
	if !ok {
		f.damaged = f.damaged || len(payload) > 0
		return
	}
	h.lost = h.lost || f.hole
	switch {
	case len(f.data) == 0:
		h.lost = !p.Picture
	case h.lost && p.Start:
		f.stuff()
		h.lost = false
	}
	if h.lost {
		f.damaged = true
		return
	}
	f.join(p.Body, p.Skip, p.Leave)
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
