package gateway

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/h323/ras"
	"github.com/roombridge/roombridge/sip/registrar"
	"github.com/roombridge/roombridge/sip/registrar/digest"
)

func TestDeviceOf(t *testing.T) {
	at := netip.MustParseAddrPort("10.0.0.7:1719")
	d := deviceOf(&ras.Terminal{
		ID: "7", Aliases: []string{"9001", "Room A"}, Maker: "Polycom", Product: "HDX 8000", Version: "3.1", RAS: at,
		Signal: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.7:1720")},
	})
	if d.Name != "9001" || !slices.Equal(d.Aliases, []string{"Room A"}) || d.Protocol != "h323" || d.Model != "Polycom HDX 8000" || d.Software != "3.1" ||
		d.Address != at || d.Contacts != 1 || !d.Online || d.Target().URI != "h323:9001" {
		t.Errorf("%+v", d)
	}
	if d := deviceOf(&ras.Terminal{ID: "7", Maker: "Huawei", Product: "HUAWEI TE30"}); d.Name != "7" || d.Model != "HUAWEI TE30" {
		t.Errorf("%+v", d)
	}
}

func TestUsers(t *testing.T) {
	u := newUsers("r", map[string]string{"a": "geheim"})
	list := u.named(registrar.Question{Realm: "r", User: "a"})
	if len(list) != 1 || list[0].Device != "a" || list[0].Tenant != "" || !slices.Equal(list[0].MD5, digest.HA1(digest.MD5, "a", "r", "geheim")) ||
		!slices.Equal(list[0].SHA256, digest.HA1(digest.SHA256, "a", "r", "geheim")) {
		t.Errorf("%+v", list)
	}
	for _, x := range [][2]string{{"r", "b"}, {"x", "a"}, {"r", "A"}} {
		if list := u.named(registrar.Question{Realm: x[0], User: x[1]}); len(list) != 0 {
			t.Errorf("knows %q", x)
		}
	}
}

// The registrar is there when it is wanted, and serves the domains of its own.
func TestRegistrarOf(t *testing.T) {
	g := &Gateway{cfg: config.Default()}
	if c, err := g.registrar(); c != nil || err != nil {
		t.Errorf("%+v %v", c, err)
	}
	r := &g.cfg.SIP.Register
	r.Enabled, r.Users, r.QOP, r.Calls, r.Domains = true, []config.Secret{"a=1"}, false, "digest", []string{"A.example"}
	c, err := g.registrar()
	if err != nil || !c.Digest.NoQOP || c.Calls != "digest" || !slices.Equal(c.Digest.Algorithms, []digest.Algorithm{digest.SHA256, digest.MD5}) {
		t.Fatalf("%+v %v", c, err)
	}
	if realm, ok := c.Realm("a.example"); realm != "roombridge" || !ok {
		t.Errorf("%q %v", realm, ok)
	}
	if _, ok := c.Realm("b.example"); ok {
		t.Error("serves another domain")
	}
}

// A tenant calls no device of others by its name, and is told of it what it is told of one that there is not.
func TestTenantsCallNoDevicesOfOthers(t *testing.T) {
	g := start(t, func(c *config.Config) {
		c.Admin.Token = "operator"
		c.SIP.Register.Enabled, c.SIP.Register.Users = true, []config.Secret{"phonghop1=geheim"}
	})
	a := serveAPI(t, g)
	op := a.as("operator")
	op.must("PUT", "/api/v1/tenants/zebra", `{"name":"zebra"}`)
	zebra := a.as(op.must("POST", "/api/v1/tokens?tenant=zebra", `{"label":"z","scopes":["admin"]}`)["text"].(string))
	for _, target := range []string{"sip:phonghop1", "sip:%70honghop1", "sips:phonghop1", "h323:9001", "phonghop1", "sip:nobody", "nobody"} {
		body := `{"target":"` + target + `","room":"5001"}`
		zebra.wrong(409, "no terminal is registered as", "POST", "/api/v1/calls", body)
	}
	op.wrong(409, "no terminal is registered as", "POST", "/api/v1/calls", `{"target":"sip:phonghop1","room":"5001"}`)
	op.wrong(409, "no terminal is registered as", "POST", "/api/v1/calls", `{"target":"phonghop1","room":"5001"}`)
}

// heard notes what is routed.
type heard struct{ inv bridge.Invite }

