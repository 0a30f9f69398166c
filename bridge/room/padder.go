package room

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// trial is a cluster on its way: which packets it is among, and what the
// browser told of them.
type trial struct {
	on          bool
	begun       int64
	parts       int    // sent
	first, last uint16 // transport-wide numbers, once parts were sent
	over        bool   // everything was told of

	came, lost int
	bytes      int
	head, tail int   // of the first packet that came, and of those that left last
	left       int64 // when the first of them left, microseconds
	leaves     int64 // and the last
	at, until  int64 // likewise when they came
}

// heard takes what feedback says of a packet, in the order of numbers.
func (t *trial) heard(seq uint16, size int, left, at int64, came bool) {
	if t.parts == 0 || int16(seq-t.first) < 0 {
		return
	}
	if t.parts == trialParts && int16(seq-t.last) >= 0 {
		t.over = true
	}
	switch {
	case int16(seq-t.last) > 0:
		return
	case !came:
		t.lost++
		return
	case t.came == 0:
		t.left, t.leaves, t.at, t.until, t.head = left, left, at, at, size
	}
	if left > t.leaves {
		t.leaves, t.tail = left, 0
	}
	t.came++
	t.bytes += size
	t.tail += size
	t.until = max(t.until, at)
}

// rates gives how fast the packets were sent and how fast they came, bit/s,
// and which part of them was lost.
func (t *trial) rates() (sent, came int, lost float64) {
	const fast = budgetMost
	rate := func(bytes int, took int64) int {
		if took <= 0 {
			return fast
		}
		return min(int(int64(bytes)*8e6/took), fast)
	}
	if t.came < 2 || t.leaves == t.left {
		return 0, 0, 1
	}
	return rate(t.bytes-t.tail, t.leaves-t.left), rate(t.bytes-t.head, t.until-t.at), float64(t.lost) / float64(t.lost+t.came)
}

// begin lets the path be probed.
func (l *link) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.budget.begin()
}

// wants takes what pictures would take if the path carried it, bit/s.
func (l *link) wants(bps int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.budget.search.want = bps
}

// probe gives the padding that is to be sent, if any is due.
func (l *link) probe(now int64) (c cluster, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trial.on {
		if now-l.trial.begun > trialPatient {
			l.tried(now)
		}
		return c, false
	}
	if c, due = l.budget.trial(now); due {
		l.trial = trial{on: true, begun: now}
	}
	return c, due
}

// padded notes that a part of a cluster left, the first number of which is given.
func (l *link) padded(first uint16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trial.parts == 0 {
		l.trial.first = first
	}
	l.trial.parts++
	l.trial.last = uint16(l.next.Load())
}

// tried ends a trial. It is called with mu held.
func (l *link) tried(now int64) {
	sent, came, lost := l.trial.rates()
	l.trial = trial{}
	o := l.budget.tried(sent, came, lost, now)
	if l.trials != nil {
		l.trials[o].Add(1)
	}
}

// trialCounts counts trials by what they showed.
type trialCounts [outcomes]atomic.Uint64

// Trials counts by what they showed the trials of what paths to browsers carry.
func (e *Engine) Trials() map[string]uint64 {
	c := &e.transport.trials
	return map[string]uint64{
		"more": c[trialMore].Load(), "none": c[trialNone].Load(), "late": c[trialLate].Load(), "unheard": c[trialUnheard].Load(),
	}
}

// padder sends clusters part by part.
type padder struct {
	mu     sync.Mutex
	timer  *time.Timer
	s      *session
	c      cluster
	begun  int64
	parts  int // sent
	closed bool
}

// begin sends a cluster.
func (p *padder) begin(s *session, c cluster, now int64) {
	p.mu.Lock()
	p.s, p.c, p.begun, p.parts = s, c, now, 0
	p.mu.Unlock()
	p.step()
}

// step sends the parts that are due: the timer may be late.
func (p *padder) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	sl, now := p.s.pads(), p.s.link.now()
	for sl != nil && p.parts < trialParts && now >= p.begun+int64(p.parts)*trialStep {
		first, ok := sl.pad(p.c, now)
		if !ok {
			return
		}
		p.s.link.padded(first)
		p.parts++
	}
	switch {
	case sl == nil || p.parts == trialParts:
	case p.timer == nil:
		p.timer = time.AfterFunc(trialStep, p.step)
	default:
		p.timer.Reset(trialStep)
	}
}

// close sends nothing more.
func (p *padder) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
	}
}

// pads gives a slot that can send padding, nil when none can.
func (s *session) pads() *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range s.slots {
		if sl.pads() {
			return sl
		}
	}
	return nil
}

// pads tells whether the slot can send padding of whose arrival the browser tells.
func (s *slot) pads() bool { return s.twcc != 0 && s.padding() != 0 }

// padding is the payload type of padding: that of retransmissions, whose
// numbers and times no picture depends on; 0 is none.
func (s *slot) padding() uint8 {
	for _, f := range *s.formats.Load() {
		if f.rtx != 0 {
			return f.rtx
		}
	}
	return 0
}

// pad sends a part of a cluster and gives the transport-wide number of its
// first packet; not ok is that nothing can be sent now.
func (s *slot) pad(c cluster, now int64) (first uint16, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pt := s.padding()
	if !s.ready() || pt == 0 || s.twcc == 0 {
		return 0, false
	}
	f := takeFlight()
	defer f.release()
	for i := range c.packets {
		h := packet.Header{PT: pt, Seq: s.rtxSeq, Timestamp: s.sent.timestamp, SSRC: s.rtxSSRC}
		s.rtxSeq++
		number := s.number(c.size+padCost, now)
		if i == 0 {
			first = number
		}
		f.addPadding(h, s.twcc, number, c.size)
	}
	s.finish(f)
	return first, true
}
