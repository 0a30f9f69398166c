package registrar

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Bounds of addresses, bytes and parameters.
const (
	maxURI       = 512
	maxURIParams = 16
	maxUser      = 128
)

var errURI = errors.New("registrar: no address that can be called")

// address is a SIP URI, as far as it says where a terminal is.
type address struct {
	text   string // as it was written
	scheme string // sip or sips
	user   string
	host   string // in lower case, without brackets
	port   uint16 // 0: none was written
	params map[string]string
}

// parseURI reads addr-spec (RFC 3261 19.1). Headers behind '?' and passwords
// have no place in what is called.
func parseURI(s string) (address, error) {
	a := address{text: s}
	if len(s) > maxURI || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' || r == '"' || r == '?' }) {
		return a, errURI
	}
	scheme, rest, _ := strings.Cut(s, ":")
	if a.scheme = strings.ToLower(scheme); a.scheme != "sip" && a.scheme != "sips" {
		return a, errURI
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		a.user, rest = rest[:i], rest[i+1:]
		if strings.Contains(a.user, ":") || len(a.user) > maxUser {
			return a, errURI
		}
	}
	hostport, params, _ := strings.Cut(rest, ";")
	if err := a.setHost(hostport); err != nil {
		return a, err
	}
	return a, a.setParams(params)
}

func (a *address) setHost(s string) error {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return errURI
		}
		host, port = s[1:end], s[end+1:]
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() || ip.Zone() != "" {
			return errURI
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i:]
	}
	if port != "" {
		n, err := strconv.ParseUint(strings.TrimPrefix(port, ":"), 10, 16)
		if err != nil || n == 0 || port[0] != ':' {
			return errURI
		}
		a.port = uint16(n)
	}
	a.host = strings.ToLower(host)
	if a.host == "" || !strings.HasPrefix(s, "[") && strings.Trim(a.host, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return errURI
	}
	return nil
}

func (a *address) setParams(s string) error {
	if s == "" {
		return nil
	}
	a.params = make(map[string]string)
	for p := range strings.SplitSeq(s, ";") {
		if p == "" {
			continue
		}
		if len(a.params) >= maxURIParams {
			return errURI
		}
		name, value, _ := strings.Cut(p, "=")
		a.params[strings.ToLower(name)] = value
	}
	return nil
}

// compared are the parameters that have to be in both of two equal URIs; others
// only have to agree where both have them.
var compared = []string{"transport", "user", "ttl", "method", "maddr"}

// equal is RFC 3261 19.1.4.
func (a address) equal(b address) bool {
	if a.scheme != b.scheme || unescape(a.user) != unescape(b.user) || a.host != b.host || a.port != b.port {
		return false
	}
	for _, name := range compared {
		x, inA := a.params[name]
		y, inB := b.params[name]
		if inA != inB || !strings.EqualFold(x, y) {
			return false
		}
	}
	for name, x := range a.params {
		if y, ok := b.params[name]; ok && !strings.EqualFold(x, y) {
			return false
		}
	}
	return true
}

// addr is the address and port that the URI names; invalid of a host name.
func (a address) addr() netip.AddrPort {
	ip, err := netip.ParseAddr(a.host)
	if err != nil {
		return netip.AddrPort{}
	}
	port := a.port
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(ip.Unmap(), port)
}

// transport is what the URI asks for; empty where it leaves it open.
func (a address) transport() string {
	if a.scheme == "sips" {
		return "tls"
	}
	return strings.ToLower(a.params["transport"])
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
