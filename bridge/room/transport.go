package room

import (
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
)

// transport is what all browsers' connections share: one UDP port, told apart
// by ICE user names, and one TCP port for ICE-TCP (RFC 6544).
type transport struct {
	udp      ice.UDPMux
	tcp      ice.TCPMux
	udpAddr  netip.AddrPort
	tcpAddr  netip.AddrPort
	announce []string
	loopback bool       // loopback addresses are candidates
	only     netip.Addr // the one address bound, if it is one
}

// Buffers of the shared sockets. A browser's burst of a keyframe from each of
// some dozens has to fit.
const (
	socketBuffer = 4 << 20
	tcpWriteHold = 1 << 20 // bytes held for one slow TCP peer; more is dropped
	tcpReadHold  = 64      // packets
)

func listen(cfg Config) (*transport, error) {
	t := &transport{announce: cfg.Announce}
	for _, a := range cfg.Listen {
		scheme, addr, err := splitListen(a)
		if err != nil {
			t.close()
			return nil, err
		}
		if scheme == "udp" {
			err = t.listenUDP(addr, cfg.Log)
		} else {
			err = t.listenTCP(addr, cfg.Log)
		}
		if err != nil {
			t.close()
			return nil, fmt.Errorf("room: listen %s: %w", a, err)
		}
	}
	if t.udp == nil && t.tcp == nil {
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

func (t *transport) listenUDP(addr netip.AddrPort, log *slog.Logger) error {
	if t.udp != nil {
		return fmt.Errorf("one UDP address is enough")
	}
	logger := pionLog{log}.NewLogger("ice-mux")
	if addr.Addr().IsUnspecified() {
		return t.listenEach(addr)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return err
	}
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	t.bound(addr.Addr())
	t.udpAddr = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	t.udp = ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: logger, UDPConn: conn})
	return nil
}

// listenEach binds every local address, so that an answer always leaves from
// the address that was asked.
func (t *transport) listenEach(addr netip.AddrPort) error {
	opts := []ice.UDPMuxFromPortOption{
		ice.UDPMuxFromPortWithReadBufferSize(socketBuffer),
		ice.UDPMuxFromPortWithWriteBufferSize(socketBuffer),
		ice.UDPMuxFromPortWithLogger(pionLog{slog.New(slog.DiscardHandler)}.NewLogger("ice-mux")),
	}
	if addr.Addr().Is4() {
		opts = append(opts, ice.UDPMuxFromPortWithNetworks(ice.NetworkTypeUDP4))
	}
	mux, err := ice.NewMultiUDPMuxFromPort(int(addr.Port()), opts...)
	if err != nil {
		return err
	}
	if len(mux.GetListenAddresses()) == 0 { // a machine without a network still serves itself
		_ = mux.Close()
		mux, err = ice.NewMultiUDPMuxFromPort(int(addr.Port()), append(opts, ice.UDPMuxFromPortWithLoopback())...)
		if err != nil {
			return err
		}
		t.loopback = true
	}
	t.udp, t.udpAddr = mux, addr
	return nil
}

func (t *transport) listenTCP(addr netip.AddrPort, log *slog.Logger) error {
	if t.tcp != nil {
		return fmt.Errorf("one TCP address is enough")
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return err
	}
	if !addr.Addr().IsUnspecified() {
		t.bound(addr.Addr())
	}
	t.tcpAddr = l.Addr().(*net.TCPAddr).AddrPort()
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

// settings puts the transport into a setting engine.
func (t *transport) settings(se *webrtc.SettingEngine) {
	var types []webrtc.NetworkType
	if t.udp != nil {
		se.SetICEUDPMux(t.udp)
		types = append(types, webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6)
	}
	if t.tcp != nil {
		se.SetICETCPMux(t.tcp)
		types = append(types, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	se.SetNetworkTypes(types)
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

func (t *transport) close() {
	if t.udp != nil {
		_ = t.udp.Close()
	}
	if t.tcp != nil {
		_ = t.tcp.Close()
	}
}
