package avcodec

import (
	"bytes"

	"github.com/roombridge/roombridge/transcode/codec"
)

// libavcodec holds a picture of H.264 back, from the first on whose number jumps,
// unless the sequence parameter set says that none is out of order (ITU-T H.264 E.2.1,
// num_reorder_frames). Terminals leave that out, and number what they do not send.
// They have no pictures out of order: here it is put in.

const typeSPS = 7

// inOrder gives an access unit whose parameter sets say that pictures are in
// order, in buf if it had to be changed.
func inOrder(buf, stream []byte) []byte {
	if !hasSPS(stream) {
		return stream
	}
	buf = buf[:0]
	for u := range codec.Units(stream) {
		buf = append(buf, 0, 0, 0, 1)
		if u[0]&0x1f == typeSPS {
			u = orderedSPS(u)
		}
		buf = append(buf, u...)
	}
	return buf
}

// hasSPS tells whether a parameter set is among the first units, where it belongs.
func hasSPS(stream []byte) bool {
	n := 0
	for u := range codec.Units(stream[:min(len(stream), 4096)]) {
		if u[0]&0x1f == typeSPS {
			return true
		}
		if n++; n == 4 {
			break
		}
	}
	return false
}

// orderedSPS gives a sequence parameter set that says so, or the same when it cannot be read.
func orderedSPS(unit []byte) []byte {
	r := &bitReader{b: bytes.ReplaceAll(unit, []byte{0, 0, 3}, []byte{0, 0})}
	refs := readSPS(r)
	w := &bitWriter{b: make([]byte, 0, len(unit)+16)}
	w.copy(r, 0, r.at)
	w.put(1, 1) // vui_parameters_present_flag
	if r.u(1) == 1 {
		start := r.at
		readVUI(r)
		w.copy(r, start, r.at)
	} else {
		w.put(0, 8) // none of what comes before the restrictions
	}
	if r.bad {
		return unit
	}
	w.put(1, 1) // bitstream_restriction_flag
	w.put(1, 1) // motion_vectors_over_pic_boundaries_flag
	for _, v := range []uint32{0, 0, 15, 15, 0, max(refs, 1)} {
		w.ue(v) // the fifth is num_reorder_frames
	}
	w.put(1, 1) // stop bit
	return escape(w.b)
}

// readSPS reads up to vui_parameters_present_flag (7.3.2.1.1) and gives max_num_ref_frames.
func readSPS(r *bitReader) (refs uint32) {
	r.u(8)
	profile := r.u(8)
	r.u(16)
	r.ue()
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		readHigh(r)
	}
	r.ue()
	switch r.ue() { // pic_order_cnt_type
	case 0:
		r.ue()
	case 1:
		r.u(1)
		r.ue()
		r.ue()
		for n := r.ue(); n > 0 && !r.bad; n-- {
			r.ue()
		}
	}
	refs = r.ue()
	r.u(1)
	r.ue()
	r.ue()
	if r.u(1) == 0 {
		r.u(1)
	}
	r.u(1)
	if r.u(1) == 1 { // frame_cropping_flag
		for range 4 {
			r.ue()
		}
	}
	return refs
}

func readHigh(r *bitReader) {
	lists := 8
	if r.ue() == 3 { // chroma_format_idc
		r.u(1)
		lists = 12
	}
	r.ue()
	r.ue()
	r.u(1)
	if r.u(1) == 0 {
		return
	}
	for i := range lists {
		if r.u(1) == 0 {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size { // 7.3.2.1.1.1
			if next != 0 {
				next = (last + r.se()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// readVUI reads up to bitstream_restriction_flag (E.1.1).
func readVUI(r *bitReader) {
	if r.u(1) == 1 && r.u(8) == 255 { // aspect_ratio_idc
		r.u(32)
	}
	if r.u(1) == 1 {
		r.u(1)
	}
	if r.u(1) == 1 {
		r.u(4)
		if r.u(1) == 1 {
			r.u(24)
		}
	}
	if r.u(1) == 1 {
		r.ue()
		r.ue()
	}
	if r.u(1) == 1 {
		r.u(32)
		r.u(32)
		r.u(1)
	}
	nal := r.hrd()
	if vcl := r.hrd(); nal || vcl {
		r.u(1)
	}
	r.u(1)
}

// hrd reads a flag and the parameters behind it (E.1.2).
func (r *bitReader) hrd() bool {
	if r.u(1) == 0 {
		return false
	}
	n := r.ue()
	r.u(8)
	for i := uint32(0); i <= n && n < 32; i++ {
		r.ue()
		r.ue()
		r.u(1)
	}
	r.u(20)
	return true
}
