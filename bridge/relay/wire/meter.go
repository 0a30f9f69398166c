package wire

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// LateAfter is how long a batch waits between the kernel and its handler
// before it counts as late.
const LateAfter = 2 * time.Millisecond

// LoopStats is how one loop does.
type LoopStats struct {
	Sockets   int           // that are served
	Busy      float64       // share of the last second that it worked, 0 to 1
	Late      float64       // share of the reads in that second whose first datagram had waited for longer than LateAfter; some sockets' are looked at
	Wait      time.Duration // what 99 of 100 of them had waited at most, rounded up to a power of two of microseconds
	Datagrams uint64        // received since the beginning
	Lost      uint64        // dropped by the kernel since then, as far as sockets that received something later tell
}

// waitClasses are powers of two of microseconds.
const waitClasses = 24

// meter is what a loop counts. The loop alone writes it.
type meter struct {
	busy      atomic.Int64 // nanoseconds of work that is over
	since     atomic.Int64 // when the present work began; 0: it waits
	datagrams atomic.Uint64
	lost      atomic.Uint64
	late      atomic.Uint64
	waits     [waitClasses]atomic.Uint64
}

func (m *meter) begin(now int64) {
	if m.since.Load() == 0 {
		m.since.Store(now)
	}
}

func (m *meter) end(now int64) {
	if since := m.since.Load(); since != 0 {
		m.busy.Store(m.busy.Load() + now - since)
		m.since.Store(0)
	}
}

// batch counts what is given to a handler.
func (m *meter) batch(b *Batch) {
	m.datagrams.Store(m.datagrams.Load() + uint64(b.n))
	if b.lost > 0 {
		m.lost.Store(m.lost.Load() + uint64(b.lost))
	}
}

// waited counts a read whose first datagram waited for so many nanoseconds.
func (m *meter) waited(ns int64) {
	if ns > int64(LateAfter) {
		m.late.Store(m.late.Load() + 1)
	}
	class := &m.waits[min(bits.Len64(uint64(max(ns, 0)/1000)), waitClasses-1)]
	class.Store(class.Load() + 1)
}

// count is a reading of a meter.
type count struct {
	at, busy        int64
	late            uint64
	datagrams, lost uint64
	waits           [waitClasses]uint64
}

func (m *meter) read(now int64) count {
	c := count{at: now, late: m.late.Load(), datagrams: m.datagrams.Load(), lost: m.lost.Load()}
	// The loop may stop working in between: what it did is then counted once or not yet.
	since := m.since.Load()
	c.busy = m.busy.Load()
	if since != 0 && since == m.since.Load() {
		c.busy += max(now-since, 0)
	}
	for i := range c.waits {
		c.waits[i] = m.waits[i].Load()
	}
	return c
}

// stats is what happened between two readings.
func (c *count) stats(was *count) LoopStats {
	s := LoopStats{Datagrams: c.datagrams, Lost: c.lost}
	if d := c.at - was.at; d > 0 {
		s.Busy = min(max(float64(c.busy-was.busy)/float64(d), 0), 1)
	}
	total := uint64(0)
	for i := range c.waits {
		total += c.waits[i] - was.waits[i]
	}
	if total == 0 {
		return s
	}
	s.Late = float64(c.late-was.late) / float64(total)
	for i, left := waitClasses-1, total/100; i >= 0; i-- {
		n := c.waits[i] - was.waits[i]
		if n > left {
			s.Wait = time.Microsecond << i
			break
		}
		left -= n
	}
	return s
}

// looksASecond is how often meters are read, so that stats are of the last second.
const looksASecond = 4

// history is the last second of a meter.
type history struct {
	mu    sync.Mutex
	looks [looksASecond + 1]count // the newest last
}

// look takes in a reading.
func (h *history) look(c count) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.looks[looksASecond].at == 0 { // the first
		for i := range h.looks {
			h.looks[i] = c
		}
	}
	copy(h.looks[:], h.looks[1:])
	h.looks[looksASecond] = c
}

func (h *history) stats() LoopStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.looks[looksASecond].stats(&h.looks[0])
}
