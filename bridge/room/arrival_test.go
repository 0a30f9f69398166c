package room

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

// pins is a door that 1234 opens for guests and 9999 for hosts.
type pins struct{}

func (pins) Enter(pin string) bridge.Role {
	return map[string]bridge.Role{"1234": bridge.RoleGuest, "9999": bridge.RoleHost}[pin]
}

// hostPIN is a door where who types none is a guest.
type hostPIN struct{}

func (hostPIN) Enter(pin string) bridge.Role {
	return map[string]bridge.Role{"": bridge.RoleGuest, "9999": bridge.RoleHost}[pin]
}

// pageBy brings a page before the room by a route.
func (r *rig) pageBy(name string, route bridge.Route) *guest {
	r.t.Helper()
	g := &guest{rig: r}
	p, err := roomtest.New(roomtest.Options{}, g.say)
	r.must(err)
	g.Page = p
	r.t.Cleanup(func() {
		p.Close()
		g.disconnect()
	})
	route.Room = "1001"
	g.join(bridge.Join{Room: "1001", Name: name, Route: route, Client: "192.0.2.1", Dial: []string{"sip:1001@gateway"}})
	return g
}

func (g *guest) pin(pin string) {
	g.rig.t.Helper()
	g.rig.must(g.Say("pin", map[string]any{"pin": pin}))
}

func TestPIN(t *testing.T) {
	r := newRig(t, nil)
	route := bridge.Route{Role: bridge.RoleNone, Door: pins{}, HostPIN: true}
	inside := r.page("Inside", roomtest.Options{})
	g := r.pageBy("An", route)
	r.must(g.Say("ping", map[string]any{"n": 1}))
	r.must(g.Wait(r.ctx(), "pong", func(s roomtest.State) bool { return len(s.Pongs) == 1 }))
	// Nothing of the room is told before it is opened, whatever is asked.
	r.must(g.Say("offer", map[string]any{"sdp": "v=0"}))
	r.must(g.Say("end", nil))
	g.pin("0000")
	r.must(g.Wait(r.ctx(), "another try", func(s roomtest.State) bool {
		return slices.Equal(s.Doors, []roomtest.Door{{Asks: "pin", Tries: 3}, {Asks: "pin", Tries: 2, Wrong: true}})
	}))
	if s := g.Look(); s.Welcome.ID != "" || s.Participants != nil || s.Room.Entry != "" {
		t.Errorf("%+v", s)
	}
	if n := len(inside.Look().Participants); n > 1 {
		t.Errorf("%d are inside", n)
	}
	g.pin("1234")
	r.must(g.Wait(r.ctx(), "welcome", func(s roomtest.State) bool {
		return s.Welcome.Role == "guest" && len(s.Participants) == 2 && s.Room.HostPIN
	}))
	// In the meeting a host's PIN makes a host.
	g.pin("1234")
	r.must(g.Wait(r.ctx(), "a wrong PIN", func(s roomtest.State) bool {
		return s.Doors[len(s.Doors)-1] == roomtest.Door{Asks: "pin", Tries: 2, Wrong: true}
	}))
	g.pin("9999")
	r.must(g.Wait(r.ctx(), "to lead", func(s roomtest.State) bool { return role(s, s.Welcome.ID) == "host" && !s.Room.HostPIN }))

	h := r.pageBy("Bình", route)
	h.pin("9999")
	r.must(h.Wait(r.ctx(), "welcome", func(s roomtest.State) bool { return s.Welcome.Role == "host" }))
}

func TestWrongPIN(t *testing.T) {
	r := newRig(t, nil)
	g := r.pageBy("Eve", bridge.Route{Role: bridge.RoleNone, Door: pins{}})
	for _, pin := range []string{"", "1", "2", "123456789012345678901234567890123"} {
		g.pin(pin)
	}
	r.must(g.Wait(r.ctx(), "bye", func(s roomtest.State) bool { return s.Bye != nil && s.Bye.Code == "pin" && s.Welcome.ID == "" }))
	if err := g.Say("pin", map[string]any{"pin": "1234"}); !errors.Is(err, errTurnedAway) {
		t.Error(err)
	}
	if len(r.engine.Rooms()) != 0 {
		t.Error("guessing opened the room")
	}
}

// keeper is a doorkeeper that counts and locks out.
type keeper struct {
	mu  sync.Mutex
	log []string
}

var errLockedOut = &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "too many wrong PINs, try again in a minute"}

func (k *keeper) Enter(r bridge.Route, from, pin string) (bridge.Role, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log = append(k.log, r.Rule+" "+from)
	if len(k.log) > 1 {
		return bridge.RoleNone, errLockedOut
	}
	return r.Door.Enter(pin), nil
}

