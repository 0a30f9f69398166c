package room

import (
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// waiter is somebody before a room's door. It holds the room open until it is turned away or has
// left. Fields are guarded by the room's mutex, since they are told there.
type waiter struct {
	guest   bridge.Guest
	claims  bool
	decided func(error)
	over    bool // turned away or gone: it holds nothing any more
}

// maxWaiting bounds who waits before one room.
const maxWaiting = 50

// What people are told who do not come in.
var (
	refusedLocked  = &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "the room is locked"}
	refusedByHost  = &bridge.Refusal{Cause: bridge.CauseDeclined, Reason: "the host did not let you in"}
	refusedFull    = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
	refusedCrowd   = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "too many wait before the room"}
	refusedClosing = &bridge.Refusal{Cause: bridge.CauseShutdown, Reason: "the gateway is going down"}
)

// Knock implements bridge.Anteroom.
func (e *Engine) Knock(room string, g bridge.Guest, decided func(error)) (leave func()) {
	return e.knock(room, g, false, decided)
}

// knock is Knock for somebody who may lead where nobody does.
func (e *Engine) knock(room string, g bridge.Guest, claims bool, decided func(error)) (leave func()) {
	r, err := e.acquire(room)
	if err != nil {
		decided(err)
		return func() {}
	}
	w := &waiter{guest: g, claims: claims, decided: decided}
	r.mu.Lock()
	v, refusal := r.arrive(w)
	r.mu.Unlock()
	switch v {
	case comesIn:
		decided(nil)
	case turnedAway:
		decided(refusal)
		e.release(r)
		return func() {}
	}
	return func() { e.unknock(r, w) }
}

// unknock takes a question back, or what was granted for it.
func (e *Engine) unknock(r *room, w *waiter) {
	r.mu.Lock()
	was := w.over
	w.over = true
	if !was {
		is := func(x *waiter) bool { return x == w }
		r.waiting, r.granted = slices.DeleteFunc(r.waiting, is), slices.DeleteFunc(r.granted, is)
		r.adjourn()
		r.wake()
	}
	r.mu.Unlock()
	if !was {
		e.release(r)
	}
}

// arrive decides about somebody who comes, and keeps them if they wait, or a place for them.
func (r *room) arrive(w *waiter) (verdict, *bridge.Refusal) {
	g := &w.guest
	if g.ID == "" {
		g.ID = newID()
	}
	if g.Since.IsZero() {
		g.Since = time.Now()
	}
	g.Name = cleanName(g.Name, "Guest")
	v := r.doorway().judge(w.caller(false))
	switch {
	case r.dismissed != nil:
		return turnedAway, r.dismissed
	case v == turnedAway:
		return v, refusedLocked
	case r.full(g.Capacity):
		return turnedAway, refusedFull
	case v == waits && len(r.waiting) >= maxWaiting:
		return turnedAway, refusedCrowd
	case v == waits:
		r.waiting = append(r.waiting, w)
		r.log.Info("waits", "waiting", g.ID, "kind", g.Kind, "call", g.CallID)
		r.wake()
	default:
		r.granted = append(r.granted, w)
	}
	return v, nil
}

// takeOver gives somebody the place that is kept for them, and tells whether there was one. It
// is counted no longer, as they are; the room is held until they leave the door.
func (r *room) takeOver(guest string) bool {
	i := slices.IndexFunc(r.granted, func(w *waiter) bool { return w.guest.ID == guest })
	if i >= 0 {
		r.granted = slices.Delete(r.granted, i, i+1)
	}
	return i >= 0
}

func (w *waiter) caller(waited bool) caller {
	return caller{role: w.guest.Role, lobby: w.guest.Lobby, claims: w.claims, waited: waited}
}

func (r *room) doorway() doorway { return doorway{entry: r.entry, hosts: r.hosts()} }

// reconsider lets in whoever need not wait any longer. It is called with the
// mutex held when a host came or the entry changed.
func (r *room) reconsider() {
	d := r.doorway()
	r.settle(nil, func(w *waiter) bool { return d.judge(w.caller(true)) == comesIn })
}

// settle ends the waiting of some with an answer, nil for yes as long as there are places. Each is told on
// a goroutine of its own. Who is turned away holds the room until then, the others until they leave.
func (r *room) settle(answer error, which func(*waiter) bool) int {
	told, in, full := 0, 0, 0
	r.waiting = slices.DeleteFunc(r.waiting, func(w *waiter) bool {
		if !which(w) {
			return false
		}
		told++
		switch {
		case answer != nil:
			r.turnAway(w, answer)
		case r.full(w.guest.Capacity):
			full++
			r.turnAway(w, refusedFull)
		default:
			in++
			r.granted = append(r.granted, w)
			go w.decided(nil)
		}
		return true
	})
	if told > 0 {
		r.log.Info("decided", "waiting", told, "in", in, "full", full)
		r.wake()
	}
	return told
}

func (r *room) turnAway(w *waiter, why error) {
	w.over = true
	go func() {
		w.decided(why)
		r.engine.release(r)
	}()
}

// guests lists who waits.
func (r *room) guests() []bridge.Guest {
	list := make([]bridge.Guest, len(r.waiting))
	for i, w := range r.waiting {
		list[i] = w.guest
	}
	return list
}

var _ bridge.Anteroom = (*Engine)(nil)
