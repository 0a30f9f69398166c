package wire

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Loops are the event loops of the packet path. Each is one goroutine, which
// receives for a share of the sockets.
type Loops struct {
	now     func() int64
	offload offload
	loops   []*loop
	wall    atomic.Int64 // wall clock less now, nanoseconds

	mu     sync.Mutex // guards what follows
	closed bool
	socks  map[*udp]struct{}
	last   *udp // that a loop was chosen for

	stop    chan struct{}
	stopped chan struct{}
}

// offload is what of the kernel's means is used.
type offload struct {
	segment bool // cut messages into datagrams (UDP_SEGMENT)
	join    bool // get datagrams joined (UDP_GRO)
	stamp   bool // get the time of arrival (SO_TIMESTAMPNS)
}

// Time stamps cost each datagram a little. Of a loop that has many sockets a
// part is enough to know how late it is; even ports carry media.
const (
	stampAll   = 16
	stampEvery = 8
)

// NewLoops starts n loops; 0 is one for each core that Go uses. now is a
// monotonic clock in nanoseconds; nil is Clock.
func NewLoops(n int, now func() int64) (*Loops, error) {
	return newLoops(n, now, offloads())
}

func newLoops(n int, now func() int64, o offload) (*Loops, error) {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if now == nil {
		now = Clock
	}
	l := &Loops{now: now, offload: o, socks: map[*udp]struct{}{}, stop: make(chan struct{}), stopped: make(chan struct{})}
	for range n {
		one, err := newLoop(l)
		if err != nil {
			return nil, errors.Join(err, l.closeLoops())
		}
		l.loops = append(l.loops, one)
	}
	l.look()
	go l.watch()
	return l, nil
}

// watch reads the meters.
func (l *Loops) watch() {
	defer close(l.stopped)
	t := time.NewTicker(time.Second / looksASecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			l.look()
		case <-l.stop:
			return
		}
	}
}

func (l *Loops) look() {
	now := l.now()
	l.wall.Store(time.Now().UnixNano() - now)
	for _, one := range l.loops {
		one.history.look(one.meter.read(now))
	}
}

// Stats tells how each loop did in the last second.
func (l *Loops) Stats() []LoopStats {
	all := make([]LoopStats, len(l.loops))
	for i, one := range l.loops {
		all[i] = one.history.stats()
		all[i].Sockets = one.sockets()
	}
	return all
}

// Listen binds a socket. It takes IPv4 and IPv6 when at is [::].
func (l *Loops) Listen(at netip.AddrPort) (Socket, error) {
	s, err := l.listen(nil, at, alone)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// ListenShared binds one socket for each loop to the same port, which nobody has so
// far. The kernel spreads far ends over them, each far end always to the same (SO_REUSEPORT).
func (l *Loops) ListenShared(at netip.AddrPort) ([]Socket, error) {
	var all []Socket
	how := opens
	for _, one := range l.loops {
		s, err := l.listen(one, at, how)
		if err != nil {
			for _, s := range all {
				err = errors.Join(err, s.Close())
			}
			return nil, err
		}
		at, how = netip.AddrPortFrom(at.Addr(), s.LocalAddr().Port()), shares
		all = append(all, s)
	}
	return all, nil
}

// listen binds a socket for a loop; nil leaves the choice to us.
func (l *Loops) listen(on *loop, at netip.AddrPort, how sharing) (*udp, error) {
	s, err := listenUDP(at, how)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.Join(net.ErrClosed, s.unbind())
	}
	if on == nil {
		on = l.choose(s.local.Port())
	}
	o := l.offload
	o.stamp = o.stamp && (on.bound < stampAll || s.local.Port()%stampEvery == 0)
	s.use(o)
	s.loop, l.last = on, s
	on.bound++
	l.socks[s] = struct{}{}
	return s, nil
}

// choose gives the loop that has least to do: to which an odd port goes with
// the even one below it, which has the same lock.
func (l *Loops) choose(port uint16) *loop {
	if port&1 == 1 && l.last != nil && l.last.local.Port() == port-1 {
		return l.last.loop
	}
	at := rand.IntN(len(l.loops))
	best := l.loops[at]
	for i := range l.loops {
		if one := l.loops[(at+i)%len(l.loops)]; one.easier(best) {
			best = one
		}
	}
	return best
}

// easier tells whether a loop has less to do than another: clearly less work,
// or else fewer sockets, which may work later.
func (l *loop) easier(than *loop) bool {
	a, b := l.history.stats().Busy, than.history.stats().Busy
	if max(a-b, b-a) > 0.05 {
		return a < b
	}
	return l.bound < than.bound
}

func (l *Loops) forget(s *udp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.socks[s]; ok {
		delete(l.socks, s)
		s.loop.bound--
	}
	if l.last == s {
		l.last = nil
	}
}

// Close closes the sockets that are left and ends the loops. It is not for a handler.
func (l *Loops) Close() error {
	l.mu.Lock()
	again := l.closed
	l.closed = true
	left := slices.Collect(maps.Keys(l.socks))
	l.mu.Unlock()
	if again {
		return net.ErrClosed
	}
	var errs []error
	for _, s := range left {
		if err := s.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	close(l.stop)
	<-l.stopped
	return errors.Join(append(errs, l.closeLoops())...)
}

func (l *Loops) closeLoops() error {
	var errs []error
	for _, one := range l.loops {
		errs = append(errs, one.close())
	}
	return errors.Join(errs...)
}
