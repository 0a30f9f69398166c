package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Validate checks every key and returns all that is wrong at once.
func (c Config) Validate() error {
	var e problems
	e.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	e.oneOf("log.format", c.Log.Format, "text", "json")
	e.listen("sip.listen", c.SIP.Listen, "udp", "tcp", "tls")
	e.oneOf("sip.encryption", c.SIP.Encryption, "off", "prefer", "require")
	e.oneOf("sip.tls_min", c.SIP.TLSMin, "1.0", "1.1", "1.2", "1.3")
	e.certificate("sip.tls", c.SIP.TLS)
	e.sipRegister(c.SIP.Register)
	e.sipTrunks(c.SIP.Trunks)
	e.h323(c.H323)
	e.address("media.address", c.Media.Address)
	if c.Media.Announce != "" {
		e.address("media.announce", c.Media.Announce)
	}
	if _, _, err := c.Media.PortRange(); err != nil {
		e.add("media.ports", err.Error())
	}
	e.atLeast("media.timeout", int(c.Media.Timeout/time.Second), 5)
	e.atLeast("media.bitrate", c.Media.Bitrate, 64_000)
	e.listen("room.listen", c.Room.Listen, "udp", "tcp")
	for _, a := range c.Room.Announce {
		e.address("room.announce", a)
	}
	e.atLeast("room.max_participants", c.Room.MaxParticipants, 2)
	e.oneOf("room.dial", c.Room.Dial, DialOff, DialDevices, DialAddresses)
	e.atLeast("worker.max", c.Worker.Max, 0)
	e.atLeast("worker.cpus", c.Worker.CPUs, 0)
	if c.Worker.Memory != 0 {
		e.atLeast("worker.memory", int(c.Worker.Memory), leastWorkerMemory)
	}
	e.executable("worker.path", c.Worker.Path)
	e.directory("reception.prompts", c.Reception.Prompts)
	e.oneOf("reception.speech", c.Reception.Speech, SpeechAuto, SpeechOff)
	e.token("admin.token", c.Admin.Token)
	e.oidc(c.Admin.OIDC)
	e.hostPort("web.listen", c.Web.Listen)
	if c.Web.HTTP != "" {
		e.hostPort("web.http", c.Web.HTTP)
	}
	e.certificate("web.tls", c.Web.TLS)
	e.atLeast("limits.calls", c.Limits.Calls, 0)
	e.atLeast("limits.rooms", c.Limits.Rooms, 0)
	e.atLeast("limits.load", c.Limits.Load, 0)
	if c.Limits.Load > 100 {
		e.add("limits.load", fmt.Sprintf("%d %% is more than there is", c.Limits.Load))
	}
	e.store("store.url", c.Store.URL)
	return errors.Join(e...)
}

// leastWorkerMemory is what a media worker needs for one conversation with pictures.
const leastWorkerMemory = 256 << 20

type problems []error

func (e *problems) add(key, what string) { *e = append(*e, fmt.Errorf("%s: %s", key, what)) }

func (e *problems) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		e.add(key, fmt.Sprintf("%q is none of %s", value, strings.Join(allowed, ", ")))
	}
}

func (e *problems) atLeast(key string, value, least int) {
	if value < least {
		e.add(key, fmt.Sprintf("%d is below %d", value, least))
	}
}

func (e *problems) address(key, value string) {
	if _, err := netip.ParseAddr(value); err != nil {
		e.add(key, fmt.Sprintf("%q is not an IP address", value))
	}
}

func (e *problems) listen(key string, list []string, schemes ...string) {
	if len(list) == 0 {
		e.add(key, "at least one address is needed")
	}
	for _, l := range list {
		ep, err := ParseListen(l)
		if err != nil {
			e.add(key, err.Error())
			continue
		}
		if ep.Scheme == "" {
			ep.Scheme = schemes[0]
		}
		e.oneOf(key, ep.Scheme, schemes...)
	}
}

func (e *problems) hostPort(key, value string) {
	if _, err := ParseListen(value); err != nil {
		e.add(key, err.Error())
	}
}

func (e *problems) certificate(key string, t TLS) {
	if (t.Cert == "") != (t.Key == "") {
		e.add(key, "cert and key belong together")
		return
	}
	if t.Cert != "" {
		if _, err := tls.LoadX509KeyPair(t.Cert, t.Key); err != nil {
			e.add(key, err.Error())
		}
	}
}

