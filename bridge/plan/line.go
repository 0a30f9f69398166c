package plan

import "time"

// Line bounds what a terminal is sent by what it reports of what came (RFC
// 3550 6.4.1): most room terminals have no better way to say what their line
// carries. A line that is full shows in packets that wait, which the round trip
// tells, and then in packets that are lost; a line that loses packets whatever it is
// sent is not helped by less. The zero value bounds nothing.
type Line struct {
	limit   int // bit/s, 0 is none
	full    int // bit/s at which the line was full the last time; 0: it never was
	falling bool
	ambient float64
	last    int64 // of the last report; 0: there was none

	begun int     // what was sent when loss made us go down first, bit/s; 0: it did not
	first float64 // the loss at that time

	trips [2]time.Duration // least round trip of this half minute and the one before; 0: none
	half  int64            // when this half minute began
}

// What a report says.
const (
	lossDeep   = 0.30
	lossMuch   = 0.10 // beyond what is usual on the line: it is full
	lossSome   = 0.05 // likewise, unless less does not help
	lossLittle = 0.02
	waitMuch   = 100 * time.Millisecond // beyond the least round trip
	waitLittle = 50 * time.Millisecond
	waitNone   = 10 * time.Millisecond

	lineFloor = 200_000 // bit/s
	// lineStep is how far beyond what it carries a line is tried in a second: what
	// is too much waits, and is seen, before a usual queue is full.
	lineStep = 0.15
	lineOpen = 6_000_000 // a limit so high is none
)

// Limit is what the line carries, bit/s; 0 is no bound.
func (l *Line) Limit() int { return l.limit }

// Report takes the part of packets that did not come since the report before,
// the round trip (0 is not known) and what was sent of late, bit/s. It tells
// whether the limit changed.
func (l *Line) Report(part float64, trip time.Duration, sent int, now int64) bool {
	before := l.limit
	waits := l.waits(trip, now)
	since := min(max(float64(now-l.last)/1e9, 0.2), 5)
	if l.last == 0 {
		since = 1
	}
	l.last = now
	extra := part - l.ambient
	switch {
	case sent == 0: // nothing that could have been too much
	case extra > lossMuch, extra > lossSome, waits > waitMuch:
		l.lower(part, sent)
	case extra < lossLittle && waits < waitLittle:
		l.raise(since, waits)
		l.ambient = min(l.ambient, (3*l.ambient+part)/4)
	}
	return l.limit != before
}

// waits is how much longer than the least of the last minute a packet and its report took.
func (l *Line) waits(trip time.Duration, now int64) time.Duration {
	if trip <= 0 {
		return 0
	}
	if now-l.half > 30e9 {
		l.trips, l.half = [2]time.Duration{0, l.trips[0]}, now
	}
	if l.trips[0] == 0 || trip < l.trips[0] {
		l.trips[0] = trip
	}
	least := l.trips[0]
	if l.trips[1] > 0 {
		least = min(least, l.trips[1])
	}
	return trip - least
}

// lower goes below what came through, so that what waits in the line gets out.
func (l *Line) lower(part float64, sent int) {
	if l.limit == 0 || l.begun == 0 {
		l.begun, l.first = sent, part
	}
	if part > lossSome && sent < l.begun*2/3 && part > 0.7*l.first {
		// Less by a third, and hardly less is lost: that is how the line is.
		l.ambient, l.begun = part, 0
		return
	}
	came, before := int(float64(sent)*(1-part)), l.limit
	if l.limit > 0 {
		came = min(came, l.limit)
	}
	if !l.falling || before == 0 || sent > before*6/5 {
		l.full = 0 // else the less was obeyed, and what waits from before is no word about the line
	}
	l.full, l.falling = max(l.full, came), true
	keep := 17
	if part > lossDeep {
		keep = 13 // the queue is full, and was filled by some of what came through
	}
	l.limit = max(lineFloor, came*keep/20)
}

// raise goes up carefully to where the line was full, and a little beyond;
// once that is passed, in leaps: then it is another line.
func (l *Line) raise(since float64, waits time.Duration) {
	if l.falling = false; l.limit == 0 {
		return
	}
	step := lineStep
	switch {
	case l.limit > l.full*11/10:
		step, l.begun = 2.5, 0
	case waits < waitNone && l.limit < l.full*17/20:
		step *= 2
	}
	l.limit += int(float64(l.limit) * step * min(since, 1))
	if l.limit >= lineOpen {
		l.limit = 0
	}
}
