package video

import "time"

// clock is the unit of picture times, Hz.
const clock = 90000

// ticks90 gives a time of the engine in 90 kHz.
func ticks90(t time.Duration) int64 { return int64(t) * 9 / 100_000 }

// strayed is how far a stream's own count may be from the time of its packets, 90 kHz.
const strayed = clock * 3 / 10

// timeline brings a stream's timestamps onto the engine's clock, whose even
// spacing they keep.
type timeline struct {
	begun bool
	ts    uint32
	pts   int64
}

// at gives the time of a frame that came now. Times rise.
func (t *timeline) at(ts uint32, now int64) int64 {
	pts := t.pts + int64(int32(ts-t.ts))
	if off := pts - now; !t.begun || pts <= t.pts || off > strayed || off < -strayed {
		pts = now
		if t.begun {
			pts = max(now, t.pts+1)
		}
	}
	t.begun, t.ts, t.pts = true, ts, pts
	return pts
}

// early is how much before its time a picture may pass: sources are not even.
const early = clock / 100

// spacing lets pictures through at no more than a rate, as evenly as they come.
type spacing struct {
	begun bool
	due   int64
}

// admit tells whether a picture may pass, at fps pictures a second.
func (s *spacing) admit(pts int64, fps int) bool {
	step := int64(clock / fps)
	switch {
	case !s.begun || pts-s.due > step || s.due-pts > 2*step: // a pause, or another source
		s.begun, s.due = true, pts+step
		return true
	case pts+min(step/4, early) < s.due:
		return false
	}
	s.due += step
	return true
}

// asking paces the wish for a keyframe: at once, then ever more rarely while
// pictures come that cannot be shown.
type asking struct {
	needed bool
	last   time.Duration
	asked  bool
	pause  time.Duration
}

const (
	askFirst = 300 * time.Millisecond
	askMost  = time.Second
)

// need says that a keyframe is wanted, and tells whether to ask now.
func (a *asking) need(now time.Duration) bool {
	if !a.needed {
		a.needed, a.pause = true, askFirst
	}
	if a.asked && now-a.last < a.pause {
		return false
	}
	if a.asked && now-a.last < askMost {
		a.pause = min(a.pause*2, askMost)
	}
	a.asked, a.last = true, now
	return true
}

// good says that there is a good picture again.
func (a *asking) good() { a.needed = false }

// slow says how much a composition is slowed down under overload.
type slow struct {
	rate     float64 // pictures a second, 0: as many as wanted
	calm     int     // periods without too many late ones
	patience int     // periods of calm before it gets faster
	risen    bool    // it got faster since it got slower
}

// Overload: how often it is looked for, the share of late pictures that is too much, the
// rate that is always tried, and how fast rates change. From 30 to 10 takes a second: who
// follows the counters sees first whether that helps. Each time it was too early to get
// faster again, the next try is later.
const (
	slowPeriod    = time.Second / 4
	settle        = time.Second // after something began, in which it opens codecs
	lateShare     = 4           // one in so many, and more than one
	leastRate     = 10
	slowDown      = 0.75
	speedUp       = 1.25
	leastPatience = 6
	mostPatience  = 120
)

// period takes the pictures of the last period that were made, and late.
func (s *slow) period(made, late, full int) {
	if s.calm++; full <= leastRate {
		s.rate = 0
		return
	}
	rate := s.rate
	if rate == 0 {
		rate = float64(full)
	}
	switch {
	case late > 1 && late*lateShare > made+late:
		rate = max(rate*slowDown, leastRate)
		s.worse()
	case s.rate != 0 && s.calm >= max(s.patience, leastPatience):
		rate *= speedUp
		s.calm, s.risen = s.calm-2, true
	case s.rate == 0 && s.calm > mostPatience:
		s.patience, s.risen = leastPatience, false
	}
	if s.rate = rate; rate >= float64(full) {
		s.rate = 0
	}
}

// worse notes that it got slower.
func (s *slow) worse() {
	if s.risen {
		s.patience = min(2*max(s.patience, leastPatience), mostPatience)
	}
	s.calm, s.risen = 0, false
}

// per gives the pictures a second that are made now.
func (s *slow) per(full int) int {
	if s.rate == 0 {
		return full
	}
	return min(int(s.rate), full)
}
