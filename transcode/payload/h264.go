package payload

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/h264"
)

// h264Format puts access units together as byte streams (RFC 6184). What belongs to
// other layers than the base layer is left out, as is what starts a
// unit whose beginning is lost. A slice whose end is lost is kept as far as it came.
type h264Format struct {
	sets     h264.ParameterSets
	unit     int  // where the unit in hand begins in the frame, -1 is none
	skipping bool // the unit in hand is left out
	slices   int
	sps      bool // the frame has a sequence parameter set
	idr      bool
	inter    bool // a slice is not intra
	refresh  int  // 1 more than the pictures after which a gradual refresh is complete, 0 is none
	carried  []byte
}

// maxCarried bounds what stands before a picture and has a marker of its own, bytes.
const maxCarried = 4096

// NewH264Assembler makes an assembler that knows the parameter sets of
// signalling, NAL units in base64 with commas between, beside those in the stream.
func NewH264Assembler(parameterSets string) Assembler {
	f := &h264Format{unit: -1}
	f.sets.AddSprop(parameterSets) // what cannot be read is not there; the stream may have it
	return newAssembler(f)
}

func (h *h264Format) place(payload []byte) place {
	w := h264.Walk(trimStartCode(payload))
	if !w.Next() {
		return anywhere
	}
	u := w.Unit
	switch t := u.Type(); {
	case !u.Start:
		return inside
	case isSlice(t):
		if s, err := u.Slice(); err != nil || s.FirstMB > 0 {
			return inside
		}
		return beginning
	case t >= h264.TypeSEI && t <= h264.TypeAUD:
		return beginning // these stand before the slices of a picture (ITU-T H.264 7.4.1.2.3)
	}
	return anywhere
}

func (h *h264Format) add(f *building, payload []byte) {
	if len(f.data) == 0 {
		f.append(h.carried)
		h.carried = h.carried[:0]
	}
	if f.hole {
		h.cut(f)
	}
	payload = trimStartCode(payload)
	w := h264.Walk(payload)
	for w.Next() {
		h.part(f, w.Unit)
	}
	if w.Err != nil {
		f.damaged = true
	}
	h.interleaved(f, payload)
	f.content = h.slices > 0
}

// interleaved takes the units of packets that only the interleaved mode has, in the
// order in which they come: some senders use them for what is in order.
func (h *h264Format) interleaved(f *building, b []byte) {
	const don = 2
	skip, each := 0, 0
	switch h264.Type(b) {
	case h264.TypeFUB:
		if len(b) > 2+don {
			h.part(f, h264.Unit{Header: b[0]&0xe0 | b[1]&0x1f, Body: b[2+don:], Start: true, End: b[1]&0x40 != 0})
		}
		return
	case h264.TypeSTAPB:
		skip = don
	case h264.TypeMTAP16:
		skip, each = don, 3
	case h264.TypeMTAP24:
		skip, each = don, 4
	default:
		return
	}
	for b = b[min(1+skip, len(b)):]; len(b) >= 2+each; {
		n := int(binary.BigEndian.Uint16(b))
		b = b[2+each:]
		if n > len(b) {
			f.damaged = true
			return
		}
		if n > 0 {
			h.part(f, h264.Unit{Header: b[0], Body: b[1:n], Start: true, End: true})
		}
		b = b[n:]
	}
}

// part takes a unit or a fragment of one.
func (h *h264Format) part(f *building, u h264.Unit) {
	if u.Start {
		h.cut(f)
		h.skipping = !wanted(u.Type())
		if !h.skipping && !h.start(f, u) {
			return
		}
	}
	if h.skipping {
		return
	}
	if h.unit < 0 {
		f.damaged = true // its beginning is missing
		return
	}
	if !f.room(len(u.Body)) {
		h.cut(f)
		return
	}
	f.data = append(f.data, u.Body...)
	if u.End {
		h.finish(f)
	}
}

// start begins a unit, and tells whether there is room.
func (h *h264Format) start(f *building, u h264.Unit) bool {
	if isSlice(u.Type()) {
		h.slice(f, u)
	}
	if !f.room(5) {
		return false
	}
	h.unit = len(f.data)
	f.data = append(f.data, 0, 0, 0, 1, u.Header)
	return true
}

// slice looks at the beginning of a slice. The parameter sets of the first come
// before it, in case the decoder does not have them.
func (h *h264Format) slice(f *building, u h264.Unit) {
	idr := u.Type() == h264.TypeIDR
	s, err := u.Slice()
	if err == nil && !h.sps && h.slices == 0 && (idr || s.Type == sliceI) {
		sps, pps := h.sets.For(s.PPS)
		if sps != nil && f.room(len(sps)+len(pps)+8) {
			f.data = h264.AppendAnnexB(f.data, sps, pps)
		}
	}
	h.slices++
	h.idr = h.idr || idr
	h.inter = h.inter || err != nil || s.Type != sliceI
}

// Slice types (ITU-T H.264 table 7-6).
const sliceI = 2

// finish ends a unit that is whole.
func (h *h264Format) finish(f *building) {
	nal := f.data[h.unit+4:]
	h.unit = -1
	switch h264.Type(nal) {
	case h264.TypeSPS:
		h.sps = true
		h.sets.Add(nal)
	case h264.TypePPS:
		h.sets.Add(nal)
	case h264.TypeSEI:
		if n, ok := recovery(nal); ok {
			h.refresh = n + 1
		}
	}
}

// cut ends a unit whose end is missing. What there is of a slice can be shown.
func (h *h264Format) cut(f *building) {
	if h.unit < 0 {
		return
	}
	f.damaged = true
	if len(f.data) < h.unit+6 || !isSlice(f.data[h.unit+4]&0x1f) {
		f.data = f.data[:h.unit]
	}
	h.unit = -1
}

func (h *h264Format) end(f *building) {
	h.cut(f)
	if h.slices == 0 {
		// Parameter sets with a marker of their own go with the next picture.
		if len(f.data) <= maxCarried {
			h.carried = append(h.carried[:0], f.data...)
		}
		f.data = f.data[:0]
		return
	}
	f.key = h.idr || !h.inter || h.refresh > 0
	if !h.idr && h.inter {
		f.refresh = max(h.refresh-1, 0)
	}
	h.refresh = 0
	h.slices, h.sps, h.idr, h.inter, h.skipping = 0, false, false, false, false
}

// trimStartCode takes away a start code (annex B), which has no place in a
// payload but is in those of some senders.
func trimStartCode(b []byte) []byte {
	switch {
	case len(b) > 3 && b[0] == 0 && b[1] == 0 && b[2] == 1:
		return b[3:]
	case len(b) > 4 && b[0] == 0 && b[1] == 0 && b[2] == 0 && b[3] == 1:
		return b[4:]
	}
	return b
}

func isSlice(t uint8) bool { return t >= h264.TypeSlice && t <= h264.TypeIDR }

// wanted tells whether a decoder of the base layer has use for a NAL unit type.
func wanted(t uint8) bool {
	switch t {
	case h264.TypeFiller, h264.TypePrefix, h264.TypeSubsetSPS, h264.TypeExtension, h264.TypeDepth:
		return false
	}
	return t >= h264.TypeSlice && t < 19
}
