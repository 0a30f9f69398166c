package h264

import "encoding/binary"

// Unit is a NAL unit or a fragment of one as an RTP payload carries it.
type Unit struct {
	Header byte   // NAL header, also of a fragment
	Body   []byte // what follows the header, here
	Start  bool   // Body begins the unit
	End    bool   // Body ends the unit
	raw    []byte // the whole unit, nil when it is a fragment
}

// Type gives the NAL unit type.
func (u Unit) Type() uint8 { return u.Header & 0x1f }

// NAL gives a whole unit with its header, nil for a fragment.
func (u Unit) NAL() []byte { return u.raw }

// Walker goes through the NAL units of one RTP payload (RFC 6184 5.4) without
// allocating:
//
//	for w := Walk(payload); w.Next(); { use(w.Unit) }
//
// Packets of the interleaved mode, which nobody negotiates with us, have no
// units. Malformed aggregates end early with Err.
type Walker struct {
	Unit   Unit
	Packet uint8 // type of the packet: 1 to 23 single, 24 STAP-A, 28 FU-A...
	Err    error
	rest   []byte
}

// Walk begins a walk.
func Walk(payload []byte) Walker {
	w := Walker{rest: payload, Packet: Type(payload)}
	switch {
	case len(payload) == 0:
		w.Err = ErrSyntax
	case w.Packet == TypeSTAPA:
		w.rest = payload[1:]
	case w.Packet == 0 || w.Packet > TypeSTAPA && w.Packet != TypeFUA:
		w.rest = nil
	}
	return w
}

// Next goes to the next unit, and tells whether there is one.
func (w *Walker) Next() bool {
	if len(w.rest) == 0 {
		return false
	}
	switch w.Packet {
	case TypeSTAPA:
		return w.aggregated()
	case TypeFUA:
		return w.fragment()
	}
	w.whole(w.rest)
	w.rest = nil
	return true
}

func (w *Walker) whole(nal []byte) {
	w.Unit = Unit{Header: nal[0], Body: nal[1:], Start: true, End: true, raw: nal}
}

// aggregated takes the next unit of a STAP-A (RFC 6184 5.7.1), passing empty ones.
func (w *Walker) aggregated() bool {
	for len(w.rest) >= 2 {
		n := int(binary.BigEndian.Uint16(w.rest))
		if len(w.rest) < 2+n {
			break
		}
		nal := w.rest[2 : 2+n]
		w.rest = w.rest[2+n:]
		if n > 0 {
			w.whole(nal)
			return true
		}
	}
	if len(w.rest) > 0 {
		w.Err = ErrSyntax
	}
	w.rest = nil
	return false
}

// fragment takes the unit of an FU-A (RFC 6184 5.8).
func (w *Walker) fragment() bool {
	b := w.rest
	w.rest = nil
	if len(b) < 2 {
		w.Err = ErrSyntax
		return false
	}
	w.Unit = Unit{
		Header: b[0]&0xe0 | b[1]&0x1f,
		Body:   b[2:],
		Start:  b[1]&0x80 != 0,
		End:    b[1]&0x40 != 0,
	}
	return true
}

// Info is what one RTP payload holds.
type Info struct {
	Types uint32 // bit n: a NAL unit of type n, or a part of it
	Begin bool   // it begins an access unit, as far as one packet can tell
}

// Has tells whether a NAL unit of a type is there.
func (i Info) Has(t uint8) bool { return i.Types>>t&1 == 1 }

// Inspect looks through a payload.
func Inspect(payload []byte) Info {
	var info Info
	first := true
	for w := Walk(payload); w.Next(); {
		info.Types |= 1 << w.Unit.Type()
		if first {
			info.Begin = beginsAccessUnit(w.Unit)
		}
		first = false
	}
	return info
}

// Keyframe tells whether a payload belongs to the beginning of a picture that
// decodes alone: parameter sets, or the start of an IDR slice. The type
// decides, never the size: in packetization-mode 0 the parameter sets come in
// packets of their own.
func Keyframe(payload []byte) bool {
	for w := Walk(payload); w.Next(); {
		if u := w.Unit; u.Start && (u.Type() == TypeSPS || u.Type() == TypeIDR) {
			return true
		}
	}
	return false
}

// beginsAccessUnit applies 7.4.1.2.3 to a unit on its own: units that may not
// stand behind the slices of a picture, and the slice that begins one.
// Pictures without their first macroblock first are not recognised.
func beginsAccessUnit(u Unit) bool {
	switch t := u.Type(); t {
	case TypeSEI, TypeSPS, TypePPS, TypeAUD, TypePrefix, TypeSubsetSPS, 16, 17, 18:
		return u.Start
	case TypeSlice, TypePartitionA, TypeIDR:
		if !u.Start {
			return false
		}
		s, err := parseSlice(u.Body)
		return err == nil && s.FirstMB == 0
	}
	return false
}
