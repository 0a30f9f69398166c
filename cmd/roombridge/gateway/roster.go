package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/h323/ras"
	"github.com/roombridge/roombridge/sip/registrar"
	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// terminals are those that may register: of the configuration, which are the operator's, and
// of the store.
type terminals struct {
	users  users
	roster *store.Roster
	domain func(host string) (tenant string)
}

// Credentials implements registrar.Credentials. As much is hashed whoever there is.
func (t terminals) Credentials(q registrar.Question) []registrar.Credential {
	list := t.users.named(q)
	domain := t.domain(q.Host)
	var known []store.Known
	if q.Realm == t.users.realm {
		known = t.roster.Candidates(q.User, domain)
	}
	for i := range registrar.MaxCandidates {
		password, ok := nobody, false
		if i < len(known) && known[i].User == q.User && registers(&known[i], "sip") {
			password, ok = known[i].Credentials.H235, true
		}
		weak, strong := digest.HA1(digest.MD5, q.User, q.Realm, password), digest.HA1(digest.SHA256, q.User, q.Realm, password)
		if ok {
			k := &known[i]
			list = append(list, registrar.Credential{Tenant: k.Tenant, Device: k.User, MD5: weak, SHA256: strong, Likely: likely(k, domain, q.Source)})
		}
	}
	return list
}

// likely tells that it is this device where others have the same password: its tenant's
// domain is named, or none is and it was last heard from there.
func likely(k *store.Known, domain string, from netip.Addr) bool {
	if domain != "" {
		return k.Tenant == domain
	}
	return k.Remote != "" && k.Remote == from.Unmap().String()
}

// registers tells whether a device may register by a protocol.
func registers(k *store.Known, protocol string) bool {
	return !k.Disabled && k.Credentials.H235 != "" && (k.Protocol == "" || k.Protocol == protocol)
}

// nobody is a password that nobody knows.
var nobody = rand.Text()

// h323Credentials are the devices of the store that an alias may be of. Those that may not
// register have a password that nobody knows.
func (g *Gateway) h323Credentials(alias, tenant string, host netip.Addr) []ras.Credential {
	known := g.kept.roster.Candidates(alias, tenant)
	list := make([]ras.Credential, len(known))
	for i := range known {
		k := &known[i]
		list[i] = ras.Credential{Tenant: k.Tenant, Device: k.User, Password: nobody, Likely: likely(k, "", host)}
		if registers(k, "h323") {
			list[i].Password = k.Credentials.H235
		}
	}
	return list
}

// reach says whose registered terminals a target may mean by a name: whose it says, or else
// whose call it is. What is nobody's and the default tenant's goes to the operator's first.
func (g *Gateway) reach(t bridge.Target) []string {
	fallback := g.kept.book.Directory().Default()
	switch {
	case t.Owner == bridge.Operator:
		return []string{""}
	case t.Owner != "":
		return []string{t.Owner}
	case t.Tenant == "" || t.Tenant == fallback:
		return []string{"", fallback}
	}
	return []string{t.Tenant}
}

// owned says of registered terminals as what they are called besides.
func (g *Gateway) owned(list func() []bridge.Device) func() []bridge.Device {
	return func() []bridge.Device {
		all := list()
		for i := range all {
			d := &all[i]
			k, ok := g.kept.roster.Device(d.Tenant, d.User)
			if !ok || d.Tenant == "" {
				continue
			}
			d.Label = k.Label
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

// rosterChanged ends registrations of devices that may not register any more, or not with the
// password that they proved. Their calls go on.
func (g *Gateway) rosterChanged() {
	gone := func(tenant, device, protocol string, other func(k *store.Known) bool) bool {
		k, ok := g.kept.roster.Device(tenant, device)
		return tenant != "" && (!ok || !registers(&k, protocol) || other(&k))
	}
	if g.sip != nil {
		g.sip.Unregister(func(tenant, device string, ha1 []byte) bool {
			return gone(tenant, device, "sip", func(k *store.Known) bool {
				return !bytes.Equal(ha1, digest.HA1(digest.SHA256, k.User, g.cfg.SIP.Register.Realm, k.Credentials.H235))
			})
		})
	}
	if g.ras != nil {
		g.ras.Forget(func(tenant, device, password string) bool {
			return gone(tenant, device, "h323", func(k *store.Known) bool { return password != k.Credentials.H235 })
		})
	}
}

const presencePace = 15 * time.Second

// attend keeps when devices of the store were heard, until the function it gives is called.
func (g *Gateway) attend() func() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(presencePace)
		defer tick.Stop()
		before := map[deviceKey]bridge.Device{}
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				before = g.heard(ctx, before)
			}
		}
	})
	return func() { cancel(); wg.Wait(); g.heard(context.Background(), map[deviceKey]bridge.Device{}) }
}

// deviceKey names a tenant's device.
type deviceKey struct{ tenant, user string }

// heard writes down who is registered, and who was before and is no more.
func (g *Gateway) heard(ctx context.Context, before map[deviceKey]bridge.Device) map[deviceKey]bridge.Device {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	now := make(map[deviceKey]bridge.Device)
	for _, d := range g.devices().List() {
		if d.Tenant != "" {
			now[deviceKey{d.Tenant, d.User}] = d
		}
	}
	news := map[string][]store.Presence{}
	for k, d := range now {
		news[d.Tenant] = append(news[d.Tenant], presence(k.user, d))
	}
	for k, d := range before {
		if _, still := now[k]; !still {
			d.Online = false
			news[d.Tenant] = append(news[d.Tenant], presence(k.user, d))
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
