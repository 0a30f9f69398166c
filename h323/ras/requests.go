package ras

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// maxOpen bounds the requests of ours that wait for an answer.
const maxOpen = 4096

// maxProgress bounds how often a far end may ask for more time for one request.
const maxProgress = 10

// Packet is a datagram to send.
type Packet struct {
	To   netip.AddrPort
	Data []byte
}

// request is one of ours that waits for its answer.
type request struct {
	kind   kind
	to     netip.AddrPort
	data   []byte
	wait   time.Duration
	left   int // repetitions
	extra  int // times the far end asked for more time
	at     time.Time
	number uint16
	done   func(now time.Time, m *h225.RasMessage)
}

// requests repeats what is not answered (H.225.0 7.19).
type requests struct {
	last uint16
	open map[uint16]*request
	out  func(Packet)
}

func newRequests(first uint16, out func(Packet)) *requests {
	return &requests{last: first, open: make(map[uint16]*request), out: out}
}

// number gives the next sequence number, 1 to 65535, that no open request has.
func (r *requests) number() (n uint16, ok bool) {
	if len(r.open) >= maxOpen {
		return 0, false
	}
	for {
		if r.last++; r.last == 0 {
			r.last = 1
		}
		if r.open[r.last] == nil {
			return r.last, true
		}
	}
}

// send sends a request with a number of number's. done gets the answer, or nil when none
// came in time.
func (r *requests) send(now time.Time, k kind, n uint16, to netip.AddrPort, data []byte, done func(time.Time, *h225.RasMessage)) {
	p := patiences[k]
	r.open[n] = &request{kind: k, to: to, data: data, wait: p.wait, left: p.repeats, at: now.Add(p.wait), number: n, done: done}
	r.out(Packet{to, data})
}

// awaited finds the request that a message answers. Some gatekeepers answer from another
// port, so the address alone counts.
func (r *requests) awaited(from netip.AddrPort, m *h225.RasMessage) *request {
	k, ok := answerKind(m)
	h, known := headerOf(m)
	if !ok || !known {
		return nil
	}
	q := r.open[*h.seq]
	if q == nil || k != kindAny && q.kind != k || !q.to.Addr().IsMulticast() && q.to.Addr() != from.Addr() {
		return nil
	}
	return q
}

// waits tells whether a host may answer a request.
func (r *requests) waits(host netip.Addr) bool {
	for _, q := range r.open {
		if q.to.Addr() == host || q.to.Addr().IsMulticast() {
			return true
		}
	}
	return false
}

// answer ends a request with its answer, or waits longer when that is all the answer
// says (H.225.0 7.19, RIP).
func (r *requests) answer(now time.Time, q *request, m *h225.RasMessage) {
	if p := m.RequestInProgress; p != nil {
		if q.extra++; q.extra <= maxProgress {
			q.at = now.Add(max(time.Duration(p.Delay)*time.Millisecond, q.wait))
		}
		return
	}
	delete(r.open, q.number)
	q.done(now, m)
}

// expire repeats or gives up what is due.
func (r *requests) expire(now time.Time) {
	var over []*request
	for n, q := range r.open {
		switch {
		case now.Before(q.at):
		case q.left > 0:
			q.left--
			q.at = now.Add(q.wait)
			r.out(Packet{q.to, q.data})
		default:
			delete(r.open, n)
			over = append(over, q)
		}
	}
	for _, q := range over {
		q.done(now, nil)
	}
}

// deadline is when expire has something to do; zero is never.
func (r *requests) deadline() time.Time {
	var t time.Time
	for _, q := range r.open {
		t = earlier(t, q.at)
	}
	return t
}

// abandon gives up all requests. It is for the caller to say so to who waits.
func (r *requests) abandon() []*request {
	list := slices.Collect(maps.Values(r.open))
	clear(r.open)
	return list
}

// drop forgets the requests to an address; nobody hears of them.
func (r *requests) drop(to netip.AddrPort) {
	for n, q := range r.open {
		if q.to == to {
			delete(r.open, n)
		}
	}
}

// earlier gives the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
