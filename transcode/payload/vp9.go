package payload

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/transcode/codec"
)

// vp9Format puts VP9 pictures together (RFC 9628). The frames of
// spatial layers make a superframe; of one that is damaged, the
// layers below are kept that are whole.
type vp9Format struct {
	spoilt bool      // the rest of the picture is of no use
	ends   [8]uint32 // where the layers' frames end that are whole
	layers int
}

// vp9Descriptor is what a payload descriptor says (RFC 9628 4.2).
type vp9Descriptor struct {
	size       int // bytes
	begin, end bool
	spatial    byte
}

// Bits of the descriptor's first byte.
const (
	vp9PictureID = 0x80 >> iota
	vp9Predicted
	vp9Layers
	vp9Flexible
	vp9Begin
	vp9End
	vp9Structure
)

// readVP9 is false for a payload that is cut off.
func readVP9(b []byte) (vp9Descriptor, bool) {
	if len(b) == 0 {
		return vp9Descriptor{}, false
	}
	first := b[0]
	d := vp9Descriptor{size: 1, begin: first&vp9Begin != 0, end: first&vp9End != 0}
	at := func() byte {
		if d.size < len(b) {
			return b[d.size]
		}
		return 0
	}
	if first&vp9PictureID != 0 {
		d.size += 1 + int(at()>>7)
	}
	if first&vp9Layers != 0 {
		d.spatial = at() >> 1 & 7
		d.size++
		if first&vp9Flexible == 0 {
			d.size++
		}
	}
	if first&vp9Flexible != 0 && first&vp9Predicted != 0 {
		for more, n := true, 0; more && n < 3; n++ {
			more = at()&1 != 0
			d.size++
		}
	}
	if first&vp9Structure != 0 {
		d.structure(b)
	}
	return d, d.size < len(b)
}

// structure passes the scalability structure (RFC 9628 4.2.1).
func (d *vp9Descriptor) structure(b []byte) {
	if d.size >= len(b) {
		return
	}
	s := b[d.size]
	d.size++
	if s&0x10 != 0 { // Y
		d.size += (int(s>>5) + 1) * 4
	}
	if s&0x08 == 0 || d.size >= len(b) { // G
		return
	}
	n := int(b[d.size])
	d.size++
	for range n {
		if d.size >= len(b) {
			return
		}
		d.size += 1 + int(b[d.size]>>2&3)
	}
}

func (*vp9Format) place(payload []byte) place {
	d, ok := readVP9(payload)
	switch {
	case !ok:
		return anywhere
	case d.begin && d.spatial == 0:
		return beginning
	}
	return inside
}

func (v *vp9Format) add(f *building, payload []byte) {
	d, ok := readVP9(payload)
	v.spoilt = v.spoilt || f.hole || !ok || len(f.data) == 0 && !d.begin
	if v.spoilt {
		f.damaged = true
		return
	}
	f.content = true
	f.append(payload[d.size:])
	if d.end && v.layers < len(v.ends) && !f.full {
		v.ends[v.layers] = uint32(len(f.data))
		v.layers++
	}
}

func (v *vp9Format) end(f *building) {
	if v.spoilt && v.layers > 0 {
		f.data = f.data[:v.ends[v.layers-1]]
	}
	f.key = vp9Key(f.data)
	if v.layers > 1 && int(v.ends[v.layers-1]) == len(f.data) && f.room(2+4*v.layers) {
		f.data = v.superframe(f.data)
	}
	v.spoilt, v.layers = false, 0
}

// superframe appends the index that tells the frames apart (VP9 bitstream, annex B).
func (v *vp9Format) superframe(b []byte) []byte {
	marker := byte(0xc0 | 3<<3 | v.layers - 1) // sizes have 4 bytes
	b = append(b, marker)
	from := uint32(0)
	for _, end := range v.ends[:v.layers] {
		b = binary.LittleEndian.AppendUint32(b, end-from)
		from = end
	}
	return append(b, marker)
}

// vp9Sync stands in the header of keyframes (VP9 bitstream, 6.2).
var vp9Sync = [3]byte{0x49, 0x83, 0x42}

// vp9Key tells whether a frame of profiles 0 to 2 is a keyframe.
func vp9Key(b []byte) bool {
	return len(b) > 4 && b[0]&0xcc == 0x80 && b[0]&0x30 != 0x30 && [3]byte(b[1:]) == vp9Sync
}

// vp9Size gives the size that the header of a keyframe of profile 0 tells, or 0.
func vp9Size(b []byte) (w, h uint16) {
	if !vp9Key(b) || b[0]&0x30 != 0 || len(b) < 9 || b[4]>>5 == 7 {
		return 0, 0
	}
	sizes := binary.BigEndian.Uint32(b[5:])
	return uint16(b[4]&0xf)<<12 | uint16(sizes>>20) + 1, uint16(sizes>>4) + 1
}

// vp9Packetizer cuts VP9 pictures of one layer, with picture numbers of 15 bits and not
// in flexible mode (RFC 9628).
type vp9Packetizer struct {
	mtu     int
	picture uint16
	carrier
}

// Lengths of the descriptor, and of the scalability structure with a size.
const (
	vp9Header = 3
	vp9Sized  = 5
)

func (p *vp9Packetizer) Payloads(e codec.Encoded) ([][]byte, error) {
	frame, err := single(e)
	if frame == nil {
		return nil, err
	}
	w, h := vp9Size(frame)
	count := parts(len(frame), p.mtu-vp9Header-vp9Sized)
	p.begin(len(frame) + count*vp9Header + vp9Sized)
	p.picture++
	for i := range count {
		first := byte(vp9PictureID)
		if !vp9Key(frame) {
			first |= vp9Predicted
		}
		if i == count-1 {
			first |= vp9End
		}
		body, high, low := part(frame, i, count), 0x80|byte(p.picture>>8), byte(p.picture)
		switch {
		case i > 0:
			p.put(body, first, high, low)
		case w > 0:
			p.put(body, first|vp9Begin|vp9Structure, high, low, 0x10, byte(w>>8), byte(w), byte(h>>8), byte(h))
		default:
			p.put(body, first|vp9Begin, high, low)
		}
	}
	return p.out, nil
}
