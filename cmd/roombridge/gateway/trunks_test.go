package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/sip"
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
	for from, want := range map[string]string{"10.0.0.1:9": "[all]", "[::ffff:10.0.0.3]:1": "[acme]", "10.0.0.9:5060": "[]", "[2001:db8::1]:1": "[mobile]"} {
		if got := fmt.Sprint(g.trunksOf(netip.MustParseAddrPort(from))); got != want {
			t.Errorf("%s is %q", from, got)
		}
	}
	if _, err := g.dialOwn("", "", "1001"); err == nil {
		t.Error("what is nobody's calls through a trunk")
	}
	if g.trunkEncryption("acme") != "require" || string(g.trunkEncryption("all")) != g.cfg.SIP.Encryption {
		t.Error("encryption of trunks")
	}
}

// A trunk that is down is passed over where another takes the number, and is named where none does.
func TestDownTrunks(t *testing.T) {
	trunks, err := newTrunks([]config.SIPTrunk{
		{Name: "all", Address: "10.0.0.1"}, {Name: "city", Address: "10.0.0.2", Prefixes: []string{"02"}},
		{Name: "home", Address: "10.0.0.3", User: "842410", Prefixes: []string{"024"}, Register: config.TrunkRegister{On: true, Registrar: "ims.example"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{trunks: trunks, cfg: config.Default(), log: slog.New(slog.DiscardHandler), stopping: make(chan struct{})}
	g.kept.records = newRecords(nil, g.log)
	d, err := number.NewDirectory([]number.Tenant{{ID: "default", Default: true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	g.kept.book.Replace(d)
	registered := sip.RegistrationStatus{Registered: true, Since: time.Now()}
	renewed := sip.RegistrationStatus{Registered: true, Since: time.Now(), Expires: time.Now().Add(time.Hour)}
	refused := sip.RegistrationStatus{Since: time.Now(), Reason: "the registrar answers 403 Forbidden"}
	answers := func(yes bool) func(*trunkState) {
		return func(s *trunkState) {
			if s.ask(context.DeadlineExceeded, time.Now()); yes {
				s.ask(nil, time.Now())
			}
		}
	}
	for _, step := range []struct {
		trunk  int
		change func(*trunkState)
		name   string
		want   string
	}{
		{0, nil, "", "city"}, // home was not registered yet
		{2, func(s *trunkState) { s.registered = registered }, "", "home"},
		{2, answers(false), "", "home"}, // it never answered: that says nothing
		{2, answers(true), "", "home"},
		{2, answers(false), "", "city"},
		{2, func(s *trunkState) { s.register(renewed, time.Now()) }, "", "home"}, // it was heard since
		{2, func(s *trunkState) { s.ask(context.DeadlineExceeded, time.Time{}) }, "", "home"},
		{2, answers(false), "", "city"},
		{1, answers(false), "", "all"},
		{0, answers(false), "", `the trunk "home" is down: it does not answer`},
		{2, func(s *trunkState) { s.registered = refused }, "", `the trunk "home" is down: the registrar answers 403 Forbidden`},
		{1, answers(true), "", "city"},
		{1, answers(true), "home", `the trunk "home" is down: the registrar answers 403 Forbidden`},
		{1, answers(true), "none", `there is no trunk "none"`},
		{2, func(s *trunkState) { s.registered, s.answers = registered, true }, "", "home"},
	} {
		if step.change != nil {
			g.note(trunks[step.trunk], step.change)
		}
		target, err := g.dialNumber("default", step.name, "0241")
		got := target.Trunk
		if err != nil {
			got = bridge.AsRefusal(err).Reason
		}
		if got != step.want {
			t.Errorf("%+v: %s", step, got)
		}
	}
	if target, _ := g.dialNumber("default", "home", "0241"); target.From != "842410" || target.Domain != "ims.example" {
		t.Errorf("it calls as %s@%s", target.From, target.Domain)
	}
	if n := len(g.kept.records.ch); n != 8 {
		t.Errorf("%d events", n)
	}
	list := g.listTrunks("default")
	if len(list) != 3 || !list[2].Up || !list[2].Registers || !list[2].Registered || list[0].Up || list[0].LastError == "" || len(g.listTrunks("other")) != 0 {
		t.Errorf("%+v", list)
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
	eventually(t, "the trunk answers", func() bool { return g.listTrunks("")[0].Up })
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
	heard := number.CallOf(bridge.Invite{Number: "1", Trunk: g.trunksOf(netip.MustParseAddrPort(p.Addr()))[0]}, time.Time{})
	if d := g.kept.book.Directory().Decide(heard); d.Tenant != "acme" {
		t.Errorf("a call of the trunk is %q's", d.Tenant)
	}
}

// A rule that leads to a number asks a trunk of its tenant for it, in the name of the trunk; the dry run says which. Callers learn nothing
// of trunks that are down.
func TestRuleThroughTrunk(t *testing.T) {
	p := siptest.ListenUDP(t)
	g := start(t, func(c *config.Config) {
		c.SIP.Trunks = []config.SIPTrunk{
			{Name: "carrier", Address: p.Addr(), From: "842410", Prefixes: []string{"+84"}, Probe: "off"},
			{Name: "closed", Address: "127.0.0.1:9", Register: config.TrunkRegister{On: true, Address: "x"}, Probe: "off"},
		}
	})
	a := serveAPI(t, g)
	a.must("PUT", "/api/v1/numbers/out", `{"match":"prefix","number":"0","action":"dial","target":"tel:+84$1"}`)
	a.must("PUT", "/api/v1/numbers/named", `{"match":"prefix","number":"9","action":"dial","target":"$1;trunk=closed"}`)
	a.wrong(422, "is a number", "PUT", "/api/v1/numbers/bad", `{"match":"prefix","number":"9","action":"dial","target":"tel:$1@host"}`)
	eventually(t, "the plan", func() bool { return g.kept.book.Directory().Plan("default").Len() == 2 })
	for number, want := range map[string]string{
		"024 1001": `"target":"tel:+84241001","trunk":"carrier"`, "0board": `is no number that a trunk`, "9024": `the trunk \"closed\" is down`,
	} {
		if _, text := a.do("POST", "/api/v1/numbers/test", `{"number":"`+number+`"}`); !strings.Contains(text, want) {
			t.Errorf("%s: %s", number, text)
		}
	}
	route, err := g.router().Route(t.Context(), bridge.Invite{Protocol: "sip", Number: "0241001"})
	if err != nil || route.Dial.Trunk != "carrier" || route.Dial.From != "842410" || !strings.HasPrefix(route.Dial.URI, "sip:+84241001@"+p.Addr()) {
		t.Errorf("%+v %v", route.Dial, err)
	}
	_, err = g.router().Route(t.Context(), bridge.Invite{Protocol: "sip", Number: "9024"})
	if no := bridge.AsRefusal(err); no.Cause != bridge.CauseUnreachable || strings.Contains(no.Reason, "closed") {
		t.Errorf("%v", err)
	}
}

// The gateway registers with a trunk that wants it, tells so, and unregisters when it ends.
func TestTrunkRegisters(t *testing.T) {
	p := siptest.ListenUDP(t)
	var left atomic.Bool
	answering := make(chan struct{})
	go func() {
		defer close(answering)
		for m := p.Next(time.Minute); m != nil; m = p.Next(time.Minute) {
			switch {
			case m.Method() != "REGISTER":
			case m.Get("authorization") == "":
				p.Write(m.Reply(401, "Unauthorized", "r", `WWW-Authenticate: Digest realm="ims", nonce="n", algorithm=MD5, qop="auth"`, ""))
			default:
				left.Store(m.Get("expires") == "0")
				p.Write(m.Reply(200, "OK", "r", "Contact: "+m.Get("contact"), ""))
			}
		}
	}()
	t.Cleanup(func() {
		p.Close()
		if <-answering; !left.Load() {
			t.Error("it did not unregister")
		}
	})
	g := start(t, func(c *config.Config) {
		c.SIP.Trunks = []config.SIPTrunk{{Name: "carrier", Address: p.Addr(), User: "842410", Password: "geheim", Probe: "off", Register: config.TrunkRegister{On: true}}}
	})
	a := serveAPI(t, g)
	eventually(t, "the trunk is up", func() bool { l := a.list("/api/v1/trunks"); return l[0]["up"] == true && l[0]["registered"] == true })
	eventually(t, "the event", func() bool {
		_, text := a.do("GET", "/api/v1/security/events", "")
		return strings.Contains(text, `"trunk.up"`)
	})
	_, text := a.do("GET", "/metrics", "")
	if !strings.Contains(text, `roombridge_trunk_up{trunk="carrier"} 1`) || !strings.Contains(text, `roombridge_trunk_registration_failures_total{trunk="carrier"} 0`) {
		t.Errorf("metrics: %s", text)
	}
}
