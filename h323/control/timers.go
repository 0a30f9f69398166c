package control

import (
	"slices"
	"time"
)

// How long the far end has for an answer. H.245 leaves its timers open; room systems
// behind slow gateways have been seen to take several seconds. The other timers of H.245
// (T102, T104, T105, T107 to T109) belong to requests that we never make.
const (
	t101 = 30 * time.Second // terminalCapabilitySet
	t103 = 15 * time.Second // openLogicalChannel, closeLogicalChannel
	t106 = 30 * time.Second // masterSlaveDetermination
	// Without an open channel after this time there is no common codec.
	tMedia = 10 * time.Second
	// The far end's hold by an empty capability set ends a call that it outlasts.
	tHold = time.Hour
	// Our first flowControlCommand waits for so long after a channel opens.
	tSettle = time.Second
)

// timer is something that is due.
type timer struct {
	name   string
	number uint16 // of a channel
	at     time.Time
	fire   func()
}

// timers are few, so a list will do.
type timers []timer

// set starts a timer, again if it runs.
func (t *timers) set(name string, number uint16, at time.Time, fire func()) {
	t.stop(name, number)
	*t = append(*t, timer{name, number, at, fire})
}

// keep has a timer run while something lasts.
func (t *timers) keep(lasts bool, name string, at time.Time, fire func()) {
	switch runs := slices.ContainsFunc(*t, func(x timer) bool { return x.name == name }); {
	case !lasts:
		t.stop(name, 0)
	case !runs:
		t.set(name, 0, at, fire)
	}
}

func (t *timers) stop(name string, number uint16) {
	*t = slices.DeleteFunc(*t, func(x timer) bool { return x.name == name && x.number == number })
}

// next is when the first of them is due; zero is never.
func (t timers) next() (at time.Time) {
	for _, x := range t {
		if at.IsZero() || x.at.Before(at) {
			at = x.at
		}
	}
	return at
}

// due takes out the timer that is due first, if one is.
func (t *timers) due(now time.Time) (timer, bool) {
	first := t.next()
	if first.IsZero() || first.After(now) {
		return timer{}, false
	}
	i := slices.IndexFunc(*t, func(x timer) bool { return x.at.Equal(first) })
	x := (*t)[i]
	*t = slices.Delete(*t, i, i+1)
	return x, true
}