func TestDoorkeeper(t *testing.T) {
	k := &keeper{}
	r := newRig(t, func(c *Config) { c.Doorkeeper = k })
	g := r.pageBy("Eve", bridge.Route{Rule: "r1", Door: pins{}})
	g.pin("1")
	r.must(g.Wait(r.ctx(), "another try", func(s roomtest.State) bool { return len(s.Doors) == 2 }))
	g.pin("1234")
	r.must(g.Wait(r.ctx(), "bye", func(s roomtest.State) bool {
		return s.Bye != nil && s.Bye.Code == "locked-out" && s.Bye.Reason == errLockedOut.Reason
	}))
	if !slices.Equal(k.log, []string{"r1 192.0.2.1", "r1 192.0.2.1"}) {
		t.Error(k.log)
	}
}

func TestLobbyOfPages(t *testing.T) {
	r := newRig(t, nil)
	ruled := bridge.Route{Role: bridge.RoleGuest, Lobby: true, Door: hostPIN{}, HostPIN: true}
	a, b := r.pageBy("A", ruled), r.pageBy("B", ruled)
	for _, g := range []*guest{a, b} {
		r.must(g.Wait(r.ctx(), "to wait", func(s roomtest.State) bool {
			return slices.Equal(s.Doors, []roomtest.Door{{Asks: "wait", Tries: 3, Host: true}})
		}))
	}
	if s := r.in(); len(s.Waiting) != 2 || s.Waiting[0].Name != "A" || s.Waiting[0].Kind != "browser" || len(s.Participants) != 0 {
		t.Errorf("%+v", s)
	}
	// A host's PIN opens the room for all.
	b.pin("1111")
	r.must(b.Wait(r.ctx(), "that it is wrong", func(s roomtest.State) bool { return len(s.Doors) == 2 && s.Doors[1].Wrong && s.Doors[1].Asks == "wait" }))
	b.pin("9999")
	r.must(b.Wait(r.ctx(), "welcome", func(s roomtest.State) bool { return s.Welcome.Role == "host" }))
	r.must(a.Wait(r.ctx(), "welcome", func(s roomtest.State) bool { return s.Welcome.Role == "guest" }))
	// Later guests are let in by the host, if he wants that.
	r.must(b.Say("entry", map[string]any{"entry": "lobby"}))
	r.must(b.Wait(r.ctx(), "the lobby", func(s roomtest.State) bool { return s.Room.Entry == "lobby" }))
	c, d, e := r.pageBy("C", ruled), r.pageBy("D", ruled), r.pageBy("E", ruled)
	r.must(b.Wait(r.ctx(), "three who wait", func(s roomtest.State) bool { return len(s.Waiting) == 3 }))
	if len(a.Look().Waiting) != 0 {
		t.Error("a guest is told who waits")
	}
	e.disconnect()
	r.must(b.Wait(r.ctx(), "two who wait", func(s roomtest.State) bool { return len(s.Waiting) == 2 }))
	r.must(b.Say("admit", map[string]any{"waiting": b.Look().Waiting[0].ID, "admit": false}))
	r.must(c.Wait(r.ctx(), "bye", func(s roomtest.State) bool { return s.Bye != nil && s.Bye.Code == "declined" }))
	r.must(b.Say("admit", map[string]any{"admit": true}))
	r.must(d.Wait(r.ctx(), "welcome", func(s roomtest.State) bool { return s.Welcome.ID != "" }))
	r.must(b.Say("entry", map[string]any{"entry": "locked"}))
	r.must(a.Wait(r.ctx(), "the lock", func(s roomtest.State) bool { return s.Room.Entry == "locked" }))
	_, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001", Route: ruled}, func([]byte) {})
	var code interface{ Code() string }
	if !errors.As(err, &code) || code.Code() != "locked" || bridge.AsRefusal(err) != refusedLocked {
		t.Error(err)
	}
}

// A page that types no PIN is turned away after some minutes.
func TestNoPINTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Engine{rooms: map[string]*entry{}}
		said := make(chan string, 4)
		v, err := e.Join(context.Background(), bridge.Join{Room: "1001", Route: bridge.Route{Door: pins{}}}, func(b []byte) { said <- string(b) })
		if err != nil {
			t.Fatal(err)
		}
		if got := <-said; got != `{"type":"door","asks":"pin","tries":3}` {
			t.Error(got)
		}
		if got := <-said; got != `{"type":"bye","code":"pin","reason":"no PIN was typed"}` {
			t.Error(got)
		}
		v.Disconnected()
	})
}