// directory checks one that is read; none is well.
func (e *problems) directory(key, path string) {
	if path == "" {
		return
	}
	if _, err := os.ReadDir(path); err != nil {
		e.add(key, err.Error())
	}
}

func (e *problems) executable(key, path string) {
	if path == "" {
		return
	}
	if info, err := os.Stat(path); err != nil {
		e.add(key, err.Error())
	} else if info.IsDir() || info.Mode()&0o111 == 0 {
		e.add(key, path+" is not a program")
	}
}

// token has to travel in an HTTP header.
func (e *problems) token(key string, t Secret) {
	for _, r := range t.Reveal() {
		if r <= ' ' || r > '~' {
			e.add(key, "only visible ASCII characters can stand in an HTTP header")
			return
		}
	}
}

func (e *problems) store(key, url string) {
	if !strings.HasPrefix(url, "sqlite:") && !strings.HasPrefix(url, "postgres://") {
		e.add(key, "is neither sqlite:PATH nor postgres://…")
	}
}

// Endpoint is one address to listen on.
type Endpoint struct {
	Scheme string // what stood before ://, or ""
	Addr   netip.AddrPort
}

func (e Endpoint) String() string {
	if e.Scheme == "" {
		return e.Addr.String()
	}
	return e.Scheme + "://" + e.Addr.String()
}

// ParseListen reads SCHEME://IP:PORT, IP:PORT or :PORT (all addresses of IPv4 and IPv6, which are [::]).
func ParseListen(s string) (Endpoint, error) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		scheme, rest = "", s
	}
	host, port, err := net.SplitHostPort(strings.TrimSuffix(rest, "/"))
	if err != nil {
		return Endpoint{}, fmt.Errorf("%q is not SCHEME://ADDRESS:PORT", s)
	}
	addr := netip.IPv6Unspecified()
	switch host {
	case "":
	case "localhost":
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		if addr, err = netip.ParseAddr(host); err != nil {
			return Endpoint{}, fmt.Errorf("%q: %q is not an IP address", s, host)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%q: %q is not a port", s, port)
	}
	return Endpoint{Scheme: scheme, Addr: netip.AddrPortFrom(addr.Unmap(), uint16(n))}, nil
}

// Endpoints reads a validated list; an address without a scheme gets the
// default one.
func Endpoints(list []string, scheme string) []Endpoint {
	out := make([]Endpoint, 0, len(list))
	for _, l := range list {
		e, err := ParseListen(l)
		if err != nil {
			continue // Validate has refused the configuration
		}
		if e.Scheme == "" {
			e.Scheme = scheme
		}
		out = append(out, e)
	}
	return out
}

// h323 checks the keys of the H.323 front-end.
func (e *problems) h323(c H323) {
	if len(c.Listen) > 0 { // none is allowed here
		e.listen("h323.listen", c.Listen, "tcp")
	}
	if c.Announce != "" {
		e.address("h323.announce", c.Announce)
	}
	e.oneOf("h323.fast_connect", c.FastConnect, "off", "accept", "offer")
	if _, _, err := c.PortRange(); err != nil {
		e.add("h323.ports", err.Error())
	}
	e.gatekeeper(c)
	e.register(c)
}

// PortRange gives the first and last port of h323.ports; zeros are any.
func (h H323) PortRange() (first, last uint16, err error) {
	if h.Ports == "" {
		return 0, 0, nil
	}
	return portRange(h.Ports, 1)
}

// PortRange gives the first and last port of media.ports.
func (m Media) PortRange() (first, last uint16, err error) {
	if first, last, err = portRange(m.Ports, 4); err != nil {
		return 0, 0, fmt.Errorf("%q is not FIRST-LAST with room for a call (four ports)", m.Ports)
	}
	return first, last, nil
}

// portRange reads FIRST-LAST with at least so many ports.
func portRange(s string, least uint64) (first, last uint16, err error) {
	a, b, ok := strings.Cut(s, "-")
	x, errX := strconv.ParseUint(strings.TrimSpace(a), 10, 16)
	y, errY := strconv.ParseUint(strings.TrimSpace(b), 10, 16)
	if !ok || errX != nil || errY != nil || x == 0 || y+1 < x+least {
		return 0, 0, fmt.Errorf("%q is not FIRST-LAST", s)
	}
	return uint16(x), uint16(y), nil
}
