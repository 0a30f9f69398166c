package bridge

import (
	"cmp"
	"context"
)

// takeSeat brings the call that was just answered into its room, or to a desk where it is
// asked and told what has to be first. What we call ourselves is not asked.
func (c *Call) takeSeat() error {
	if err := c.turn(c.ctx); err != nil {
		return err
	}
	defer c.pass()
	if c.seated() != nil {
		return nil // somebody moved it as soon as it was answered
	}
	r := c.routed()
	if c.direction == Outbound {
		return c.sit(r)
	}
	if !r.asks() {
		if leave, err := c.reserve(r); err == nil {
			defer leave()
			return c.sit(r)
		}
	}
	if err := c.receive(r, nil); err != nil {
		no := AsRefusal(err)
		c.log.Warn("not received", "room", r.Room, "cause", no.Cause.String(), "reason", no.Reason)
		return no
	}
	return nil
}

// sit asks the engine for a place. The engine may take a moment, so the call can end meanwhile: then the
// place is given back. The turn is held.
func (c *Call) sit(r Route) error {
	seat, err := c.core.cfg.Engine.Seat(c.ctx, c.terminal(&r))
	if err != nil {
		no := AsRefusal(err)
		c.log.Warn("no seat", "room", r.Room, "cause", no.Cause.String(), "reason", no.Reason)
		return no
	}
	if !c.take(seat, &r, nil) {
		seat.Leave()
		return &Refusal{CauseCancelled, "the call ended before it was seated"}
	}
	c.log.Info("seated", "room", r.Room)
	if a, ok := seat.(Arranger); ok && r.Layout != "" {
		a.SetLayout(Layout(r.Layout))
	}
	// A negotiation may have finished between the engine's look at the streams and now.
	seat.MediaChanged()
	return nil
}

func (c *Call) seated() Seat {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seat
}

// SetLayout chooses what a call's terminal sees; "" is what its room has. It
// tells whether there is such a call, and whether it has a seat where that can be chosen.
func (c *Core) SetLayout(id string, l Layout) (known, chosen bool) {
	call := c.Call(id)
	if call == nil {
		return false, false
	}
	a, ok := call.seated().(Arranger)
	if ok {
		a.SetLayout(l)
		call.changed()
	}
	return true, ok
}

func (c *Call) terminal(r *Route) Terminal {
	c.mu.Lock()
	inv := c.inv
	c.mu.Unlock()
	t := Terminal{
		CallID: c.id, Room: r.Room, Number: cmp.Or(r.Number, inv.Number), Name: displayName(inv.Caller),
		Device: inv.Caller.Device, Protocol: inv.Protocol,
		Role: r.Role, Capacity: r.Capacity, Bounds: r.picture(), Language: r.Language,
	}
	t.Audio, t.Video = c.media.audio(), c.media.video()
	return t
}

// displayName is what people see of a terminal: its name, else its alias,
// else its address.
func displayName(k Caller) string {
	switch {
	case k.Name != "":
		return k.Name
	case k.Alias != "":
		return k.Alias
	case k.Addr.IsValid():
		return k.Addr.Addr().String()
	}
	return "terminal"
}

// Place starts a call to a terminal and returns at once; Call.Wait tells how
// it went. The error is a *Refusal.
func (c *Core) Place(ctx context.Context, t Target, room string) (*Call, error) {
	c.mu.Lock()
	f := c.fronts[t.Scheme]
	c.mu.Unlock()
	if f == nil {
		return nil, &Refusal{CauseUnreachable, "no front-end places " + t.Scheme + " calls"}
	}
	if k, ok := f.(Checker); ok {
		if err := k.Check(t); err != nil {
			return nil, err
		}
	}
	inv := Invite{Protocol: protocolOf(t.Scheme), Number: t.From, Trunk: t.Trunk, Caller: Caller{Alias: t.Public()}}
	call := newCall(c, Outbound, inv, Route{Room: room, Tenant: t.Tenant, Number: t.From})
	if err := c.add(call); err != nil {
		return nil, err
	}
	call.log.Info("call out", "target", t.Public(), "room", room)
	go call.place(context.WithoutCancel(ctx), f, t)
	return call, nil
}

func (c *Call) place(ctx context.Context, f FrontEnd, t Target) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(c.ctx, cancel)
	defer stop()
	if err := f.Place(ctx, c, t); err != nil {
		r := AsRefusal(err)
		c.End(r.Cause, r.Reason)
	}
}

func protocolOf(scheme string) string {
	if scheme == "sips" {
		return "sip"
	}
	return scheme
}
