package relay

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
)

// Times of the housekeeping.
const (
	tickEvery  = 100 * time.Millisecond
	tickGroup  = 20 // streams at a time, unless that makes too many groups
	tickGroups = 20
)

// The range of ports when none is configured.
const (
	defaultPortMin = 20000
	defaultPortMax = 29999
)

var defaultDSCP = map[media.Kind]uint8{media.Audio: 46, media.Video: 34}

// ErrClosed is returned by what is used after its end.
var ErrClosed = errors.New("relay: closed")

// PlaneConfig says where streams live.
type PlaneConfig struct {
	// Address is the local address that sockets bind to. The unspecified
	// address binds all; the zero value is that.
	Address netip.Addr
	// Announce is the address told to far ends; zero chooses by route.
	Announce netip.Addr
	// PortMin and PortMax bound the ports; even and odd pairs are taken.
	PortMin, PortMax uint16
	// DSCP marks what is sent, by kind (RFC 2474), where sockets can; 0 does
	// not. nil is EF for sound and AF41 for pictures (RFC 8837).
	DSCP map[media.Kind]uint8
	// MediaTimeout is how long a stream may be silent; 0 is for ever.
	MediaTimeout time.Duration
	Log          *slog.Logger
	// Now is a monotonic clock in nanoseconds; nil is Clock.
	Now func() int64
	// Listen binds sockets, whose loops' clock is Now; nil starts loops of
	// the plane's own over UDP of the operating system.
	Listen wire.ListenFunc
}

// Plane owns the ports, the DTLS certificate and the housekeeping of all streams.
type Plane struct {
	cfg         PlaneConfig
	now         func() int64
	loops       *wire.Loops // nil: others', behind cfg.Listen
	ports       *ports
	buffers     *packet.Pool // packets that wait to be ordered
	certificate tls.Certificate
	fingerprint string

	mu      sync.Mutex
	closed  bool
	streams map[*Stream]struct{}
	opened  uint64
	past    totals // of streams that are closed

	stop    chan struct{}
	stopped chan struct{}
}

// totals are the counters that outlive a stream.
type totals struct {
	received, receivedBytes uint64
	sent, sentBytes         uint64
	drops                   verdictCount
}

func (t *totals) add(o totals) {
	t.received += o.received
	t.receivedBytes += o.receivedBytes
	t.sent += o.sent
	t.sentBytes += o.sentBytes
	t.drops.add(&o.drops)
}

// NewPlane starts a plane.
func NewPlane(cfg PlaneConfig) (*Plane, error) {
	if !cfg.Address.IsValid() {
		cfg.Address = netip.IPv6Unspecified()
	}
	if cfg.PortMin == 0 && cfg.PortMax == 0 {
		cfg.PortMin, cfg.PortMax = defaultPortMin, defaultPortMax
	}
	if cfg.DSCP == nil {
		cfg.DSCP = defaultDSCP
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	certificate, err := secure.NewCertificate(time.Now())
	if err != nil {
		return nil, err
	}
	fingerprint, err := secure.Fingerprint(certificate.Certificate[0], fingerprintHash)
	if err != nil {
		return nil, err
	}
	p := &Plane{
		cfg: cfg, now: clockOr(cfg.Now),
		buffers:     packet.NewPool(packet.MaxSize),
		certificate: certificate, fingerprint: fingerprint,
		streams: map[*Stream]struct{}{},
		stop:    make(chan struct{}), stopped: make(chan struct{}),
	}
	if cfg.Listen == nil {
		if p.loops, err = wire.NewLoops(0, p.now); err != nil {
			return nil, err
		}
		cfg.Listen = p.loops.Listen
	}
	if p.ports, err = newPorts(cfg.Address, cfg.PortMin, cfg.PortMax, cfg.Listen); err != nil {
		return nil, errors.Join(err, p.closeLoops())
	}
	go p.housekeep()
	return p, nil
}

func (p *Plane) closeLoops() error {
	if p.loops == nil {
		return nil
	}
	return p.loops.Close()
}

const fingerprintHash = "sha-256"

// Fingerprint is that of our DTLS certificate: hash name and hex pairs.
func (p *Plane) Fingerprint() (hash, value string) { return fingerprintHash, p.fingerprint }

// housekeep looks after each stream once in tickEvery. Many streams have their
// turns one group after the other, so that packets wait for one group at most.
func (p *Plane) housekeep() {
	defer close(p.stopped)
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	var list []*Stream
	for group, groups := 0, 1; ; group = (group + 1) % groups {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
		}
		if group == 0 {
			clear(list)
			list = p.list(list[:0])
			if n := min(len(list)/tickGroup+1, tickGroups); n != groups {
				groups = n
				ticker.Reset(tickEvery / time.Duration(n))
			}
		}
		now := p.now()
		for _, s := range list[group*len(list)/groups : (group+1)*len(list)/groups] {
			s.tick(now)
		}
	}
}

