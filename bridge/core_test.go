package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSetLayout(t *testing.T) {
	e := &fakeEngine{}
	c := newTestCore(t, e, nil)
	call := incoming(t, c, &fakeLeg{})
	if known, chosen := c.SetLayout(call.ID(), LayoutGrid); !known || chosen {
		t.Error("a call without a seat has a layout")
	}
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	if known, chosen := c.SetLayout(call.ID(), LayoutGrid); !known || !chosen {
		t.Error("the layout could not be chosen")
	}
	if s := c.Calls()[0]; s.Layout != LayoutGrid || s.Arranged != "single" {
		t.Errorf("%+v", s)
	}
	if known, _ := c.SetLayout("another", LayoutGrid); known {
		t.Error("a call that there is not")
	}
	call.End(CauseNormal, "")
}

func TestCallIsSeatedAndEndsOnce(t *testing.T) {
	e := &fakeEngine{}
	c := newTestCore(t, e, nil)
	events, stop := c.Subscribe()
	defer stop()
	leg := &fakeLeg{}
	call := incoming(t, c, leg)
	next(t, events, EventCallStarted)

	streams, err := call.Streams()
	if err != nil || len(streams) != 2 {
		t.Fatalf("streams %v, %v", streams, err)
	}
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	if err := call.Connected(); err != nil {
		t.Errorf("a second answer is nothing new: %v", err)
	}
	next(t, events, EventCallUpdated)
	call.Digit('5')
	call.KeyframeWanted()
	if e.seat.digits != "5" || e.seat.keyframeWanted != 1 || e.seat.changed != 1 {
		t.Errorf("the seat heard %+v", &e.seat)
	}
	s := c.Calls()
	if len(s) != 1 || s[0].State != StateConnected || s[0].Room != "1001" || s[0].Video.In.Path != PathRelay || s[0].Name != "Phòng họp 3" {
		t.Errorf("status %+v", s)
	}

	call.End(CauseNormal, "the terminal hung up")
	call.End(CauseInternal, "again")
	call.Hangup(CauseRemoved, "again")
	if ev := next(t, events, EventCallEnded); ev.Call != call || c.Call(call.ID()) != nil {
		t.Errorf("the event of a call that is gone is about %v", ev.Call)
	}
	if n := e.seat.leaves(); n != 1 {
		t.Errorf("the seat was left %d times", n)
	}
	if h := c.Stats().Setup; h.Count != 1 || h.Sum <= 0 || h.Buckets[len(h.Buckets)-1] != 1 {
		t.Errorf("setup times %+v", h)
	}
	if len(c.Calls()) != 0 || c.Call(call.ID()) != nil || call.Context().Err() == nil {
		t.Error("something of the call is left")
	}
	if _, err := call.Streams(); err == nil {
		t.Error("an ended call opens no streams")
	}
}

func TestRefusals(t *testing.T) {
	c := newTestCore(t, &fakeEngine{}, func(c *Config) { c.MaxCalls = 1 })
	call := incoming(t, c, &fakeLeg{})
	defer call.End(CauseNormal, "")
	bad := testInvite
	bad.Number = "a/b"
	none := testInvite
	none.Number = ""
	for _, x := range []struct {
		inv  Invite
		want Cause
	}{{testInvite, CauseCapacity}, {bad, CauseNoRoute}, {none, CauseNoRoute}} {
		_, err := c.Incoming(t.Context(), x.inv, &fakeLeg{})
		if r := AsRefusal(err); r.Cause != x.want || r.Reason == "" {
			t.Errorf("%q: %v, want %v with a reason", x.inv.Number, err, x.want)
		}
	}
	if s := c.Stats(); s.Refused["no-route"] != 2 || s.Refused["capacity"] != 1 || s.Total != 1 || s.Running != 1 {
		t.Errorf("stats %+v", s)
	}
	if _, err := (ClosedRouter{}).Route(t.Context(), testInvite); AsRefusal(err).Cause != CauseNoRoute {
		t.Errorf("a closed router refuses: %v", err)
	}
	if r := AsRefusal(errors.New("odd")); r.Cause != CauseInternal {
		t.Errorf("any other error is our own fault: %v", r)
	}
}

func TestNotAdmitted(t *testing.T) {
	busy := error(&Refusal{CauseCapacity, "the gateway is busy"})
	c := newTestCore(t, &fakeEngine{}, func(c *Config) { c.Admit = func(Invite, Route) error { return busy } })
	if _, err := c.Incoming(t.Context(), testInvite, &fakeLeg{}); !errors.Is(err, busy) {
		t.Errorf("in: %v", err)
	}
	if s := c.Stats(); s.Refused["capacity"] != 1 || s.Running != 0 {
		t.Errorf("stats %+v", s)
	}
	busy = nil
	incoming(t, c, &fakeLeg{}).End(CauseNormal, "")
}

