package bridge

import (
	"cmp"
	"context"
	"sync"
)

// Usher leads people at terminals that have to be asked or told something before they
// are in a room. bridge/reception is one.
type Usher interface {
	// Attend returns when it is known where the call goes and that it may enter there, or with
	// the *Refusal that the person was told. It ends with ctx.
	Attend(ctx context.Context, v Visit) (Route, error)
}

// Visit is a call at its desk. The functions may be called until Attend returns.
type Visit struct {
	Desk    Desk
	Route   Route
	Refused *Refusal    // nil, or why the call goes nowhere: this is told, and nothing asked
	Digits  <-chan rune // keys that were pressed

	// Find routes again, with a number that was typed. The error is a *Refusal.
	Find func(ctx context.Context, number string) (Route, error)
	// Enter tries a PIN, as Doorkeeper has it.
	Enter func(r Route, pin string) (Role, error)
	// Knock asks for a place in the route's room, as Anteroom has it. It takes the question before it back,
	// and what was granted for that. What the last one granted is kept until the call is seated, or gone.
	Knock func(r Route, decided func(error)) (leave func())
	// Dial calls the route's far end and returns when it answered, with the route to where it is. The
	// error is a *Refusal.
	Dial func(ctx context.Context, r Route) (Route, error)
	// Stage tells where the person is, and where the call is on the way to.
	Stage func(s Stage, r Route)
}

// Stage says what a call is waiting for that has no place in a room yet. The zero value is nothing.
type Stage string

// Stages.
const (
	StageNumber  Stage = "number"  // a number is asked for
	StagePIN     Stage = "pin"     // a PIN is asked for
	StageLobby   Stage = "lobby"   // somebody has to let it in
	StageWelcome Stage = "welcome" // a greeting is shown
	StageCalling Stage = "calling" // another far end is called
	StageRefused Stage = "refused" // it is told why it goes nowhere
)

// maxKeys is how many keys may wait for the usher.
const maxKeys = 64

// visit is a call's time at its desk.
type visit struct {
	keys   chan rune
	cancel context.CancelFunc
	done   chan struct{} // closed when nobody attends any more
	leave  func()        // the door that was knocked at last; who attends alone uses it
}

// end takes the person away from the desk.
func (v *visit) end() {
	v.cancel()
	<-v.done
}

// asks tells whether a call with this route has to be asked or told something.
func (r *Route) asks() bool {
	return r.Reception || r.Dial != nil || r.WrongPIN || r.Role == RoleNone || r.Greets()
}

