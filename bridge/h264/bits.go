package h264

import "math/bits"

// bitReader reads an RBSP (7.3.1) straight from the bytes of a NAL unit,
// leaving out emulation prevention bytes. After the end it gives zeros and
// remembers that it did.
type bitReader struct {
	data  []byte
	pos   int  // next byte
	zeros int  // zero bytes before it
	cur   byte // byte being read
	left  uint // bits of cur not yet read
	over  bool
}

func newBitReader(rbsp []byte) bitReader { return bitReader{data: rbsp} }

func (r *bitReader) fill() {
	if r.pos < len(r.data) && r.zeros >= 2 && r.data[r.pos] == 3 {
		r.pos++
		r.zeros = 0
	}
	if r.pos >= len(r.data) {
		r.over, r.cur, r.left = true, 0, 8
		return
	}
	r.cur, r.left = r.data[r.pos], 8
	r.pos++
	if r.cur == 0 {
		r.zeros++
	} else {
		r.zeros = 0
	}
}

func (r *bitReader) bit() uint32 {
	if r.left == 0 {
		r.fill()
	}
	r.left--
	return uint32(r.cur>>r.left) & 1
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

// u reads n bits, 32 at most.
func (r *bitReader) u(n int) uint32 {
	v := uint32(0)
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

// ue reads an unsigned Exp-Golomb number (9.1). More than 31 leading zeros
// are an error, which shows as running over the end.
func (r *bitReader) ue() uint32 {
	zeros := 0
	for !r.flag() {
		if zeros++; zeros > 31 || r.over {
			r.over = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.u(zeros)
}

// ueMax is ue with an upper bound, above which the data is an error.
func (r *bitReader) ueMax(bound uint32) uint32 {
	v := r.ue()
	if v > bound {
		r.over = true
		return 0
	}
	return v
}

// se reads a signed Exp-Golomb number (9.1.1).
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2) + 1
	}
	return -int32(v / 2)
}

// more is more_rbsp_data (7.2): whether anything but the trailing bits is left.
func (r *bitReader) more() bool {
	if r.over {
		return false
	}
	end := len(r.data)
	for end > r.pos && r.data[end-1] == 0 {
		end--
	}
	switch rest := r.cur & (1<<r.left - 1); {
	case end > r.pos+1 || end > r.pos && r.left > 0:
		return true
	case end > r.pos:
		return r.data[r.pos] != 0x80 // more than the stop bit
	default:
		return rest != 0 && rest != 1<<r.left>>1
	}
}

// bitWriter writes an RBSP and makes a NAL unit of it.
type bitWriter struct {
	buf []byte
	acc byte
	n   uint // bits in acc
}

func (w *bitWriter) bit(b uint32) {
	w.acc = w.acc<<1 | byte(b&1)
	if w.n++; w.n == 8 {
		w.buf = append(w.buf, w.acc)
		w.acc, w.n = 0, 0
	}
}

func (w *bitWriter) u(n int, v uint32) {
	for i := n - 1; i >= 0; i-- {
		w.bit(v >> i)
	}
}

func (w *bitWriter) ue(v uint32) {
	n := bits.Len32(v + 1)
	w.u(n-1, 0)
	w.u(n, v+1)
}

func (w *bitWriter) se(v int32) {
	if v > 0 {
		w.ue(uint32(v)*2 - 1)
	} else {
		w.ue(uint32(-v) * 2)
	}
}

// trailing writes rbsp_trailing_bits (7.3.2.11).
func (w *bitWriter) trailing() {
	w.bit(1)
	for w.n != 0 {
		w.bit(0)
	}
}

// appendNALUnit appends header and payload with emulation prevention (7.4.1.1).
func appendNALUnit(dst []byte, header byte, rbsp []byte) []byte {
	dst = append(dst, header)
	zeros := 0
	for _, b := range rbsp {
		if zeros >= 2 && b <= 3 {
			dst = append(dst, 3)
			zeros = 0
		}
		dst = append(dst, b)
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return dst
}
