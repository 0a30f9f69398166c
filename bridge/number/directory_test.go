package number

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

func mustDirectory(t *testing.T) *Directory {
	t.Helper()
	d, err := NewDirectory([]Tenant{
		{ID: "a", Domains: []string{"A.example."}, Listen: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:0")}},
		{ID: "b", Trunks: []string{"carrier"}, Listen: []netip.AddrPort{netip.MustParseAddrPort("[::]:5080")}},
		{ID: "c", Default: true},
		{ID: "d", Domains: []string{"d.example"}},
	}, map[string]*Plan{
		"a": mustPlan(t, rule(Any, "", to("room-a"))),
		"b": mustPlan(t, rule(Any, "", to("room-b"))),
		"c": mustPlan(t, rule(Any, "", to("room-c"), func(r *Rule) { r.HostPIN, r.Lobby = mustSeal(t, "2222"), true })),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDirectoryFindsTenant(t *testing.T) {
	d := mustDirectory(t)
	local := netip.MustParseAddrPort
	for want, calls := range map[string][]Call{
		"a": {{Owner: "a"}, {Owner: "a", Local: local("10.0.0.2:5080")}, {Host: "a.EXAMPLE:5060"}, {Local: local("10.0.0.1:5060")}, {Host: "a.example", Local: local("10.0.0.2:5080")}},
		"b": {{Trunk: "carrier", Host: "a.example", Owner: "a"}, {Owner: "b"}, {Local: local("10.0.0.2:5080")}, {Local: local("[2001:db8::1]:5080")}},
		"c": {{}, {Owner: "gone"}, {Host: "elsewhere.example"}, {Trunk: "unknown", Local: local("10.0.0.2:5060")}},
	} {
		for _, c := range calls {
			e := d.Explain(c)
			if got := d.Decide(c); got.Tenant != want || got.Room != "room-"+want || !reflect.DeepEqual(e.Decision, got) || e.Tenant != want || e.Found == "" {
				t.Errorf("%+v is %+v, explained %+v", c, got, e)
			}
		}
	}
	if got := d.Decide(Call{Host: "d.example", Number: "1"}); got.Action != Refuse || got.Tenant != "d" {
		t.Errorf("a tenant without a plan: %+v", got)
	}
	if got := d.Tenants(); !reflect.DeepEqual(got, []string{"a", "b", "c"}) {
		t.Errorf("tenants %v", got)
	}
}

// A terminal is registered with its own tenant alone.
func TestRegisteredElsewhere(t *testing.T) {
	p := mustPlan(t, rule(Any, "", func(r *Rule) { r.Registered = Yes }))
	d, err := NewDirectory([]Tenant{{ID: "a", Default: true}, {ID: "b", Domains: []string{"b.example"}}}, map[string]*Plan{"a": p, "b": p})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		owner, host, want string
	}{{"b", "", "1@b"}, {"b", "b.example", "1@b"}, {"", "b.example", "1@b"}, {"a", "b.example", ""}, {"a", "", "1"}} {
		call := Call{Number: "1", Owner: c.owner, Host: c.host, Registered: true}
		if r, _ := d.Decide(call).Route(); r.Room != c.want || d.Explain(call).Decision.Action == ToRoom != (c.want != "") {
			t.Errorf("%+v: %+v", c, r)
		}
	}
}

func TestDirectoryRefusesDisputes(t *testing.T) {
	at := []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:5060")}
	for name, pair := range map[string][2]Tenant{
		"domain":  {{Domains: []string{"x.example"}}, {Domains: []string{"X.example"}}},
		"trunk":   {{Trunks: []string{"t"}}, {Trunks: []string{"t"}}},
		"address": {{Listen: at}, {Listen: []netip.AddrPort{netip.MustParseAddrPort("[::]:5060")}}},
		"default": {{Default: true}, {Default: true}},
	} {
		pair[0].ID, pair[1].ID = "a", "b"
		if _, err := NewDirectory(pair[:], nil); err == nil {
			t.Errorf("two tenants share a %s", name)
		}
	}
}

func TestRouter(t *testing.T) {
	var book Book
	router := bridge.Router(Router{Book: &book})
	_, err := router.Route(t.Context(), bridge.Invite{Number: "1001"})
	var refused *bridge.Refusal
	if !errors.As(err, &refused) || refused.Cause != bridge.CauseNoRoute {
		t.Errorf("an empty book: %v", err)
	}
	book.Replace(mustDirectory(t))
	route, err := router.Route(t.Context(), bridge.Invite{Number: "1001#2222"})
	if err != nil || route.Room != "room-c" || route.Tenant != "c" || route.Role != bridge.RoleHost || !route.Lobby || route.Number != "1001" {
		t.Errorf("%v %+v", err, route)
	}
	if route.Door.Enter("1234") != bridge.RoleNone || route.Door.Enter("") != bridge.RoleGuest {
		t.Error("the door opens to the wrong PIN")
	}
	route, err = router.Route(t.Context(), bridge.Invite{Number: "1001", Host: "a.example"})
	if err != nil || route.Room != "room-a@a" || route.Door != nil || route.Role != bridge.RoleGuest {
		t.Errorf("%v %+v", err, route)
	}
}

func TestRouteOfEachAction(t *testing.T) {
	p := mustPlan(t, rule(Exact, "1", dial("sip:$0@h")), rule(Exact, "2", refuse("capacity", "full")), rule(Exact, ""))
	if r, err := p.Decide(Call{Number: "1"}).Route(); err != nil || r.Dial == nil || *r.Dial != (bridge.Target{Scheme: "sip", URI: "sip:1@h"}) {
		t.Errorf("%v %+v", err, r)
	}
	if _, err := p.Decide(Call{Number: "2"}).Route(); bridge.AsRefusal(err).Cause != bridge.CauseCapacity || bridge.AsRefusal(err).Reason != "full" {
		t.Errorf("%v", err)
	}
	if _, err := p.Decide(Call{}).Route(); bridge.AsRefusal(err).Cause != bridge.CauseNoRoute {
		t.Errorf("a room without name: %v", err)
	}
	if r, err := mustPlan(t).Decide(Call{}).Route(); err != nil || !r.Reception {
		t.Errorf("%v %+v", err, r)
	}
}
