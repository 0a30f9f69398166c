package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// protocolOf is the transport of a URI (RFC 3263 4.1, without NAPTR).
// explicit says that the URI names it.
func protocolOf(u sipgo.Uri) (proto string, explicit bool) {
	p, ok := u.UriParams.Get("transport")
	p = strings.ToLower(p)
	switch {
	case u.Scheme == "sips":
		return "tls", true
	case ok && (p == "udp" || p == "tcp" || p == "tls"):
		return p, true
	}
	return "udp", false
}

// resolve gives the addresses of a URI's host. A name is looked up: its SRV
// records when the URI has no port, else its addresses.
func (e *Endpoint) resolve(ctx context.Context, u sipgo.Uri, proto string) ([]netip.AddrPort, error) {
	host := trimBrackets(u.Host)
	standard := uint16(5060)
	if proto == "tls" {
		standard = 5061
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a.Unmap(), portOf(u, standard))}, nil
	}
	if u.Port == 0 {
		if all := e.services(ctx, host, proto); len(all) > 0 {
			return all, nil
		}
	}
	return e.addresses(ctx, host, portOf(u, standard))
}

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 4

func (e *Endpoint) services(ctx context.Context, host, proto string) []netip.AddrPort {
	service := "sip"
	if proto == "tls" {
		service, proto = "sips", "tcp"
	}
	_, records, err := e.cfg.Resolver.LookupSRV(ctx, service, proto, host)
	if err != nil {
		return nil
	}
	var all []netip.AddrPort
	for _, r := range records {
		a, err := e.addresses(ctx, strings.TrimSuffix(r.Target, "."), r.Port)
		if err == nil {
			all = append(all, a...)
		}
		if len(all) >= maxAddresses {
			return all[:maxAddresses]
		}
	}
	return all
}

func (e *Endpoint) addresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	found, err := e.cfg.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var all []netip.AddrPort
	for _, a := range found[:min(len(found), maxAddresses)] {
		all = append(all, netip.AddrPortFrom(a.Unmap(), port))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("sip: %s has no address", host)
	}
	return all, nil
}

// reach finds a way to a URI: an open connection, a new one, or a UDP port.
func (e *Endpoint) reach(ctx context.Context, u sipgo.Uri) (flow, error) {
	proto, _ := protocolOf(u)
	addrs, err := e.resolve(ctx, u, proto)
	if err != nil {
		return flow{}, err
	}
	return e.reachAny(ctx, proto, addrs, trimBrackets(u.Host))
}

func (e *Endpoint) reachAny(ctx context.Context, proto string, addrs []netip.AddrPort, host string) (flow, error) {
	var failed error
	for _, a := range addrs {
		f, err := e.flowTo(ctx, proto, a, host)
		if err == nil {
			return f, nil
		}
		failed = errors.Join(failed, err)
	}
	return flow{}, failed
}

func (e *Endpoint) flowTo(ctx context.Context, proto string, a netip.AddrPort, host string) (flow, error) {
	if proto == "udp" {
		if f, ok := e.t.datagramFlow(a); ok {
			return f, nil
		}
		return flow{}, fmt.Errorf("sip: no UDP port reaches %s", a)
	}
	if f, ok := e.t.connected(proto, a); ok {
		return f, nil
	}
	var config *tls.Config
	if proto == "tls" {
		c, err := e.tlsConfig()
		if err != nil {
			return flow{}, err
		}
		if config = c.Clone(); config.ServerName == "" {
			config.ServerName = host
		}
	}
	return e.t.dial(ctx, proto, a, config)
}

// dial opens a connection and starts reading it.
func (t *transport) dial(ctx context.Context, proto string, a netip.AddrPort, config *tls.Config) (flow, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", a.String())
	if err != nil {
		return flow{}, err
	}
	if config != nil {
		tc := tls.Client(c, config)
		if err := tc.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			return flow{}, err
		}
		c = tc
	}
	s, ok := t.adopt(newStreamConn(c, proto))
	if !ok {
		_ = c.Close()
		return flow{}, errClosed
	}
	return flow{s, s.raddr}, nil
}

func trimBrackets(host string) string { return strings.Trim(host, "[]") }
