package relay

import "encoding/binary"

// vp8Descriptor is where the fields of a VP8 payload descriptor are (RFC 7741
// 4.2). Offsets are 0 when a field is not there, which byte 0 never is.
type vp8Descriptor struct {
	size    int  // of the descriptor
	start   bool // first packet of a frame's first partition
	picture int  // offset of PictureID
	wide    bool // PictureID has 15 bits
	tl0     int  // offset of TL0PICIDX
}

// parseVP8 gives a zero descriptor and false for a truncated payload.
func parseVP8(b []byte) (vp8Descriptor, bool) {
	if len(b) < 2 {
		return vp8Descriptor{}, false
	}
	d := vp8Descriptor{size: 1, start: b[0]&0x17 == 0x10}
	if b[0]&0x80 == 0 {
		return d, true
	}
	ext := b[1]
	d.size = 2
	if ext&0x80 != 0 {
		if len(b) <= d.size {
			return vp8Descriptor{}, false
		}
		d.picture = d.size
		d.wide = b[d.size]&0x80 != 0
		d.size++
		if d.wide {
			d.size++
		}
	}
	if ext&0x40 != 0 {
		d.tl0 = d.size
		d.size++
	}
	if ext&0x30 != 0 {
		d.size++
	}
	if len(b) <= d.size {
		return vp8Descriptor{}, false
	}
	return d, true
}

// vp8Continuity makes the picture numbers of several VP8 sources, shown one
// after the other, rise without a jump, which Chromium's decoder needs.
type vp8Continuity struct {
	picture, tl0         uint16            // added to what the source says
	lastPicture, lastTL0 uint16            // as sent
	spliced              bool              // the offsets are to be found at the next packet
	buf                  *[packetRoom]byte // made when it is needed
}

// packetRoom holds the payload of any packet.
const packetRoom = 1500

// splice says that the next packet is the first of another source.
func (v *vp8Continuity) splice() { v.spliced = true }

// rewrite gives the payload with its numbers changed. The result is valid
// until the next call.
func (v *vp8Continuity) rewrite(payload []byte) []byte {
	d, ok := parseVP8(payload)
	if !ok || d.picture == 0 && d.tl0 == 0 || len(payload) > packetRoom {
		return payload
	}
	if v.buf == nil {
		v.buf = new([packetRoom]byte)
	}
	out := v.buf[:copy(v.buf[:], payload)]
	var picture, tl0 uint16
	if d.wide {
		picture = binary.BigEndian.Uint16(out[d.picture:]) & 0x7fff
	} else if d.picture > 0 {
		picture = uint16(out[d.picture] & 0x7f)
	}
	if d.tl0 > 0 {
		tl0 = uint16(out[d.tl0])
	}
	if v.spliced {
		v.spliced = false
		v.picture, v.tl0 = v.lastPicture+1-picture, v.lastTL0+1-tl0
	}
	picture, tl0 = picture+v.picture, tl0+v.tl0
	if d.wide {
		binary.BigEndian.PutUint16(out[d.picture:], picture|0x8000)
	} else if d.picture > 0 {
		out[d.picture] = byte(picture & 0x7f)
	}
	if d.tl0 > 0 {
		out[d.tl0] = byte(tl0)
	}
	ahead := int16((picture-v.lastPicture)<<1) >> 1
	if !d.wide {
		ahead = int16(int8((picture-v.lastPicture)<<1) >> 1)
	}
	if ahead > 0 {
		v.lastPicture += uint16(ahead)
	}
	if int8(tl0-v.lastTL0) > 0 {
		v.lastTL0 = tl0
	}
	return out
}
