package gateway

import (
	"context"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

// limit gives the default tenant limits, and waits until they are in force.
func setLimits(t *testing.T, g *Gateway, l store.Limits) {
	t.Helper()
	_, err := g.kept.db.Site().Change(t.Context(), store.Who{}, "", func(tx *store.Tx) error {
		v := defaultTenant
		v.Limits = l
		return store.Tenants.Put(t.Context(), tx, v)
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the limits", func() bool { return g.kept.roster.Limits("default") == l })
}

// Each limit of a tenant refuses what goes beyond it, says which it is, and is free again
// when something ends.
func TestLimitsOfTenants(t *testing.T) {
	g := start(t, func(*config.Config) {})
	setRules(t, g, number.Rule{Match: number.Match{Kind: number.Any}})
	call := func(n string) (*bridge.Call, string) {
		c, err := g.core.Incoming(t.Context(), bridge.Invite{Protocol: "sip", Number: n}, nil)
		if err != nil {
			return nil, bridge.AsRefusal(err).Reason
		}
		return c, ""
	}
	one, _ := call("1")
	if u := g.usage("default"); one == nil || u.Calls != 1 || u.Rooms != 1 || u.Bandwidth < g.cfg.Media.Bitrate || u.Workers != 0 || u.Devices != 0 {
		t.Fatalf("%+v", u)
	}
	each := g.usage("default").Bandwidth
	for _, c := range []struct {
		limits store.Limits
		number string
		want   string
	}{
		{store.Limits{Calls: 1}, "1", "as many calls as it may: 1"},
		{store.Limits{Bandwidth: each + each/2}, "1", "as much bandwidth"},
		{store.Limits{Rooms: 1}, "2", "as many rooms as it may: 1"},
		{store.Limits{Rooms: 1}, "1", ""},
		{store.Limits{Calls: 2, Bandwidth: 2 * each, Rooms: 2, Workers: 1, Devices: 1}, "2", ""},
	} {
		setLimits(t, g, c.limits)
		two, got := call(c.number)
		if c.want == "" && two == nil || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, not %q", c.limits, got, c.want)
		}
		if two != nil {
			two.End(bridge.CauseNormal, "")
		}
	}
	setLimits(t, g, store.Limits{Calls: 1, Rooms: 1})
	if err := g.admitPage("2"); !strings.Contains(bridge.AsRefusal(err).Reason, "rooms") {
		t.Errorf("a page: %v", err)
	}
	if err := g.admitPage("1@nobody"); err != nil {
		t.Errorf("another's page: %v", err)
	}
	one.End(bridge.CauseNormal, "")
	if c, why := call("2"); c == nil {
		t.Errorf("after the end: %s", why)
	} else {
		c.End(bridge.CauseNormal, "")
	}
	if m := g.telemetry().Exhausted; m["calls"] != 1 || m["bandwidth"] != 1 || m["rooms"] < 2 || m["workers"] != 0 {
		t.Errorf("%v", m)
	}
}

// A placed call counts for the tenant whose room it goes to, and tenants' limits are told with what they take.
func TestUsageOverTheAPI(t *testing.T) {
	g := start(t, func(c *config.Config) { c.Admin.Token = "0123456789abcdef" })
	setLimits(t, g, store.Limits{Calls: 1})
	place := func() error {
		_, err := g.core.Place(context.Background(), bridge.Target{Scheme: "sip", URI: "sip:x@127.0.0.1:1", Tenant: "default"}, "1")
		return err
	}
	if err := place(); err != nil {
		t.Fatal(err)
	}
	if err := place(); !strings.Contains(bridge.AsRefusal(err).Reason, "calls") {
		t.Errorf("%v", err)
	}
	if u := g.usage("default"); u.Calls != 1 || u == (admin.Usage{}) {
		t.Errorf("%+v", u)
	}
}
