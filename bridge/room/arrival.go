package room

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/bridge"
)

// arrival is a browser before the room: it is asked for a PIN or waits to be let
// in, and is told nothing of the room. It implements bridge.Visitor, and when
// it has come in passes everything on to its connection.
type arrival struct {
	engine *Engine
	join   bridge.Join
	out    *outbox

	taking sync.Mutex // messages are taken one by one
	pace   *rate.Limiter

	id string // of the guest who knocks

	mu      sync.Mutex // before the room's
	asking  bool       // for a PIN
	tries   int        // that are left
	role    bridge.Role
	proven  bool // the role was given for a PIN
	told    bool // what happens is told by messages, because Join has returned
	over    bool // turned away, or the page is gone
	refusal error
	conn    *connection // it is in
	knocks  int         // the answer to the last one counts
	leave   func()      // takes the last knock back, or what was granted for it
	tired   *time.Timer // of waiting for a PIN
}

// Bounds on who is not in yet.
const (
	pinTries    = 3
	pinPatience = 3 * time.Minute
	maxPIN      = 32 // bytes
)

// What ends the asking for a PIN.
var (
	refusedPIN  = &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "the PIN was wrong too often"}
	refusedSlow = &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "no PIN was typed"}
)

// arrive brings a browser before the room, and in if nothing is in the way.
func (e *Engine) arrive(j bridge.Join, out *outbox) (bridge.Visitor, error) {
	if e.cfg.Admit != nil {
		if err := e.cfg.Admit(j.Room); err != nil {
			return nil, err
		}
	}
	a := &arrival{engine: e, id: newID(), join: j, out: out, tries: pinTries, pace: rate.NewLimiter(2, 20), leave: func() {}}
	a.tired = time.AfterFunc(pinPatience, func() { a.refuse(refusedSlow) })
	a.tired.Stop()
	switch role := j.Route.Role; {
	case role == bridge.RoleNone && j.Route.Door != nil:
		a.mu.Lock()
		a.ask(false)
		a.mu.Unlock()
	default:
		a.knock(max(role, bridge.RoleGuest), false)
	}
	return a.outcome()
}

// outcome is what Join gives.
func (a *arrival) outcome() (bridge.Visitor, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.conn != nil:
		return a.conn, nil
	case a.over:
		return nil, a.refusal
	}
	a.told = true
	return a, nil
}

// ask asks for a PIN.
func (a *arrival) ask(wrong bool) {
	a.asking = true
	a.tired.Reset(pinPatience)
	a.out.post(doorMsg{Type: "door", Asks: "pin", Tries: a.tries, Wrong: wrong})
}

// knock asks to come in.
func (a *arrival) knock(role bridge.Role, proven bool) {
	a.mu.Lock()
	a.knocks++
	before, this := a.leave, a.knocks
	a.leave, a.role, a.proven, a.asking = func() {}, role, proven, false
	a.tired.Stop()
	a.mu.Unlock()
	before()
	j := &a.join
	leave := a.engine.knock(j.Room, bridge.Guest{
		ID: a.id, Name: j.Name, Kind: kindBrowser, Role: role, Lobby: j.Route.Lobby, Capacity: j.Route.Capacity,
	}, !j.Route.HostPIN, func(err error) { a.answered(this, err) })
	a.mu.Lock()
	waiting := a.conn == nil && !a.over
	if waiting {
		a.leave = leave
		a.out.post(doorMsg{Type: "door", Asks: "wait", Host: j.Route.HostPIN && a.tries > 0, Tries: a.tries})
	}
	a.mu.Unlock()
	if !waiting {
		leave()
	}
}

// answered takes what becomes of a knock, unless it was taken back for another.
func (a *arrival) answered(knock int, err error) {
	leave := func() {}
	a.mu.Lock()
	if knock == a.knocks {
		leave = a.settle(err)
	}
	a.mu.Unlock()
	leave()
}

// refuse turns the browser away.
func (a *arrival) refuse(why error) {
	a.mu.Lock()
	leave := a.settle(why)
	a.mu.Unlock()
	leave()
}

// settle lets the browser in, or turns it away. The caller calls leave when it no longer holds mu.
func (a *arrival) settle(err error) (leave func()) {
	if a.over || a.conn != nil {
		return func() {}
	}
	a.tired.Stop()
	if err == nil {
		a.conn, err = a.engine.enter(a)
	}
	leave, a.leave = a.leave, func() {}
	if err == nil {
		return leave
	}
	no := bridge.AsRefusal(err)
	a.over, a.refusal = true, &denial{no}
	if a.told {
		a.out.post(newBye(byeCode(no), no.Reason))
		a.out.end()
	}
	return leave
}

