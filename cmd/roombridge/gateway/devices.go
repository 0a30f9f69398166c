package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge"
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
		Contacts: len(t.Signal), Since: t.Since, Seen: t.Seen, Expires: t.Expires, Online: true, User: t.User,
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
	find  func(alias string) (ras.Terminal, bool)
	owner func(protocol, user string) (store.Known, bool)
}

// Incoming implements h323.Switchboard.
func (r registered) Incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (*bridge.Call, error) {
	from := inv.Caller.Addr.Addr().Unmap()
	here := func(a netip.AddrPort) bool { return a.Addr().Unmap() == from }
	if t, ok := r.find(inv.Caller.Alias); ok && (here(t.RAS) || slices.ContainsFunc(t.Signal, here)) {
		inv.Registered, inv.Caller.Terminal = true, deviceOf(&t).Name
		if k, ok := r.owner(inv.Protocol, t.User); ok {
			inv.Tenant = k.Tenant
		}
	}
	return r.Switchboard.Incoming(ctx, inv, leg)
}

// h323Board routes the calls of H.323 terminals.
func (g *Gateway) h323Board() h323.Switchboard {
	if g.ras == nil {
		return g.core
	}
	return registered{g.core, g.ras.Find, g.owner}
}

// lockedOut writes down that somebody guesses passwords of terminals.
func (g *Gateway) lockedOut(e registrar.Event) { g.kept.records.event("", lockEvent(time.Now(), e)) }

func lockEvent(at time.Time, e registrar.Event) store.Event {
	v := store.NewEvent(at, "security.register", fmt.Sprintf("locked out for %v after %d wrong passwords: %s", e.For, e.Failures, e.Scope))
	v.From = e.Source.String()
	v.Data = map[string]string{"user": e.User, "scope": e.Scope}
	return v
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
		Realm: realmOf(c), Credentials: terminals{newUsers(c.Realm, table), g.configured("sip"), g.kept.roster}, Calls: registrar.Calls(c.Calls),
		Expires: c.Expires, MinExpires: c.MinExpires, Probe: c.Probe, OldAgents: c.OldAgents, Digest: digest.Config{NoQOP: !c.QOP},
	}
	for _, a := range c.Algorithms {
		out.Digest.Algorithms = append(out.Digest.Algorithms, digest.Algorithm(strings.ToUpper(a)))
	}
	return out, nil
}

// realmOf tells which hosts are ours, and the realm of all of them.
func realmOf(c config.SIPRegister) func(host string) (string, bool) {
	ours := make(map[string]bool, len(c.Domains))
	for _, d := range c.Domains {
		ours[strings.ToLower(d)] = true
	}
	return func(host string) (string, bool) { return c.Realm, len(ours) == 0 || ours[host] }
}

// users are those of the configuration, as registrar.Credentials.
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

// Credentials implements registrar.Credentials.
func (u users) Credentials(realm, user string) (ha1MD5, ha1SHA256 []byte, device string, ok bool) {
	h, ok := u.ha1[user]
	return h[0], h[1], user, ok && realm == u.realm
}