// list appends the open streams.
func (p *Plane) list(to []*Stream) []*Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.streams {
		to = append(to, s)
	}
	return to
}

// StreamOptions names a stream that is opened.
type StreamOptions struct {
	CallID string
	Kind   media.Kind
	Role   media.Role
	CNAME  string // RTCP's name for us, the same for all streams of a call; empty is made up
	Log    *slog.Logger
}

// Open takes a port pair and starts a stream on it.
func (p *Plane) Open(o StreamOptions) (*Stream, error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	pair, err := p.ports.take()
	if err != nil {
		return nil, err
	}
	p.mark(o.Kind, pair)
	s := newStream(p, o, pair)
	p.mu.Lock()
	closed = p.closed
	if !closed {
		p.streams[s] = struct{}{}
		p.opened++
	}
	p.mu.Unlock()
	if closed {
		return nil, errors.Join(ErrClosed, s.Close())
	}
	return s, nil
}

// mark gives the sockets of a stream the mark of its kind.
func (p *Plane) mark(kind media.Kind, pair pair) {
	dscp := p.cfg.DSCP[kind]
	if dscp == 0 {
		return
	}
	for _, sock := range []wire.Socket{pair.rtp, pair.rtcp} {
		if m, ok := sock.(wire.Marker); ok {
			if err := m.Mark(dscp); err != nil {
				p.cfg.Log.Debug("DSCP not set", "error", err)
			}
		}
	}
}

// forget takes a closed stream off the list.
func (p *Plane) forget(s *Stream) {
	p.mu.Lock()
	if _, ok := p.streams[s]; ok {
		delete(p.streams, s)
		p.past.add(s.totals())
	}
	p.mu.Unlock()
	p.ports.free(s.pair.index)
}

// Close closes all streams and stops the housekeeping.
func (p *Plane) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if !again {
		close(p.stop)
	}
	<-p.stopped
	var errs []error
	for _, s := range p.list(nil) {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, p.closeLoops())...)
}

// Stats reads the plane's counters.
func (p *Plane) Stats() PlaneStats {
	total, used := p.ports.stats()
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := p.past
	for s := range p.streams {
		sum.add(s.totals())
	}
	return PlaneStats{
		Streams: len(p.streams), Opened: p.opened,
		PortsTotal: total, PortsUsed: used,
		Drops:    sum.drops.names(),
		Received: sum.received, ReceivedBytes: sum.receivedBytes,
		Sent: sum.sent, SentBytes: sum.sentBytes,
	}
}

// LocalAddr is the address to announce to a far end: the configured one, the
// one that sockets bind to, or the one that the route to the far end starts from.
func (p *Plane) LocalAddr(remote netip.Addr) netip.Addr {
	remote = remote.Unmap()
	if p.cfg.Announce.IsValid() && !p.cfg.Announce.IsUnspecified() {
		return p.cfg.Announce
	}
	if !p.cfg.Address.IsUnspecified() {
		return p.cfg.Address
	}
	if remote.IsValid() && !remote.IsUnspecified() {
		// Connecting a UDP socket sends nothing; it looks up the route.
		c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
		if err == nil {
			defer c.Close()
			return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
		}
	}
	if remote.Is6() && p.cfg.Address.Is6() {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
