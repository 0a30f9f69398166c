package g7221

// reader gives the bits of a frame, the highest of a byte first; zeros after
// its end.
type reader struct {
	data []byte
	pos  int
}

func (r *reader) left() int { return 8*len(r.data) - r.pos }

func (r *reader) bit() int {
	if r.left() <= 0 {
		r.pos++
		return 0
	}
	b := int(r.data[r.pos>>3]>>(7-r.pos&7)) & 1
	r.pos++
	return b
}

func (r *reader) bits(n int) int {
	v := 0
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

// writer fills a frame with bits. What does not fit is left out.
type writer struct {
	data []byte
	pos  int
}

func (w *writer) bits(v uint32, n int) {
	for n--; n >= 0 && w.pos < 8*len(w.data); n-- {
		w.data[w.pos>>3] |= byte(v>>n&1) << (7 - w.pos&7)
		w.pos++
	}
}

// finish fills up with ones.
func (w *writer) finish() {
	for w.pos < 8*len(w.data) {
		w.bits(1, 1)
	}
}
