package payload

import "encoding/binary"

// h265Format puts access units of H.265 together as byte streams (RFC 7798). Units of
// other layers than the base layer are left out.
type h265Format struct {
	unit     int  // where the unit in hand begins in the frame, -1 is none
	skipping bool // the unit in hand is left out
	slices   int
	key      bool // a slice is of an intra random access picture
	carried  []byte
}

// NAL unit types (ITU-T H.265 table 7-1) and packet types (RFC 7798 4.4).
const (
	h265FirstKey    = 16 // BLA_W_LP
	h265LastKey     = 23 // RSV_IRAP_VCL23
	h265LastSlice   = 31
	h265VPS         = 32
	h265LastPrefix  = 39 // prefix SEI
	h265Filler      = 38
	h265Aggregation = 48
	h265Fragment    = 49
)

// h265Header is the length of a NAL unit's header.
const h265Header = 2

func h265Type(b []byte) byte { return b[0] >> 1 & 0x3f }

// first gives the type of the first unit in a payload, and whether it begins here.
func (*h265Format) first(b []byte) (nal []byte, typ byte, start bool) {
	if len(b) <= h265Header {
		return nil, 0, false
	}
	switch typ = h265Type(b); typ {
	case h265Aggregation:
		if len(b) > h265Header+2+h265Header {
			nal = b[h265Header+2:]
			return nal, h265Type(nal), true
		}
		return nil, 0, false
	case h265Fragment:
		return b[1:], b[2] & 0x3f, b[2]&0x80 != 0
	}
	return b, typ, true
}

func (h *h265Format) place(payload []byte) place {
	nal, typ, start := h.first(payload)
	switch {
	case nal == nil:
		return anywhere
	case !start:
		return inside
	case typ <= h265LastSlice:
		if len(nal) > h265Header && nal[h265Header]&0x80 == 0 {
			return inside
		}
		return beginning // first_slice_segment_in_pic_flag
	case typ <= h265LastPrefix && typ != h265Filler:
		return beginning // these stand before the slices of a picture (ITU-T H.265 7.4.2.4.4)
	}
	return anywhere
}

func (h *h265Format) add(f *building, b []byte) {
	if len(f.data) == 0 {
		f.append(h.carried)
		h.carried = h.carried[:0]
	}
	if f.hole {
		h.cut(f)
	}
	if len(b) <= h265Header {
		f.damaged = f.damaged || len(b) > 0
		return
	}
	switch typ := h265Type(b); {
	case typ == h265Aggregation:
		h.aggregate(f, b[h265Header:])
	case typ == h265Fragment:
		h.fragment(f, b)
	case typ < h265Aggregation:
		h.start(f, b[0], b[1])
		h.body(f, b[h265Header:], true)
	}
	f.content = h.slices > 0
}

// aggregate takes the units of an aggregation packet (RFC 7798 4.4.2).
func (h *h265Format) aggregate(f *building, b []byte) {
	for len(b) >= 2 {
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if n > len(b) || n <= h265Header {
			break
		}
		h.start(f, b[0], b[1])
		h.body(f, b[h265Header:n], true)
		b = b[n:]
	}
	f.damaged = f.damaged || len(b) > 0
}

// fragment takes a fragmentation unit (RFC 7798 4.4.3).
func (h *h265Format) fragment(f *building, b []byte) {
	if b[2]&0x80 != 0 {
		h.start(f, b[0]&0x81|b[2]&0x3f<<1, b[1])
	}
	h.body(f, b[3:], b[2]&0x40 != 0)
}

// start begins a unit.
func (h *h265Format) start(f *building, first, second byte) {
	h.cut(f)
	typ := first >> 1 & 0x3f
	layer := first&1<<5 | second>>3
	h.skipping = layer > 0 || typ == h265Filler || typ >= h265Aggregation
	if h.skipping || !f.room(4+h265Header) {
		return
	}
	if typ <= h265LastSlice {
		h.slices++
		h.key = h.key || typ >= h265FirstKey && typ <= h265LastKey
	}
	h.unit = len(f.data)
	f.data = append(f.data, 0, 0, 0, 1, first, second)
}

// body adds to the unit in hand.
func (h *h265Format) body(f *building, b []byte, end bool) {
	switch {
	case h.skipping:
		return
	case h.unit < 0:
		f.damaged = true // its beginning is missing
		return
	case !f.room(len(b)):
		h.cut(f)
		return
	}
	f.data = append(f.data, b...)
	if end {
		h.unit = -1
	}
}

// cut ends a unit whose end is missing. What there is of a slice can be shown.
func (h *h265Format) cut(f *building) {
	if h.unit < 0 {
		return
	}
	f.damaged = true
	if len(f.data) == h.unit+4+h265Header || h265Type(f.data[h.unit+4:]) > h265LastSlice {
		f.data = f.data[:h.unit]
	}
	h.unit = -1
}

func (h *h265Format) end(f *building) {
	h.cut(f)
	if h.slices == 0 {
		// Parameter sets with a marker of their own go with the next picture.
		if len(f.data) <= maxCarried {
			h.carried = append(h.carried[:0], f.data...)
		}
		f.data = f.data[:0]
		return
	}
	f.key = h.key
	h.slices, h.key, h.skipping = 0, false, false
}
