package siptest

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Port is a UDP port in memory, for tests in virtual time.
type Port struct {
	addr   netip.AddrPort
	in     chan packet
	closed chan struct{}
	once   sync.Once
	mu     sync.Mutex
	peers  map[netip.AddrPort]*Port
}

type packet struct {
	data []byte
	from netip.AddrPort
}

// NewPort makes a port that reaches no other yet.
func NewPort(addr string) *Port {
	return &Port{
		addr: netip.MustParseAddrPort(addr), in: make(chan packet, 256), closed: make(chan struct{}),
		peers: make(map[netip.AddrPort]*Port),
	}
}

// Join lets two ports reach each other.
func Join(a, b *Port) {
	a.mu.Lock()
	a.peers[b.addr] = b
	a.mu.Unlock()
	b.mu.Lock()
	b.peers[a.addr] = a
	b.mu.Unlock()
}

// ReadFrom implements net.PacketConn.
func (p *Port) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case pk := <-p.in:
		return copy(b, pk.data), net.UDPAddrFromAddrPort(pk.from), nil
	case <-p.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn; what nobody takes is lost.
func (p *Port) WriteTo(b []byte, to net.Addr) (int, error) {
	p.mu.Lock()
	far := p.peers[to.(*net.UDPAddr).AddrPort()]
	p.mu.Unlock()
	if far != nil {
		select {
		case far.in <- packet{append([]byte(nil), b...), p.addr}:
		default:
		}
	}
	return len(b), nil
}

// LocalAddr implements net.PacketConn.
func (p *Port) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.addr) }

// Close implements net.PacketConn.
func (p *Port) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// To gives the port one far end, as a Peer needs it.
func (p *Port) To(far *Port) *PortLink {
	Join(p, far)
	return &PortLink{Port: p, far: net.UDPAddrFromAddrPort(far.addr)}
}

// PortLink is a port with one far end.
type PortLink struct {
	*Port
	far      net.Addr
	deadline time.Time
}

// SetReadDeadline bounds the next reads.
func (l *PortLink) SetReadDeadline(t time.Time) error { l.deadline = t; return nil }

// Read takes the next packet.
func (l *PortLink) Read(b []byte) (int, error) {
	var late <-chan time.Time
	if !l.deadline.IsZero() {
		t := time.NewTimer(time.Until(l.deadline))
		defer t.Stop()
		late = t.C
	}
	select {
	case pk := <-l.in:
		return copy(b, pk.data), nil
	default:
	}
	select {
	case pk := <-l.in:
		return copy(b, pk.data), nil
	case <-late:
		return 0, os.ErrDeadlineExceeded
	case <-l.closed:
		return 0, net.ErrClosed
	}
}

// Write sends a packet.
func (l *PortLink) Write(b []byte) (int, error) { return l.WriteTo(b, l.far) }
