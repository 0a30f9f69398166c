package payload

// av1Format puts temporal units of AV1 together (RTP Payload Format For AV1, by the Alliance
// for Open Media), in the low-overhead format with a temporal delimiter and all sizes.
type av1Format struct {
	obu      int  // where the unit in hand begins in the frame, -1 is none
	spoilt   bool // the rest of the temporal unit is of no use
	sequence bool // a sequence header is there
	frames   int
	key      bool // the first frame is a keyframe
}

// Types of OBU (AV1 6.2.2).
const (
	obuSequence    = 1
	obuDelimiter   = 2
	obuFrameHeader = 3
	obuFrame       = 6
	obuTileList    = 8
	obuPadding     = 15
)

// Bits of an OBU's header (AV1 5.3.2).
const (
	obuExtension = 0x04
	obuSized     = 0x02
)

// Bits of the aggregation header (4.4).
const (
	av1Continues = 0x80 // Z: the first element began in the packet before
	av1Unended   = 0x40 // Y: the last goes on in the next
	av1Count     = 0x30 // W
	av1New       = 0x08 // N: a coded video sequence begins
)

func (*av1Format) place(payload []byte) place {
	switch {
	case len(payload) < 2:
		return anywhere
	case payload[0]&av1Continues != 0:
		return inside
	case payload[0]&av1New != 0:
		return beginning
	}
	return anywhere
}

func (v *av1Format) add(f *building, b []byte) {
	if len(f.data) == 0 {
		v.obu = -1
		f.append([]byte{obuDelimiter<<3 | obuSized, 0})
	}
	if len(b) < 2 {
		f.damaged = f.damaged || len(b) > 0
		return
	}
	if f.hole {
		v.cut(f)
	}
	if v.spoilt {
		f.damaged = true
		return
	}
	header, count := b[0], int(b[0]&av1Count>>4)
	b = b[1:]
	for n := 1; len(b) > 0; n++ {
		size, used := len(b), 0
		if count == 0 || n < count {
			size, used = leb128(b)
		}
		if used < 0 || size > len(b)-used {
			v.cut(f)
			return
		}
		element := b[used : used+size]
		b = b[used+size:]
		v.element(f, element, n > 1 || header&av1Continues == 0, len(b) > 0 || header&av1Unended == 0)
	}
}

// element adds an OBU or a part of one.
func (v *av1Format) element(f *building, b []byte, starts, ends bool) {
	switch {
	case starts && v.obu >= 0, !starts && v.obu < 0:
		v.cut(f)
		return
	case starts:
		v.obu = len(f.data)
	}
	f.append(b)
	if ends && !v.spoilt {
		v.finish(f)
	}
}

// finish completes the OBU in hand: it gets a size where it has none, or is left out.
func (v *av1Format) finish(f *building) {
	obu := f.data[v.obu:]
	at := v.obu
	v.obu = -1
	if len(obu) == 0 {
		return
	}
	size := 1
	if obu[0]&obuExtension != 0 {
		size = 2
	}
	typ := obu[0] >> 3 & 15
	if len(obu) < size || typ == obuDelimiter || typ == obuTileList || typ == obuPadding {
		f.data = f.data[:at]
		return
	}
	body := obu[size:]
	if obu[0]&obuSized == 0 {
		v.size(f, at, size)
		body = f.data[len(f.data)-len(body):]
	} else if _, used := leb128(body); used > 0 {
		body = body[used:]
	}
	v.look(typ, body)
}

// look notes what the frame's keyframe needs.
func (v *av1Format) look(typ byte, body []byte) {
	switch typ {
	case obuSequence:
		v.sequence = true
	case obuFrame, obuFrameHeader:
		if v.frames++; v.frames == 1 && len(body) > 0 {
			v.key = body[0]&0xe0 == 0 // show_existing_frame, frame_type (AV1 5.9.2)
		}
	}
}

// size puts obu_size behind the header of the OBU at a place.
func (v *av1Format) size(f *building, at, header int) {
	n := len(f.data) - at - header
	var code [4]byte
	used := 0
	for rest := n; ; used++ {
		code[used] = byte(rest & 0x7f)
		if rest >>= 7; rest == 0 {
			used++
			break
		}
		code[used] |= 0x80
	}
	if !f.room(used) {
		return
	}
	f.data[at] |= obuSized
	f.data = append(f.data, code[:used]...)
	body := f.data[at+header:]
	copy(body[used:], body[:n])
	copy(body, code[:used])
}

// leb128 reads a size (AV1 4.10.5) and tells how many bytes it takes, -1
// where there is none. Sizes beyond any payload are none.
func leb128(b []byte) (value, used int) {
	for i := 0; i < len(b) && i < 4; i++ {
		value |= int(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, -1
}

// cut leaves out the OBU in hand and all that follows.
func (v *av1Format) cut(f *building) {
	if v.obu >= 0 {
		f.data = f.data[:v.obu]
	}
	v.obu, v.spoilt, f.damaged = -1, true, true
}

func (v *av1Format) end(f *building) {
	if v.obu >= 0 {
		v.cut(f)
	}
	if v.frames == 0 {
		f.data = f.data[:0]
	}
	f.key = v.sequence && v.key
	*v = av1Format{obu: -1}
}
