package bridge

import "context"

var errEnded = &Refusal{CauseCancelled, "the call has ended"}

// turn waits until nobody else changes the call's seat. Whoever has the turn passes it on.
func (c *Call) turn(ctx context.Context) error {
	select {
	case c.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errEnded
	}
}

func (c *Call) pass() { <-c.turns }

// take gives the call a seat, or a desk with its visit, unless it has ended meanwhile. The turn is held,
// and the call has none.
func (c *Call) take(s Seat, r *Route, v *visit) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == StateEnded {
		return false
	}
	c.seat, c.visit, c.stage = s, v, ""
	c.route, c.room = *r, r.Room
	if r.Number != "" {
		c.inv.Number = r.Number
	}
	if v != nil {
		c.core.visits.Add(1)
	}
	return true
}

// leave gives the call's seat up. The turn is held.
func (c *Call) leave() {
	c.mu.Lock()
	seat := c.seat
	c.seat, c.visit, c.stage = nil, nil, ""
	c.mu.Unlock()
	if seat != nil {
		seat.Leave()
	}
}

// Move brings a call that is answered into another room, whatever it is doing: who moves it has
// decided that it may. It tells whether there is such a call; the error is a *Refusal, after
// which the call is where it was.
func (c *Core) Move(id, room string) (known bool, err error) {
	call := c.Call(id)
	if call == nil {
		return false, nil
	}
	if !ValidRoom(room) {
		return true, &Refusal{CauseNoRoute, "this is not the name of a room"}
	}
	return true, call.move(room)
}

func (c *Call) move(room string) error {
	if c.State() != StateConnected {
		return &Refusal{CauseUnreachable, "the call is not answered"}
	}
	if err := c.turn(c.ctx); err != nil {
		return err
	}
	defer c.pass()
	v, old := c.visiting(), c.routed()
	if v == nil && old.Room == room && c.seated() != nil {
		return nil
	}
	next := old.into(room)
	leave, err := c.reserve(next.invited())
	if err != nil {
		return err
	}
	defer leave()
	if v != nil {
		v.end() // does not go in any more
	}
	c.leave()
	defer c.changed()
	if err = c.sit(next); err == nil {
		return nil
	}
	if back := c.back(old, v != nil); back != nil {
		no := AsRefusal(back)
		c.Hangup(no.Cause, no.Reason)
	}
	return err
}

// back brings the call to where it was.
func (c *Call) back(old Route, desk bool) error {
	if desk {
		return c.receive(old, nil)
	}
	return c.sit(old)
}

// into is the route of a call that somebody brings into a room: what it may have stays, doors do not count.
func (r Route) into(room string) Route {
	r.Room, r.Role, r.Door = room, RoleGuest, nil
	r.Reception, r.Dial, r.WrongPIN, r.Lobby, r.HostPIN, r.Capacity, r.Greeting, r.GreetingSound = false, nil, false, false, false, 0, "", ""
	return r
}

// invited is the route of somebody whom no door keeps waiting.
func (r Route) invited() Route {
	r.Role = RoleHost
	return r
}

// visiting is the call's visit at the desk, nil if it is at none.
func (c *Call) visiting() *visit {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.visit
}

// routed is the route that is in force.
func (c *Call) routed() Route {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.route
}

// settled is a route as the core has it: without a door everybody is a guest.
func (r Route) settled() Route {
	if r.Door == nil && r.Role == RoleNone {
		r.Role = RoleGuest
	}
	return r
}
