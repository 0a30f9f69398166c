package plan

import "fmt"

// Strain knows whether a meeting's worker may compose. It gives composing up
// when pictures come late or the machine is loaded, and tries again after a while
// that doubles each time it fails.
type Strain struct {
	reason string // why nothing is composed; "" is that it may be
	until  int64  // no trying before
	wait   int64  // what the next giving up costs
	tried  int64  // when composing was allowed again last
	bad    int64  // since when pictures are late; 0: they are not
}

// Times of giving composing up, nanoseconds.
const (
	lateFor   = 1e9   // pictures late for longer than this are too much
	restFirst = 30e9  // before it is tried again
	restMost  = 960e9 // likewise, after many times
	restProof = 300e9 // composing for so long without trouble forgives what was
)

// Late takes how many pictures came out since the last call and how many of
// them, or beside them, were late. It is told once a second.
func (s *Strain) Late(frames, late uint64, now int64) {
	if late == 0 || late*5 < frames+late {
		s.bad = 0
		return
	}
	if s.bad == 0 {
		// What is told is of the second before.
		s.bad = now - lateFor + 1
		return
	}
	if now-s.bad > lateFor {
		s.give("the media worker does not keep up", now)
	}
}

// Failed says that the worker gives no pictures at all.
func (s *Strain) Failed(now int64) { s.give("the media worker gives no pictures", now) }

// Loaded says that the machine has enough to do; why is for people.
func (s *Strain) Loaded(why string, now int64) { s.give("the gateway is busy: "+why, now) }

func (s *Strain) give(reason string, now int64) {
	s.bad = 0
	if s.reason != "" {
		// It still is so: the rest begins anew, without counting as another failure.
		if s.until-now < restFirst {
			s.until = now + restFirst
		}
		return
	}
	if s.wait == 0 || s.tried != 0 && now-s.tried > restProof {
		s.wait = restFirst
	}
	s.reason, s.until = reason, now+s.wait
	s.wait = min(2*s.wait, restMost)
}

// Reason says for people why nothing is composed; "" is that it may be.
func (s *Strain) Reason(now int64) string {
	if s.reason != "" && now >= s.until {
		s.reason, s.tried = "", now
	}
	if s.reason == "" {
		return ""
	}
	return fmt.Sprintf("%s, so the speaker is shown; composing is tried again within %s", s.reason, minutes(s.until-now))
}

// minutes rounds up, so that the text does not change every second.
func minutes(ns int64) string {
	n := (ns + 60e9 - 1) / 60e9
	if n <= 1 {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", n)
}
