package ras

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// tenanted are tenants' devices by name, with their passwords.
type tenanted struct {
	devices map[string][]Credential
	likely  func(c Credential, host netip.Addr) bool
	asked   []string // names of whom nobody knew which it was
}

func (d *tenanted) configure(c *GatekeeperConfig) {
	c.Credentials = func(alias, _ string, host netip.Addr) []Credential {
		list := slices.Clone(d.devices[key(alias)])
		for i := range list {
			list[i].Device, list[i].Likely = key(alias), d.likely != nil && d.likely(list[i], host)
		}
		return list
	}
	c.Asks = func() bool { return true }
	c.Default = func() string { return "default" }
	c.Ambiguous = func(_ netip.Addr, name string) { d.asked = append(d.asked, name) }
}

// as is a terminal of our own making that proves a password.
func (s *sim) as(host byte, security Security, password string, aliases ...string) *Client {
	k := s.client(addr(host, 1719), func(k *ClientConfig) { k.Aliases, k.Password, k.Security = aliases, password, security })
	s.run(2 * time.Second)
	return k
}

// Terminals of two tenants with one alias are registered beside each other, each keeps its registration, calls lead to
// the own tenant's, and one that unregisters takes nothing from the other.
func TestOneAliasInTwoTenants(t *testing.T) {
	for _, security := range []Security{SecurityMD5, SecurityH2351} {
		s := newSim(t)
		d := &tenanted{devices: map[string][]Credential{
			"room": {{Tenant: "a", Password: "alpha"}, {Tenant: "b", Password: "beta"}, {Tenant: "default", Password: "delta"}},
			"desk": {{Tenant: "a", Password: "desk a"}, {Tenant: "b", Password: "desk b"}, {Tenant: "c", Password: "desk c"}},
		}}
		g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { d.configure(c); c.Closed, c.TTL = true, time.Minute })
		rooms := map[string]*Client{}
		for i, x := range [][2]string{{"a", "alpha"}, {"b", "beta"}, {"default", "delta"}} {
			rooms[x[0]] = s.as(byte(2+i), security, x[1], "room")
		}
		s.run(10 * time.Minute)
		if len(g.Terminals()) != 3 {
			t.Fatalf("%s: %+v", security, g.Terminals())
		}
		for _, x := range g.Terminals() {
			if rooms[x.Tenant].cfg.RAS(netip.Addr{}) != x.RAS || x.User != "room" {
				t.Errorf("%s: %+v", security, x)
			}
			if at, ok := g.At("ROOM", x.RAS.Addr()); !ok || at.Tenant != x.Tenant {
				t.Errorf("%s: at %v is %+v", security, x.RAS, at)
			}
		}
		if _, ok := g.At("room", addr(9, 1).Addr()); ok {
			t.Error("somebody is elsewhere")
		}
		if x, ok := g.Find("room"); !ok || x.Tenant != "default" {
			t.Errorf("who is nobody's reaches %+v", x)
		}
		for tenant, want := range map[string]netip.AddrPort{"a": addr(2, 1720), "b": addr(3, 1720), "c": {}} {
			s.as(10, security, "desk "+tenant, "desk")
			x, _ := g.At("desk", addr(10, 1).Addr())
			if to, _ := g.exact(g.reach(x.Tenant), []string{"room"}, addr(10, 1).Addr()); x.Tenant != tenant || to != want {
				t.Errorf("%s: a call of %s goes to %v", security, x.Tenant, to)
			}
			s.use(addr(10, 1719), s.nodes[addr(10, 1719)].(*Client).Close)
			s.run(time.Second)
		}
		s.use(addr(2, 1719), rooms["a"].Close)
		s.run(time.Second)
		if list := g.Terminals(); len(list) != 2 || list[0].Tenant == "a" || list[1].Tenant == "a" {
			t.Errorf("%s: without a: %+v", security, list)
		}
		consistent(t, g.table)
	}
}

// In an open gatekeeper an alias without a proof is nobody's, and nobody learns by it what tenants call their
// terminals: only those are guarded which such calls reach.
func TestAliasWithoutProof(t *testing.T) {
	s := newSim(t)
	d := &tenanted{devices: map[string][]Credential{"room": {{Tenant: "a", Password: "alpha"}}, "hall": {{Tenant: "default", Password: "delta"}}}}
	g := s.gatekeeper(gkAddr, d.configure)
	guest := s.peer(addr(5, 1719))
	if m := guest.send(gkAddr, &h225.RasMessage{RegistrationRequest: guest.rrq("hall")}); describe(m) != "registrationReject securityDenial" {
		t.Errorf("the default tenant's: %s", describe(m))
	}
	own := s.as(2, SecurityH2351, "alpha", "room")
	s.peer(addr(6, 1719)).register("room")
	free := s.peer(addr(7, 1719))
	free.register("free")
	if x, ok := g.At("room", addr(2, 1).Addr()); !ok || x.Tenant != "a" || !own.Status().Registered {
		t.Errorf("a's: %+v", x)
	}
	if x, ok := g.Find("room"); !ok || x.Tenant != "" || x.RAS != addr(6, 1719) {
		t.Errorf("without a proof: %+v", x)
	}
	if to, _ := g.exact(g.reach("a"), []string{"free"}, addr(2, 1).Addr()); to.IsValid() {
		t.Errorf("a call of a's goes to %v, which is nobody's", to)
	}
}

