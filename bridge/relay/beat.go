package relay

import "time"

// beatGrid is what ticks fall on.
const beatGrid = 5 * time.Millisecond

// Beat is a ticker whose ticks fall together with those of all other beats,
// on common instants 5 ms apart. A timer that fires alone wakes the processor
// from its rest, which costs more than what most timers are for; hundreds of
// rooms would do so thousands of times a second. The grid is fine enough for
// packets not to wait behind everything at once.
type Beat struct {
	C     <-chan time.Time
	timer *time.Timer
	every time.Duration
}

// NewBeat starts a beat. The first tick comes up to one grid step early.
func NewBeat(every time.Duration) *Beat {
	t := time.NewTimer(untilBeat(time.Now(), every))
	return &Beat{C: t.C, timer: t, every: every}
}

// Next arms the tick that follows the one just taken from C. The time between
// two ticks is that of the ticker, of which those that nobody took are lost.
func (b *Beat) Next() { b.timer.Reset(untilBeat(time.Now(), b.every)) }

// Reset changes the pace, from now on.
func (b *Beat) Reset(every time.Duration) {
	b.every = every
	b.Next()
}

// Stop ends the ticks until Reset or Next.
func (b *Beat) Stop() { b.timer.Stop() }

// untilBeat is the time until the last instant of the grid that is not
// further away than every, and in the future. A tick is late by what its
// handling waited, which must not move the next one by a step.
func untilBeat(now time.Time, every time.Duration) time.Duration {
	past := time.Duration(now.UnixNano()) % beatGrid
	d := (every+past)/beatGrid*beatGrid - past
	if d <= 0 {
		d += beatGrid
	}
	return d
}
