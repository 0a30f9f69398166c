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

	// How long a hole may be mere reordering before it is asked for.
	leastWait = int64(5 * time.Millisecond)
	mostWait  = int64(60 * time.Millisecond)
	// What was seen of reordering counts for one to two of these.
	overtakenPeriod = int64(10 * time.Second)
	// A repetition may be this much later than a round trip.
	repairMargin = int64(20 * time.Millisecond)
)

// Losses asks for the lost packets of one source (RFC 4585 6.2.1) and knows by
// how much packets overtake each other. A packet is asked for at most eight
// times within a second; the first time is a few milliseconds after it was
// missed, more where packets are seen to overtake each other. It takes 300 bytes,
// and 10 kB more from the first loss on. The zero value is ready.
type Losses struct {
	window window
	absent []absent // by number
	due    int64    // nothing is to be asked before
	rtt    int64    // as it was last known, 0 is not

	overtaken      [2]int64 // the longest in this period and in the last
	overtakenSince int64

	expected, received uint32 // since Loss was called
	repaired           uint64
}

// absent is a packet that did not come yet.
type absent struct {
	number uint64
	since  int64
	asked  int64
	tries  int
	over   bool // not to be asked for any more
}

// Reset forgets the source, but not how packets overtake each other.
func (l *Losses) Reset() {
	l.window, l.absent = window{}, l.absent[:0]
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
	default: // it begins, or begins anew
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
	from = max(from, to-min(to, maxAbsent))
	l.drop(int(to-from), now)
	if at := now + l.Wait(now); len(l.absent) == 0 || at < l.due {
		l.due = at
	}
	for ; from < to; from++ {
		l.absent = append(l.absent, absent{number: from, since: now})
	}
}

// drop makes room for n packets more and forgets the old.
func (l *Losses) drop(n int, now int64) {
	i := max(len(l.absent)+n-maxAbsent, 0)
	for i < len(l.absent) && now-l.absent[i].since >= maxAge {
		i++
	}
	l.absent = slices.Delete(l.absent, 0, i)
}

// found notes that a missing packet came. One that comes sooner than it can
// have been repeated was only overtaken; when it was asked for twice, a round
// trip has passed.
func (l *Losses) found(n uint64, now int64) {
	i, ok := slices.BinarySearchFunc(l.absent, n, func(a absent, n uint64) int { return cmp.Compare(a.number, n) })
	if !ok {
		return
	}
	switch a := &l.absent[i]; {
	case a.tries > 1, a.tries == 1 && now-a.asked >= l.rtt/2:
		l.repaired++
	case now-a.since < maxAge:
		l.turn(now)
		l.overtaken[0] = max(l.overtaken[0], now-a.since)
	}
	l.absent = slices.Delete(l.absent, i, i+1)
}

// turn begins the next period when it is time.
func (l *Losses) turn(now int64) {
	if d := now - l.overtakenSince; d >= overtakenPeriod {
		if d >= 2*overtakenPeriod {
			l.overtaken[0] = 0
		}
		l.overtaken[0], l.overtaken[1] = 0, l.overtaken[0]
		l.overtakenSince = now
	}
}

// Overtaken gives the longest that a packet came after one with a higher number,
// in the last 10 to 20 s, without those that were repeated.
func (l *Losses) Overtaken(now int64) int64 {
	l.turn(now)
	return max(l.overtaken[0], l.overtaken[1])
}

// Wait is how long a packet is missing before it is asked for.
func (l *Losses) Wait(now int64) int64 {
	return min(max(l.Overtaken(now), leastWait), mostWait)
}

// again is the time between two requests for a packet.
func again(rtt int64) int64 {
	if rtt <= 0 {
		rtt = unknownRTT
	}
	return max(rtt+rtt/5, leastAgain)
}

// Repair is how long after it was missed a packet may come that is asked for
// so many times.
func (l *Losses) Repair(now, rtt int64, times int) int64 {
	return l.Wait(now) + int64(times)*again(rtt) + repairMargin
}

// Repaired counts the packets that came because they were asked for.
func (l *Losses) Repaired() uint64 { return l.repaired }

// GiveUp says that nothing before a number is of use any more.
func (l *Losses) GiveUp(before uint16) {
	for i := range l.absent {
		if a := &l.absent[i]; int16(uint16(a.number)-before) < 0 {
			a.over = true
		}
	}
}

// Due appends what is to be asked for now, at most 64 entries. rtt is the
// round trip in nanoseconds, 0 when it is not known; no packet is asked for
// again before it can have come.
func (l *Losses) Due(now, rtt int64, dst []rtcp.NackPair) []rtcp.NackPair {
	l.rtt = rtt
	if len(l.absent) == 0 || now < l.due {
		return dst
	}
	l.drop(0, now)
	begin, wait, again := len(dst), l.Wait(now), again(rtt)
	l.due = math.MaxInt64
	for i := range l.absent {
		a := &l.absent[i]
		at := a.since + wait
		if a.tries > 0 {
			at = a.asked + again
		}
		if a.over || at >= a.since+maxAge || a.tries >= maxTries {
			continue
		}
		if at <= now {
			var ok bool
			if dst, ok = ask(dst, begin, uint16(a.number)); !ok {
				l.due = now
				break
			}
			a.asked, at = now, now+again
			a.tries++
		}
		l.due = min(l.due, at)
	}
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

// Next tells when Due may have something; false when nothing is to be asked for.
func (l *Losses) Next() (at int64, ok bool) {
	return l.due, len(l.absent) > 0 && l.due < math.MaxInt64
}

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
