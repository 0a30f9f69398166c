// Package wiretest is an in-memory network of datagram sockets for tests: it
// loses, delays, duplicates and reorders as told, by the clock of
// testing/synctest where a test runs in a bubble.
package wiretest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// queueDepth is how many datagrams wait at a socket; more are dropped.
const queueDepth = 4096

// Link is what happens to datagrams on their way.
type Link struct {
	Delay     time.Duration
	Jitter    time.Duration // added at random, so that datagrams overtake each other
	Loss      float64       // fraction lost
	Duplicate float64       // fraction that comes twice
	// Filter drops the datagrams for which it is false.
	Filter func(from, to netip.AddrPort, data []byte) bool
}

// Net is a network. Its zero value is not ready: use New.
type Net struct {
	mu    sync.Mutex
	socks map[netip.AddrPort]*Socket
	link  Link
	rand  *rand.Rand
	next  uint16
}

// New makes a network without faults. The seed decides what random faults hit.
func New(seed uint64) *Net {
	return &Net{socks: map[netip.AddrPort]*Socket{}, rand: rand.New(rand.NewPCG(seed, seed)), next: 40000}
}

// SetLink changes what happens to datagrams sent from now on.
func (n *Net) SetLink(l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link = l
}

// Listen binds a socket; port 0 takes a free one. It is a wire.ListenFunc.
func (n *Net) Listen(at netip.AddrPort) (wire.Socket, error) {
	s, err := n.Socket(at)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Socket is Listen for tests that use the socket themselves.
func (n *Net) Socket(at netip.AddrPort) (*Socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.Port() == 0 {
		n.next++
		at = netip.AddrPortFrom(at.Addr(), n.next)
	}
	if n.socks[at] != nil {
		return nil, fmt.Errorf("wiretest: %v is in use", at)
	}
	s := &Socket{net: n, at: at, ready: make(chan struct{}, 1), closed: make(chan struct{})}
	n.socks[at] = s
	return s, nil
}

// Open counts the sockets that are bound.
func (n *Net) Open() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.socks)
}

// deliver takes one datagram to its socket, or not.
func (n *Net) deliver(from, to netip.AddrPort, data []byte) {
	n.mu.Lock()
	l := n.link
	copies := 1
	if l.Loss > 0 && n.rand.Float64() < l.Loss {
		copies = 0
	} else if l.Duplicate > 0 && n.rand.Float64() < l.Duplicate {
		copies = 2
	}
	delays := [2]time.Duration{l.Delay, l.Delay}
	if l.Jitter > 0 {
		for i := range delays {
			delays[i] += time.Duration(n.rand.Int64N(int64(l.Jitter)))
		}
	}
	n.mu.Unlock()
	if l.Filter != nil && !l.Filter(from, to, data) {
		return
	}
	d := datagram{append([]byte(nil), data...), from}
	for _, delay := range delays[:copies] {
		if delay > 0 {
			time.AfterFunc(delay, func() { n.arrive(to, d) })
			continue
		}
		n.arrive(to, d)
	}
}

func (n *Net) arrive(to netip.AddrPort, d datagram) {
	n.mu.Lock()
	s := n.socks[to]
	n.mu.Unlock()
	if s != nil {
		s.push(d)
	}
}

type datagram struct {
	data []byte
	from netip.AddrPort
}

// Socket is a socket of a Net.
type Socket struct {
	net    *Net
	at     netip.AddrPort
	ready  chan struct{} // something changed
	closed chan struct{}
	turn   wire.Turn

	mu       sync.Mutex
	queue    []datagram
	deadline int64
	isClosed bool
}

// LocalAddr is where the socket is bound.
func (s *Socket) LocalAddr() netip.AddrPort { return s.at }

func (s *Socket) push(d datagram) {
	s.mu.Lock()
	if len(s.queue) < queueDepth && !s.isClosed {
		s.queue = append(s.queue, d)
	}
	s.mu.Unlock()
	s.poke()
}

func (s *Socket) poke() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Serve calls the handler on a goroutine of the socket's own.
func (s *Socket) Serve(h wire.Handler) { go s.run(h) }

func (s *Socket) run(h wire.Handler) {
	s.turn.Own()
	for s.turn.Begin() {
		b, due, wait := s.next()
		now := wire.Clock()
		switch {
		case b != nil:
			h.Receive(b, now)
			b.Release()
		case due:
			h.Due(now)
		}
		s.turn.End()
		if b == nil && !due {
			s.wait(wait)
		}
	}
}

// next gives what the handler is to be told now, or the time until its deadline.
func (s *Socket) next() (b *wire.Batch, due bool, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := wire.Clock()
	switch {
	case s.isClosed:
	case s.deadline != 0 && s.deadline <= now:
		s.deadline = 0
		return nil, true, 0
	case len(s.queue) > 0:
		b = wire.Borrow()
		for len(s.queue) > 0 && b.Append(s.queue[0].data, s.queue[0].from) {
			s.queue = s.queue[1:]
		}
	case s.deadline != 0:
		wait = time.Duration(s.deadline - now)
	}
	return b, false, wait
}

// wait returns when something changed. A timeout of 0 is none.
func (s *Socket) wait(timeout time.Duration) {
	var over <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-s.closed:
	case <-s.ready:
	case <-over:
	}
}

// Take gives what has arrived without waiting, for a socket that has no handler.
func (s *Socket) Take() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all [][]byte
	for _, d := range s.queue {
		all = append(all, d.data)
	}
	s.queue = nil
	return all
}

// SetDeadline asks for a call of Due at a time of wire.Clock; 0 is none.
func (s *Socket) SetDeadline(at int64) {
	s.mu.Lock()
	s.deadline = at
	s.mu.Unlock()
	s.poke()
}

// Write sends datagrams to one address.
func (s *Socket) Write(to netip.AddrPort, data [][]byte) int {
	s.mu.Lock()
	closed := s.isClosed
	s.mu.Unlock()
	if closed {
		return 0
	}
	for _, d := range data {
		s.net.deliver(s.at, to, d)
	}
	return len(data)
}

// Send is Write of one datagram.
func (s *Socket) Send(to netip.AddrPort, data []byte) { s.Write(to, [][]byte{data}) }

// Close ends the socket and frees its address.
func (s *Socket) Close() error {
	if !s.turn.Finish() {
		return net.ErrClosed
	}
	s.mu.Lock()
	s.isClosed, s.queue = true, nil
	s.mu.Unlock()
	close(s.closed)
	s.net.mu.Lock()
	delete(s.net.socks, s.at)
	s.net.mu.Unlock()
	return nil
}
