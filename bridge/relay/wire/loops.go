package wire

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
)

// Loops receive for the sockets that are bound with them.
type Loops struct {
	now func() int64
	n   int

	mu     sync.Mutex
	closed bool
	socks  map[*udp]struct{}
}

// NewLoops starts n loops; 0 is one for each core that Go uses. now is a
// monotonic clock in nanoseconds; nil is Clock.
func NewLoops(n int, now func() int64) (*Loops, error) {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if now == nil {
		now = Clock
	}
	return &Loops{now: now, n: n, socks: map[*udp]struct{}{}}, nil
}

// Listen binds a socket. It takes IPv4 and IPv6 when at is [::].
func (l *Loops) Listen(at netip.AddrPort) (Socket, error) {
	s, err := l.listen(at, false)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// ListenShared binds one socket for each loop to the same port. The kernel
// spreads far ends over them, each far end always to the same (SO_REUSEPORT).
func (l *Loops) ListenShared(at netip.AddrPort) ([]Socket, error) {
	var all []Socket
	for range l.n {
		s, err := l.listen(at, true)
		if err != nil {
			for _, s := range all {
				err = errors.Join(err, s.Close())
			}
			return nil, err
		}
		at = netip.AddrPortFrom(at.Addr(), s.LocalAddr().Port())
		all = append(all, s)
	}
	return all, nil
}

func (l *Loops) listen(at netip.AddrPort, shared bool) (*udp, error) {
	s, err := listenUDP(l, at, shared)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	closed := l.closed
	if !closed {
		l.socks[s] = struct{}{}
	}
	l.mu.Unlock()
	if closed {
		return nil, errors.Join(net.ErrClosed, s.Close())
	}
	return s, nil
}

func (l *Loops) forget(s *udp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.socks, s)
}

// Close closes the sockets that are left.
func (l *Loops) Close() error {
	l.mu.Lock()
	l.closed = true
	var left []*udp
	for s := range l.socks {
		left = append(left, s)
	}
	l.mu.Unlock()
	var errs []error
	for _, s := range left {
		if err := s.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
