package plan

import "time"

// Line bounds what a terminal is sent by what it reports of what came (RFC
// 3550 6.4.1): most room terminals have no better way to say what their line
// carries. A line that is full shows in packets that wait, which the round trip
// tells, and then in packets that are lost; a line that loses packets whatever it is
// sent is not helped by less. A line that carries more again shows in how soon
// a burst of packets is through. The zero value bounds nothing.
type Line struct {
	limit   int     // bit/s, 0 is none
	full    int     // bit/s at which the line was full the last time
	once    int     // bit/s that it was sent before it was full
	waited  bool    // at the last report; once may be a machine that was busy
	falling bool    // it was full at the last report
	ambient float64 // the part of packets that is lost whatever is sent
	last    int64   // of the last report; 0: there was none

	begun int     // what was sent when loss made us go down first, bit/s; 0: it did not
	first float64 // the loss at that time

	shows bool  // what waits in the line showed in the round trip
	near  int64 // since when the limit is near to what is full; 0: it is not
	rest  int64 // how long it rests there, nanoseconds
	leapt int64 // when the limit was raised by a leap; 0: it is settled
	leaps int64 // when it may be again
	doubt int64 // how long leaps that were wrong keep us from another

	trips [2]time.Duration // least round trip of this half minute and the one before; 0: none
	half  int64            // when this half minute began
	clear [2]time.Duration // least round trip without a burst on a full line, of these two minutes and those before; 0: none
	two   int64            // when these two minutes began
}

// Report is what a receiver tells of what it was sent since it reported last.
type Report struct {
	Lost float64       // part of the packets
	Trip time.Duration // round trip; 0: not known
	Sent int           // bit/s
	// Burst is what was sent without a pause before the packet that measured the
	// trip, bits, and Span the time since the first of it was.
	Burst int
	Span  time.Duration
	// Fixed says that what was sent does not follow the limit: somebody else's
	// picture, or a layer of it, as it is.
	Fixed bool
}

// What a report says.
const (
	lossDeep   = 0.30
	lossSome   = 0.05 // beyond what is usual on the line: it is full, unless less does not help
	lossLittle = 0.02
	waitMuch   = 100 * time.Millisecond // beyond the least round trip, and what a burst takes
	waitLittle = 50 * time.Millisecond
	waitSome   = 30 * time.Millisecond // what waits shows
	waitNone   = 15 * time.Millisecond

	tripNoise = 5 * time.Millisecond // how exact round trips are

	lineFloor = 128_000   // bit/s
	lineSound = 100_000   // bit/s beside the picture
	lineOpen  = 6_000_000 // a limit so high is none
	// lineShare is the part of a line that is used, the rest is for what varies.
	lineShare = 0.92
	// lineStep is how far beyond what it carries a line is tried in a second.
	lineStep = 0.03
	// lineStepUntried is likewise, where less was sent than was allowed.
	lineStepUntried = 0.01
	// lineStepFixed is likewise, where what is sent does not follow.
	lineStepFixed = 0.15
	// lineStepBlind is likewise, where no round trip tells of a burst.
	lineStepBlind = 0.06
)

// Times in nanoseconds. A limit that was raised by a leap was wrong when the line is
// full within leapProof; then there is none for leapRest, and longer if that happens
// again. A line that was found full at the same rate again is tried less often.
const (
	leapProof = 5e9
	leapRest  = 10e9
	leapMost  = 120e9
	holdLeast = 8e9
	holdMost  = 30e9
)

// Limit is what the line carries, bit/s; 0 is no bound.
func (l *Line) Limit() int { return l.limit }

// Report takes a report and tells whether the limit changed.
func (l *Line) Report(r Report, now int64) bool {
	before := l.limit
	waits := l.waits(&r, now)
	since := min(max(float64(now-l.last)/1e9, 0.2), 5)
	if l.last == 0 {
		since = 1
	}
	l.last = now
	carries := l.carries(&r)
	stands := l.stands(waits, &r)
	extra := r.Lost - l.ambient*3/2 // reports are of so few packets that their part varies
	l.shows = l.shows || stands > waitSome
	defer func() { l.waited = stands > waitMuch }()
	switch {
	case r.Sent == 0: // nothing that could have been too much
	case extra > lossSome, stands > waitMuch && (l.waited || l.limit > 0):
		l.lower(r, stands, now)
	case extra < lossLittle && l.another(carries, now):
		l.leap(carries, since, now)
	case extra < lossLittle && stands < waitLittle:
		l.raise(&r, carries, since, stands, now)
		l.ambient = min(l.ambient, (3*l.ambient+r.Lost)/4)
	case l.shows && stands < waitNone && r.Sent < l.full:
		l.ambient += (r.Lost - l.ambient) / 4 // what is lost while nothing waits is lost anyway
	}
	return l.limit != before
}

// carries is what the line carries at least, bit/s: the burst was through when
// what measured the trip was. 0 is not known.
func (l *Line) carries(r *Report) int {
	quiet, all := least(l.clear[0], l.clear[1]), least(l.trips[0], l.trips[1])
	if r.Trip <= 0 || quiet == 0 || quiet > all+2*tripNoise {
		return 0 // even the least round trip may be one that waited
	}
	return int(float64(r.Burst) / (r.Span + r.Trip - min(quiet, all) + tripNoise).Seconds())
}

