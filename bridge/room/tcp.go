package room

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/pion/ice/v2"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// stream is a session's part of ICE-TCP (RFC 6544): pion's TCPMux, with media
// taken off its connections before pion reads it.
type stream struct {
	ice.TCPMux
	dtls    func([]byte) bool // sees the DTLS that pion sends; true: it goes out
	receive func(data [][]byte, now int64, w *workbench) bool

	mu    sync.Mutex
	conns []*tcpEnd
}

// tcpEnd is the net.PacketConn behind pion's TCP candidate. Its datagrams are
// frames on the browser's connections (RFC 4571).
type tcpEnd struct {
	net.PacketConn
	all  *stream
	name string

	// Of the one goroutine that reads.
	work *workbench // nil before media came
	one  [1][]byte
	beat int64 // when pion was told last that media comes

	mu     sync.Mutex
	proved map[netip.AddrPort]net.Addr // far ends whose checks pion has answered
}

// GetConnByUfrag implements ice.TCPMux.
func (s *stream) GetConnByUfrag(name string, v6 bool, local net.IP) (net.PacketConn, error) {
	c, err := s.TCPMux.GetConnByUfrag(name, v6, local)
	if err != nil {
		return nil, err
	}
	e := &tcpEnd{PacketConn: c, all: s, name: name, proved: map[netip.AddrPort]net.Addr{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, e)
	return e, nil
}

// RemoveConnByUfrag implements ice.TCPMux.
func (s *stream) RemoveConnByUfrag(name string) {
	s.mu.Lock()
	s.conns = slices.DeleteFunc(s.conns, func(e *tcpEnd) bool { return e.name == name })
	s.mu.Unlock()
	s.TCPMux.RemoveConnByUfrag(name)
}

// Close implements ice.TCPMux; the engine closes pion's.
func (s *stream) Close() error { return nil }

// find gives the connection from an address.
func (s *stream) find(at netip.AddrPort) (net.PacketConn, net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.conns {
		if addr := e.known(at); addr != nil {
			return e, addr
		}
	}
	return nil, nil
}

func (e *tcpEnd) known(at netip.AddrPort) net.Addr {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.proved[at]
}

// ReadFrom implements net.PacketConn: what is for pion. When media comes, pion
// is told once a second that the far end is alive.
func (e *tcpEnd) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := e.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		switch packet.Classify(b[:n]) {
		case packet.RTP, packet.RTCP:
		default:
			return n, from, nil
		}
		if e.media(b[:n], from) {
			return len(appendIndication(b[:0])), from, nil
		}
	}
}

func (e *tcpEnd) media(d []byte, from net.Addr) (beat bool) {
	a, ok := from.(*net.TCPAddr)
	if !ok || len(d) > packet.MaxSize || e.known(unmapped(a.AddrPort())) == nil {
		return false
	}
	if e.work == nil {
		e.work = &workbench{}
	}
	now := wire.Clock()
	e.one[0] = d
	if !e.all.receive(e.one[:], now, e.work) || now-e.beat < beatEvery {
		return false
	}
	e.beat = now
	return true
}

// WriteTo implements net.PacketConn.
func (e *tcpEnd) WriteTo(b []byte, to net.Addr) (int, error) {
	switch packet.Classify(b) {
	case packet.STUN:
		if a, ok := to.(*net.TCPAddr); ok && isSTUN(b) && stunType(b) == stunSuccess {
			e.prove(unmapped(a.AddrPort()), to)
		}
	case packet.DTLS:
		if !e.all.dtls(b) {
			return len(b), nil
		}
	}
	return e.PacketConn.WriteTo(b, to)
}

func (e *tcpEnd) prove(at netip.AddrPort, addr net.Addr) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.proved) < maxPeers {
		e.proved[at] = addr
	}
}

var _ ice.TCPMux = (*stream)(nil)
