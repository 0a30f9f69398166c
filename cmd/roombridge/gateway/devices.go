package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/h323"
	"github.com/roombridge/roombridge/h323/ras"
	"github.com/roombridge/roombridge/sip/registrar"
	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// devices is the list of all that are registered, whatever they speak.
func (g *Gateway) devices() bridge.Devices {
	return bridge.Devices{g.owned(g.sip.Devices), g.owned(g.h323Devices)}
}

func (g *Gateway) h323Devices() []bridge.Device {
	terminals := g.Terminals()
	list := make([]bridge.Device, 0, len(terminals))
	for i := range terminals {
		list = append(list, deviceOf(&terminals[i]))
	}
	return list
}

// deviceOf is a terminal of our gatekeeper in the list of devices. Its model is
// what it says with its maker, who says little in either.
func deviceOf(t *ras.Terminal) bridge.Device {
	d := bridge.Device{
		Name: t.ID, Protocol: "h323", Model: t.Product, Software: t.Version, Address: t.RAS, Transport: "tcp",
		Contacts: len(t.Signal), Since: t.Since, Seen: t.Seen, Expires: t.Expires, Online: true, User: t.User, Tenant: t.Tenant,
	}
	if len(t.Aliases) > 0 {
		d.Name, d.Aliases = t.Aliases[0], t.Aliases[1:]
	}
	if t.Maker != "" && !strings.Contains(strings.ToLower(t.Product), strings.ToLower(t.Maker)) {
		d.Model = strings.TrimSpace(t.Maker + " " + t.Product)
	}
	return d
}

// registered marks the calls of H.323 terminals that are registered with our
// gatekeeper: they come from the terminal's address and by an alias of it.
type registered struct {
	h323.Switchboard
	find func(alias string, host netip.Addr) (ras.Terminal, bool)
}

// Incoming implements h323.Switchboard.
func (r registered) Incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (*bridge.Call, error) {
	if t, ok := r.find(inv.Caller.Alias, inv.Caller.Addr.Addr()); ok {
		inv.Registered, inv.Tenant, inv.Caller.Terminal = true, t.Tenant, deviceOf(&t).Name
	}
	return r.Switchboard.Incoming(ctx, inv, leg)
}

// h323Board routes the calls of H.323 terminals.
func (g *Gateway) h323Board() h323.Switchboard {
	if g.ras == nil {
		return g.core
	}
	return registered{g.core, g.ras.At}
}

// suspicious writes down that somebody guesses passwords of terminals, or cannot be told from others.
func (g *Gateway) suspicious(e registrar.Event) {
	now := time.Now()
	if e.Kind != registrar.Ambiguous {
		g.kept.records.event("", lockEvent(now, e))
	} else if g.mixed.news(now, e.User) {
		g.kept.records.event("", mixedEvent(now, e.Source, e.User))
	}
}

// ambiguous is the same of the gatekeeper.
func (g *Gateway) ambiguous(host netip.Addr, name string) {
	g.suspicious(registrar.Event{Kind: registrar.Ambiguous, User: name, Source: host})
}

// lockedOut is the same of a lock of the gatekeeper.
func (g *Gateway) lockedOut(name string, l lockout.Lock) {
	g.suspicious(registrar.Event{Kind: registrar.Locked, User: name, Source: l.Source, Scope: l.Scope, For: l.For, Failures: l.Failures})
}

func lockEvent(at time.Time, e registrar.Event) store.Event {
	v := store.NewEvent(at, "security.register", fmt.Sprintf("locked out for %v after %d wrong passwords: %s", e.For, e.Failures, e.Scope))
	v.From = e.Source.String()
	v.Data = map[string]string{"user": e.User, "scope": e.Scope}
	return v
}

func mixedEvent(at time.Time, from netip.Addr, user string) store.Event {
	v := store.NewEvent(at, "security.register", "refused: several tenants have a device of this name and password")
	v.From = from.String()
	v.Data = map[string]string{"user": user, "scope": "user"}
	return v
}

// mixed are the names that were told of, so that a terminal which tries again and again is told of once an hour.
type mixed struct {
	mu   sync.Mutex
	told *lockout.Known[string, struct{}]
}

func (m *mixed) news(now time.Time, user string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told == nil {
		m.told = lockout.NewKnown[string, struct{}](1024, time.Hour)
	}
	user = strings.ToLower(user)
	if _, told := m.told.Get(now, user); told {
		return false
	}
	m.told.Put(now, user, struct{}{})
	return true
}

// registrar is what our registrar works with; nil when there is none.
func (g *Gateway) registrar() (*registrar.Config, error) {
	c := g.cfg.SIP.Register
	if !c.Enabled {
		return nil, nil
	}
	table, err := c.UserTable()
	if err != nil {
		return nil, err
	}
	out := &registrar.Config{
		Realm: realmOf(c), Credentials: terminals{newUsers(c.Realm, table), g.kept.roster, g.domain}, Calls: registrar.Calls(c.Calls),
		Expires: c.Expires, MinExpires: c.MinExpires, Probe: c.Probe, OldAgents: c.OldAgents, Digest: digest.Config{NoQOP: !c.QOP},
	}
	for _, a := range c.Algorithms {
		out.Digest.Algorithms = append(out.Digest.Algorithms, digest.Algorithm(strings.ToUpper(a)))
	}
	return out, nil
}

// domain is whose a domain is; "" is nobody's.
func (g *Gateway) domain(host string) string { return g.kept.book.Directory().Domain(host) }

// realmOf tells which hosts are ours, and the realm of all of them.
func realmOf(c config.SIPRegister) func(host string) (string, bool) {
	ours := make(map[string]bool, len(c.Domains))
	for _, d := range c.Domains {
		ours[strings.ToLower(d)] = true
	}
	return func(host string) (string, bool) { return c.Realm, len(ours) == 0 || ours[host] }
}

// users are those of the configuration.
type users struct {
	realm string
	ha1   map[string][2][]byte // MD5 and SHA-256
}

func newUsers(realm string, passwords map[string]string) users {
	u := users{realm, make(map[string][2][]byte, len(passwords))}
	for user, password := range passwords {
		u.ha1[user] = [2][]byte{digest.HA1(digest.MD5, user, realm, password), digest.HA1(digest.SHA256, user, realm, password)}
	}
	return u
}

// named is the user of a name, if there is one.
func (u users) named(q registrar.Question) []registrar.Credential {
	h, ok := u.ha1[q.User]
	if !ok || q.Realm != u.realm {
		return nil
	}
	return []registrar.Credential{{Device: q.User, MD5: h[0], SHA256: h[1]}}
}
