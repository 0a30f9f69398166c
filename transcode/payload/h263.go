package payload

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/h26x"
)

// h263Format puts pictures of H.263 together. Terminals send RFC 2190 where
// RFC 4629 was agreed and the other way round, so the beginning of every picture is looked
// at to see which it is. After a hole all is left out up to the next start
// code, from which a decoder can go on.
type h263Format struct {
	old  bool // RFC 2190
	lost bool // no start code came since a hole
}

// h263Part is what one payload holds.
type h263Part struct {
	body        []byte
	skip, leave int    // bits of body that belong to others, or unknown
	zeros       bool   // two bytes of zeros were left out before it
	start       bool   // it begins with a start code
	header      []byte // RFC 4629: a copy of the picture's header, without its first two bytes
	headerLeave int    // bits at its end that do not belong to it
}

// picture tells whether it begins a picture.
func (p *h263Part) picture() bool {
	switch {
	case p.zeros:
		return len(p.body) > 0 && p.body[0]&0xfc == 0x80
	case p.skip != 0:
		return false // the picture start code is at the beginning of a byte (ITU-T H.263 5.1.1)
	}
	return h26x.StartsPicture263(p.body)
}

// overwritten is what the header of mode B begins with that libavformat 59 and those before it
// send where a vector's predictor is negative.
const overwritten = 1<<32 - 1

// Lengths of RFC 2190's headers (5).
const (
	modeA = 4
	modeB = 8
	modeC = 12
)

// read2190 takes a payload of RFC 2190 apart; false is one that is cut off.
func read2190(b []byte) (h263Part, bool) {
	if len(b) < modeA {
		return h263Part{}, false
	}
	size := modeA
	switch b[0] >> 6 {
	case 2:
		size = modeB
	case 3:
		size = modeC
	}
	skip, leave := int(b[0]>>3&7), int(b[0]&7)
	if binary.BigEndian.Uint32(b) == overwritten {
		size, skip, leave = modeB, unknown, unknown
	}
	if len(b) <= size {
		return h263Part{}, false
	}
	p := h263Part{body: b[size:], skip: skip, leave: leave}
	p.start = startCode(p.body, max(p.skip, 0), 16)
	return p, true
}

// read4629 takes a payload of RFC 4629 apart; false is one that is cut off.
func read4629(b []byte) (h263Part, bool) {
	if len(b) < 2 {
		return h263Part{}, false
	}
	size, extra := 2, int(b[0]&1)<<5|int(b[1]>>3)
	if b[0]&0x02 != 0 { // V
		size++
	}
	if len(b) <= size+extra {
		return h263Part{}, false
	}
	p := h263Part{body: b[size+extra:], header: b[size : size+extra], headerLeave: int(b[1] & 7), start: b[0]&0x04 != 0}
	// Some senders leave the zeros there, or forget the bit.
	whole := startCode(p.body, 0, 16)
	p.zeros = p.start && !whole
	p.start = p.start || whole
	return p, true
}

// begins2190 and begins4629 tell whether a payload, read as one or the other,
// begins a picture. They look at RR or the header's reserved bits, at the
// start code and at the bits 1 and 0 of PTYPE.
func begins2190(b []byte) bool {
	p, ok := read2190(b)
	return ok && b[0]&0xb8 == 0 && p.picture() && len(p.body) > 3 && p.body[3]&3 == 2
}

func begins4629(b []byte) bool {
	p, ok := read4629(b)
	return ok && b[0]&0xf8 == 0 && p.zeros && p.picture() && len(p.body) > 1 && p.body[1]&3 == 2
}

// read takes a payload apart.
func (h *h263Format) read(payload []byte) (h263Part, bool) {
	if h.old {
		return read2190(payload)
	}
	return read4629(payload)
}

func (h *h263Format) place(payload []byte) place {
	if is2190, is4629 := begins2190(payload), begins4629(payload); is2190 != is4629 {
		h.old = is2190
	}
	p, ok := h.read(payload)
	switch {
	case !ok:
		return anywhere
	case p.picture():
		return beginning
	}
	return inside
}

func (h *h263Format) add(f *building, payload []byte) {
	p, ok := h.read(payload)
	if !ok {
		f.damaged = f.damaged || len(payload) > 0
		return
	}
	first := len(f.data) == 0
	h.lost = h.lost || f.hole
	if p.start && (!first || p.picture() || h.restore(f, &p)) {
		if h.lost {
			f.stuff()
		}
		h.lost = false
	}
	if h.lost || first && !p.start || first && len(f.data) == 0 && !p.picture() {
		h.lost, f.damaged = true, true
		return
	}
	if p.zeros {
		f.join([]byte{0, 0}, 0, 0)
	}
	f.join(p.body, p.skip, p.leave)
	f.content = true
}

// restore puts the copy of the picture's header where the beginning was lost (RFC
// 4629 5.1), and tells whether there was one.
func (h *h263Format) restore(f *building, p *h263Part) bool {
	if len(p.header) < 4 || p.header[0]&0xfc != 0x80 {
		return false
	}
	f.append([]byte{0, 0})
	f.join(p.header, 0, p.headerLeave)
	f.stuff()
	f.damaged = true
	return true
}

func (h *h263Format) end(f *building) {
	h.lost = false
	p, err := h26x.ParsePicture263(f.data)
	f.key = err == nil && p.Intra
}
