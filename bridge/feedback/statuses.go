package feedback

import (
	"encoding/binary"

	"github.com/pion/rtcp"
)

// Symbols that one chunk of packet statuses takes.
const (
	maxRun    = 1<<13 - 1 // run length (3.1.3)
	maxOneBit = 14        // vectors (3.1.4)
	maxTwoBit = 7
)

// statuses writes packet status symbols as chunks of two bytes: as long runs
// of one symbol where there are such, else as vectors of one bit or two.
type statuses struct {
	dst     []byte
	symbols [maxOneBit]uint16 // not written yet; of a longer run only the first
	n       int
	mixed   bool // not all the same
	large   bool // one of them needs two bits
}

// bound is how long dst can be when n packets that did not come, one that did,
// and the end were written.
func (w *statuses) bound(n int) int { return len(w.dst) + 2*(n/maxRun+5) }

// add enters a symbol n times.
func (w *statuses) add(symbol uint16, n int) {
	for n > 0 {
		if !w.fits(symbol) {
			w.flush(false)
		}
		k := 1
		if w.n >= maxOneBit {
			k = min(n, maxRun-w.n)
		}
		w.enter(symbol, k)
		n -= k
	}
}

func (w *statuses) fits(symbol uint16) bool {
	switch {
	case w.n < maxTwoBit:
		return true
	case w.n < maxOneBit && !w.large && symbol != rtcp.TypeTCCPacketReceivedLargeDelta:
		return true
	}
	return w.n < maxRun && !w.mixed && symbol == w.symbols[0]
}

func (w *statuses) enter(symbol uint16, k int) {
	if w.n < maxOneBit {
		w.symbols[w.n] = symbol
	}
	w.n += k
	w.mixed = w.mixed || symbol != w.symbols[0]
	w.large = w.large || symbol == rtcp.TypeTCCPacketReceivedLargeDelta
}

// flush writes one chunk. What it does not take stays: only the last one need
// not be full.
func (w *statuses) flush(last bool) {
	switch {
	case !w.mixed:
		w.write(w.symbols[0]<<13 | uint16(w.n))
		w.keep(w.n)
	case !w.large && (w.n == maxOneBit || last && w.n > maxTwoBit):
		w.vector(2<<14, 1, w.n)
	default:
		w.vector(3<<14, 2, min(w.n, maxTwoBit))
	}
}

// vector writes the first n symbols with so many bits each.
func (w *statuses) vector(chunk uint16, bits, n int) {
	for i, s := range w.symbols[:n] {
		chunk |= s << (maxOneBit - bits*(i+1))
	}
	w.write(chunk)
	w.keep(n)
}

func (w *statuses) write(chunk uint16) { w.dst = binary.BigEndian.AppendUint16(w.dst, chunk) }

// keep drops the first n symbols.
func (w *statuses) keep(n int) {
	rest := w.symbols
	left := w.n - n
	w.n, w.mixed, w.large = 0, false, false
	for i := range left {
		w.enter(rest[n+i], 1)
	}
}

// finish writes what is left.
func (w *statuses) finish() []byte {
	for w.n > 0 {
		w.flush(true)
	}
	return w.dst
}
