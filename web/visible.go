package web

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
)

// seenCalls are the running calls that who asks may see.
func (s *Server) seenCalls(ctx context.Context) []bridge.CallStatus {
	actor, all := actorOf(ctx), s.cfg.Calls.Calls()
	list := all[:0]
	for _, c := range all {
		if actor.Sees(c.Tenant) {
			list = append(list, c)
		}
	}
	return list
}

// seenRooms are the rooms that who asks may see: operators all, a tenant its own.
func (s *Server) seenRooms(ctx context.Context) []bridge.RoomStatus {
	actor, all := actorOf(ctx), s.cfg.Rooms.Rooms()
	list := all[:0]
	for _, r := range all {
		if actor.SeesRoom(r.Name) {
			list = append(list, r)
		}
	}
	return list
}

// roomNamed is the full name of a room that a request names. The error is an answer.
func roomNamed(ctx context.Context, name string) (string, error) {
	name = norm.NFC.String(name)
	if !bridge.ValidRoom(name) {
		return "", huma.Error422UnprocessableEntity("this cannot be a room's name")
	}
	full, ok := actorOf(ctx).Room(name)
	if !ok {
		return "", huma.Error403Forbidden("this room is another tenant's")
	}
	return full, nil
}

// sieve passes on what a listener of the event stream may see.
type sieve struct {
	actor *admin.Actor
	calls map[string]bool
}

func newSieve(a *admin.Actor) *sieve { return &sieve{actor: a, calls: map[string]bool{}} }

// pass gives the event to send.
func (v *sieve) pass(e event) (event, bool) {
	if v.actor.Operator() {
		return e, true
	}
	switch d := e.data.(type) {
	case Call:
		if v.actor.Sees(d.Tenant) {
			v.calls[d.ID] = true
			return e, true
		}
	case Room:
		return e, v.actor.SeesRoom(d.Name)
	case Device:
		return e, v.actor.Sees(d.Tenant)
	case deviceGone:
		return e, v.actor.Sees(d.Tenant)
	case gone:
		own := v.calls[d.ID] || d.Name != "" && v.actor.SeesRoom(d.Name)
		delete(v.calls, d.ID)
		return e, own
	}
	return event{}, false
}
