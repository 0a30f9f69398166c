package h323

import (
	"context"
	"net"
	"net/netip"

	"github.com/roombridge/roombridge/h323/h225"
)

// memConn is one end of a connection in memory, with addresses.
type memConn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c *memConn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *memConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

func memPipe(a, b netip.AddrPort) (*memConn, *memConn) {
	x, y := net.Pipe()
	return &memConn{x, a, b}, &memConn{y, b, a}
}

func contextWithStop() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

func emptyBody() *h225.MessageBody { return &h225.MessageBody{Empty: true} }

// dialer gives the far ends of what an endpoint dials.
func (m *memory) dialer(from netip.AddrPort) func(context.Context, netip.AddrPort) (net.Conn, error) {
	return func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		ours, theirs := memPipe(from, to)
		m.dialled <- theirs
		return ours, nil
	}
}

// connect has a terminal call an endpoint.
func (m *memory) connect(e *Endpoint) *peer {
	theirs, ours := memPipe(netip.MustParseAddrPort("10.0.0.9:33000"), netip.MustParseAddrPort("10.0.0.1:1720"))
	e.takeIn(ours)
	return newPeer(m.t, theirs)
}