func TestSeatRefused(t *testing.T) {
	e := &fakeEngine{refuse: &Refusal{CauseCapacity, "the room is full"}}
	c := newTestCore(t, e, nil)
	call := incoming(t, c, &fakeLeg{})
	if r := AsRefusal(call.Connected()); r.Cause != CauseCapacity {
		t.Errorf("got %v", r)
	}
	call.End(CauseCapacity, "the room is full")
	if e.seat.leaves() != 0 {
		t.Error("a seat that was never taken was left")
	}
}

func TestCallEndsWhileItIsSeated(t *testing.T) {
	e := &fakeEngine{release: make(chan struct{}), asked: make(chan Terminal, 1)}
	c := newTestCore(t, e, nil)
	call := incoming(t, c, &fakeLeg{})
	done := make(chan error)
	go func() { done <- call.Connected() }()
	if got := <-e.asked; got.Room != "1001" || got.Name != "Phòng họp 3" || got.CallID != call.ID() {
		t.Errorf("the engine was told %+v", got)
	}
	call.End(CauseCancelled, "")
	close(e.release)
	if err := <-done; AsRefusal(err).Cause != CauseCancelled {
		t.Errorf("got %v", err)
	}
	if n := e.seat.leaves(); n != 1 {
		t.Errorf("the late seat was left %d times", n)
	}
}

// scriptedFront answers or refuses what it is asked to place.
type scriptedFront struct {
	script func(context.Context, *Call) error
}

func (f scriptedFront) Place(ctx context.Context, c *Call, _ Target) error { return f.script(ctx, c) }

func TestPlacedCalls(t *testing.T) {
	leg := &fakeLeg{}
	c := newTestCore(t, &fakeEngine{}, nil)
	if _, err := c.Place(t.Context(), Target{Scheme: "h323"}, "1001"); AsRefusal(err).Cause != CauseUnreachable {
		t.Errorf("without a front-end: %v", err)
	}

	c.Register("sip", scriptedFront{func(_ context.Context, call *Call) error {
		call.Attach(leg)
		call.Ringing()
		call.Describe(Caller{Device: "TANDBERG/529"})
		return call.Connected()
	}})
	call, err := c.Place(t.Context(), Target{Scheme: "sip", URI: "sip:room@127.0.0.1"}, "1001")
	if err != nil || call.Wait(t.Context()) != nil {
		t.Fatalf("place %v, wait %v", err, call.Wait(t.Context()))
	}
	if s := call.Status(); s.Direction != Outbound || s.Device != "TANDBERG/529" || s.Protocol != "sip" {
		t.Errorf("status %+v", s)
	}
	if !c.Hangup(call.ID(), CauseRemoved, "removed") || c.Hangup(call.ID(), CauseRemoved, "removed") {
		t.Error("a call is hung up once")
	}
	if got := leg.hungUp(); len(got) != 1 || got[0] != CauseRemoved {
		t.Errorf("the leg heard %v", got)
	}

	c.Register("sip", scriptedFront{func(context.Context, *Call) error { return &Refusal{CauseBusy, "busy"} }})
	call, err = c.Place(t.Context(), Target{Scheme: "sip"}, "1001")
	if err != nil {
		t.Fatal(err)
	}
	if r := AsRefusal(call.Wait(t.Context())); r.Cause != CauseBusy {
		t.Errorf("wait says %v", r)
	}
}

// handsetLeg is a leg at which a person can do something.
type handsetLeg struct {
	fakeLeg
	pressed string
	holds   []bool
}

func (l *handsetLeg) Press(digits string) { l.pressed += digits }
func (l *handsetLeg) Hold(hold bool)      { l.holds = append(l.holds, hold) }

func TestHandset(t *testing.T) {
	c := newTestCore(t, &fakeEngine{}, nil)
	for _, leg := range []Leg{&fakeLeg{}, &handsetLeg{}} {
		before := make(chan Handset, 1)
		c.Register("h323", scriptedFront{func(_ context.Context, call *Call) error {
			before <- call.Handset()
			call.Attach(leg)
			return call.Connected()
		}})
		call, err := c.Place(t.Context(), Target{Scheme: "h323"}, "1001")
		if err != nil || call.Wait(t.Context()) != nil {
			t.Fatalf("place %v, wait %v", err, call.Wait(t.Context()))
		}
		if <-before != nil {
			t.Error("there is a handset before there is a leg")
		}
		h := call.Handset()
		l, ok := leg.(*handsetLeg)
		if (h != nil) != ok {
			t.Errorf("%T: handset %v", leg, h)
		}
		if ok {
			h.Press("12#")
			h.Hold(true)
			h.Hold(false)
			if l.pressed != "12#" || len(l.holds) != 2 || !l.holds[0] || l.holds[1] {
				t.Errorf("%+v", l)
			}
		}
		call.Hangup(CauseNormal, "")
	}
}

