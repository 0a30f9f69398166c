package feedback

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// A sender that is this far ahead was away or started over; nothing of
	// the hole is asked for (RFC 3550 A.1, MAX_DROPOUT).
	maxDropout = 3000
	// Packets that are waited for at most; a larger hole is a matter for a
	// keyframe.
	maxAbsent = 256
	// Entries of one answer of Due; an RTCP packet of them has 268 bytes.
	maxPairs = 64
	maxTries = 8
	maxAge   = int64(time.Second)

	leastAgain = int64(20 * time.Millisecond)
	unknownRTT = int64(100 * time.Millisecond)

	// How long a hole may be mere reordering. It follows what is seen, up at
	// once and down by half each calm period.
	leastWait  = int64(5 * time.Millisecond)
	mostWait   = int64(40 * time.Millisecond)
	waitPeriod = int64(5 * time.Second)
)

// Losses asks for the lost packets of one source (RFC 4585 6.2.1). A packet is
// asked for at most eight times within a second; the first time is a few
// milliseconds after it was missed, more where packets are seen to overtake
// each other. It takes 250 bytes, and 6 kB more from the first loss on. The zero
// value is ready.
type Losses struct {
	window window
	absent []absent // by number
	due    int64    // nothing is to be asked before
	rtt    int64    // as it was last known, 0 is never

	wait      int64 // longest overtaking seen, with a margin
	waitSince int64

	expected, received uint32 // since Loss was called
}

// absent is a packet that is waited for.
type absent struct {
	number uint64
	since  int64
	asked  int64
	tries  int
}

// Add enters a packet that arrived. It is false for one that came before, or so
// late that nobody can tell: more than 1000 packets behind.
func (l *Losses) Add(seq uint16, now int64) (fresh bool) {
	highest := l.window.numbers.Highest()
	n, place := l.window.add(seq)
	switch {
	case place == repeated:
		return false
	case place == late:
		l.found(n, now)
	case place == ahead && n-highest <= maxDropout:
		l.expected += uint32(n - highest)
		l.miss(highest+1, n, now)
	default:
		l.expected++
		l.absent = l.absent[:0]
	}
	l.received++
	return true
}

// miss notes that the numbers from up to but without to did not come.
func (l *Losses) miss(from, to uint64, now int64) {
	if from == to {
		return
	}
	if l.absent == nil {
		l.absent = make([]absent, 0, maxAbsent)
	}
	l.calm(now)
	from = max(from, to-min(to, maxAbsent))
	if over := len(l.absent) + int(to-from) - maxAbsent; over > 0 {
		l.absent = slices.Delete(l.absent, 0, over)
	}
	if at := now + l.wait; len(l.absent) == 0 || at < l.due {
		l.due = at
	}
	for ; from < to; from++ {
		l.absent = append(l.absent, absent{number: from, since: now})
	}
}

// calm lowers the wait when nothing was overtaken for a while.
func (l *Losses) calm(now int64) {
	for l.wait > leastWait && now-l.waitSince >= waitPeriod {
		l.wait /= 2
		l.waitSince += waitPeriod
	}
	l.wait = max(l.wait, leastWait)
}

// found notes that a missing packet came. One that comes sooner than it can
// have been repeated was only overtaken.
func (l *Losses) found(n uint64, now int64) {
	i, ok := slices.BinarySearchFunc(l.absent, n, func(a absent, n uint64) int { return cmp.Compare(a.number, n) })
	if !ok {
		return
	}
	a := &l.absent[i]
	if a.tries == 0 || now-a.asked < l.rtt/2 {
		if w := min((now-a.since)*5/4, mostWait); w >= l.wait {
			l.wait, l.waitSince = w, now
		}
	}
	l.absent = slices.Delete(l.absent, i, i+1)
}

// Due appends what is to be asked for now, at most 64 entries. rtt is the
// round trip in nanoseconds, 0 when it is not known; no packet is asked for
// again before it can have come.
func (l *Losses) Due(now, rtt int64, dst []rtcp.NackPair) []rtcp.NackPair {
	l.rtt = rtt
	if len(l.absent) == 0 || now < l.due {
		return dst
	}
	if rtt <= 0 {
		rtt = unknownRTT
	}
	again := max(rtt+rtt/5, leastAgain)
	begin, keep := len(dst), l.absent[:0]
	l.due = math.MaxInt64
	for _, a := range l.absent {
		at := a.since + l.wait
		if a.tries > 0 {
			at = a.asked + again
		}
		switch {
		case at > now && now-a.since < maxAge:
			l.due = min(l.due, at)
		case now-a.since >= maxAge || a.tries >= maxTries:
			continue // given up
		default:
			var ok bool
			if dst, ok = ask(dst, begin, uint16(a.number)); !ok {
				l.due = now
				break
			}
			a.asked = now
			a.tries++
			l.due = min(l.due, now+again)
		}
		keep = append(keep, a)
	}
	l.absent = keep
	return dst
}

// ask appends one number to the entries from begin on, unless they are full.
func ask(dst []rtcp.NackPair, begin int, seq uint16) ([]rtcp.NackPair, bool) {
	if len(dst) > begin {
		last := &dst[len(dst)-1]
		if d := seq - last.PacketID; d > 0 && d <= 16 {
			last.LostPackets |= 1 << (d - 1)
			return dst, true
		}
	}
	if len(dst)-begin >= maxPairs {
		return dst, false
	}
	return append(dst, rtcp.NackPair{PacketID: seq}), true
}

// Next tells when Due may have something; false when nothing is missing.
func (l *Losses) Next() (at int64, ok bool) { return l.due, len(l.absent) > 0 }

// Loss gives the packets that should have come since the last call, and how
// many of them did not. What was repeated in time has come.
func (l *Losses) Loss() (expected, lost uint32) {
	expected = l.expected
	if l.received < expected {
		lost = expected - l.received
	}
	l.expected, l.received = 0, 0
	return expected, lost
}
