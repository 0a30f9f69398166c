package feedback

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/pion/rtcp"
)

const (
	tick = int64(250 * time.Microsecond) // unit of arrival times
	// maxFeedback bounds what one call of Append writes, so that it fits a
	// datagram with a report before it and what SRTCP adds.
	maxFeedback  = 1100
	feedbackHead = 20
	// What is older when feedback is written is of no use to a sender, and
	// the distance of arrival times is known only within some days.
	tooOld = int64(8 * time.Second)
)

// Arrivals records when the packets of a path arrived, by their transport-wide
// sequence numbers, and writes feedback on it
// (draft-holmer-rmcat-transport-wide-cc-extensions-01). Every arrival is told
// once, a packet that comes after it was told missing in feedback of its own.
// It takes 4.5 kB: of packets more than 1024 numbers back nothing is known, told
// or not. The zero value is ready.
type Arrivals struct {
	window window
	fresh  [span / 64]uint64 // arrivals that are to be told
	times  [span]uint32      // in ticks modulo 2^32, which is where reference times wrap
	from   uint64            // nothing before is to be told
	next   uint64            // the first of which nothing was told yet
	latest int64             // when the last packet came
	count  uint8             // feedback packets written
}

// Record enters a packet that arrived at a time. Repetitions change nothing.
func (a *Arrivals) Record(seq uint16, at int64) {
	highest := a.window.numbers.Highest()
	n, place := a.window.add(seq)
	switch place {
	case repeated:
		return
	case begun:
		clear(a.fresh[:])
		a.from, a.next = n, n
	case ahead:
		a.advance(highest, n)
	case late:
		a.from = min(a.from, n)
	}
	set(&a.fresh, n)
	a.times[n%span] = uint32((at + tick/2) / tick)
	a.latest = at
}

// advance moves the window's end from highest to n and forgets what falls out
// of it. Numbers after highest are known missing, however far back they are.
func (a *Arrivals) advance(highest, n uint64) {
	unsetAll(&a.fresh, highest+1, n)
	first := n - span + 1
	if a.next < first && a.next <= highest {
		a.next = min(first, highest+1)
	}
	a.from = min(max(a.from, first), a.next)
}

// Append writes feedback on what arrived since it was called last, as whole
// RTCP packets of at most 1100 bytes together, and nothing when there is nothing
// new; what does not fit is left to the next call. A nil Arrivals has nothing.
func (a *Arrivals) Append(dst []byte, sender, media uint32, now int64) []byte {
	if a == nil {
		return dst
	}
	highest := a.window.numbers.Highest()
	if now-a.latest >= tooOld {
		clear(a.fresh[:])
		a.from, a.next = highest+1, highest+1
	}
	limit := len(dst) + maxFeedback
	for highest > 0 && a.from <= highest {
		first, ok := a.first(highest)
		if !ok {
			break
		}
		begin := len(dst)
		if dst = a.one(dst, limit, first, highest); len(dst) == begin {
			break // no room
		}
		head(dst[begin:], sender, media, a.count)
		a.count++
	}
	return dst
}

// first finds the first arrival that is to be told.
func (a *Arrivals) first(highest uint64) (uint64, bool) {
	for ; a.from <= highest; a.from++ {
		if a.arrived(a.from, highest) {
			return a.from, true
		}
	}
	return 0, false
}

func (a *Arrivals) arrived(n, highest uint64) bool { return highest-n < span && has(&a.fresh, n) }

// one writes one feedback packet, whose first arrival is given, as far as it
// goes: to the end, to what was told before, to where a step in time is too
// large (3.1.5) or to where dst would become longer than limit. It leaves the
// common part of the header open.
func (a *Arrivals) one(dst []byte, limit int, first, highest uint64) []byte {
	base := first
	if first > a.next {
		base = a.next
	}
	var w statuses
	w.dst = append(dst, make([]byte, feedbackHead)...)
	deltas := make([]byte, 0, maxFeedback)
	reference := a.times[first%span] >> 8
	last := reference << 8
	end, silent := base, int(first-base)
	for n := first; n <= highest; n++ {
		if !a.arrived(n, highest) {
			if n < a.next {
				break
			}
			silent++
			continue
		}
		delta := int32(a.times[n%span] - last)
		if delta < math.MinInt16 || delta > math.MaxInt16 || w.bound(silent)+len(deltas)+2 > limit {
			break
		}
		w.add(rtcp.TypeTCCPacketNotReceived, silent)
		if delta >= 0 && delta <= math.MaxUint8 {
			w.add(rtcp.TypeTCCPacketReceivedSmallDelta, 1)
			deltas = append(deltas, byte(delta))
		} else {
			w.add(rtcp.TypeTCCPacketReceivedLargeDelta, 1)
			deltas = binary.BigEndian.AppendUint16(deltas, uint16(delta))
		}
		unset(&a.fresh, n)
		last += uint32(delta)
		end, silent = n+1, 0
	}
	if end == base {
		return dst
	}
	a.from, a.next = end, max(a.next, end)
	at := len(dst)
	dst = append(w.finish(), deltas...)
	for (len(dst)-at)%4 != 0 {
		dst = append(dst, 0)
	}
	binary.BigEndian.PutUint16(dst[at+12:], uint16(base))
	binary.BigEndian.PutUint16(dst[at+14:], uint16(end-base))
	binary.BigEndian.PutUint32(dst[at+16:], reference<<8)
	return dst
}

// head completes the header of a feedback packet. Padding of the arrival times
// is zeros without the bit for it, which only the last packet of a compound
// one may have (RFC 3550 6.4.1).
func head(b []byte, sender, media uint32, count uint8) {
	feedbackHeader(b, rtcp.FormatTCC, sender, media)
	b[19] = count
}
