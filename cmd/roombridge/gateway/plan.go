package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/doorkeeper"
	"github.com/roombridge/roombridge/bridge/number"
)

// planned decides by the number plans, and by admission.open what no rule is for.
type planned struct {
	book  *number.Book
	open  bool
	now   func() time.Time
	doors *doorkeeper.Keeper // counts PINs that were dialled behind numbers
	dial  func(tenant, trunk, number string) (bridge.Target, error)
	log   *slog.Logger
}

func (g *Gateway) router() bridge.Router {
	return planned{book: &g.kept.book, open: g.cfg.Admission.Open, now: time.Now, doors: g.doors, dial: g.dialOwn, log: g.log}
}

// Route implements bridge.Router.
func (p planned) Route(ctx context.Context, inv bridge.Invite) (bridge.Route, error) {
	d := p.book.Directory().Decide(number.CallOf(inv, p.now()))
	told := bridge.Route{Tenant: d.Tenant, Rule: d.Rule, Number: d.Number}
	if d.Rule == "" && d.Action != number.ToReception {
		if !p.open {
			_, err := bridge.ClosedRouter{}.Route(ctx, inv)
			return told, err
		}
		if d = p.opened(inv, d); d.Rule != "" {
			told.Rule = d.Rule
		}
	}
	r, err := d.Route()
	if err != nil {
		return told, err
	}
	if refused := unserved(&r, inv); refused != nil {
		return told, refused
	}
	if r.Dial != nil && r.Dial.Scheme == "tel" {
		if r.Dial, err = p.through(&d); err != nil {
			return told, err
		}
	}
	p.count(&r, &d, inv)
	return r, nil
}

// through finds the trunk for the number that a call goes on to. Callers hear no more than that there is none: how
// trunks are called and what ails them is for administrators, who see it in the log and the dry run.
func (p planned) through(d *number.Decision) (*bridge.Target, error) {
	t, err := p.dial(d.Tenant, d.Trunk, d.Target)
	if err != nil {
		no := bridge.AsRefusal(err)
		p.log.Warn("a number cannot be called", "rule", d.Rule, "tenant", d.Tenant, "target", d.Target, "reason", no.Reason)
		return nil, &bridge.Refusal{Cause: no.Cause, Reason: "the far end cannot be called now"}
	}
	return &t, nil
}

// opened is what becomes of a call that no rule is for where any number opens the room of that name.
func (p planned) opened(inv bridge.Invite, d number.Decision) number.Decision {
	if inv.Number == "" {
		return number.Decision{Tenant: d.Tenant, Action: number.ToReception}
	}
	return p.book.Directory().Opened(number.CallOf(inv, p.now()))
}

// count counts the PIN that was dialled behind a number. Who has to wait is asked at the desk, and
// told nothing of it.
func (p planned) count(r *bridge.Route, d *number.Decision, inv bridge.Invite) {
	right := r.Role == bridge.RoleHost || r.Role == bridge.RoleGuest && d.Settings.GuestPIN.Set()
	if r.Door == nil || !right && !r.WrongPIN {
		return
	}
	if _, err := p.doors.Dialled(*r, inv.Caller.Addr.Addr().String()); err != nil {
		r.Role, r.WrongPIN = bridge.RoleNone, false
	}
}

// unserved refuses what the gateway cannot do for a caller.
func unserved(r *bridge.Route, inv bridge.Invite) error {
	switch {
	case r.Encryption && inv.Protocol == "h323":
		return &bridge.Refusal{Cause: bridge.CauseEncryption, Reason: "this room takes encrypted calls alone, and those of H.323 are not"}
	}
	return nil
}
