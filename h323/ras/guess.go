package ras

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/roombridge/roombridge/bridge/lockout"
)

// What is here slows down guessing of passwords, as the registrar of SIP does. Looked at are proofs in what anybody may
// send, GRQ and RRQ. Other requests name an endpoint identifier, which only the terminal was told. While somebody
// is locked out, their password is as good as wrong, and is answered so in the same time: nobody learns by it whether
// there is such a device.

// noTenant is of devices that there are not.
const noTenant = "\x00"

// userOf is what counts for a terminal's device at a host.
func userOf(host netip.Addr, tenant, name string) lockout.User {
	return lockout.User{Source: lockout.Source(host), Name: key(name), Tenant: tenant}
}

// look checks the tokens of a request that claims names. again is the terminal whose identifier it bears, or nil:
// that one is not locked out by what others send with its address.
func (g *Gatekeeper) look(in *incoming, names []string, again *terminal) proof {
	host, locked := in.from.Addr(), false
	p := g.verifier.check(g.now, host, in.raw, in.m, names, func(name string) []Credential {
		return slices.DeleteFunc(g.credentials(name, "", host), func(c Credential) bool {
			user := cmp.Or(c.Device, name)
			if again != nil && again.User != "" && again.Tenant == c.Tenant && key(again.User) == key(user) {
				return false
			}
			shut := g.guard.Wait(g.now, userOf(host, c.Tenant, user)) > 0
			locked = locked || shut
			return shut
		})
	})
	switch p.verdict {
	case proofGood:
		g.guard.Proved(g.now, userOf(host, p.tenant, p.user))
	case proofWrong, proofSeveral:
		if locked && len(p.tried) == 0 {
			p.verdict = proofLocked
			g.stats.LockedOut++
			return p
		}
		g.wrong(host, names, &p)
	}
	return p
}

// wrong counts a wrong password for each whose it might have been, of each name by itself. Where only devices with a
// password register, names that there are not are counted like others.
func (g *Gatekeeper) wrong(host netip.Addr, names []string, p *proof) {
	who := make(map[string][]lockout.User)
	for i := range p.tried {
		u := userOf(host, p.tried[i].Tenant, cmp.Or(p.tried[i].Device, p.tried[i].name))
		who[u.Name] = append(who[u.Name], u)
	}
	if len(who) == 0 && g.cfg.Closed && len(names) > 0 {
		u := userOf(host, noTenant, names[0])
		if g.guard.Wait(g.now, u) > 0 {
			p.verdict = proofLocked
			g.stats.LockedOut++
			return
		}
		who[u.Name] = []lockout.User{u}
	}
	for _, name := range slices.Sorted(maps.Keys(who)) {
		for _, l := range g.guard.Failed(g.now, who[name]) {
			g.stats.Locks++
			g.log.Warn("locked out after wrong passwords", "security", "lock-out", "what", l.Scope, "user", name, "from", host,
				"failures", l.Failures, "for", l.For)
			g.cfg.Locked(name, l)
		}
	}
}
