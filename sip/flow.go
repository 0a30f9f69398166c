package sip

import (
	"errors"
	"net/netip"
)

// errClosed is what writing to a closed socket gives.
var errClosed = errors.New("sip: connection closed")

// socket carries messages: a UDP port, or one TCP or TLS connection.
type socket interface {
	network() string // udp, tcp or tls
	local() netip.AddrPort
	// write sends one message; a connection has one far end and ignores to.
	write(b []byte, to netip.AddrPort) error
	// done is closed when the socket carries nothing any more.
	done() <-chan struct{}
	// hold keeps an idle connection open while a dialog may need it; n is +1 or -1.
	hold(n int)
}

// flow is the way to one far end: a socket and an address. Answers and
// in-dialog requests take the flow that the far end's requests came by.
type flow struct {
	socket
	remote netip.AddrPort
}

func (f flow) send(b []byte) error { return f.write(b, f.remote) }

func (f flow) valid() bool { return f.socket != nil }

// alive tells whether the flow can still carry a message.
func (f flow) alive() bool {
	if f.socket == nil {
		return false
	}
	select {
	case <-f.done():
		return false
	default:
		return true
	}
}

// abandon closes a connection on which nothing is heard any more.
func (f flow) abandon() {
	if s, ok := f.socket.(*streamConn); ok {
		s.close()
	}
}

func (f flow) reliable() bool { return f.network() != "udp" }

// unmapped gives an address its plain form: an IPv4 address that came through
// an IPv6 socket compares equal to itself.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
