package number

import (
	"context"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Router is a bridge.Router that asks a Book.
type Router struct {
	Book *Book
	Now  func() time.Time // nil is the wall clock
}

// CallOf is a call as the plan knows it.
func CallOf(inv bridge.Invite, at time.Time) Call {
	return Call{
		Protocol: inv.Protocol, Number: inv.Number, PIN: inv.PIN, Host: inv.Host, Trunk: inv.Trunk, Local: inv.Local, Owner: inv.Tenant,
		Caller: inv.Caller.Alias, Addr: inv.Caller.Addr.Addr(), Registered: inv.Registered, Encrypted: inv.Encrypted, At: at,
	}
}

// Route implements bridge.Router.
func (r Router) Route(_ context.Context, inv bridge.Invite) (bridge.Route, error) {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	return r.Book.Directory().Decide(CallOf(inv, now())).Route()
}

// Route is the decision in the core's terms, with the room's full name. The error is
// a *bridge.Refusal.
func (d Decision) Route() (bridge.Route, error) {
	if d.Action == Refuse {
		return bridge.Route{}, &bridge.Refusal{Cause: d.cause, Reason: d.Reason}
	}
	s := &d.Settings
	r := bridge.Route{
		Tenant: d.Tenant, Rule: d.Rule, Number: d.Number, Reception: d.Action == ToReception,
		Role: d.Role, WrongPIN: d.WrongPIN, Lobby: s.Lobby, HostPIN: s.HostPIN.Set(), Capacity: s.Capacity, Layout: s.Layout, Bandwidth: s.Bandwidth,
		Width: s.Width, Height: s.Height, FPS: s.FPS, Encryption: s.Encryption, Language: s.Language, Greeting: s.Greeting, GreetingSound: s.GreetingSound,
	}
	if d.Action == ToRoom {
		r.Room = bridge.RoomOf(d.tag, d.Room)
	}
	if s.GuestPIN.Set() || s.HostPIN.Set() {
		r.Door = &d
	}
	if d.Action == ToDial {
		r.Room = bridge.RoomOf(d.tag, "dial") // both ends meet in a room of theirs
		scheme, _, _ := strings.Cut(d.Target, ":")
		r.Dial = &bridge.Target{Scheme: scheme, URI: d.Target, Trunk: d.Trunk} // who routes finds the trunk of a tel:
	}
	return r, nil
}
