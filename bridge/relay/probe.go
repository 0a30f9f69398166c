package relay

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// A burst ends with a pause. Reports that tell of one go out so often, and
// for a small one later. Nanoseconds, and bytes.
const (
	burstPause = int64(15 * time.Millisecond)
	burstLarge = 750
	probeEvery = int64(250 * time.Millisecond)
	probeLate  = int64(500 * time.Millisecond)
	// probeQuiet is how many reports there are for one that goes out before a burst.
	probeQuiet = 8
)

// prober knows the burst that a sender is in, and when the next report is to
// tell of one.
type prober struct {
	probing atomic.Bool
	burst   int   // bytes of payload since the last pause
	burstAt int64 // when it began
	probed  int64 // when a report went out last
	probes  int   // how many did
}

// stamp notes when packets leave.
func (s *sender) stamp(now int64) {
	if now-s.at > burstPause {
		s.burst, s.burstAt = 0, now
	}
	s.at, s.unstamped = now, false
}

// pauses tells whether a report is due that goes out before a burst.
func (s *sender) pauses(now int64) bool {
	if s.waiting == nil || s.probes%probeQuiet != probeQuiet-1 || now-s.probed < probeEvery || now-s.at <= burstPause {
		return false
	}
	s.burst, s.burstAt = 0, now
	return true
}

// bursts tells whether a report is due that tells of the burst that was just sent.
func (s *sender) bursts(now int64) bool {
	d := now - s.probed
	return s.probes%probeQuiet != probeQuiet-1 && (d >= probeLate || d >= probeEvery && s.burst >= burstLarge)
}

// flushProbing is Flush with the reports that are due before and after it.
func (s *Stream) flushProbing() {
	x, now := s.tx, s.now()
	x.Lock()
	due := x.pauses(now)
	x.Unlock()
	if due {
		s.probe(now)
	}
	x.Lock()
	due = x.waiting != nil
	x.flush()
	due = due && x.bursts(now)
	x.Unlock()
	if due {
		s.probe(now)
	}
}

// probe sends a sender report and nothing else, so that it is small.
func (s *Stream) probe(now int64) {
	r, _, m := s.tx.report(now)
	s.tx.Lock()
	s.tx.probed = now
	s.tx.probes++
	s.tx.Unlock()
	c := s.control
	c.Lock()
	defer c.Unlock()
	if c.terms == nil || !c.terms.rtp.IsValid() || c.terms.secured() && c.out == nil {
		return
	}
	if sock, to := s.controlPath(); to.IsValid() {
		c.marks.put(m)
		c.write(sock, to, []rtcp.Packet{&r, c.description(r.SSRC)})
	}
}

// mark is a sender report and what was sent before it.
type mark struct {
	ntp   uint32 // middle 32 bits
	burst int    // bits
	span  int64  // since its first packet, ns
}

// marks are those of the last reports.
type marks struct {
	ring [16]mark
	n    int
	last uint32 // that a receiver named
}

func (m *marks) put(x mark) {
	m.ring[m.n%len(m.ring)] = x
	m.n++
}

// measured adds to a receiver's report the trip that was measured with a sender
// report, unless the one before told of the same.
func (m *marks) measured(ntp uint32, trip int64, r *Report) {
	if ntp == m.last {
		return
	}
	for i := range m.ring {
		if x := &m.ring[i]; x.ntp == ntp {
			m.last = ntp
			r.Trip, r.Burst, r.Span = time.Duration(trip), x.burst, time.Duration(x.span)
		}
	}
}
