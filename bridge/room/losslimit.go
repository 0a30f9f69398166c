package room

import "sync/atomic"

// lossLimit bounds the picture that a terminal is sent by the loss that it
// reports, for terminals that ask for less in no other way (INTEROP 5.6). It
// falls by a sixth with each report of much loss, down to a floor, and rises
// slowly with each report of little, until it is of no use and is lifted.
type lossLimit struct{ value atomic.Int64 } // bit/s, 0 is none

const (
	lossMuch   = 0.05
	lossLittle = 0.02
	lossFloor  = 300_000
	lossLifted = 6_000_000
)

// report takes the part of the packets that was lost and what is sent now,
// bit/s. It tells whether the limit changed. Reports come one at a time.
func (l *lossLimit) report(part float64, sent int) bool {
	old := l.value.Load()
	now := old
	switch {
	case part > lossMuch && old == 0:
		now = max(lossFloor, int64(sent)*5/6)
		if sent == 0 {
			now = 0 // nothing was sent that could have been too much
		}
	case part > lossMuch:
		now = max(lossFloor, old*5/6)
	case part < lossLittle && old > 0:
		now = old * 21 / 20
		if now > lossLifted {
			now = 0
		}
	}
	l.value.Store(now)
	return now != old
}

func (l *lossLimit) bitrate() int { return int(l.value.Load()) }
