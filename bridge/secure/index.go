package secure

// windowBlocks times 64 bits are the replay ring; one block of it is always
// being refilled, so the window is that much smaller.
const (
	windowBlocks = 8
	windowSize   = (windowBlocks - 1) * 64
)

// window remembers which of the last windowSize indexes were used (RFC 3711
// 3.3.2), as a ring of bits that never has to be shifted (RFC 6479).
type window struct {
	top     uint64 // highest index used
	started bool
	bits    [windowBlocks]uint64
}

// fresh tells whether an index may still be used.
func (w *window) fresh(i uint64) bool {
	if !w.started || i > w.top {
		return true
	}
	if w.top-i >= windowSize {
		return false
	}
	return w.bits[i>>6%windowBlocks]&(1<<(i&63)) == 0
}

// use marks an index, which must be fresh.
func (w *window) use(i uint64) {
	switch {
	case !w.started:
		w.started, w.top = true, i
	case i > w.top:
		from, to := w.top>>6, i>>6
		if to-from > windowBlocks {
			from = to - windowBlocks
		}
		for b := from + 1; b <= to; b++ {
			w.bits[b%windowBlocks] = 0
		}
		w.top = i
	}
	w.bits[i>>6%windowBlocks] |= 1 << (i & 63)
}

// guess gives the index that a sequence number most likely stands for
// (RFC 3711 3.3.1, appendix A), and false when it would lie before the first
// rollover period or behind the last.
func (w *window) guess(seq uint16) (uint64, bool) {
	if !w.started {
		return uint64(seq), true
	}
	d := int64(int16(seq - uint16(w.top)))
	i := int64(w.top) + d
	return uint64(i), i >= 0 && i < 1<<48
}
