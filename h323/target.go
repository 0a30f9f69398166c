package h323

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
)

// target is whom a call of ours goes to: h323:alias@host:port, h323:host,
// h323:host##alias, or h323:alias where there is a gatekeeper.
type target struct {
	alias string
	host  string // name or address; empty: the gatekeeper knows
	port  uint16 // 0: not said
}

// standardPort is that of call signalling (H.225.0 appendix IV).
const standardPort = 1720

var errTarget = &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "this is no H.323 address that can be called"}

func readTarget(uri string, gatekeeper bool) (target, error) {
	s := strings.TrimSpace(uri)
	if len(s) > 5 && strings.EqualFold(s[:5], "h323:") {
		s = withoutParameters(s[5:])
	}
	if s == "" || len(s) > maxNumber || clean(s, maxNumber) != s {
		return target{}, errTarget
	}
	alias, at, found := cutLast(s, "@")
	if !found {
		if host, rest, ok := strings.Cut(s, "##"); ok && host != "" {
			alias, at = rest, host
		} else if _, _, err := net.SplitHostPort(s); err == nil || isAddress(s) || !gatekeeper {
			alias, at = "", s
		} else {
			return target{alias: s}, nil
		}
	}
	t := target{alias: alias}
	var err error
	t.host, t.port, err = readHost(at)
	return t, err
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

func readHost(s string) (host string, port uint16, err error) {
	host = s
	if h, p, err := net.SplitHostPort(s); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", 0, errTarget
		}
		host, port = h, uint16(n)
	}
	host = strings.Trim(host, "[]")
	if host == "" || strings.ContainsAny(host, " /#") {
		return "", 0, errTarget
	}
	return host, port, nil
}

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 4

// resolve gives the addresses of a target's host. A name is looked up: its SRV
// records (H.323 annex O) when no port is said, else its addresses.
func (e *Endpoint) resolve(ctx context.Context, t target) ([]netip.AddrPort, error) {
	port := t.port
	if port == 0 {
		port = standardPort
	}
	if a, err := netip.ParseAddr(t.host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a.Unmap(), port)}, nil
	}
	if t.port == 0 {
		if all := e.services(ctx, t.host); len(all) > 0 {
			return all, nil
		}
	}
	return e.addresses(ctx, t.host, port)
}

func (e *Endpoint) services(ctx context.Context, host string) []netip.AddrPort {
	_, records, err := e.cfg.Resolver.LookupSRV(ctx, "h323cs", "tcp", host)
	if err != nil {
		return nil
	}
	var all []netip.AddrPort
	for _, r := range records {
		if a, err := e.addresses(ctx, strings.TrimSuffix(r.Target, "."), r.Port); err == nil {
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
	return all, nil
}

// aliases names somebody in a message of ours: digits as such, else by name.
func aliases(text string) []h225.AliasAddress {
	switch text = clean(text, maxAlias); {
	case text == "":
		return nil
	case isDigits(text):
		return []h225.AliasAddress{{DialledDigits: &text}}
	}
	return []h225.AliasAddress{{H323ID: new(bmp(text, 256))}}
}

// isDigits tells what can be dialledDigits and a party number.
func isDigits(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("0123456789#*", r) {
			return false
		}
	}
	return s != ""
}
