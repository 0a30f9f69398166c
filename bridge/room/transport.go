package room

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/bind"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// transport is what all browsers' connections share: one UDP port, told apart
// by ICE user names, and one TCP port for ICE-TCP (RFC 6544).
type transport struct {
	binder   Binder
	loops    *wire.Loops // nil: others', behind binder
	mux      mux
	pool     *packet.Pool
	clock    clock
	trials   trialCounts
	shared   shared
	tcp      ice.TCPMux
	udpAddr  netip.AddrPort
	tcpAddr  netip.AddrPort
	announce []string
	loopback bool       // loopback addresses are candidates
	only     netip.Addr // the one address bound, if it is one
}

// Binder binds UDP sockets, one or several to one port; *wire.Loops is one.
type Binder interface {
	ListenShared(at netip.AddrPort) ([]wire.Socket, error)
}

const (
	tcpWriteHold = 1 << 20 // bytes held for one slow TCP peer; more is dropped
	tcpReadHold  = 16      // packets
)

func listen(cfg Config) (*transport, error) {
	t := &transport{announce: cfg.Announce, binder: cfg.Binder, pool: packet.NewPool(0)}
	for _, a := range cfg.Listen {
		scheme, addr, err := splitListen(a)
		if err != nil {
			_ = t.close()
			return nil, err
		}
		if scheme == "udp" {
			err = t.listenUDP(addr)
		} else {
			err = t.listenTCP(addr, cfg.Log)
		}
		if err != nil {
			_ = t.close()
			return nil, fmt.Errorf("room: listen %s: %w", a, err)
		}
	}
	if !t.hasUDP() && t.tcp == nil {
		return nil, fmt.Errorf("room: no address to listen on")
	}
	return t, nil
}

func splitListen(s string) (scheme string, addr netip.AddrPort, err error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "udp" && u.Scheme != "tcp" {
		return "", addr, fmt.Errorf("room: %q is not udp://HOST:PORT or tcp://HOST:PORT", s)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return "", addr, fmt.Errorf("room: %q has no port", s)
	}
	host := u.Hostname()
	switch host {
	case "":
		host = "::"
	case "localhost":
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "", addr, fmt.Errorf("room: %q: the host must be an address", s)
	}
	return u.Scheme, netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
}

func (t *transport) hasUDP() bool { return len(t.mux.doors) > 0 }

func (t *transport) listenUDP(addr netip.AddrPort) (err error) {
	if t.hasUDP() {
		return fmt.Errorf("one UDP address is enough")
	}
	if t.binder == nil {
		if t.loops, err = wire.NewLoops(0, nil); err != nil {
			return err
		}
		t.binder = t.loops
	}
	if addr.Addr().IsUnspecified() {
		return t.listenEach(addr)
	}
	if err := t.bind(addr); err != nil {
		return err
	}
	t.bound(addr.Addr())
	t.udpAddr = t.mux.doors[0].at
	return nil
}

func (t *transport) bind(addr netip.AddrPort) error {
	socks, err := t.binder.ListenShared(addr)
	if err != nil {
		return err
	}
	t.mux.open(socks)
	return nil
}

// listenEach binds every local address, so that an answer always leaves from
// the address that was asked.
func (t *transport) listenEach(addr netip.AddrPort) error {
	list, err := localAddrs(addr.Addr().Is4(), false)
	if err == nil && len(list) == 0 { // a machine without a network still serves itself
		t.loopback = true
		list, err = localAddrs(addr.Addr().Is4(), true)
	}
	if err != nil {
		return err
	}
	port := addr.Port()
	for _, a := range list {
		if err := t.bind(netip.AddrPortFrom(a, port)); err != nil {
			return err
		}
		port = t.mux.doors[0].at.Port()
	}
	t.udpAddr = netip.AddrPortFrom(addr.Addr(), port)
	return nil
}

// localAddrs lists the addresses that candidates are made of (RFC 8445
// 5.1.1.1): all unicast addresses of interfaces that are up, without those
// that are valid on one link only.
func localAddrs(only4, loopback bool) ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 && !loopback {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // it has just gone
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok && usable(ip.Unmap(), only4, loopback) {
					out = append(out, ip.Unmap())
				}
			}
		}
	}
	return out, nil
}

func usable(a netip.Addr, only4, loopback bool) bool {
	if a.IsLoopback() {
		return loopback && (a.Is4() || !only4)
	}
	return a.IsGlobalUnicast() && (a.Is4() || !only4)
}

func (t *transport) listenTCP(addr netip.AddrPort, log *slog.Logger) error {
	if t.tcp != nil {
		return fmt.Errorf("one TCP address is enough")
	}
	l, err := net.Listen(bind.Network("tcp", addr.String()))
	if err != nil {
		return err
	}
	if !addr.Addr().IsUnspecified() {
		t.bound(addr.Addr())
	}
	t.tcpAddr = l.Addr().(*net.TCPAddr).AddrPort()
	t.tcpAddr = netip.AddrPortFrom(t.tcpAddr.Addr().Unmap(), t.tcpAddr.Port())
	t.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: l, Logger: pionLog{log}.NewLogger("ice-tcp"),
		ReadBufferSize: tcpReadHold, WriteBufferSize: tcpWriteHold,
		FirstStunBindTimeout: 10 * time.Second, AliveDurationForConnFromStun: 10 * time.Second,
	})
	return nil
}

func (t *transport) bound(a netip.Addr) {
	t.only = a
	t.loopback = t.loopback || a.IsLoopback()
}

// settings puts the transport into a session's setting engine.
func (t *transport) settings(se *webrtc.SettingEngine, b *berth, s *stream) {
	var types []webrtc.NetworkType
	if t.hasUDP() {
		se.SetICEUDPMux(b)
		types = append(types, webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6)
	}
	if t.tcp != nil {
		se.SetICETCPMux(s)
		types = append(types, webrtc.NetworkTypeTCP4)
		if t.tcpAddr.Addr().Is6() {
			types = append(types, webrtc.NetworkTypeTCP6)
		}
	}
	se.SetNetworkTypes(types)
	if n := t.shared.network(); n != nil {
		se.SetNet(n)
	}
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetIncludeLoopbackCandidate(t.loopback)
	if t.only.IsValid() {
		only := net.IP(t.only.AsSlice())
		se.SetIPFilter(func(ip net.IP) bool { return ip.Equal(only) })
	}
	if len(t.announce) > 0 {
		se.SetNAT1To1IPs(slices.Clone(t.announce), webrtc.ICECandidateTypeHost)
	}
}

func (t *transport) close() error {
	t.mux.close()
	t.clock.wait()
	var errs []error
	if t.loops != nil {
		errs = append(errs, t.loops.Close())
	}
	if t.tcp != nil {
		errs = append(errs, t.tcp.Close())
	}
	return errors.Join(errs...)
}
