package relay

import "time"

// Times of asking a source for a keyframe. Asking twice a second at most
// keeps a source that encodes one for every request usable; the first repeats
// come sooner, for a request or keyframe that is lost must not cost a second
// of picture.
const (
	askFloor   = int64(500 * time.Millisecond)
	askRepeat  = int64(300 * time.Millisecond)
	askThird   = int64(500 * time.Millisecond)
	askAgain   = int64(time.Second)
	askSeldom  = int64(5 * time.Second) // a source that never answers
	askPatient = 10                     // attempts until then
	// A request this soon after a keyframe has crossed it on the way.
	askCrossing = int64(50 * time.Millisecond)
	// Damage this soon after a keyframe began has probably spoilt it, and the
	// next is asked for without waiting for the floor.
	askSpoilt = int64(200 * time.Millisecond)
)

// asking is the state of wanting a keyframe from one source: many wishes are
// one wanting, which lasts until a keyframe comes.
type asking struct {
	wanted  bool
	attempt int   // of the next request
	next    int64 // when it is due
	last    int64 // when the last one was sent
	asked   bool  // last is meaningful
}

// want begins a wanting. It is refused while there is one.
func (a *asking) want(now int64) { a.begin(now, askFloor) }

// spoilt begins one because the keyframe that came was damaged.
func (a *asking) spoilt(now int64) { a.begin(now, askSpoilt) }

func (a *asking) begin(now, floor int64) {
	if a.wanted {
		return
	}
	a.wanted, a.attempt, a.next = true, 0, now
	if a.asked {
		a.next = max(now, a.last+floor)
	}
}

// restart begins a wanting at once, whatever was asked before.
func (a *asking) restart(now int64) { a.wanted, a.attempt, a.next = true, 0, now }

// due tells whether a request is to be sent now and which attempt it is.
func (a *asking) due(now int64) (attempt int, ok bool) {
	if !a.wanted || now < a.next {
		return 0, false
	}
	attempt = a.attempt
	a.attempt++
	a.last, a.asked = now, true
	switch {
	case attempt < 2:
		a.next = now + askRepeat
	case attempt == 2:
		a.next = now + askThird
	case attempt < askPatient:
		a.next = now + askAgain
	default:
		a.next = now + askSeldom
	}
	return attempt, true
}

// arrived ends the wanting: a keyframe came.
func (a *asking) arrived() { a.wanted = false }
