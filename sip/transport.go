package sip

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// TransportLimits bounds what far ends can make the gateway hold.
type TransportLimits struct {
	Connections int           // TCP and TLS connections, all together
	PerSource   int           // of them from one address
	HalfOpen    time.Duration // for a handshake, the first message, and the rest of a begun one
	Idle        time.Duration // without a message and without a dialog
}

func (l *TransportLimits) defaults() {
	if l.Connections == 0 {
		l.Connections = 4096
	}
	if l.PerSource == 0 {
		l.PerSource = 1024
	}
	if l.HalfOpen == 0 {
		l.HalfOpen = 10 * time.Second
	}
	if l.Idle == 0 {
		l.Idle = 10 * time.Minute
	}
}

// transport owns all sockets. handle is called on the reading goroutine of a
// socket, one message after the other, and must not block.
type transport struct {
	cfg    TransportLimits
	log    *slog.Logger
	trace  bool
	stats  *counters
	handle func(m sipgo.Message, f flow)

	mu        sync.Mutex
	closing   bool
	udp       []*udpSocket
	listeners []*listener
	streams   map[*streamConn]struct{}
	sources   map[netip.Addr]int
	reading   sync.WaitGroup
}

type listener struct {
	net.Listener
	proto string
	laddr netip.AddrPort
}

func newTransport(limits TransportLimits, log *slog.Logger, stats *counters) *transport {
	limits.defaults()
	return &transport{
		cfg: limits, log: log, stats: stats,
		streams: make(map[*streamConn]struct{}), sources: make(map[netip.Addr]int),
	}
}

// addUDP and addListener take sockets that are open; serve starts them.
func (t *transport) addUDP(c udpConn, dual bool) {
	s := newUDPSocket(c)
	s.dual = dual
	t.udp = append(t.udp, s)
}

func (t *transport) addListener(l net.Listener, proto string) {
	t.listeners = append(t.listeners, &listener{l, proto, addrPort(l.Addr())})
}

func (t *transport) serve() {
	for _, s := range t.udp {
		t.reading.Go(func() { s.read(t) })
	}
	for _, l := range t.listeners {
		t.reading.Go(func() { t.accept(l) })
	}
}

func (t *transport) accept(l *listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || t.isClosing() {
				return
			}
			t.log.Warn("sip: accepting", "local", l.laddr.String(), "error", err)
			time.Sleep(50 * time.Millisecond) // out of descriptors: give others time to close
			continue
		}
		if _, ok := t.adopt(newStreamConn(c, l.proto)); !ok {
			t.stats.limited()
			_ = c.Close()
		}
	}
}

// adopt starts reading a new connection unless a bound is reached.
func (t *transport) adopt(s *streamConn) (*streamConn, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing || len(t.streams) >= t.cfg.Connections || t.sources[s.raddr.Addr()] >= t.cfg.PerSource {
		return nil, false
	}
	t.streams[s] = struct{}{}
	t.sources[s.raddr.Addr()]++
	t.reading.Go(func() { s.read(t) })
	return s, true
}

func (t *transport) forget(s *streamConn) {
	s.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, had := t.streams[s]; !had {
		return
	}
	delete(t.streams, s)
	if t.sources[s.raddr.Addr()]--; t.sources[s.raddr.Addr()] <= 0 {
		delete(t.sources, s.raddr.Addr())
	}
}

// connected finds an open connection to a far end.
func (t *transport) connected(proto string, remote netip.AddrPort) (flow, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.streams {
		if s.proto == proto && s.raddr == remote && (flow{socket: s}).alive() {
			return flow{s, remote}, true
		}
	}
	return flow{}, false
}

// datagramFlow is the way to a far end by UDP: from a port of its family.
func (t *transport) datagramFlow(remote netip.AddrPort) (flow, bool) {
	remote = unmapped(remote)
	for _, s := range t.udp {
		if s.dual || s.laddr.Addr().Unmap().Is4() == remote.Addr().Is4() {
			return flow{s, remote}, true
		}
	}
	return flow{}, false
}

// deliver parses one message and hands it on.
func (t *transport) deliver(f flow, raw []byte) {
	if t.trace {
		t.traced("received", f, raw)
	}
	m, err := parseMessage(raw)
	if err != nil {
		t.unreadable(f, err)
		return
	}
	m.SetTransport(sipgo.NetworkToUpper(f.network()))
	m.SetSource(f.remote.String())
	t.handle(m, f)
}

// broken answers a stream whose framing is lost, before it is closed.
func (t *transport) broken(f flow, head []byte, cause error) {
	if len(head) == 0 {
		t.unreadable(f, &parseError{err: cause})
		return
	}
	t.unreadable(f, malformed(normalise(head), cause))
}

func (t *transport) unreadable(f flow, err error) {
	t.stats.parseError()
	t.log.Debug("sip: unreadable message", "remote", f.remote.String(), "error", err)
	var pe *parseError
	if errors.As(err, &pe) && pe.reply != nil {
		_ = f.send(pe.reply)
	}
}

func (t *transport) isClosing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closing
}

// close ends all sockets and waits for their readers.
func (t *transport) close() {
	t.mu.Lock()
	t.closing = true
	for s := range t.streams {
		s.close()
	}
	t.mu.Unlock()
	for _, s := range t.udp {
		s.close()
	}
	for _, l := range t.listeners {
		_ = l.Close()
	}
	t.reading.Wait()
}

func (t *transport) connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.streams)
}
