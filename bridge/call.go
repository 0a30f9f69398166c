package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// Call joins a leg to a seat in a room. Front-ends drive it with what their
// protocol says; all methods may be called from any goroutine and after the
// call has ended.
type Call struct {
	core      *Core
	id        string
	direction CallDirection
	since     time.Time
	log       *slog.Logger
	ctx       context.Context
	cancel    context.CancelFunc
	answered  chan struct{} // closed when connected
	media     callMedia
	turns     chan struct{} // holds one: who changes the seat
	passed    bool          // on to a far end; guarded by the core's mutex

	mu        sync.Mutex
	inv       Invite
	route     Route  // of the number plan
	room      string // where it is, or is on the way to
	leg       Leg
	state     State
	connected time.Time
	seat      Seat   // in a room, or the desk where it is received
	visit     *visit // at the desk
	stage     Stage
	cause     Cause
	reason    string
}

func newCall(c *Core, d CallDirection, inv Invite, route Route) *Call {
	call := &Call{
		core: c, id: newID(), direction: d, inv: inv, room: route.Room, route: route.settled(),
		since: c.now(), answered: make(chan struct{}), turns: make(chan struct{}, 1),
	}
	call.log = c.cfg.Log.With("call", call.id)
	call.ctx, call.cancel = context.WithCancel(context.Background())
	call.media.call = call
	return call
}

// ID names the call in the API, in logs and to the engine.
func (c *Call) ID() string { return c.id }

// Log carries the call's id on every line.
func (c *Call) Log() *slog.Logger { return c.log }

// Context is done when the call is over.
func (c *Call) Context() context.Context { return c.ctx }

// Room is where the call is or was routed; empty while it is asked where it goes.
func (c *Call) Room() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.room
}

// State tells where the call stands.
func (c *Call) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Attach gives an outgoing call its leg, from when on it can be hung up. A
// call that has ended meanwhile hangs the leg up at once.
func (c *Call) Attach(l Leg) {
	c.mu.Lock()
	ended, cause, reason := c.state == StateEnded, c.cause, c.reason
	c.leg = l
	c.mu.Unlock()
	if ended {
		l.Hangup(cause, reason)
	}
}

// Handset is the leg's, nil where the protocol has none or nobody attached one.
func (c *Call) Handset() Handset {
	h, _ := c.attached().(Handset)
	return h
}

// Describe completes what is known of the far end of an outgoing call. Empty
// fields leave what was known.
func (c *Call) Describe(caller Caller) {
	c.mu.Lock()
	k := &c.inv.Caller
	if caller.Addr.IsValid() {
		k.Addr = caller.Addr
	}
	if caller.Alias != "" {
		k.Alias = caller.Alias
	}
	if caller.Name != "" {
		k.Name = caller.Name
	}
	if caller.Device != "" {
		k.Device = caller.Device
	}
	c.mu.Unlock()
	c.changed()
}

// Capabilities is what our end of this call can do.
func (c *Call) Capabilities() media.Capabilities {
	c.mu.Lock()
	inv, route := c.inv, c.route
	c.mu.Unlock()
	return route.bound(c.core.cfg.Capabilities(inv))
}

// Ringing says that the called side is being alerted.
func (c *Call) Ringing() { c.step(StateRinging) }

// step moves the state forward and tells whether it did.
func (c *Call) step(to State) bool {
	c.mu.Lock()
	next, ok := c.state.advance(to)
	c.state = next
	if ok && to == StateConnected {
		c.connected = c.core.now()
	}
	c.mu.Unlock()
	if ok {
		c.changed()
	}
	return ok
}

func (c *Call) changed() { c.core.events.publish(Event{Type: EventCallUpdated, Call: c}) }

// Connected says that the answer is out (or in): the terminal gets its seat.
// A second call does nothing. The error is a *Refusal.
func (c *Call) Connected() error {
	if !c.step(StateConnected) {
		return nil
	}
	c.core.answered(c)
	if err := c.takeSeat(); err != nil {
		return err
	}
	close(c.answered)
	return nil
}

// Digit is a key pressed on the terminal, from signalling or RFC 4733.
func (c *Call) Digit(d rune) {
	c.mu.Lock()
	seat, v := c.seat, c.visit
	c.mu.Unlock()
	switch {
	case v != nil:
		select {
		case v.keys <- d:
		default: // more than anybody types
		}
	case seat != nil:
		seat.Digit(d)
	}
}

// KeyframeWanted is the terminal's request through signalling.
func (c *Call) KeyframeWanted() {
	if s := c.seated(); s != nil {
		s.KeyframeWanted()
	}
}

// Hangup ends the call from our side.
func (c *Call) Hangup(cause Cause, reason string) {
	c.mu.Lock()
	leg := c.leg
	c.mu.Unlock()
	if leg != nil {
		leg.Hangup(cause, reason)
	}
	c.End(cause, reason)
}

// End frees everything the call holds. The front-end calls it when the far
// end hung up or the call failed. Only the first call counts.
func (c *Call) End(cause Cause, reason string) {
	c.mu.Lock()
	next, ok := c.state.advance(StateEnded)
	if !ok {
		c.mu.Unlock()
		return
	}
	c.state, c.cause, c.reason = next, cause, reason
	seat, connected := c.seat, c.connected
	c.seat, c.visit = nil, nil
	c.mu.Unlock()

	status := c.status(seat)
	c.cancel()
	if seat != nil {
		seat.Leave()
	}
	c.media.close()
	c.log.Info("call ended", "cause", cause.String(), "reason", reason, "lasted", c.core.now().Sub(c.since).Round(time.Millisecond))
	c.record(status, connected, cause, reason)
	c.core.remove(c)
}

// Wait returns when the call is connected (nil) or has ended (a *Refusal), or
// ctx ends.
func (c *Call) Wait(ctx context.Context) error {
	select {
	case <-c.answered:
		return nil
	case <-c.ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		return &Refusal{c.cause, c.reason}
	case <-ctx.Done():
		return ctx.Err()
	}
}
