package h323

import (
	"context"
	"net/netip"
	"sync"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/wire"
)

// fakeGatekeeper admits what it is told to.
type fakeGatekeeper struct {
	refuse error
	given  Admitted

	mu       sync.Mutex
	asked    []Admission
	released []bridge.Cause
}

func (g *fakeGatekeeper) Admit(_ context.Context, a Admission) (Admitted, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, a)
	return g.given, g.refuse
}

func (g *fakeGatekeeper) Released(a Admission, c bridge.Cause) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.asked) > 0 && a.Reference == g.asked[len(g.asked)-1].Reference {
		g.released = append(g.released, c)
	}
}

func (g *fakeGatekeeper) did() (asked []Admission, released []bridge.Cause) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked, g.released
}

func TestGatekeeperAdmitsCallsIn(t *testing.T) {
	g := &fakeGatekeeper{}
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.Gatekeeper, c.Bitrate = g, 1000 })
	fakeControls(e, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	p.expect(wire.CallProceeding)
	p.expect(wire.Connect)
	b.call(t).untilConnected(t)
	asked, _ := g.did()
	if a := asked[0]; !a.Answer || string(a.CallID) != string(testCallID) || a.Reference != 77 || *a.To[0].DialledDigits != "1001" || a.Bitrate != 2000 || a.Signal.String() != p.c.LocalAddr().String() {
		t.Errorf("asked for %+v", a)
	}
	e.Limit(testCallID, 500_000)
	if e.Disengage(make([]byte, 16), "") || !e.Disengage(testCallID, "") {
		t.Error("the call is not found by its identifier alone")
	}
	if _, _, text := p.expectRelease(); text != "the gatekeeper ended the call" {
		t.Errorf("said %q", text)
	}
	until(t, "it is released", func() bool { _, r := g.did(); return len(r) == 1 && r[0] == bridge.CauseRemoved })
}

func TestGatekeeperRefuses(t *testing.T) {
	g := &fakeGatekeeper{refuse: &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "not you"}}
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.Gatekeeper = g })
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	p.expect(wire.CallProceeding)
	if cause, reason, text := p.expectRelease(); cause != 21 || reason != "noPermission" || text != "not you" {
		t.Errorf("%d, %s, %q", cause, reason, text)
	}
	p.expectEnd()
	o := &outgoing{e: e, call: &fakeCall{board: b}, result: make(chan error, 1)}
	o.start(t, "h323:1001@127.0.0.1:1")
	o.refusal(t, bridge.CauseForbidden)
	if _, released := g.did(); len(released) != 0 {
		t.Error("what was not admitted was released")
	}
}

// An alias alone goes where the gatekeeper says, and by the name that it gives.
func TestGatekeeperRoutesCallsOut(t *testing.T) {
	l := listenAs(t)
	g := &fakeGatekeeper{given: Admitted{Signal: l.addr(), To: aliases("2002")}}
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.Gatekeeper = g })
	o := &outgoing{e: e, call: &fakeCall{board: b}, made: fakeControls(e, nil), result: make(chan error, 1)}
	o.start(t, "h323:1001")
	o.peer = l.accept()
	o.receiveSetup()
	if s := o.setup.body().Setup; *s.DestinationAddress[0].DialledDigits != "2002" {
		t.Errorf("called %+v", s.DestinationAddress)
	}
	if asked, _ := g.did(); asked[0].Answer || asked[0].Signal.IsValid() || *asked[0].To[0].DialledDigits != "1001" || asked[0].Bitrate != 4_000_000 {
		t.Errorf("asked for %+v", asked[0])
	}
	o.release(17)
	o.refusal(t, bridge.CauseBusy)
	until(t, "it is released", func() bool { _, r := g.did(); return len(r) == 1 && r[0] == bridge.CauseBusy })

	// Admitted, and not to be reached.
	g.mu.Lock()
	g.given.Signal = nowhere
	g.mu.Unlock()
	o = &outgoing{e: e, call: &fakeCall{board: b}, result: make(chan error, 1)}
	o.start(t, "h323:1001")
	o.refusal(t, bridge.CauseUnreachable)
	if _, released := g.did(); len(released) != 2 {
		t.Error("it stays admitted")
	}
}

func TestSignalAddr(t *testing.T) {
	far := netip.MustParseAddr("127.0.0.1")
	e := serve(t, newFakeBoard(), nil)
	if got := e.SignalAddr(far); got.String() != at(e) {
		t.Errorf("%v, listening on %s", got, at(e))
	}
	e = serve(t, newFakeBoard(), func(c *Config) { c.Listen = []string{"tcp://0.0.0.0:0"} })
	if got := e.SignalAddr(far); got.Addr() != far || got.Port() == 0 {
		t.Errorf("%v on any address", got)
	}
	e = serve(t, newFakeBoard(), func(c *Config) { c.Announce = "198.51.100.7" })
	if got := e.SignalAddr(far); got.Addr().String() != "198.51.100.7" {
		t.Errorf("%v, announced", got)
	}
	e = serve(t, newFakeBoard(), func(c *Config) { c.Listen = nil })
	if got := e.SignalAddr(far); got.IsValid() {
		t.Errorf("%v, and we take no calls", got)
	}
}
