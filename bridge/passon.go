package bridge

import (
	"context"
	"strings"
	"time"
)

const (
	ringTime  = time.Minute // for a far end to answer
	maxPassed = 64          // calls that are passed on at once: one that comes back to us ends there
)

// passOn calls the far end that a route leads to, and returns when it answered, with the route into the room
// where both calls meet, and end together. The error is a *Refusal.
func (c *Call) passOn(ctx context.Context, r Route) (Route, error) {
	if !c.core.mayPass(c) {
		return Route{}, &Refusal{CauseCapacity, "too many calls are passed on already"}
	}
	_, tenant := TenantOf(r.Room)
	room := RoomOf(tenant, "dial-"+c.id)
	far, err := c.core.Place(ctx, c.target(&r), room)
	if err != nil {
		return Route{}, AsRefusal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, ringTime)
	defer cancel()
	if err := far.Wait(ctx); err != nil {
		if ctx.Err() == nil {
			return Route{}, AsRefusal(err)
		}
		far.Hangup(CauseNoAnswer, "nobody answered")
		return Route{}, &Refusal{CauseNoAnswer, "nobody answered"}
	}
	context.AfterFunc(c.ctx, func() { far.Hangup(CauseNormal, "the caller hung up") })
	context.AfterFunc(far.ctx, func() { c.Hangup(CauseNormal, "the far end hung up") })
	return r.into(room), nil
}

// mayPass notes that a call is passed on, unless too many are.
func (c *Core) mayPass(call *Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, other := range c.calls {
		if other.passed {
			n++
		}
	}
	call.passed = n < maxPassed
	return call.passed
}

// target is the far end, which is told who calls.
func (c *Call) target(r *Route) Target {
	c.mu.Lock()
	caller := c.inv.Caller
	c.mu.Unlock()
	t := *r.Dial
	t.Tenant, t.Name = r.Tenant, displayName(caller)
	if t.From != "" { // a trunk has its own
		return t
	}
	t.From = caller.Alias
	if _, rest, ok := strings.Cut(t.From, ":"); ok {
		t.From = rest
	}
	if t.From, _, _ = strings.Cut(t.From, "@"); t.From == "" {
		t.From = r.Number
	}
	return t
}
