package damage

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/media"
)

// sizes are those of bombs: what no decoder has memory for, what one just has, what is
// strangely shaped, and what is small.
var sizes = [][2]int{
	{16384, 16384}, {16384, 16}, {16, 16384}, {8192, 8192}, {3840, 2400}, {3840, 2160}, {2048, 1152}, {1408, 1152}, {16, 16}, {128, 96},
}

func (v *Vandal) size() (w, h int) {
	s := sizes[v.dice.IntN(len(sizes))]
	return s[0], s[1]
}

// bomb gives the frame another size, far too large as a rule, with whatever it
// takes that a decoder believes it.
func (v *Vandal) bomb(list [][]byte) [][]byte {
	w, h := v.size()
	switch v.codec {
	case media.H264:
		return append([][]byte{sps264(0, w, h), pps264(0, 0)}, list...)
	case media.H265:
		return append([][]byte{sps265(0, w, h)}, list...)
	case media.AV1:
		return append([][]byte{sequenceAV1(w, h)}, list...)
	}
	return v.resize(list)
}

// resize changes the size in a frame's own header, where it stands there.
func (v *Vandal) resize(list [][]byte) [][]byte {
	if len(list) == 0 || len(list[0]) == 0 {
		return list
	}
	w, h := v.size()
	p := list[0][head(v.codec, list[0]):]
	switch v.codec {
	case media.VP8: // RFC 6386 9.1
		if len(p) >= 10 && p[0]&1 == 0 {
			binary.LittleEndian.PutUint16(p[6:], uint16(min(w, 0x3fff)))
			binary.LittleEndian.PutUint16(p[8:], uint16(min(h, 0x3fff)))
		}
	case media.VP9: // VP9 bitstream specification 6.2, profile 0
		if len(p) >= 10 && p[0]>>2&1 == 0 {
			set(p, 36, 16, uint(w-1))
			set(p, 52, 16, uint(h-1))
		}
	case media.H261: // ITU-T H.261 4.2.1.3
		set(p, 28, 1, uint(v.dice.IntN(2)))
	case media.H263:
		v.resize263(p, 0, w, h)
	case media.H263P:
		// RFC 4629 5.1: the start code's first two bytes are not sent.
		v.resize263(p, 16*int(list[0][0]>>2&1), w, h)
	}
	return list
}

// resize263 changes the source format of a picture header of ITU-T H.263 5.1,
// of which so many bits are missing in front.
func (v *Vandal) resize263(p []byte, missing, w, h int) {
	format := uint(v.dice.IntN(8))
	set(p, 35-missing, 3, format)
	if format != 7 || v.one(4) {
		return
	}
	// An extended header with a size of its own (ITU-T H.263 5.1.4, 5.1.5).
	set(p, 38-missing, 3, 1)
	set(p, 41-missing, 18, 6<<15|1<<3)
	set(p, 59-missing, 9, 1)
	set(p, 68-missing, 1, 0)
	set(p, 69-missing, 23, 2<<19|uint(min(w/4, 512)-1)<<10|1<<9|uint(min(h/4, 511)))
}

// set writes n bits into b, most significant first, as far as b goes.
func set(b []byte, at, n int, value uint) {
	for i := range n {
		k := at + i
		if k < 0 || k/8 >= len(b) {
			continue
		}
		mask := byte(0x80) >> (k % 8)
		b[k/8] &^= mask
		if value>>(n-1-i)&1 == 1 {
			b[k/8] |= mask
		}
	}
}

// flood puts very many headers in front of a frame: parameter sets with all
// numbers there are, or the frame's own beginning again and again.
func (v *Vandal) flood(list [][]byte) [][]byte {
	n := MaxPackets - min(len(list), MaxPackets/2)
	out := make([][]byte, 0, n+len(list))
	for i := range n {
		w, h := v.size()
		switch v.codec {
		case media.H264:
			if out = append(out, sps264(i%32, w, h)); i%2 == 1 {
				out[i] = pps264(i, i%32)
			}
		case media.H265:
			out = append(out, sps265(i%16, w, h))
		case media.AV1:
			out = append(out, sequenceAV1(w, h))
		default:
			out = append(out, v.old[v.dice.IntN(len(v.old))])
		}
	}
	return append(out, list...)
}
