package sip

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bridge/bind"
)

// listen opens the sockets of the configuration.
func (e *Endpoint) listen() error {
	for _, l := range e.cfg.Listen {
		if err := e.open(l); err != nil {
			return fmt.Errorf("sip: listening on %s: %w", l, err)
		}
	}
	return nil
}

func (e *Endpoint) open(listen string) error {
	u, err := url.Parse(listen)
	if err != nil {
		return err
	}
	switch u.Scheme {
	case "udp":
		network, at := bind.Network("udp", u.Host, e.listened("udp")...)
		c, err := net.ListenPacket(network, at)
		if err != nil {
			return err
		}
		// All terminals share this socket: a burst must fit while the reader has not its turn.
		_ = c.(*net.UDPConn).SetReadBuffer(udpBuffer)
		_ = c.(*net.UDPConn).SetWriteBuffer(udpBuffer)
		e.t.addUDP(c, bind.Both(network))
		return nil
	case "tcp", "tls":
		l, err := net.Listen(bind.Network("tcp", u.Host, e.listened("tcp", "tls")...))
		if err != nil {
			return err
		}
		if u.Scheme == "tls" {
			c, err := e.tlsConfig()
			if err != nil {
				_ = l.Close()
				return err
			}
			l = tls.NewListener(l, c)
		}
		e.t.addListener(l, u.Scheme)
		return nil
	}
	return fmt.Errorf("%q is none of udp, tcp, tls", u.Scheme)
}

// udpBuffer is asked of the kernel, which may give less (net.core.rmem_max).
const udpBuffer = 4 << 20

// listened are the addresses of the configuration with one of the schemes.
func (e *Endpoint) listened(schemes ...string) (list []string) {
	for _, l := range e.cfg.Listen {
		if scheme, at, _ := strings.Cut(l, "://"); slices.Contains(schemes, scheme) {
			list = append(list, at)
		}
	}
	return list
}

func (e *Endpoint) tlsConfig() (*tls.Config, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.TLS == nil {
		c, err := TLSConfig(TLSOptions{})
		if err != nil {
			return nil, err
		}
		e.cfg.TLS = c
	}
	return e.cfg.TLS, nil
}

// Addrs gives the addresses that are listened on, as in Config.Listen, with
// the real ports.
func (e *Endpoint) Addrs() []string {
	var all []string
	for _, s := range e.t.udp {
		all = append(all, "udp://"+s.laddr.String())
	}
	for _, l := range e.t.listeners {
		all = append(all, l.proto+"://"+l.laddr.String())
	}
	return all
}

// sentBy is the host and port that a far end reaches us at: in Contact and
// Via. A dialled connection names the port that we listen on.
func (e *Endpoint) sentBy(f flow) (string, uint16) {
	port := f.local().Port()
	if f.reliable() {
		for _, l := range e.t.listeners {
			if l.proto == f.network() {
				port = l.laddr.Port()
				break
			}
		}
	}
	if e.cfg.Announce != "" {
		return strings.Trim(e.cfg.Announce, "[]"), port
	}
	a := f.local().Addr()
	if !a.IsValid() || a.IsUnspecified() {
		a = e.localAddr(f.remote.Addr())
	}
	if !a.IsValid() {
		a = netip.IPv4Unspecified()
	}
	return a.Unmap().WithZone("").String(), port
}
