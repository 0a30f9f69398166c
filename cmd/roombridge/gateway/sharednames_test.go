package gateway

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/sip/siptest"
)

// Two tenants have a device of one name. Each registers, is listed and called by its own alone, as is the operator's;
// one that is removed leaves the others.
func TestOneNameInTwoTenants(t *testing.T) {
	g := start(t, func(c *config.Config) {
		c.Admin.Token = "operator"
		c.SIP.Register.Enabled, c.SIP.Listen = true, []string{"tcp://127.0.0.1:0"}
		c.SIP.Register.Users = []config.Secret{"room1=operator's"}
	})
	a := serveAPI(t, g)
	op := a.as("operator")
	tokens, peers := map[string]*api{"": op}, map[string]*siptest.Peer{}
	for _, tenant := range []string{"acme", "zebra"} {
		op.must("PUT", "/api/v1/tenants/"+tenant, `{"name":"x","domains":["`+tenant+`.example"]}`)
		tokens[tenant] = a.as(op.must("POST", "/api/v1/tokens?tenant="+tenant, `{"label":"x","scopes":["admin"]}`)["text"].(string))
		tokens[tenant].must("PUT", "/api/v1/devices/room1", `{"label":"`+tenant+`","password":"`+tenant+`'s"}`)
	}
	eventually(t, "the devices", func() bool { return len(g.known("")) == 2 })
	for _, tenant := range []string{"zebra", "acme", ""} {
		p := siptest.Dial(t, g.sip.Addrs()[0])
		word := tenant + "'s"
		if tenant == "" {
			word = "operator's"
		}
		if status := registerAs(p, "room1", word); status != 200 {
			t.Fatalf("%s: %d", tenant, status)
		}
		peers[tenant] = p
	}
	seen := func() (s string) {
		for _, d := range g.devices().List() {
			s += d.Tenant + ":" + d.Label + " "
		}
		return s
	}
	if got := strings.Fields(seen()); len(got) != 3 || !strings.Contains(seen(), "zebra:zebra ") || !strings.Contains(seen(), "acme:acme ") {
		t.Errorf("%q", got)
	}
	for _, tenant := range []string{"zebra", "acme"} {
		_, text := tokens[tenant].do("GET", "/api/v1/devices", "")
		if strings.Count(text, `"registered":true`) != 1 || !strings.Contains(text, `"label":"`+tenant+`"`) {
			t.Errorf("%s sees %s", tenant, text)
		}
	}
	call := func(who *api, target, room, reaches string) {
		t.Helper()
		who.must("POST", "/api/v1/calls", fmt.Sprintf(`{"target":%q,"room":%q}`, target, room))
		invite := peers[reaches].Expect("INVITE")
		peers[reaches].Write(invite.Reply(486, "Busy Here", "busy", "", ""))
		peers[reaches].Expect("ACK")
	}
	call(tokens["zebra"], "room1", "hall", "zebra")
	call(tokens["acme"], "sip:ROOM1", "hall", "acme")
	call(op, "room1", "hall@zebra", "zebra")
	call(op, "sip:room1", "hall", "")
	op.wrong(409, "several tenants", "GET", "/api/v1/devices/room1", "")
	op.must("GET", "/api/v1/devices/room1?tenant=acme", "")

	tokens["zebra"].must("DELETE", "/api/v1/devices/room1", "")
	eventually(t, "zebra's goes", func() bool { return !strings.Contains(seen(), "zebra") })
	if !strings.Contains(seen(), "acme:acme ") || len(g.devices().List()) != 2 {
		t.Errorf("left is %s", seen())
	}
	if status := registerAs(peers["zebra"], "room1", "zebra's"); status != 401 {
		t.Errorf("it comes back: %d", status)
	}
	tokens["zebra"].wrong(409, "no terminal is registered as", "POST", "/api/v1/calls", `{"target":"room1","room":"hall"}`)
}

// A device whose password is changed is unregistered at once, and registers with the new one alone. Another label, or
// the same password once more, ends nothing.
func TestPasswordOfDeviceChanges(t *testing.T) {
	g := start(t, func(c *config.Config) {
		c.Admin.Token = "operator"
		c.SIP.Register.Enabled, c.SIP.Listen = true, []string{"tcp://127.0.0.1:0"}
	})
	op := serveAPI(t, g).as("operator")
	known := func(label string) {
		t.Helper()
		eventually(t, label, func() bool { list := g.known(""); return len(list) == 1 && list[0].Label == label })
	}
	op.must("PUT", "/api/v1/devices/room1", `{"label":"one","password":"old"}`)
	known("one")
	p := siptest.Dial(t, g.sip.Addrs()[0])
	if status := registerAs(p, "room1", "old"); status != 200 {
		t.Fatal(status)
	}
	op.must("PUT", "/api/v1/devices/room1", `{"label":"two"}`)
	known("two")
	op.must("PUT", "/api/v1/devices/room1", `{"label":"three","password":"old"}`)
	known("three")
	g.rosterChanged() // again: what comes first, the list or the end of a registration, is open
	if list := g.devices().List(); len(list) != 1 {
		t.Fatalf("it is gone: %+v", list)
	}
	op.must("PUT", "/api/v1/devices/room1", `{"password":"new"}`)
	eventually(t, "the end of the registration", func() bool { return len(g.devices().List()) == 0 })
	if old, fresh := registerAs(p, "room1", "old"), registerAs(p, "room1", "new"); old != 401 || fresh != 200 {
		t.Errorf("the old one: %d, the new one: %d", old, fresh)
	}
}

