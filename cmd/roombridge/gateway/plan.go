package gateway

import (
	"context"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// planned decides by the number plans, and by admission.open what no rule is for.
type planned struct {
	book  *number.Book
	open  bool
	now   func() time.Time
	event func(tenant string, e store.Event)
}

func (g *Gateway) router() bridge.Router {
	return planned{book: &g.kept.book, open: g.cfg.Admission.Open, now: time.Now, event: g.kept.records.event}
}

// Route implements bridge.Router.
func (p planned) Route(ctx context.Context, inv bridge.Invite) (bridge.Route, error) {
	d := p.book.Directory().Decide(number.CallOf(inv, p.now()))
	if d.Rule == "" {
		return p.unruled(ctx, inv, d)
	}
	told := bridge.Route{Tenant: d.Tenant, Rule: d.Rule, Number: d.Number}
	r, err := d.Route()
	if err != nil {
		return told, err
	}
	if d.WrongPIN {
		e := store.NewEvent(p.now(), "security.pin", "a wrong PIN was dialled behind "+d.Number)
		e.From = inv.Caller.Addr.String()
		e.Data = map[string]string{"number": d.Number, "rule": d.Rule, "alias": inv.Caller.Alias, "protocol": inv.Protocol}
		p.event(d.Tenant, e)
	}
	if refused := unserved(&r, inv); refused != nil {
		return told, refused
	}
	return r, nil
}

// unruled is what becomes of a call that no rule is for.
func (p planned) unruled(ctx context.Context, inv bridge.Invite, d number.Decision) (bridge.Route, error) {
	told := bridge.Route{Tenant: d.Tenant, Number: d.Number}
	switch {
	case !p.open:
		_, err := bridge.ClosedRouter{}.Route(ctx, inv)
		return told, err
	case inv.Number == "":
		_, err := bridge.OpenRouter{}.Route(ctx, inv)
		return told, err
	}
	r, err := p.book.Directory().Opened(number.CallOf(inv, p.now())).Route()
	if err != nil {
		return told, err
	}
	if refused := unserved(&r, inv); refused != nil {
		return told, refused
	}
	return r, nil
}

// unserved refuses what the gateway cannot do for a caller, above all to ask: nobody is
// let past a door that should have asked.
func unserved(r *bridge.Route, inv bridge.Invite) error {
	switch {
	case r.Reception:
		return &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "nobody can be asked for a number yet; dial a room's number"}
	case r.Dial != nil:
		return &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "calls are not passed on to other far ends yet"}
	case r.WrongPIN:
		return &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "the PIN is wrong"}
	case r.Role == bridge.RoleNone:
		return &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "this room needs a PIN: dial " + r.Number + "**PIN"}
	case r.Lobby && r.Role != bridge.RoleHost:
		return &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "guests of this room wait for a host, which is not possible yet; dial with the host's PIN"}
	case r.Encryption && inv.Protocol == "h323":
		return &bridge.Refusal{Cause: bridge.CauseEncryption, Reason: "this room takes encrypted calls alone, and those of H.323 are not"}
	}
	return nil
}
