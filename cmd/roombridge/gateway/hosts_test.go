package gateway

import (
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/room"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

// Hosts call registered terminals alone, and addresses where the configuration says so.
func TestWhatHostsCall(t *testing.T) {
	for _, c := range []struct{ dial, target, want string }{
		{config.DialDevices, "sip:+84901234567@trunk.example.vn", ""},
		{config.DialDevices, "hall", ""},
		{config.DialAddresses, "sip:hall@example.vn", "sip:hall@example.vn"},
		{config.DialAddresses, "H323:10.0.0.9", "h323:10.0.0.9"},
		{config.DialAddresses, "hall", ""},
		{config.DialAddresses, "sip:", ""},
		{config.DialAddresses, "tel:+84 901 234 567", "sip:+84901234567@10.0.0.1;transport=udp"},
		{config.DialAddresses, "0901", "sip:0901@10.0.0.1;transport=udp"},
		{config.DialAddresses, "1901", ""}, // no trunk of the tenant is for it
		{config.DialDevices, "0901", ""},
		{config.DialAddresses, "sip:a b", ""},
		{config.DialAddresses, "sip:a\u0085b", ""},
		{config.DialAddresses, "sip:<a>", ""},
	} {
		trunks, err := newTrunks([]config.SIPTrunk{{Name: "a", Address: "10.0.0.1", From: "8424", Prefixes: []string{"0", "+"}}, {Name: "acme", Address: "10.0.0.2"}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := number.NewDirectory([]number.Tenant{{ID: "default", Default: true}, {ID: "acme", Trunks: []string{"acme"}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		g := &Gateway{trunks: trunks}
		g.kept.book.Replace(d)
		g.cfg.Room.Dial = c.dial
		got, err := g.callable("board", c.target)
		if got.URI != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s %q: %q %v", c.dial, c.target, got.URI, err)
		}
		if err != nil && bridge.AsRefusal(err).Cause != bridge.CauseNoRoute {
			t.Error(err)
		}
	}
}

func TestCallees(t *testing.T) {
	for _, c := range []struct {
		device, room, tenant string
		want                 bool
	}{
		{"", "board", "default", true}, {"default", "board", "default", true}, {"acme", "board", "default", false},
		{"acme", "board@acme", "acme", true}, {"", "board@acme", "acme", false}, {"default", "board@acme", "acme", false}, {"", "board", "", true},
	} {
		if got := callee(c.device, c.room, c.tenant); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestDialling(t *testing.T) {
	for dial, want := range map[string][2]bool{config.DialOff: {}, config.DialDevices: {true, false}, config.DialAddresses: {true, true}} {
		for _, open := range []bool{false, true} {
			g := &Gateway{}
			g.cfg.Room.Dial, g.cfg.Admission.Open = dial, open
			var c room.Config
			g.dialling(&c)
			if got := [2]bool{c.Dial != nil, c.DialAddresses}; got != want || c.DialFirst != (open && dial != config.DialOff) {
				t.Errorf("%s: %v, first %v", dial, got, c.DialFirst)
			}
		}
	}
}

// What hosts call from their pages stands in the audit trail of the tenant whose room it is.
func TestHostsCallsAreWrittenDown(t *testing.T) {
	g := start(t, func(*config.Config) {})
	a := serveAPI(t, g)
	g.kept.records.hosted("default", store.Deed{Kind: store.DeedCall, Item: "c1", What: "place", More: map[string]string{"target": "sip:phonghop1", "room": "board"}})
	eventually(t, "the audit trail", func() bool {
		list := items(a.must("GET", "/api/v1/changes/groups?kind=calls&search=phonghop1+board", ""))
		return len(list) == 1 && list[0].(map[string]any)["who"] == "host" && list[0].(map[string]any)["done"] == 1.0
	})
}
