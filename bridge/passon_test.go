package bridge

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// passingFront places calls as it says.
type passingFront func(context.Context, *Call, Target) error

func (f passingFront) Place(ctx context.Context, c *Call, t Target) error { return f(ctx, c, t) }

// until waits for something that an event of a call tells.
func until(t *testing.T, events <-chan Event, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-events:
		case <-t.Context().Done():
			t.Fatal("waited in vain")
		}
	}
}

// A call that is passed on meets the far end in a room of theirs, and ends with it.
func TestPassedOn(t *testing.T) {
	for _, ends := range []string{"the caller", "the far end"} {
		h := &house{usher: func(ctx context.Context, v Visit) (Route, error) { return v.Dial(ctx, v.Route) }}
		c := newHouse(t, h, nil)
		farLeg, shown := &fakeLeg{}, make(chan Target, 1)
		c.Register("sip", passingFront(func(_ context.Context, far *Call, to Target) error {
			shown <- to
			far.Attach(farLeg)
			return far.Connected()
		}))
		events, stop := c.Subscribe()
		defer stop()
		call, leg := calls(t, c, "1007")
		if err := call.Connected(); err != nil {
			t.Fatal(err)
		}
		if to := <-shown; to.URI != "sip:x@192.0.2.1" || to.Tenant != "acme" || to.Name == "" || to.From == "" || strings.ContainsAny(to.From, ":@") {
			t.Errorf("%+v", to)
		}
		room := "dial-" + call.ID() + "@acme"
		until(t, events, func() bool { return call.Room() == room && call.visiting() == nil })
		h.mu.Lock()
		if got := strings.Join(h.rooms, ","); got != room+" guest 0,"+room+" guest 0" {
			t.Errorf("seats in %s", got)
		}
		h.mu.Unlock()
		var far *Call
		for _, x := range c.running() {
			if x != call {
				far = x
			}
		}
		first, other, heard := call, far, farLeg
		if ends == "the far end" {
			first, other, heard = far, call, leg
		}
		first.End(CauseNormal, "hung up")
		<-other.Context().Done()
		if _, reason := other.Outcome(); len(heard.hungUp()) != 1 || !strings.Contains(reason, "hung up") {
			t.Errorf("%s ends: %v %s", ends, heard.hungUp(), reason)
		}
		until(t, events, func() bool { return len(c.running()) == 0 })
		h.settled(t, c, 0)
	}
}

// A far end that does not answer is why the call goes nowhere; a caller who hangs up ends it.
func TestNotPassedOn(t *testing.T) {
	told := make(chan error, 1)
	h := &house{usher: func(ctx context.Context, v Visit) (Route, error) {
		r, err := v.Dial(ctx, v.Route)
		told <- err
		return r, err
	}}
	c := newHouse(t, h, nil)
	events, stop := c.Subscribe()
	defer stop()
	c.Register("sip", passingFront(func(context.Context, *Call, Target) error { return &Refusal{CauseBusy, "busy"} }))
	call, _ := calls(t, c, "1007")
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	if err := <-told; AsRefusal(err).Cause != CauseBusy {
		t.Error(err)
	}
	<-call.Context().Done()
	if cause, _ := call.Outcome(); cause != CauseBusy {
		t.Errorf("ended with %v", cause)
	}

	rings := make(chan bool)
	c.Register("sip", passingFront(func(ctx context.Context, far *Call, _ Target) error {
		rings <- true
		<-ctx.Done()
		return ctx.Err()
	}))
	call, _ = calls(t, c, "1007")
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	<-rings
	call.End(CauseNormal, "the caller hung up")
	if err := <-told; err == nil {
		t.Error("answered")
	}
	until(t, events, func() bool { return len(c.running()) == 0 })
	h.settled(t, c, 0)

	for range maxPassed {
		busy, _ := calls(t, c, "1001")
		defer busy.End(CauseNormal, "")
		if !c.mayPass(busy) {
			t.Fatal("fewer than may be passed on")
		}
	}
	call, _ = calls(t, c, "1007")
	defer call.End(CauseNormal, "")
	var r *Refusal
	if _, err := call.passOn(t.Context(), numbers["1007"]); !errors.As(err, &r) || r.Cause != CauseCapacity {
		t.Errorf("one more than may be: %v", err)
	}
}