// another tells whether the line carries more than it did when it was full.
func (l *Line) another(carries int, now int64) bool {
	switch {
	case l.limit == 0 || !l.shows:
		return false
	case l.leapt != 0: // how far that goes is being found
		return l.limit < l.once && carries > l.limit
	case now < l.leaps:
		return carries > l.full*5/2+lineSound || l.doubt == leapRest && carries > l.full*2+lineSound
	}
	return carries > l.full*5/4+lineSound
}

// stands is how long packets wait for others than those of the burst.
func (l *Line) stands(waits time.Duration, r *Report) time.Duration {
	if l.full > 0 {
		own := time.Duration(float64(r.Burst)/float64(l.full)*1e9) - r.Span
		waits -= max(own, 0)
	}
	return max(waits, 0)
}

// waits is how much longer than the least of the last minute a packet and its report took.
func (l *Line) waits(r *Report, now int64) time.Duration {
	if r.Trip <= 0 {
		return 0
	}
	if now-l.half > 30e9 {
		l.trips, l.half = [2]time.Duration{0, l.trips[0]}, now
	}
	if now-l.two > 120e9 {
		l.clear, l.two = [2]time.Duration{0, l.clear[0]}, now
	}
	l.trips[0] = least(l.trips[0], r.Trip)
	if r.Burst == 0 || l.limit == 0 {
		l.clear[0] = least(l.clear[0], r.Trip)
	}
	return r.Trip - least(l.trips[0], l.trips[1])
}

// least is the lesser of two round trips, of which 0 is none.
func least(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// lower goes below what came through, so that what waits in the line gets out.
func (l *Line) lower(r Report, stands time.Duration, now int64) {
	if l.limit == 0 || l.begun == 0 {
		l.begun, l.first = r.Sent, r.Lost
	}
	if r.Lost > lossSome && r.Lost < lossDeep && stands < waitLittle && r.Sent < l.begun*2/3 && r.Lost > 0.7*l.first {
		// Less by a third, and hardly less is lost: that is how the line is.
		l.ambient, l.begun = r.Lost, 0
		return
	}
	if l.leapt != 0 && now-l.leapt < leapProof {
		l.doubt = min(max(2*l.doubt, leapRest), leapMost)
		l.leaps = now + l.doubt
	}
	came, before, full := int(float64(r.Sent)*(1-r.Lost)), l.limit, l.full
	if before == 0 {
		l.once = r.Sent
	}
	switch {
	case !l.falling && came > full*4/5 && came < full*5/4: // found again
		l.full, l.rest = came, min(2*l.rest, holdMost)
	case !l.falling, r.Lost > lossDeep:
		l.full, l.rest = came, holdLeast
	default: // the less was obeyed, and what waits from before is no word about the line
		l.full = max(l.full, came)
	}
	l.rest = max(l.rest, holdLeast)
	l.falling, l.near, l.leapt = true, 0, 0
	keep := lineShare - min(stands.Seconds()/2, 0.4)
	switch {
	case r.Lost > lossDeep:
		keep -= 0.2 // the queue is full, and was filled by some of what came through
	case stands < waitSome:
		keep -= 0.1 // to see soon whether less helps
	}
	l.limit = max(lineFloor, int(float64(came)*keep))
}

// leap goes to where the line was before it was full, or as far as it was seen to carry.
func (l *Line) leap(carries int, since float64, now int64) {
	most := carries
	if since < 2 && (l.leapt != 0 || carries > 2*l.full+lineSound) {
		most = 2 * carries // of which it would soon be known that it was wrong
	}
	to := min(most, max(l.once*11/10, carries))
	l.full, l.leapt, l.begun = to, now, 0
	l.near = 0
	l.set(to)
}

// raise goes up to what the line carries, and from there carefully.
func (l *Line) raise(r *Report, carries int, since float64, stands time.Duration, now int64) {
	if l.falling = false; l.limit == 0 {
		return
	}
	share := int(float64(l.full) * lineShare)
	if l.limit < share {
		if stands < waitNone {
			l.set(share)
		}
		return
	}
	if l.near == 0 {
		l.near = now
	}
	step, tried := lineStep, l.limit*9/10
	if !l.shows || l.leapt != 0 {
		tried = l.limit * 2 / 3
	}
	switch {
	case r.Fixed: // the next layer is far
		step = lineStepFixed
	case r.Sent < tried && r.Sent > l.limit/2 && carries < l.limit*5/4+lineSound:
		if now-l.near < holdMost {
			return
		}
		step = lineStepUntried
	case l.leapt != 0 && l.limit < l.once, r.Sent > l.full*11/10: // it is another line
		step, l.begun, l.rest = 0.5, 0, 0
	case !l.shows: // and never will: the picture has to ask
		step = lineStepBlind
	case now-l.near < l.rest:
		return
	}
	l.set(l.limit + int(float64(l.limit)*step*min(since, 1)))
}

func (l *Line) set(limit int) {
	if l.limit = limit; limit >= lineOpen {
		*l = Line{ambient: l.ambient, last: l.last, trips: l.trips, half: l.half, clear: l.clear, two: l.two, doubt: l.doubt, leaps: l.leaps}
	}
}
