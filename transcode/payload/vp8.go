package payload

import "github.com/roombridge/roombridge/transcode/codec"

// vp8Format puts VP8 frames together (RFC 7741). What comes after a hole does not
// decode: a damaged frame is given as far as it goes.
type vp8Format struct {
	spoilt bool // the rest of the frame is of no use
}

// vp8Descriptor is what a payload descriptor says (RFC 7741 4.2).
type vp8Descriptor struct {
	size  int  // bytes
	start bool // it is the first packet of the frame
}

// readVP8 is false for a payload that is cut off.
func readVP8(b []byte) (vp8Descriptor, bool) {
	if len(b) < 2 {
		return vp8Descriptor{}, false
	}
	d := vp8Descriptor{size: 1, start: b[0]&0x17 == 0x10}
	if b[0]&0x80 != 0 { // X
		extension := b[1]
		d.size = 2
		if extension&0x80 != 0 { // I
			if d.size < len(b) && b[d.size]&0x80 != 0 {
				d.size++
			}
			d.size++
		}
		if extension&0x40 != 0 { // L
			d.size++
		}
		if extension&0x30 != 0 { // T or K
			d.size++
		}
	}
	return d, d.size < len(b)
}

func (*vp8Format) place(payload []byte) place {
	d, ok := readVP8(payload)
	switch {
	case !ok:
		return anywhere
	case d.start:
		return beginning
	}
	return inside
}

func (v *vp8Format) add(f *building, payload []byte) {
	d, ok := readVP8(payload)
	v.spoilt = v.spoilt || f.hole || !ok || !f.content && !d.start
	if v.spoilt {
		f.damaged = true
		return
	}
	f.content = true
	f.append(payload[d.size:])
}

func (v *vp8Format) end(f *building) {
	v.spoilt = false
	f.key = vp8Key(f.data)
}

// vp8Key tells whether a frame is a keyframe (RFC 6386 9.1).
func vp8Key(frame []byte) bool {
	return len(frame) >= 10 && frame[0]&1 == 0 && frame[3] == 0x9d && frame[4] == 0x01 && frame[5] == 0x2a
}

// vp8Packetizer cuts VP8 frames, with picture numbers of 15 bits (RFC 7741).
// Partitions are not told apart: all is partition 0.
type vp8Packetizer struct {
	mtu     int
	picture uint16
	carrier
}

const vp8Header = 4

func (p *vp8Packetizer) Payloads(e codec.Encoded) ([][]byte, error) {
	frame, err := single(e)
	if frame == nil {
		return nil, err
	}
	count := parts(len(frame), p.mtu-vp8Header)
	p.begin(len(frame) + count*vp8Header)
	p.picture++
	for i := range count {
		first := byte(0x80) // X
		if i == 0 {
			first |= 0x10 // S
		}
		p.put(part(frame, i, count), first, 0x80, 0x80|byte(p.picture>>8), byte(p.picture))
	}
	return p.out, nil
}

// single gives the frame of a codec without NAL units, nil when the encoder left it out.
func single(e codec.Encoded) ([]byte, error) {
	switch {
	case len(e.Units) == 0:
		return nil, nil
	case len(e.Units) > 1 || len(e.Units[0]) == 0:
		return nil, ErrMalformed
	}
	return e.Units[0], nil
}