// Of a name and password that two tenants have nobody knows whose it is. It is refused as a wrong password is, told
// once, and counted as the tenant's whose domain is named.
func TestOnePasswordInTwoTenants(t *testing.T) {
	g := start(t, func(c *config.Config) {
		c.Admin.Token = "operator"
		c.SIP.Register.Enabled, c.SIP.Listen = true, []string{"tcp://127.0.0.1:0"}
	})
	a := serveAPI(t, g)
	op := a.as("operator")
	for _, tenant := range []string{"acme", "zebra"} {
		op.must("PUT", "/api/v1/tenants/"+tenant, `{"name":"x","domains":["`+tenant+`.example"]}`)
		op.must("PUT", "/api/v1/devices/room1?tenant="+tenant, `{"password":"same"}`)
	}
	eventually(t, "the devices and domains", func() bool { return len(g.known("")) == 2 && g.domain("zebra.example") == "zebra" })
	p := siptest.Dial(t, g.sip.Addrs()[0])
	for range 2 {
		if status := registerAs(p, "room1", "same"); status != 401 {
			t.Errorf("%d", status)
		}
	}
	eventually(t, "an event", func() bool {
		_, text := op.do("GET", "/api/v1/security/events?tenant=-", "")
		return strings.Count(text, "several tenants have a device of this name and password") == 1
	})
	if status := registerAs(p, "room1@zebra.example", "same"); status != 200 {
		t.Errorf("by the domain: %d", status)
	}
	if list := g.devices().List(); len(list) != 1 || list[0].Tenant != "zebra" {
		t.Errorf("%+v", list)
	}
}

// A device that is removed or disabled, or whose password is changed, is no longer registered with the gatekeeper, at
// once, and cannot come back; its call goes on.
func TestDeviceOfGatekeeperGoes(t *testing.T) {
	for _, gone := range [][3]string{{"DELETE", "/api/v1/devices/branch", ""}, {"PUT", "/api/v1/devices/branch", `{"disabled":true}`},
		{"PUT", "/api/v1/devices/branch", `{"password":"another"}`}} {
		gk := start(t, func(c *config.Config) {
			c.Admin.Token = "operator"
			c.H323.RAS = "udp://127.0.0.1:0"
			c.H323.Gatekeeper.Enabled = true
		})
		op := serveAPI(t, gk).as("operator")
		op.must("PUT", "/api/v1/devices/branch", `{"password":"geheim"}`)
		eventually(t, "the device", func() bool { return len(gk.known("")) == 1 })
		gw := start(t, func(c *config.Config) {
			r := &c.H323.Register
			r.Gatekeeper, r.Listen = gk.ras.Addr().String(), "udp://127.0.0.1:0"
			r.Aliases, r.User, r.Password, r.Security = []string{"branch"}, "branch", "geheim", "h235.1"
		})
		eventually(t, "the registration", func() bool { return len(gk.Terminals()) == 1 && gk.Terminals()[0].Tenant == "default" })
		op.must("POST", "/api/v1/calls", `{"target":"branch","room":"5001"}`)
		eventually(t, "the call", func() bool {
			list := gw.Core().Calls()
			return len(list) == 1 && list[0].State == bridge.StateConnected
		})
		op.must(gone[0], gone[1], gone[2])
		eventually(t, "the end of the registration", func() bool { return len(gk.Terminals()) == 0 })
		eventually(t, "that it hears so", func() bool { st, _ := gw.ras.Registration(); return !st.Registered })
		if list := gw.Core().Calls(); len(list) != 1 || list[0].State != bridge.StateConnected || len(gk.Core().Calls()) != 1 {
			t.Errorf("%s: the call is %+v", gone[0], list)
		}
		if gk.ras.Stats().Terminals != 0 {
			t.Errorf("%s: it came back", gone[0])
		}
	}
}

// A lock of the gatekeeper is a security event like one of the registrar.
func TestLockOfGatekeeper(t *testing.T) {
	g := start(t, func(c *config.Config) { c.Admin.Token = "operator" })
	op := serveAPI(t, g).as("operator")
	g.lockedOut("room1", lockout.Lock{Scope: "user at source", Source: netip.MustParseAddr("192.0.2.7"), Failures: 5, For: 2 * time.Second})
	eventually(t, "an event", func() bool {
		_, text := op.do("GET", "/api/v1/security/events?tenant=-", "")
		return strings.Contains(text, "locked out for 2s after 5 wrong passwords: user at source") && strings.Contains(text, `"user":"room1"`) &&
			strings.Contains(text, "192.0.2.7")
	})
}
