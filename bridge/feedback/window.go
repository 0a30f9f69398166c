package feedback

import "github.com/roombridge/roombridge/bridge/packet"

const (
	// span is how many numbers back a packet is told from its repetition.
	span = 1024
	// startedOver is how many packets in a row, all older than that, show
	// that the sender started over with other numbers. RFC 3550 A.1 takes
	// two; senders that probe the path with old packets need more patience.
	startedOver = 5
)

// place is where a packet stands among those before it.
type place int

const (
	repeated place = iota // it came before, or is too old to tell
	late                  // it fills a hole
	ahead                 // it is the highest now
	begun                 // it is the first, or the first after the sender started over
)

// window follows the sequence numbers of one sender and knows which of the
// last ones came. The zero value is ready.
type window struct {
	numbers packet.Unwrapper
	seen    [span / 64]uint64 // by number, up to the highest
	next    uint16            // continues the row of old packets
	row     int
}

// add enters a packet and gives its extended number, which never wraps.
func (w *window) add(seq uint16) (uint64, place) {
	highest := w.numbers.Highest()
	n := w.numbers.Unwrap(seq)
	switch {
	case highest == 0:
		set(&w.seen, n)
		return n, begun
	case n > highest:
		unsetAll(&w.seen, highest+1, n)
		set(&w.seen, n)
		w.row = 0
		return n, ahead
	case highest-n >= span:
		return w.old(seq, n)
	case has(&w.seen, n):
		return n, repeated
	}
	set(&w.seen, n)
	w.row = 0
	return n, late
}

// old takes a packet from before the window.
func (w *window) old(seq uint16, n uint64) (uint64, place) {
	if seq != w.next {
		w.row = 0
	}
	w.row++
	w.next = seq + 1
	if w.row < startedOver {
		return n, repeated
	}
	*w = window{}
	n = w.numbers.Unwrap(seq)
	set(&w.seen, n)
	return n, begun
}

func has(bits *[span / 64]uint64, n uint64) bool { return bits[n%span/64]>>(n%64)&1 == 1 }
func set(bits *[span / 64]uint64, n uint64)      { bits[n%span/64] |= 1 << (n % 64) }
func unset(bits *[span / 64]uint64, n uint64)    { bits[n%span/64] &^= 1 << (n % 64) }

// unsetAll clears the places of the numbers from up to to.
func unsetAll(bits *[span / 64]uint64, from, to uint64) {
	if to-from >= span {
		clear(bits[:])
		return
	}
	for n := from; n <= to; n++ {
		unset(bits, n)
	}
}
