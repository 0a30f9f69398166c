package gateway

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// terminals are those that may register: of the configuration, which go first, and of
// the store.
type terminals struct {
	users  users
	names  map[string]bool // of the configuration, in lower case
	roster *store.Roster
}

// Credentials implements registrar.Credentials.
func (t terminals) Credentials(realm, user string) (ha1MD5, ha1SHA256 []byte, device string, ok bool) {
	if t.names[strings.ToLower(user)] || realm != t.users.realm {
		return t.users.Credentials(realm, user)
	}
	k, ok := t.roster.Device(user)
	if !ok || k.User != user || !registers(&k, "sip") {
		return nil, nil, "", false
	}
	password := k.Credentials.H235
	return digest.HA1(digest.MD5, user, realm, password), digest.HA1(digest.SHA256, user, realm, password), k.User, true
}

// registers tells whether a device may register by a protocol.
func registers(k *store.Known, protocol string) bool {
	return !k.Disabled && k.Credentials.H235 != "" && (k.Protocol == "" || k.Protocol == protocol)
}

// nobody is a password that nobody knows.
var nobody = rand.Text()

// h323Password is the password of a device of the store by an alias of it. Aliases of those
// that may not register have one that nobody knows.
func (g *Gateway) h323Password(alias string) (string, bool) {
	k, ok := g.kept.roster.Device(alias)
	switch {
	case !ok:
		return "", false
	case !registers(&k, "h323"):
		return nobody, true
	}
	return k.Credentials.H235, true
}

// configured are the names of terminals in the configuration, in lower case.
func (g *Gateway) configured(protocol string) map[string]bool {
	table, err := g.cfg.SIP.Register.UserTable()
	if protocol == "h323" {
		table, err = g.cfg.H323.Gatekeeper.PasswordTable()
	}
	names := make(map[string]bool, len(table))
	if err == nil { // it was checked when the configuration was read
		for name := range table {
			names[strings.ToLower(name)] = true
		}
	}
	return names
}

// owner finds the device of the store that proved its password by a name.
func (g *Gateway) owner(protocol, user string) (store.Known, bool) {
	if user == "" || g.ours[protocol][strings.ToLower(user)] {
		return store.Known{}, false
	}
	return g.kept.roster.Device(user)
}

// owned says of registered terminals whose they are, and as what they are called besides.
func (g *Gateway) owned(list func() []bridge.Device) func() []bridge.Device {
	return func() []bridge.Device {
		all := list()
		for i := range all {
			d := &all[i]
			k, ok := g.owner(d.Protocol, d.User)
			if !ok {
				continue
			}
			d.Tenant, d.Label = k.Tenant, k.Label
			for _, a := range append([]string{k.User}, k.Aliases...) {
				if !d.Called(a) {
					d.Aliases = append(slices.Clip(d.Aliases), a)
				}
			}
		}
		return all
	}
}

// known is the list of devices of the store; "" is of all tenants.
func (g *Gateway) known(tenant string) []bridge.Device {
	list := g.kept.roster.Devices(tenant)
	out := make([]bridge.Device, len(list))
	for i := range list {
		k := &list[i]
		out[i] = bridge.Device{
			Name: k.User, User: k.User, Label: k.Label, Aliases: k.Aliases, Protocol: k.Protocol, Model: k.Model, Software: k.Software,
			Tenant: k.Tenant, Seen: k.Seen, Disabled: k.Disabled,
		}
	}
	return out
}

// board says whose terminal it is that calls.
type board struct {
	core  *bridge.Core
	owner func(protocol, user string) (store.Known, bool)
}

// Incoming implements sip.Switchboard and h323.Switchboard.
func (b board) Incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (*bridge.Call, error) {
	if inv.Registered {
		if k, ok := b.owner(inv.Protocol, inv.Caller.Terminal); ok {
			inv.Tenant = k.Tenant
		}
	}
	return b.core.Incoming(ctx, inv, leg)
}

func (g *Gateway) board() board { return board{g.core, g.owner} }

// rosterChanged ends registrations of devices that may not register any more.
func (g *Gateway) rosterChanged() {
	if g.sip == nil {
		return
	}
	g.sip.Unregister(func(device string) bool {
		if k, ok := g.owner("sip", device); ok {
			return !registers(&k, "sip")
		}
		return !g.ours["sip"][strings.ToLower(device)]
	})
}

const presencePace = 15 * time.Second

// attend keeps when devices of the store were heard, until the function it gives is called.
func (g *Gateway) attend() func() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(presencePace)
		defer tick.Stop()
		before := map[string]bridge.Device{}
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				before = g.heard(ctx, before)
			}
		}
	})
	return func() { cancel(); wg.Wait(); g.heard(context.Background(), map[string]bridge.Device{}) }
}

// heard writes down who is registered, and who was before and is no more.
func (g *Gateway) heard(ctx context.Context, before map[string]bridge.Device) map[string]bridge.Device {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	now := make(map[string]bridge.Device)
	for _, d := range g.devices().List() {
		if d.Tenant != "" {
			now[d.User] = d
		}
	}
	news := map[string][]store.Presence{}
	for user, d := range now {
		news[d.Tenant] = append(news[d.Tenant], presence(user, d))
	}
	for user, d := range before {
		if _, still := now[user]; !still {
			d.Online = false
			news[d.Tenant] = append(news[d.Tenant], presence(user, d))
		}
	}
	for _, tenant := range slices.Sorted(maps.Keys(news)) {
		if err := g.kept.roster.Heard(ctx, tenant, news[tenant]); err != nil && ctx.Err() == nil {
			g.log.Error("when devices were heard is not written", "tenant", tenant, "error", err)
		}
	}
	return now
}

func presence(user string, d bridge.Device) store.Presence {
	return store.Presence{
		ID: user, Seen: d.Seen.UTC(), Online: d.Online, Protocol: d.Protocol, Contact: d.Target().URI, Remote: d.Address.Addr().String(),
		Device: strings.TrimSpace(d.Model + " " + d.Software), Expires: d.Expires.UTC(), Encrypted: d.Encrypted,
	}
}
