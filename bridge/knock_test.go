package bridge

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
)

// letIn is an usher that knocks and brings in whom the door lets in; what it knocked at it leaves to the core.
func letIn(h *house) func(context.Context, Visit) (Route, error) {
	return func(ctx context.Context, v Visit) (Route, error) {
		h.reached("is attended")
		r, answer := v.Route, make(chan error, 2)
		if v.Refused != nil {
			return Route{}, v.Refused
		}
		r.Room = "gala"
		v.Knock(r, func(err error) { answer <- err }) // and again, as a host
		r.Role = RoleHost
		v.Knock(r, func(err error) { answer <- err })
		select {
		case err := <-answer:
			h.reached("is let in")
			return r, err
		case <-ctx.Done():
			return Route{}, ctx.Err()
		}
	}
}

// Whatever happens between a knock and the seat, no door is left with somebody before it, and no seat with nobody in it.
func TestMomentsOfKnock(t *testing.T) {
	moments := []string{"knocks", "has knocked", "is received", "is attended", "is let in", "takes a seat", "has a seat"}
	happens := map[string]func(c *Core, call *Call){
		"it ends":       func(_ *Core, call *Call) { call.End(CauseNormal, "") },
		"it is hung up": func(c *Core, call *Call) { c.Hangup(call.ID(), CauseDeclined, "") },
		"it is moved":   func(c *Core, call *Call) { go func() { _, _ = c.Move(call.ID(), "other") }() },
		"moved and ended": func(c *Core, call *Call) {
			go func() { _, _ = c.Move(call.ID(), "other"); call.End(CauseNormal, "") }()
		},
		"its room fills":  nil,
		"nothing happens": func(*Core, *Call) {},
	}
	for _, number := range []string{"1001", "1004", ""} { // straight in, greeted, asked
		for _, moment := range moments {
			for name, what := range happens {
				t.Run(fmt.Sprintf("%q %s, %s", number, moment, name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						h := &house{full: map[string]bool{}}
						h.usher = letIn(h)
						c := NewCore(Config{Engine: h, Router: numbers, Usher: h})
						inv := testInvite
						inv.Number = number
						call, err := c.Incoming(t.Context(), inv, &fakeLeg{})
						if err != nil {
							t.Fatal(err)
						}
						var once sync.Once // a call that is moved takes a seat beside the usher
						h.watch(func(at string) {
							if at != moment {
								return
							}
							once.Do(func() {
								if what != nil {
									what(c, call)
									return
								}
								h.mu.Lock()
								h.full["board"], h.full["gala"] = true, true
								h.mu.Unlock()
							})
						})
						if err := call.Connected(); err != nil {
							call.Hangup(AsRefusal(err).Cause, "")
						}
						synctest.Wait()
						h.watch(nil)
						open := 0
						if call.State() != StateEnded {
							open = 1
						}
						h.settled(t, c, open)
						call.End(CauseNormal, "")
						if err := c.Shutdown(t.Context()); err != nil {
							t.Error(err)
						}
						h.settled(t, c, 0)
					})
				})
			}
		}
	}
}

// A call that finds no place where it is brought stays where it is.
func TestMoveKnocks(t *testing.T) {
	h := &house{}
	c := newHouse(t, h, nil)
	call, _ := calls(t, c, "1001")
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	h.door = "the room is locked"
	if _, err := c.Move(call.ID(), "other"); AsRefusal(err).Reason != h.door || call.Room() != "board" || len(h.rooms) != 1 || h.seats[0].leaves() != 0 {
		t.Errorf("%v, in %q, %v", err, call.Room(), h.rooms)
	}
	if g := h.knocked[1]; g.Role != RoleHost || g.ID != call.ID() || g.Capacity != 0 {
		t.Errorf("%+v", g)
	}
	h.door = "waits"
	if _, err := c.Move(call.ID(), "other"); AsRefusal(err) != errWaits {
		t.Error(err)
	}
	h.door = ""
	if _, err := c.Move(call.ID(), "other"); err != nil || call.Room() != "other" || h.rooms[1] != "other guest 0" {
		t.Errorf("%v, in %q, %v", err, call.Room(), h.rooms)
	}
	h.settled(t, c, 1)
	call.End(CauseNormal, "")
	h.settled(t, c, 0)
}
