package room

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// waiter is somebody before a room's door. It holds the room open.
type waiter struct {
	guest   bridge.Guest // guarded by the room's mutex, as it is told
	claims  bool
	decided func(error)
	settled atomic.Bool // decided or gone: whoever sets it ends the waiting
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
	case waits:
		return func() { e.unknock(r, w) }
	case comesIn:
		decided(nil)
	default:
		decided(refusal)
	}
	e.release(r)
	return func() {}
}

// unknock takes a question back.
func (e *Engine) unknock(r *room, w *waiter) {
	if w.settled.Swap(true) {
		return
	}
	r.mu.Lock()
	r.waiting = slices.DeleteFunc(r.waiting, func(x *waiter) bool { return x == w })
	r.wake()
	r.mu.Unlock()
	e.release(r)
}

// arrive decides about somebody who comes, and keeps them if they wait.
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
	}
	return v, nil
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

// settle ends the waiting of some with an answer, nil for yes. Each is told on a
// goroutine of its own, and holds the room until then.
func (r *room) settle(answer error, which func(*waiter) bool) int {
	var told []*waiter
	r.waiting = slices.DeleteFunc(r.waiting, func(w *waiter) bool {
		if !which(w) || w.settled.Swap(true) {
			return false
		}
		told = append(told, w)
		return true
	})
	if len(told) == 0 {
		return 0
	}
	r.log.Info("decided", "waiting", len(told), "in", answer == nil)
	r.wake()
	for _, w := range told {
		go func() {
			w.decided(answer)
			r.engine.release(r)
		}()
	}
	return len(told)
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
