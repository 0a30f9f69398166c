package gateway

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/sip/siptest"
)

// A number is called through the trunk of the longest prefix among those that a tenant may use.
func TestDialNumber(t *testing.T) {
	trunks, err := newTrunks([]config.SIPTrunk{
		{Name: "all", Address: "10.0.0.1", From: "8424@home.example"}, {Name: "mobile", Address: "[2001:db8::1]:5070", Transport: "tcp", Prefixes: []string{"09", "+849"}},
		{Name: "acme", Address: "10.0.0.3:5061", Transport: "tls", Prefixes: []string{"0"}, Encryption: "require"},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{trunks: trunks, cfg: config.Default()}
	d, err := number.NewDirectory([]number.Tenant{{ID: "default", Default: true}, {ID: "a", Trunks: []string{"acme"}}, {ID: "b"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	g.kept.book.Replace(d)
	for in, want := range map[string]string{
		" 1001":         "all sip:1001@10.0.0.1;transport=udp 8424",
		" tel:+84-9 1":  "mobile sip:+8491@[2001:db8::1]:5070;transport=tcp ",
		"default 024":   "all sip:024@10.0.0.1;transport=udp 8424",
		"a 0912":        "acme sip:0912@10.0.0.3:5061;transport=tls ",
		"a 1":           "no trunk is for this number",
		"b 1":           "no trunk is for this number",
		"a/all 1":       `there is no trunk "all"`,
		"/acme 1":       "acme sip:1@10.0.0.3:5061;transport=tls ",
		" *98#1":        "all sip:*98%231@10.0.0.1;transport=udp 8424",
		" sip:x@evil":   "this is no number",
		" 1@evil;x=y":   "this is no number",
		" tel:1;ext=23": "all sip:1@10.0.0.1;transport=udp 8424",
	} {
		who, text, _ := strings.Cut(in, " ")
		tenant, name, _ := strings.Cut(who, "/")
		target, err := g.dialNumber(tenant, name, text)
		got := fmt.Sprint(target.Trunk, " ", target.URI, " ", target.From)
		if err != nil {
			got = bridge.AsRefusal(err).Reason
		}
		if got != want && (err == nil || !strings.HasPrefix(got, want)) {
			t.Errorf("%s: %q, not %q", in, got, want)
		}
	}
	for from, want := range map[string]string{"10.0.0.1:9": "all", "[::ffff:10.0.0.3]:1": "acme", "10.0.0.9:5060": "", "[2001:db8::1]:1": "mobile"} {
		if got := g.trunkOf(netip.MustParseAddrPort(from)); got != want {
			t.Errorf("%s is %q", from, got)
		}
	}
	if g.trunkEncryption("acme") != "require" || string(g.trunkEncryption("all")) != g.cfg.SIP.Encryption {
		t.Error("encryption of trunks")
	}
}

// A carrier is asked whether it is there, challenges our call and has it proved, and its own
// calls are its tenant's without registration.
func TestCallThroughTrunk(t *testing.T) {
	p := siptest.ListenUDP(t)
	g := start(t, func(c *config.Config) {
		c.SIP.Register.Enabled, c.SIP.Register.Calls = true, "registered"
		c.SIP.Trunks = []config.SIPTrunk{{Name: "carrier", Address: p.Addr(), User: "gw", Password: "geheim", From: "8424@home.example"}}
	})
	options := p.Expect("OPTIONS")
	p.Write(options.Reply(200, "OK", "o", "", ""))
	eventually(t, "the trunk answers", g.trunks[0].up.Load)
	if _, err := g.kept.db.Site().Change(t.Context(), store.Who{}, "", func(tx *store.Tx) error {
		return store.Tenants.Put(t.Context(), tx, store.Tenant{Tenant: number.Tenant{ID: "acme", Trunks: []string{"carrier"}}, Name: "Acme"})
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tenant", func() bool { return g.kept.book.Directory().Trunk("carrier") == "acme" })
	target, err := g.dialNumber("acme", "", "tel:+84 24 1001")
	if err != nil {
		t.Fatal(err)
	}
	call, err := g.core.Place(t.Context(), target, "board@acme")
	if err != nil {
		t.Fatal(err)
	}
	inv := p.Expect("INVITE")
	if !strings.HasPrefix(inv.First, "INVITE sip:+84241001@"+p.Addr()) || !strings.Contains(inv.Get("from"), "<sip:8424@home.example>") {
		t.Errorf("odd INVITE:\n%s", inv.Raw)
	}
	p.Write(inv.Reply(407, "Proxy Authentication Required", "t1", `Proxy-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"`, ""))
	p.Expect("ACK")
	again := p.Expect("INVITE")
	if auth := again.Get("proxy-authorization"); !strings.Contains(auth, `username="gw"`) || !strings.Contains(auth, `realm="carrier"`) {
		t.Errorf("not proved: %s", auth)
	}
	p.Write(again.Reply(486, "Busy Here", "t2", "", ""))
	p.Expect("ACK")
	if err := call.Wait(t.Context()); bridge.AsRefusal(err).Cause != bridge.CauseBusy {
		t.Errorf("%v", err)
	}
	heard := number.CallOf(bridge.Invite{Number: "1", Trunk: g.trunkOf(netip.MustParseAddrPort(p.Addr()))}, time.Time{})
	if d := g.kept.book.Directory().Decide(heard); d.Tenant != "acme" {
		t.Errorf("a call of the trunk is %q's", d.Tenant)
	}
}
