package avcodec

import "math/bits"

// bitReader reads the syntax of H.264 (7.2, 9.1). Beyond the end it gives zeros and is bad.
type bitReader struct {
	b   []byte
	at  int
	bad bool
}

func (r *bitReader) u(n int) (v uint32) {
	for range n {
		v <<= 1
		if r.at < 8*len(r.b) {
			v |= uint32(r.b[r.at/8]>>(7-r.at%8)) & 1
		} else {
			r.bad = true
		}
		r.at++
	}
	return v
}

func (r *bitReader) ue() uint32 {
	zeros := 0
	for r.u(1) == 0 {
		if zeros++; zeros > 31 || r.bad {
			r.bad = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.u(zeros)
}

func (r *bitReader) se() int32 {
	v := r.ue()
	if v%2 == 1 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}

type bitWriter struct {
	b []byte
	n int // bits
}

func (w *bitWriter) put(v uint32, n int) {
	for n--; n >= 0; n-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>n&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) ue(v uint32) {
	n := bits.Len32(v + 1)
	w.put(0, n-1)
	w.put(v+1, n)
}

// copy copies bits of what is read, from one place up to another.
func (w *bitWriter) copy(r *bitReader, from, to int) {
	c := bitReader{b: r.b, at: from}
	for c.at < to {
		w.put(c.u(1), 1)
	}
}

// escape keeps start codes out of a NAL unit (7.4.1).
func escape(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	zeros := 0
	for _, c := range b {
		if zeros >= 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, c); c == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}