func TestHangupBeforeTheLegIsThere(t *testing.T) {
	c := newTestCore(t, &fakeEngine{}, nil)
	leg, attach, ended := &fakeLeg{}, make(chan struct{}), make(chan struct{})
	c.Register("sip", scriptedFront{func(ctx context.Context, call *Call) error {
		<-attach
		call.Attach(leg)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}})
	call, err := c.Place(t.Context(), Target{Scheme: "sip"}, "1001")
	if err != nil {
		t.Fatal(err)
	}
	call.Hangup(CauseRemoved, "changed my mind")
	close(attach)
	<-ended
	if got := leg.hungUp(); len(got) != 1 || got[0] != CauseRemoved {
		t.Errorf("the late leg heard %v", got)
	}
}

func TestShutdownSaysGoodbyeToEveryCall(t *testing.T) {
	c := newTestCore(t, &fakeEngine{}, nil)
	legs := make([]*fakeLeg, 20)
	for i := range legs {
		legs[i] = &fakeLeg{}
		incoming(t, c, legs[i])
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, l := range legs {
		if got := l.hungUp(); len(got) != 1 || got[0] != CauseShutdown {
			t.Errorf("leg %d heard %v", i, got)
		}
	}
	if _, err := c.Incoming(t.Context(), testInvite, &fakeLeg{}); AsRefusal(err).Cause != CauseShutdown {
		t.Errorf("a call during shutdown: %v", err)
	}
}

func TestMediaMustMatchTheStreams(t *testing.T) {
	e := &fakeEngine{}
	c := newTestCore(t, e, nil)
	call := incoming(t, c, &fakeLeg{})
	defer call.End(CauseNormal, "")
	if _, err := call.Streams(); err != nil {
		t.Fatal(err)
	}
	if err := call.Apply(media.Session{Streams: make([]media.Stream, 1)}); err == nil {
		t.Error("one stream negotiated for two open ones")
	}
	both := media.Session{Streams: []media.Stream{{Kind: media.Audio}, {Kind: media.Video}}}
	if err := call.Apply(both); err != nil {
		t.Fatal(err)
	}
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	if err := call.Apply(both); err != nil || e.seat.changed != 2 {
		t.Errorf("apply %v, the seat heard of %d changes", err, e.seat.changed)
	}
}

func TestEverythingAtOnce(t *testing.T) {
	c := newTestCore(t, &fakeEngine{}, nil)
	var wg sync.WaitGroup
	for i := range 50 {
		call := incoming(t, c, &fakeLeg{})
		for _, f := range []func(){
			func() { _ = call.Connected() },
			func() { _, _ = call.Streams() },
			func() { call.Ringing() },
			func() { call.Digit('1') },
			func() { _ = c.Calls() },
			func() { call.End(CauseNormal, fmt.Sprint(i)) },
			func() { call.Hangup(CauseRemoved, "") },
		} {
			wg.Go(f)
		}
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestStatesOnlyGoForward(t *testing.T) {
	all := []State{StateRouting, StateRinging, StateConnected, StateEnded}
	for _, from := range all {
		for _, to := range all {
			next, ok := from.advance(to)
			if want := to > from && from != StateEnded; ok != want {
				t.Errorf("%v to %v: %v", from, to, ok)
			}
			if ok && next != to || !ok && next != from {
				t.Errorf("%v to %v gives %v", from, to, next)
			}
		}
	}
}

func TestValidRoom(t *testing.T) {
	for name, want := range map[string]bool{
		"1001": true, "Phòng họp": true, "a.b": true, "": false, "a/b": false, "a b": true, " a": false,
		"..": false, ".": false, "a?b": false, "a#b": false, "a%b": false, "a\\b": false, "a\nb": false,
		"a\u0085b": false, "\xff": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false,
	} {
		if ValidRoom(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func FuzzOpenRouter(f *testing.F) {
	f.Add("1001")
	f.Add("a/b")
	f.Fuzz(func(t *testing.T, number string) {
		r, err := OpenRouter{}.Route(t.Context(), Invite{Number: number})
		if (err == nil) != ValidRoom(number) || err == nil && r.Room != number {
			t.Fatalf("%q gives %v, %v", number, r, err)
		}
	})
}

func TestHistogramIsCumulative(t *testing.T) {
	h := newHistogram()
	h.add(60 * time.Millisecond)
	old := h.clone()
	h.add(time.Hour)
	if old.Count != 1 || h.Count != 2 || h.Sum != time.Hour+60*time.Millisecond {
		t.Errorf("%+v then %+v", old, h)
	}
	for i, n := range h.Buckets {
		if want := uint64(min(1, i)); n != want {
			t.Errorf("bucket %v holds %d, want %d", h.Bounds[i], n, want)
		}
	}
}

func TestDisplayName(t *testing.T) {
	k := testInvite.Caller
	for _, want := range []string{"Phòng họp 3", "sip:group500@127.0.0.1", "127.0.0.1", "terminal"} {
		if got := displayName(k); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		switch {
		case k.Name != "":
			k.Name = ""
		case k.Alias != "":
			k.Alias = ""
		default:
			k = Caller{}
		}
	}
	if CauseCapacity.String() != "capacity" || Cause(200).String() != "cause-200" {
		t.Error("causes have names")
	}
}