// A name and password that two tenants have is refused, and told, unless one of them was last heard from there.
func TestOneAliasOnePassword(t *testing.T) {
	for _, security := range []Security{SecurityMD5, SecurityH2351} {
		s := newSim(t)
		d := &tenanted{devices: map[string][]Credential{"room": {{Tenant: "a", Password: "same"}, {Tenant: "b", Password: "same"}}}}
		g := s.gatekeeper(gkAddr, d.configure)
		k := s.as(2, security, "same", "room")
		if len(g.Terminals()) != 0 || k.Status().Registered || len(d.asked) == 0 || d.asked[0] != "room" {
			t.Errorf("%s: %+v, told %q", security, g.Terminals(), d.asked)
		}
		d.likely = func(c Credential, host netip.Addr) bool { return c.Tenant == "b" && host == addr(2, 1).Addr() }
		s.run(5 * time.Minute)
		if list := g.Terminals(); len(list) != 1 || list[0].Tenant != "b" {
			t.Errorf("%s: %+v", security, list)
		}
	}
}

// A device that is gone is unregistered at once, and comes back no more; its calls are nobody's business here.
func TestForget(t *testing.T) {
	s := newSim(t)
	d := &tenanted{devices: map[string][]Credential{"room": {{Tenant: "a", Password: "alpha"}, {Tenant: "b", Password: "beta"}}}}
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { d.configure(c); c.Closed = true })
	a, b := s.as(2, SecurityH2351, "alpha", "room"), s.as(3, SecurityMD5, "beta", "room")
	n := s.count()
	d.devices["room"] = d.devices["room"][1:]
	s.use(gkAddr, func(now time.Time) {
		g.Forget(now, func(tenant, user, _ string) bool { return tenant == "a" && user == "room" })
	})
	if list := g.Terminals(); len(list) != 1 || list[0].Tenant != "b" {
		t.Errorf("%+v", list)
	}
	s.run(5 * time.Minute)
	if n["unregistrationRequest"] != 1 || n["unregistrationConfirm"] != 1 || n["registrationReject"] == 0 || a.Status().Registered || !b.Status().Registered {
		t.Errorf("%v, %+v", n, a.Status())
	}
}

// A device whose password has changed is unregistered, and is the tenant's again with the new one alone; so is one whose
// registration waits for another to be asked whether it lives.
func TestForgetOldPassword(t *testing.T) {
	for _, security := range []Security{SecurityMD5, SecurityH2351} {
		s := newSim(t)
		d := &tenanted{devices: map[string][]Credential{"room": {{Tenant: "a", Password: "alpha"}}, "hall": {{Tenant: "a", Password: "omega"}}}}
		g := s.gatekeeper(gkAddr, d.configure)
		change := func(word string) {
			d.devices["room"] = []Credential{{Tenant: "a", Password: word}}
			s.use(gkAddr, func(now time.Time) {
				g.Forget(now, func(_, user, password string) bool { return user == "room" && password != word })
			})
		}
		proved := func() (users string) {
			for _, x := range g.Terminals() {
				if x.Tenant == "a" {
					users += x.User
				}
			}
			return users
		}
		s.as(2, security, "omega", "hall", "free")
		s.as(3, security, "alpha", "room")
		if change("alpha"); proved() != "hallroom" {
			t.Errorf("%s: the same password ends a registration: %s", security, proved())
		}
		if change("beta"); proved() != "hall" {
			t.Errorf("%s: %s", security, proved())
		}
		if s.run(2 * time.Minute); proved() != "hall" {
			t.Errorf("%s: it came back with the old one: %s", security, proved())
		}
		s.remove(addr(2, 1719))
		s.remove(addr(3, 1719))
		s.run(fresh)
		n := s.count()
		s.as(4, security, "beta", "room", "free") // has to wait for who has the other alias
		if change("gamma"); n["requestInProgress"] != 1 || proved() != "hall" {
			t.Errorf("%s: %v, %s", security, n, proved())
		}
		if s.run(probeTime); n["registrationReject"] != 1 || n["registrationConfirm"] > 0 || proved() != "" {
			t.Errorf("%s: %v, %s", security, n, proved())
		}
		if s.as(5, security, "gamma", "room"); proved() != "room" {
			t.Errorf("%s: with the new one: %s", security, proved())
		}
	}
}

// As many passwords are tried whoever there is.
func TestAsManyAreTried(t *testing.T) {
	for _, n := range []int{0, 1, 16, 40} {
		v, tried, total := verifier{all: true}, 0, 0
		_, _ = v.claimed([]string{"room", "1001"}, func(name string) (list []Credential) {
			for i := range n {
				list = append(list, Credential{Tenant: name, Password: string(rune('A' + i))})
			}
			total += n
			return list
		}, func(string) bool { tried++; return false })
		if tried != maxCandidates {
			t.Errorf("%d of %d", tried, total)
		}
	}
}
