package relay

import (
	"sync/atomic"
	"time"
)

// beatGrid is what ticks fall on.
const beatGrid = 2 * time.Millisecond

// Beat is a ticker whose ticks fall on common instants 2 ms apart, each
// beat's on its own share of them. A timer that fires alone wakes the
// processor from its rest, which costs more than what most timers are for;
// hundreds of rooms would do so thousands of times a second. If all of them
// fired together, packets would wait behind everything at once. So the beats
// are spread evenly over the instants there are, and stay where they are.
type Beat struct {
	C     <-chan time.Time
	timer *time.Timer
	every time.Duration
	share uint32 // of the period: which part of 2^32 it lies behind the grid's origin
}

// beats counts those there were.
var beats atomic.Uint32

// golden is 2^32 over the golden ratio: multiples of it, taken modulo 2^32,
// are spread evenly however many there are.
const golden = 2654435769

// NewBeat starts a beat. Its first tick comes after half a period at the earliest, and one and a half at the latest.
func NewBeat(every time.Duration) *Beat { return newBeat(every, beats.Add(1)*golden) }

func newBeat(every time.Duration, share uint32) *Beat {
	b := &Beat{every: every, share: share}
	b.timer = time.NewTimer(b.first(time.Now()))
	b.C = b.timer.C
	return b
}

// Next arms the tick that follows the one just taken from C. The time between
// two ticks is that of the ticker, of which those that nobody took are lost.
func (b *Beat) Next() { b.timer.Reset(b.until(time.Now())) }

// Reset begins anew at another pace.
func (b *Beat) Reset(every time.Duration) {
	b.every = every
	b.timer.Reset(b.first(time.Now()))
}

// Stop ends the ticks until Reset or Next.
func (b *Beat) Stop() { b.timer.Stop() }

// first is the time from now until the first tick.
func (b *Beat) first(now time.Time) time.Duration {
	half := b.every / 2
	return half + b.until(now.Add(half))
}

// until is the time from now until the beat's next instant, which is in the
// future. A tick is late by what its handling waited, which does not move the
// next one.
func (b *Beat) until(now time.Time) time.Duration {
	every := max(b.every/beatGrid, 1) * beatGrid
	phase := time.Duration(uint64(every/beatGrid)*uint64(b.share)>>32) * beatGrid
	return every - (time.Duration(now.UnixNano())-phase)%every
}