// receive seats the call apart and has it attended to. The turn is held.
func (c *Call) receive(r Route, refused *Refusal) error {
	host, ok := c.core.cfg.Engine.(Receptionist)
	if !ok || c.core.cfg.Usher == nil {
		if refused == nil {
			refused = unasked(&r)
		}
		return refused
	}
	desk, err := host.Receive(c.terminal(&r))
	if err != nil {
		return AsRefusal(err)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	v := &visit{keys: make(chan rune, maxKeys), cancel: cancel, done: make(chan struct{}), leave: func() {}}
	if !c.take(desk, &r, v) {
		cancel()
		desk.Leave()
		return errEnded
	}
	c.log.Info("received", "number", r.Number, "room", r.Room)
	desk.MediaChanged() // a negotiation may have finished meanwhile
	go func() {
		defer c.core.visits.Done()
		defer close(v.done)
		defer cancel()
		defer func() { v.leave() }()
		c.attend(ctx, c.visitOf(desk, v, r, refused))
	}()
	return nil
}

func (c *Call) visitOf(desk Desk, v *visit, r Route, refused *Refusal) Visit {
	return Visit{
		Desk: desk, Route: r, Refused: refused, Digits: v.keys, Find: c.find, Enter: c.enter, Dial: c.passOn,
		Stage: func(s Stage, r Route) { c.reach(v, s, &r) },
		Knock: func(r Route, decided func(error)) func() {
			v.leave()
			v.leave = c.knock(r, decided)
			return v.leave
		},
	}
}

// attend has the person led, and brings the call where it goes.
func (c *Call) attend(ctx context.Context, at Visit) {
	r, err := c.core.cfg.Usher.Attend(ctx, at)
	switch {
	case ctx.Err() != nil: // the call ended, or was moved
	case err != nil:
		no := AsRefusal(err)
		c.Hangup(no.Cause, no.Reason)
	default:
		c.goIn(ctx, r)
	}
}

// goIn leaves the desk for the room. Where there is no place any more the person is told.
func (c *Call) goIn(ctx context.Context, r Route) {
	if c.turn(ctx) != nil {
		return
	}
	defer c.pass()
	if ctx.Err() != nil {
		return
	}
	defer c.changed()
	c.leave()
	err := c.sit(r)
	if err == nil {
		return
	}
	no := AsRefusal(err)
	if c.receive(r, no) != nil {
		c.Hangup(no.Cause, no.Reason)
	}
}

// unasked is why a call is refused that would have to be asked, where nobody can: nobody is let past
// a door that should have asked.
func unasked(r *Route) *Refusal {
	switch {
	case r.Reception:
		return &Refusal{CauseNoRoute, "nobody can be asked for a number here; dial a room's number"}
	case r.Dial != nil:
		return &Refusal{CauseNoRoute, "calls are not passed on to other far ends"}
	case r.WrongPIN:
		return &Refusal{CauseForbidden, "the PIN is wrong"}
	case r.Role == RoleNone:
		return &Refusal{CauseForbidden, "this room needs a PIN: dial " + r.Number + "**PIN"}
	}
	return &Refusal{CauseForbidden, "the room lets nobody in now"}
}

// find routes the call again with a number that was typed.
func (c *Call) find(ctx context.Context, number string) (Route, error) {
	c.mu.Lock()
	inv, old := c.inv, c.route
	c.mu.Unlock()
	inv.Number, inv.PIN = number, ""
	r, err := c.core.cfg.Router.Route(ctx, inv)
	switch {
	case err != nil:
		return Route{}, AsRefusal(err)
	case r.Reception:
		return Route{}, &Refusal{CauseNoRoute, "no room has this number"}
	case r.Encryption && !c.media.encrypted():
		return Route{}, &Refusal{CauseEncryption, "this room takes encrypted calls alone, and this one is not"}
	}
	if r.Language == "" {
		r.Language = old.Language
	}
	return r.settled(), nil
}

// enter tries a PIN.
func (c *Call) enter(r Route, pin string) (Role, error) {
	if k := c.core.cfg.Doorkeeper; k != nil {
		return k.Enter(r, c.address(), pin)
	}
	if r.Door == nil {
		return RoleGuest, nil
	}
	return r.Door.Enter(pin), nil
}

// address is where the call comes from, by which wrong PINs are counted.
func (c *Call) address() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.inv.Caller.Addr; a.IsValid() {
		return a.Addr().Unmap().String()
	}
	return c.inv.Caller.Alias
}

// knock asks the room for a place.
func (c *Call) knock(r Route, decided func(error)) (leave func()) {
	a, ok := c.core.cfg.Engine.(Anteroom)
	if !ok {
		decided(nil)
		return func() {}
	}
	t := c.terminal(&r)
	return a.Knock(r.Room, Guest{
		ID: c.id, Name: t.Name, Kind: "terminal", CallID: c.id, Number: t.Number,
		Role: r.Role, Lobby: r.Lobby, Since: c.core.now(), Capacity: r.Capacity,
	}, decided)
}

var errWaits = &Refusal{CauseForbidden, "somebody has to let the call in"}

// reserve asks for a place in the route's room, which is kept until leave is called. Who is not
// let in at once is refused: the question is taken back.
func (c *Call) reserve(r Route) (leave func(), err error) {
	var once sync.Once
	answer := make(chan error, 1)
	leave = c.knock(r, func(err error) { once.Do(func() { answer <- err }) })
	select {
	case err = <-answer:
	default:
		err = errWaits
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// reach notes where the person at the desk is.
func (c *Call) reach(v *visit, s Stage, r *Route) {
	c.mu.Lock()
	changed := c.visit == v && (c.stage != s || c.room != r.Room)
	if changed {
		c.stage, c.room = s, r.Room
		c.inv.Number = cmp.Or(r.Number, c.inv.Number)
	}
	c.mu.Unlock()
	if changed {
		c.changed()
	}
}
