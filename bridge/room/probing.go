package room

// probing decides when a path to a browser is tried with more than pictures
// need at present: what they need never shows that there is room for more. A
// trial is a cluster of padding, some 15 ms at twice what is known to pass; the
// browser's feedback tells how fast it came through. It is a value, with time
// as an argument.
type probing struct {
	able   bool // the browser takes padding and tells of arrivals
	proven bool // a trial has shown what the path carries
	told   bool // there was feedback
	want   int  // what pictures would take if the path carried it, bit/s
	next   int64
	wait   int64 // after a trial that showed nothing more
	doubt  int64 // least of wait, longer when trials said too much
	raised int64 // when a trial raised the budget
	silent int   // trials of which nothing was heard
}

// cluster is padding that is to be sent: packets of size bytes of padding in
// each of so many parts.
type cluster struct{ packets, size int }

// Figures of trials. Times in nanoseconds.
const (
	// trialStart is what a browser is sent before the first trial, bit/s.
	trialStart = 250_000
	// trialSpan is how long a cluster takes, in parts of which each is sent at once.
	trialParts = 4
	trialStep  = 5e6
	trialSpan  = trialParts * trialStep
	trialLeast = 5  // packets
	trialMost  = 24 // packets of a part
	// padMost is the padding of a packet (RFC 3550 5.1); padCost is what its headers
	// are more, bytes, than those of as many bytes of pictures.
	padMost = 255
	padCost = 48

	trialFactor  = 2     // of what is known to pass
	trialCareful = 1.25  // likewise, after one that showed nothing more
	trialAmple   = 1.3   // of what is wanted: not more
	trialPatient = 700e6 // for feedback
	trialWait    = 1e9   // after one that showed nothing more
	trialRest    = 35e8  // likewise, at most
	trialDoubt   = 30e9  // likewise, when they said too much
	trialProof   = 3e9   // a budget that is fine for so long was right
	trialSilent  = 2     // so many without any answer, and there will be none

	// What passes is used but for a part, and for what sound takes, bit/s.
	trialShare = 0.92
	trialSound = 80_000
	trialGain  = 1.05 // less is none
	trialLost  = 0.2  // of a cluster; more is too much
)

// begin lets a browser be probed. From now on it gets more only when the path is known to carry it.
func (b *budget) begin() {
	if !b.search.able {
		b.search.able, b.search.wait, b.search.doubt = true, trialWait, trialWait
		b.value = min(b.value, trialStart)
	}
}

// trial gives the padding that is to be sent now, if any.
func (b *budget) trial(now int64) (c cluster, due bool) {
	s := &b.search
	most := int(float64(s.want+trialSound) / trialShare * trialAmple)
	if !s.able || s.want <= b.value || !b.calm || now < s.next {
		return c, false
	}
	rate := trialFactor * b.value
	if s.proven && s.wait > s.doubt { // the last showed nothing more: this one looks whether that has changed
		rate = min(rate, int((trialCareful*float64(b.value)+trialSound)/trialShare))
	}
	rate = min(rate, most)
	bytes := rate / 8 * trialSpan / 1e9
	n := min(max((bytes+padMost+padCost-1)/(padMost+padCost), trialLeast), trialMost*trialParts)
	n = (n + trialParts - 1) / trialParts
	return cluster{n, min(max(bytes/(n*trialParts)-padCost, 1), padMost)}, true
}

// outcome is what a trial showed.
type outcome int

const (
	trialMore    outcome = iota // the path carries more than was known
	trialNone                   // it does not
	trialLate                   // a busy machine sent it too slowly to tell
	trialUnheard                // nothing of it arrived, or the browser did not tell
	outcomes
)

// tried takes what a trial showed, bit/s: how fast it was sent and how fast it
// came, and the part of it that was lost.
func (b *budget) tried(sent, came int, lost float64, now int64) outcome {
	s := &b.search
	if lost == 1 {
		b.unheard(now)
		return trialUnheard
	}
	s.silent = 0
	got := int(float64(min(sent, came)) * trialShare)
	got = max(got-trialSound, got/2, budgetLeast)
	slow := came*10 < sent*9 || lost > trialLost
	switch {
	case float64(got) > trialGain*float64(b.value):
		b.value, s.proven = min(got, budgetMost), true
		s.wait, s.next, s.raised = s.doubt, now, now
		return trialMore
	case !slow:
		s.next = now + s.wait/4
		s.rest()
		return trialLate
	case !s.proven: // it carries less than a browser is sent before the first trial
		b.value, s.proven = got, true
	}
	s.next = now + s.wait
	s.rest()
	return trialNone
}

// rest makes the time until the trial after the next longer.
func (s *probing) rest() { s.wait = max(min(2*s.wait, trialRest), s.doubt) }

// unheard is a trial of which the browser told nothing. One that never tells
// anything is given what one is given that cannot be probed.
func (b *budget) unheard(now int64) {
	s := &b.search
	if s.silent++; !s.told && s.silent >= trialSilent {
		s.able, b.value = false, budgetStart
		return
	}
	s.next = now + s.wait
	s.rest()
}

// wrong notes that the path is full. Was that soon after a trial, then the
// next one waits for longer.
func (s *probing) wrong(now int64) {
	if s.raised != 0 && now-s.raised < trialProof {
		s.doubt = min(2*s.doubt, trialDoubt)
	} else if s.raised != 0 && now-s.raised > trialDoubt {
		s.doubt = trialWait
	}
	s.raised = 0
	s.wait = s.doubt
	s.next = now + s.wait
}
