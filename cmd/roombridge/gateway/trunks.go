package gateway

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/sip"
)

// trunk is a carrier: where calls to numbers go, and whence calls come.
type trunk struct {
	config.SIPTrunk
	host  string
	port  uint16
	addrs atomic.Pointer[[]netip.Addr] // of all its hosts
	reg   *sip.Registrant              // nil: it wants no registration

	mu    sync.Mutex
	state trunkState
}

func newTrunks(list []config.SIPTrunk) ([]*trunk, error) {
	trunks := make([]*trunk, len(list))
	for i := range list {
		t := &trunk{SIPTrunk: list[i]}
		var err error
		if t.host, t.port, err = t.HostPort(); err != nil {
			return nil, err
		}
		t.addrs.Store(new([]netip.Addr))
		if a, err := netip.ParseAddr(t.host); err == nil {
			t.addrs.Store(&[]netip.Addr{a.Unmap()})
		}
		trunks[i] = t
	}
	return trunks, nil
}

// uri calls a user at the trunk; "" is the trunk itself.
func (t *trunk) uri(user string) string { return t.at(user, t.host, t.port) }

func (t *trunk) at(user, host string, port uint16) string {
	s := "sip:"
	if user != "" {
		s += user + "@"
	}
	s += bracketed(host)
	if port != 0 {
		s += ":" + strconv.Itoa(int(port))
	}
	return s + ";transport=" + cmp.Or(t.Transport, "udp")
}

// target is a call to a number through the trunk.
func (t *trunk) target(number string) bridge.Target {
	user, domain := t.Identity()
	return bridge.Target{Scheme: "sip", URI: t.uri(strings.ReplaceAll(number, "#", "%23")), Trunk: t.Name, From: user, Domain: domain}
}

// takes tells how much of a number the trunk is for; below 0 it is not.
func (t *trunk) takes(number string) int {
	best := -1
	if len(t.Prefixes) == 0 {
		best = 0
	}
	for _, p := range t.Prefixes {
		if strings.HasPrefix(number, p) {
			best = max(best, len(p))
		}
	}
	return best
}

// trunksOf names the trunks that a message may come from, by its address, those of the same port first.
func (g *Gateway) trunksOf(from netip.AddrPort) []string {
	var names, others []string
	for _, t := range g.trunks {
		switch {
		case !slices.Contains(*t.addrs.Load(), from.Addr().Unmap()):
		case t.port == from.Port():
			names = append(names, t.Name)
		default:
			others = append(others, t.Name)
		}
	}
	return append(names, others...)
}

// trunkPassword is what proves our calls and registrations to a trunk.
func (g *Gateway) trunkPassword(t bridge.Target, _ string) (user, password string, ok bool) {
	for _, k := range g.trunks {
		if t.Trunk != "" && k.Name == t.Trunk && k.User != "" {
			return k.User, k.Password.Reveal(), true
		}
	}
	return "", "", false
}

// ownerOf is whose a trunk is: the tenant's that claims it, else the default one's.
func (g *Gateway) ownerOf(trunk string) string {
	d := g.kept.book.Directory()
	return cmp.Or(d.Trunk(trunk), d.Default())
}

// dialNumber finds the trunk through which a tenant calls a number; "" is the operator, who uses all. name is that of
// a trunk, or "": then it is the one with the longest prefix among those of the tenant that are up.
func (g *Gateway) dialNumber(tenant, name, text string) (bridge.Target, error) {
	phone, ok := number.Dialable(text)
	if !ok {
		return bridge.Target{}, noTrunk("this is no number that a trunk can be asked for")
	}
	var best, down *trunk
	for _, t := range g.trunks {
		if tenant != "" && g.ownerOf(t.Name) != tenant || name != "" && t.Name != name || name == "" && t.takes(phone) < 0 {
			continue
		}
		into := &best
		if !t.usable() {
			into = &down
		}
		if *into == nil || t.takes(phone) > (*into).takes(phone) {
			*into = t
		}
	}
	switch {
	case best != nil:
		return best.target(phone), nil
	case down != nil:
		return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: fmt.Sprintf("the trunk %q is down: %s", down.Name, down.why())}
	case name != "":
		return bridge.Target{}, noTrunk(fmt.Sprintf("there is no trunk %q", name))
	}
	return bridge.Target{}, noTrunk("no trunk is for this number")
}

func noTrunk(reason string) error {
	return &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: reason}
}

// dialOwn is dialNumber for who is no operator: what is nobody's calls nobody.
func (g *Gateway) dialOwn(tenant, name, text string) (bridge.Target, error) {
	if tenant == "" {
		return bridge.Target{}, noTrunk("no trunk is for this number")
	}
	return g.dialNumber(tenant, name, text)
}

// trunkEncryption is that of calls by a trunk.
func (g *Gateway) trunkEncryption(name string) media.Policy {
	for _, t := range g.trunks {
		if name != "" && t.Name == name && t.Encryption != "" {
			return media.Policy(t.Encryption)
		}
	}
	return media.Policy(g.cfg.SIP.Encryption)
}
