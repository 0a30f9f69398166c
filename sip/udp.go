package sip

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// udpConn is what a UDP port needs; *net.UDPConn and in-memory wires have it.
type udpConn interface {
	ReadFrom(b []byte) (int, net.Addr, error)
	WriteTo(b []byte, to net.Addr) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// udpSocket is one UDP port.
type udpSocket struct {
	conn   udpConn
	laddr  netip.AddrPort
	dual   bool // takes IPv4 and IPv6
	closed chan struct{}
	once   sync.Once
}

func newUDPSocket(c udpConn) *udpSocket {
	return &udpSocket{conn: c, laddr: addrPort(c.LocalAddr()), closed: make(chan struct{})}
}

func (s *udpSocket) network() string       { return "udp" }
func (s *udpSocket) local() netip.AddrPort { return s.laddr }
func (s *udpSocket) done() <-chan struct{} { return s.closed }
func (s *udpSocket) hold(int)              {}

func (s *udpSocket) write(b []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return err
}

func (s *udpSocket) close() {
	s.once.Do(func() {
		close(s.closed)
		_ = s.conn.Close()
	})
}

// read hands every datagram to the handler in the order of arrival, until the
// socket is closed.
func (s *udpSocket) read(t *transport) {
	defer s.close()
	buf := make([]byte, maxMessage)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !s.alive() {
				return
			}
			t.log.Warn("sip: reading UDP", "local", s.laddr.String(), "error", err)
			continue
		}
		t.datagram(flow{s, unmapped(addrPort(from))}, buf[:n])
	}
}

func (s *udpSocket) alive() bool { return flow{socket: s}.alive() }

// datagram takes one UDP packet. A double CRLF is a ping as on a connection
// (RFC 5626 asks for STUN here, terminals send this); empty and short packets
// keep a NAT open and want no answer; a first byte below 4 is STUN.
func (t *transport) datagram(f flow, b []byte) {
	if blank := isBlank(b); blank || b[0] < 4 {
		if blank && len(b) == 4 && string(b) == "\r\n\r\n" {
			_ = f.send([]byte("\r\n"))
		}
		return
	}
	t.deliver(f, b)
}

func isBlank(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' && c != 0 && c != ' ' {
			return false
		}
	}
	return true
}

// addrPort reads the address of a packet or connection.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort()
	case *net.TCPAddr:
		return a.AddrPort()
	case nil:
		return netip.AddrPort{}
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap
}
