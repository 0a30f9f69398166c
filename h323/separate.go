package h323

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// controlDial is how long a far end may take to accept H.245's connection.
const controlDial = 5 * time.Second

// dialControl opens H.245's connection to where the far end waits. It tells whether
// it does.
func (l *leg) dialControl(told *h225.TransportAddress) bool {
	us := []netip.Addr{l.sig.local.Addr(), l.e.announced(l.sig.local).Addr()}
	to, err := reachable(told, l.sig.remote.Addr(), us)
	if err != nil {
		l.log.Info("h323: H.245 address not used", "error", err)
		return false
	}
	if l.h245.sep != nil || l.h245.dialling {
		return true
	}
	l.h245.dialling, l.h245.theirs = true, to
	l.e.running.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, controlDial)
		defer cancel()
		c, err := l.e.dial(ctx, to)
		if !l.box.Post(func() { l.controlDialled(c, err) }) && err == nil {
			_ = c.Close()
		}
	})
	return true
}

// reachable gives the address to connect to for one that a far end at peer tells. We,
// who are at us, are not made to call on this machine, on many at once, or on
// well-known services.
// An address of a private network told from a public one is seen through a NAT that
// does not know H.323; the far end is where its signalling comes from.
func reachable(told *h225.TransportAddress, peer netip.Addr, us []netip.Addr) (netip.AddrPort, error) {
	a, ok := told.AddrPort()
	ip := a.Addr().Unmap()
	switch {
	case !ok:
		return a, fmt.Errorf("it is no IP address")
	case a.Port() < 1024:
		return a, fmt.Errorf("port %d is none for H.245", a.Port())
	case ip.IsUnspecified(), ip.IsPrivate() && peer.IsGlobalUnicast() && !peer.IsPrivate():
		ip = peer
	case ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return a, fmt.Errorf("%s is no terminal", ip)
	case ip != peer.WithZone("") && slices.ContainsFunc(us, func(u netip.Addr) bool { return u.WithZone("") == ip }):
		return a, fmt.Errorf("%s is where we are", ip)
	case ip.IsLoopback() && !peer.IsLoopback(), ip.IsLinkLocalUnicast() && !peer.IsLinkLocalUnicast():
		return a, fmt.Errorf("%s is not where the terminal is", ip)
	case ip.IsLinkLocalUnicast():
		ip = ip.WithZone(peer.Zone())
	}
	return netip.AddrPortFrom(ip, a.Port()), nil
}

// controlDialled is the outcome of dialControl.
func (l *leg) controlDialled(c net.Conn, err error) {
	l.h245.dialling = false
	rival := l.h245.rival
	switch {
	case l.state == stateGone || l.h245.sep != nil:
		if err == nil {
			_ = c.Close()
		}
		l.dropRival()
	case err != nil && rival != nil:
		l.adopt(rival)
	case err != nil:
		l.log.Info("h323: H.245 connection not made", "remote", l.h245.theirs.String(), "error", err)
		if !l.h245.tunnel {
			l.inviteControl()
		}
	case rival != nil && l.h245.told.Compare(l.h245.theirs) < 0:
		// Both ends opened one (H.323 8.2): that of the lower address gives way.
		_ = c.Close()
		l.adopt(rival)
	default:
		l.dropRival()
		s := newConn(c, false, time.Time{}, l.e.cfg.Limits.HalfOpen)
		if l.e.read(s, func() { l.readControl(s) }) {
			l.adopt(s)
		}
	}
}

// dropRival closes their connection where there is a better one.
func (l *leg) dropRival() {
	if l.h245.rival != nil {
		l.h245.rival.close()
	}
	l.h245.rival, l.h245.unheard = nil, nil
}

// adopt makes a connection H.245's. What it said while it was a rival is heard now.
func (l *leg) adopt(s *conn) {
	s.patient()
	var unheard []*h245.MultimediaSystemControlMessage
	if s == l.h245.rival {
		unheard = l.h245.unheard
		l.h245.rival, l.h245.unheard = nil, nil
	}
	l.dropRival()
	l.h245.sep = s
	delete(l.h245.strangers, s)
	if l.h245.listener != nil {
		_ = l.h245.listener.Close()
	}
	for other := range l.h245.strangers {
		other.close()
	}
	l.log.Debug("h323: H.245 has its connection", "remote", s.remote.String())
	for _, b := range l.h245.takeWaiting() {
		_ = s.write(b)
	}
	l.fastOver()
	l.startControl()
	for _, m := range unheard {
		l.heard(s, m)
	}
}

// maxStrangers bounds the connections that one call's H.245 may have of those that
// have not said anything of it.
const maxStrangers = 4

