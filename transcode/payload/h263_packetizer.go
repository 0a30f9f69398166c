package payload

import (
	"encoding/binary"
	"fmt"

	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/transcode/codec"
)

// cutter chooses where pictures of H.261 and H.263 are cut.
type cutter struct {
	cuts []h26x.Cut
	end  int // of the picture, bits
}

// bit gives the place of cut i, the end of the picture behind the last.
func (c *cutter) bit(i int) int {
	if i == len(c.cuts) {
		return c.end
	}
	return c.cuts[i].Bit
}

// next gives the cut at which a payload ends that begins at cut i and has room for
// so many bytes: the last that fits, or a start code before it where that
// makes the payload no less than half as long.
func (c *cutter) next(i, room int) (int, error) {
	from := c.bit(i)
	limit := (from/8 + room) * 8
	last, start := i, i
	for k := i + 1; k <= len(c.cuts) && c.bit(k) <= limit; k++ {
		last = k
		if k == len(c.cuts) || c.cuts[k].Start {
			start = k
		}
	}
	switch {
	case last == i && c.bit(i+1) <= (from/8+maxSingle-rfc2190ModeB)*8:
		return i + 1, nil // one macroblock above the MTU, which fits Ethernet
	case last == i:
		return 0, fmt.Errorf("%w: macroblock at bit %d", ErrTooLarge, from)
	case start > i && 2*(c.bit(start)-from) >= c.bit(last)-from:
		return start, nil
	}
	return last, nil
}

// piece gives the bytes from cut i to cut k, and how many bits of the first and the
// last do not belong to it.
func (c *cutter) piece(frame []byte, i, k int) (body []byte, skip, leave int) {
	from, to := c.bit(i), c.bit(k)
	return frame[from/8 : (to+7)/8], from % 8, (8 - to%8) % 8
}

// Lengths of RFC 2190's headers (5).
const (
	rfc2190ModeA = 4
	rfc2190ModeB = 8
)

// rfc2190 cuts pictures of H.263 at GOBs (mode A) and macroblocks (mode B).
type rfc2190 struct {
	mtu int
	cutter
	carrier
}

func (p *rfc2190) Payloads(e codec.Encoded) ([][]byte, error) {
	frame, err := single(e)
	if frame == nil {
		return nil, err
	}
	picture, err := h26x.ParsePicture263(frame)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if p.cuts, err = h26x.Cuts263(p.cuts[:0], frame); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	p.end = len(frame) * 8
	p.begin(len(frame) + (2+len(frame)/p.mtu*3)*(rfc2190ModeB+1))
	for i := 0; i < len(p.cuts); {
		size := rfc2190ModeA
		if !p.cuts[i].Start {
			size = rfc2190ModeB
		}
		k, err := p.next(i, p.mtu-size)
		if err != nil {
			return nil, err
		}
		body, skip, leave := p.piece(frame, i, k)
		var header [rfc2190ModeB]byte
		p.header(&header, picture, p.cuts[i], skip, leave)
		p.put(body, header[:size]...)
		i = k
	}
	return p.out, nil
}

// header writes the header of mode A or B (RFC 2190 5.1, 5.2). The optional
// modes are not used, so their fields are 0.
func (p *rfc2190) header(to *[rfc2190ModeB]byte, picture h26x.Picture263, cut h26x.Cut, skip, leave int) {
	inter := uint32(1)
	if picture.Intra {
		inter = 0
	}
	to[0] = byte(skip<<3 | leave)
	to[1] = picture.Format << 5
	if cut.Start {
		to[1] |= byte(inter << 4)
		return
	}
	to[0] |= 0x80
	to[1] |= cut.Quant
	binary.BigEndian.PutUint16(to[2:], uint16(cut.GOB)<<11|cut.MBA<<2)
	binary.BigEndian.PutUint32(to[4:], inter<<31|uint32(cut.HMV&0x7f)<<21|uint32(cut.VMV&0x7f)<<14)
}

// rfc4629 cuts pictures of H.263-1998 at start codes where there are some,
// and else anywhere.
type rfc4629 struct {
	mtu int
	carrier
}

func (p *rfc4629) Payloads(e codec.Encoded) ([][]byte, error) {
	frame, err := single(e)
	if frame == nil {
		return nil, err
	}
	if !h26x.StartsPicture263(frame) {
		return nil, ErrMalformed
	}
	const size = 2
	p.begin(len(frame) + (1+len(frame)/p.mtu*2)*(size+1))
	for len(frame) > 0 {
		first := byte(0)
		if startsByte(frame) {
			first, frame = 0x04, frame[2:] // P: two bytes of zeros are left out
		}
		n := min(len(frame), p.mtu-size)
		if n < len(frame) {
			n = lastStart(frame, n)
		}
		p.put(frame[:n], first, 0)
		frame = frame[n:]
	}
	return p.out, nil
}

// lastStart gives the last start code in the second half of b's first n bytes, n where there is none.
func lastStart(b []byte, n int) int {
	for i := n; i > n/2; i-- {
		if startsByte(b[i:]) {
			return i
		}
	}
	return n
}

// startsByte tells whether a start code begins with the first bit.
func startsByte(b []byte) bool { return len(b) > 2 && b[0] == 0 && b[1] == 0 && b[2] >= 0x80 }
