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
	weak, strong, device, ok := u.Credentials("r", "a")
	if !ok || device != "a" || !slices.Equal(weak, digest.HA1(digest.MD5, "a", "r", "geheim")) ||
		!slices.Equal(strong, digest.HA1(digest.SHA256, "a", "r", "geheim")) {
		t.Errorf("%x %x %q %v", weak, strong, device, ok)
	}
	for _, x := range [][2]string{{"r", "b"}, {"x", "a"}, {"r", "A"}} {
		if _, _, _, ok := u.Credentials(x[0], x[1]); ok {
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
	board := registered{&h, func(alias string) (ras.Terminal, bool) {
		return ras.Terminal{User: "9001", Aliases: []string{"9001", "Room A"}, RAS: netip.MustParseAddrPort("10.0.0.7:1719"),
			Signal: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.8:1720")}}, alias == "9001" || alias == "Room A"
	}, func(_, user string) (store.Known, bool) { return store.Known{Tenant: "a"}, user == "9001" }}
	for _, x := range []struct {
		alias, from, want string
	}{
		{"Room A", "10.0.0.7:40000", "9001"}, {"9001", "[::ffff:10.0.0.8]:40000", "9001"}, {"9001", "10.0.0.9:1720", ""}, {"9002", "10.0.0.7:1719", ""},
	} {
		_, _ = board.Incoming(t.Context(), bridge.Invite{Caller: bridge.Caller{Alias: x.alias, Addr: netip.MustParseAddrPort(x.from)}}, nil)
		if h.inv.Caller.Terminal != x.want || h.inv.Registered != (x.want != "") || (h.inv.Tenant == "a") != h.inv.Registered {
			t.Errorf("%v: %+v", x, h.inv)
		}
	}
}

// Devices of the store register, those of the configuration go before them, and a device that
// is gone or disabled is no longer registered.
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
	for user, password := range map[string]string{"room1": "one", "Ours": "geheim", "ours": "", "1001": "", "ROOM1": "", "old": "", "off": ""} {
		weak, _, device, ok := c.Credentials.Credentials(realm, user)
		if ok != (password != "") || ok && (device != user || !slices.Equal(weak, digest.HA1(digest.MD5, user, realm, password))) {
			t.Errorf("%s: %v %q", user, ok, device)
		}
	}
	for alias, want := range map[string]string{"1001": "one", "old": "three", "off": nobody, "else": ""} {
		if got, ok := g.h323Password(alias); got != want || ok != (want != "") {
			t.Errorf("%s by H.323: %v", alias, ok)
		}
	}
	list := g.owned(func() []bridge.Device {
		return []bridge.Device{{Name: "room1", User: "room1", Protocol: "sip"}, {Name: "ours", User: "Ours", Protocol: "sip"}, {Name: "x", Protocol: "h323"}}
	})()
	if !slices.Equal(list[0].Aliases, []string{"1001"}) || list[0].Tenant != "default" || list[1].Tenant != "" || list[2].Tenant != "" {
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