func (h *heard) Incoming(_ context.Context, inv bridge.Invite, _ bridge.Leg) (*bridge.Call, error) {
	h.inv = inv
	return nil, nil
}

func TestRegisteredH323(t *testing.T) {
	var h heard
	board := registered{&h, func(alias string, host netip.Addr) (ras.Terminal, bool) {
		return ras.Terminal{Tenant: "a", User: "9001", Aliases: []string{"9001", "Room A"}}, alias == "Room A" && host == netip.MustParseAddr("10.0.0.7")
	}}
	for _, x := range []struct {
		alias, from, want string
	}{
		{"Room A", "10.0.0.7:40000", "9001"}, {"Room A", "10.0.0.9:1720", ""}, {"9002", "10.0.0.7:1719", ""},
	} {
		_, _ = board.Incoming(t.Context(), bridge.Invite{Caller: bridge.Caller{Alias: x.alias, Addr: netip.MustParseAddrPort(x.from)}}, nil)
		if h.inv.Caller.Terminal != x.want || h.inv.Registered != (x.want != "") || (h.inv.Tenant == "a") != h.inv.Registered {
			t.Errorf("%v: %+v", x, h.inv)
		}
	}
}

// Devices of the store may register beside those of the configuration; not those that are disabled or speak another protocol.
func TestTerminalsOfStore(t *testing.T) {
	g := start(t, func(c *config.Config) {
		c.SIP.Register.Enabled, c.SIP.Register.Users = true, []config.Secret{"Ours=geheim"}
	})
	s, err := g.kept.db.Tenant("default")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []store.Device{
		{User: "room1", Aliases: []string{"1001"}, Credentials: store.Credentials{H235: "one"}}, {User: "ours", Credentials: store.Credentials{H235: "two"}},
		{User: "old", Protocol: "h323", Credentials: store.Credentials{H235: "three"}}, {User: "off", Disabled: true, Credentials: store.Credentials{H235: "four"}},
	} {
		if _, err := s.Change(t.Context(), store.Who{}, "", func(tx *store.Tx) error { return store.Devices.Put(t.Context(), tx, d) }); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the devices", func() bool { return len(g.known("")) == 4 })
	c, err := g.registrar()
	if err != nil {
		t.Fatal(err)
	}
	realm := g.cfg.SIP.Register.Realm
	for user, password := range map[string]string{"room1": "one", "Ours": "geheim", "ours": "two", "1001": "", "ROOM1": "", "old": "", "off": ""} {
		list := c.Credentials.Credentials(registrar.Question{Realm: realm, User: user})
		if len(list) > 1 || (len(list) == 1) != (password != "") {
			t.Errorf("%s: %+v", user, list)
			continue
		}
		for _, k := range list {
			if k.Device != user || (k.Tenant == "") != (user == "Ours") || !slices.Equal(k.MD5, digest.HA1(digest.MD5, user, realm, password)) {
				t.Errorf("%s: %+v", user, k)
			}
		}
	}
	for alias, want := range map[string]string{"1001": "room1 one", "old": "old three", "off": "off " + nobody, "else": ""} {
		got := ""
		for _, k := range g.h323Credentials(alias, "", netip.Addr{}) {
			got += k.Device + " " + k.Password
		}
		if got != want {
			t.Errorf("%s by H.323: %s", alias, got)
		}
	}
	list := g.owned(func() []bridge.Device {
		room := bridge.Device{Name: "room1", User: "room1", Tenant: "default", Protocol: "sip"}
		return []bridge.Device{room, {Name: "room1", User: "room1", Protocol: "sip"}, {Name: "x", Protocol: "h323"}}
	})()
	if !slices.Equal(list[0].Aliases, []string{"1001"}) || len(list[1].Aliases) != 0 || len(list[2].Aliases) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestLockEvent(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	v := lockEvent(at, registrar.Event{
		Kind: registrar.Locked, Scope: "source", User: "phonghop1", Source: netip.MustParseAddr("192.0.2.1"), Failures: 20, For: 2 * time.Second,
	})
	if v.Kind != "security.register" || v.From != "192.0.2.1" || v.Text != "locked out for 2s after 20 wrong passwords: source" ||
		v.Data["user"] != "phonghop1" || !v.At.Equal(at) {
		t.Errorf("%+v", v)
	}
}
