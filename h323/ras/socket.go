package ras

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/bind"
)

// maxDatagram is the longest datagram that is read; RAS messages stay far below it.
const maxDatagram = 8192

// machine is a Client or a Gatekeeper.
type machine interface {
	Receive(now time.Time, from netip.AddrPort, data []byte)
	Expire(now time.Time)
	Deadline() time.Time
	Output() []Packet
}

// socket runs a machine on a UDP socket. The machine is used under its lock only.
type socket struct {
	mu   sync.Mutex
	m    machine
	conn *net.UDPConn
	wake chan struct{} // the deadline changed
	done sync.WaitGroup
}

func openSocket(addr netip.AddrPort) (*socket, error) {
	conn, err := net.ListenPacket(bind.Network("udp", addr.String()))
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn.(*net.UDPConn), wake: make(chan struct{}, 1)}, nil
}

// bound is where the socket is.
func (s *socket) bound() netip.AddrPort {
	a := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// serve starts the reader and the clock. They end when ctx does; the socket stays open
// for what is still to be said.
func (s *socket) serve(ctx context.Context) {
	s.done.Go(func() { s.read(s.conn, s.m.Receive) })
	s.done.Go(func() { s.tick(ctx) })
}

// do uses the machine, and sends what it says.
func (s *socket) do(f func(now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(time.Now())
	for _, p := range s.m.Output() {
		_, _ = s.conn.WriteToUDPAddrPort(p.Data, p.To) // what is lost is repeated
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// read passes on what comes to a connection until it is closed.
func (s *socket) read(conn *net.UDPConn, receive func(time.Time, netip.AddrPort, []byte)) {
	b := make([]byte, maxDatagram)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			continue // an ICMP answer to something we sent
		}
		s.do(func(now time.Time) { receive(now, from, b[:n]) })
	}
}

// tick calls the machine when something is due.
func (s *socket) tick(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		d := s.m.Deadline()
		s.mu.Unlock()
		wait := time.Hour
		if !d.IsZero() {
			wait = max(time.Until(d), 0)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
			s.do(s.m.Expire)
		}
	}
}

// close ends the reader and the clock.
func (s *socket) close() {
	_ = s.conn.Close()
	s.done.Wait()
}

// routeAddr is the local address from which the system reaches remote.
func routeAddr(remote netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// settle waits until no answer is awaited any more.
func (s *socket) settle(ctx context.Context) {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		s.mu.Lock()
		d := s.m.Deadline()
		s.mu.Unlock()
		if d.IsZero() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}