// enter gives a browser its place.
func (e *Engine) enter(a *arrival) (*connection, error) {
	r, err := e.acquire(a.join.Room)
	if err != nil {
		return nil, err
	}
	c, err := newVisitor(e, r, a)
	if err != nil {
		e.release(r)
	}
	return c, err
}

var errTurnedAway = errors.New("the room did not let this page in")

// Receive implements bridge.Visitor.
func (a *arrival) Receive(msg []byte) error {
	a.taking.Lock()
	defer a.taking.Unlock()
	a.mu.Lock()
	c, over := a.conn, a.over
	a.mu.Unlock()
	switch {
	case c != nil:
		return c.Receive(msg)
	case over:
		return errTurnedAway
	case !a.pace.Allow():
		a.out.post(errorMsg{"error", "rate", errTooMany.Error()})
		return errTooMany
	}
	m, err := readRequest(msg)
	if err != nil {
		a.out.post(errorMsg{"error", "message", err.Error()})
		return err
	}
	switch m.Type {
	case "pin":
		a.typed(m.PIN)
	case "ping":
		a.out.post(pongMsg{"pong", pingNumber(m)})
	case "leave":
		a.quit()
	}
	return nil
}

// typed takes a PIN: one that was asked for, or a host's of somebody who waits.
func (a *arrival) typed(pin string) {
	a.mu.Lock()
	asking := a.asking
	useless := pin == "" || a.over || !asking && (a.tries == 0 || !a.join.Route.HostPIN)
	if !useless {
		a.tries--
	}
	a.mu.Unlock()
	if useless {
		return
	}
	role, err := a.engine.opens(a.join.Route, a.join.Client, pin)
	switch {
	case err != nil && asking:
		a.refuse(err)
	case err != nil:
		a.out.post(errorMsg{"error", "pin", bridge.AsRefusal(err).Reason})
	case role == bridge.RoleHost || asking && role == bridge.RoleGuest:
		a.knock(role, true)
	default:
		a.wrong(asking)
	}
}

// wrong says that a PIN opens nothing.
func (a *arrival) wrong(asking bool) {
	a.mu.Lock()
	left := a.tries
	switch {
	case a.over || a.conn != nil:
	case asking && left > 0:
		a.ask(true)
	case !asking:
		a.out.post(doorMsg{Type: "door", Asks: "wait", Host: left > 0, Tries: left, Wrong: true})
	}
	a.mu.Unlock()
	if asking && left == 0 {
		a.refuse(refusedPIN)
	}
}

// opens tries a PIN at a route's door. The error is a *bridge.Refusal of who has to wait.
func (e *Engine) opens(route bridge.Route, client, pin string) (bridge.Role, error) {
	switch {
	case route.Door == nil || len(pin) > maxPIN:
		return bridge.RoleNone, nil
	case e.cfg.Doorkeeper != nil:
		return e.cfg.Doorkeeper.Enter(route, client, pin)
	}
	return route.Door.Enter(pin), nil
}

// quit gives up before it was decided.
func (a *arrival) quit() (in *connection) {
	a.mu.Lock()
	if in = a.conn; in != nil {
		a.mu.Unlock()
		return in
	}
	a.over = true
	a.tired.Stop()
	leave := a.leave
	a.leave = func() {}
	a.mu.Unlock()
	leave()
	a.out.end()
	return nil
}

// Disconnected implements bridge.Visitor.
func (a *arrival) Disconnected() {
	if c := a.quit(); c != nil {
		c.Disconnected()
		return
	}
	a.out.drop()
	<-a.out.closed
}

// denial is the refusal of a browser, with its code in a goodbye.
type denial struct{ *bridge.Refusal }

// Code is that of the page's `bye`.
func (d *denial) Code() string { return byeCode(d.Refusal) }

func (d *denial) Unwrap() error { return d.Refusal }

// byeCode is how a refusal is called in docs/signalling.md.
func byeCode(r *bridge.Refusal) string {
	switch r {
	case refusedLocked:
		return "locked"
	case refusedPIN, refusedSlow:
		return "pin"
	case refusedByHost:
		return "declined"
	}
	switch r.Cause {
	case bridge.CauseCapacity:
		return "full"
	case bridge.CauseShutdown:
		return "shutdown"
	case bridge.CauseRemoved:
		return "ended"
	case bridge.CauseNoRoute:
		return "unknown"
	case bridge.CauseForbidden:
		return "locked-out"
	}
	return "refused"
}

var _ bridge.Visitor = (*arrival)(nil)