// listenControl waits for H.245's connection, and gives the address to tell; nil when
// that cannot be done.
func (l *leg) listenControl() *h225.TransportAddress {
	if l.h245.listener == nil {
		ln, err := l.e.cfg.Ports.listen(l.sig.local.Addr())
		if err != nil {
			l.log.Warn("h323: no port for H.245", "error", err)
			return nil
		}
		l.h245.listener = ln
		l.h245.told = l.e.announced(netip.AddrPortFrom(l.sig.local.Addr(), addrPort(ln.Addr()).Port()))
		l.h245.strangers = make(map[*conn]struct{})
		l.e.running.Go(func() { l.acceptControl(ln) })
	}
	return h225.NewTransportAddress(l.h245.told)
}

// listen takes a port on a local address.
func (p PortRange) listen(a netip.Addr) (net.Listener, error) {
	if p.First == 0 {
		return net.Listen("tcp", netip.AddrPortFrom(a, 0).String())
	}
	var err error
	span := int(p.Last) - int(p.First) + 1
	start := int(time.Now().UnixNano()/1000) % max(span, 1)
	for i := range span {
		port := p.First + uint16((start+i)%span)
		var ln net.Listener
		if ln, err = net.Listen("tcp", netip.AddrPortFrom(a, port).String()); err == nil {
			return ln, nil
		}
	}
	return nil, fmt.Errorf("none of ports %d to %d: %w", p.First, p.Last, err)
}

// acceptControl takes connections to where we wait. The far end's own machine is
// known; whoever comes from elsewhere has to say something of H.245 first.
func (l *leg) acceptControl(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			l.e.log.Warn("h323: accepting for H.245", "local", ln.Addr().String(), "error", err)
			time.Sleep(50 * time.Millisecond) // out of descriptors: give others time to close
			continue
		}
		keepAlive(c)
		half := l.e.cfg.Limits.HalfOpen
		s := newConn(c, true, time.Now().Add(half), half)
		if !l.box.Offer(func() { l.controlAccepted(s) }) {
			s.close()
		}
	}
}

func (l *leg) controlAccepted(s *conn) {
	known := s.remote.Addr() == l.sig.remote.Addr()
	if l.state == stateGone || l.h245.sep != nil || !known && len(l.h245.strangers) >= maxStrangers ||
		!l.e.read(s, func() { l.readControl(s) }) {
		s.close()
		return
	}
	l.h245.strangers[s] = struct{}{}
	if known {
		l.favour(s)
	}
}

// favour takes a connection of theirs, unless ours is on its way.
func (l *leg) favour(s *conn) {
	if l.h245.dialling && l.h245.rival == nil {
		delete(l.h245.strangers, s)
		l.h245.rival = s
		return
	}
	l.adopt(s)
}

// readControl reads a connection that carries H.245, or means to.
func (l *leg) readControl(s *conn) {
	for {
		b, err := s.next()
		if err != nil {
			l.box.Post(func() { l.controlLost(s, err) })
			return
		}
		if len(b) == 0 {
			continue
		}
		m := new(h245.MultimediaSystemControlMessage)
		if err := per.Unmarshal(b, m); err != nil {
			l.e.unreadable(s, err)
			continue
		}
		if !l.box.deliver(func() { l.heard(s, m) }) {
			s.drain()
			return
		}
	}
}

// heard takes a message of a connection.
func (l *leg) heard(s *conn, m *h245.MultimediaSystemControlMessage) {
	if l.state == stateGone {
		return
	}
	if _, stranger := l.h245.strangers[s]; stranger && l.h245.sep == nil {
		l.favour(s)
	}
	switch {
	case s == l.h245.sep:
	case s == l.h245.rival && len(l.h245.unheard) < maxEarly:
		l.h245.unheard = append(l.h245.unheard, m)
		return
	case s == l.h245.rival:
		l.dropRival()
		return
	default:
		return
	}
	l.traceControl("received", m)
	l.ctl.Receive(time.Now(), m)
}

// controlGrace is how long ReleaseComplete may come after the end of H.245's
// connection.
const controlGrace = 2 * time.Second

// controlLost is the end of a connection for H.245. A call does not outlive it.
func (l *leg) controlLost(s *conn, err error) {
	delete(l.h245.strangers, s)
	if l.h245.rival == s {
		l.dropRival()
	}
	if s != l.h245.sep || l.state == stateGone {
		return
	}
	l.log.Info("h323: H.245 connection lost", "error", err)
	l.alarms.After(controlGrace, func() { l.hangup(bridge.CauseSignalling, "the H.245 connection broke") })
}
