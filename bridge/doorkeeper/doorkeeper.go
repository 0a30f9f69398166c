// Package doorkeeper lets people who type PINs in and keeps those out who guess: wrong PINs
// are counted for callers, their networks and doors, and who makes too many has to wait.
package doorkeeper

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Config is what a Keeper works with.
type Config struct {
	Now  func() time.Time // nil is the wall clock
	Tell func(Event)      // told of wrong PINs that were looked at, and of locks; never blocks
}

// Event is a security event. It holds no PIN.
type Event struct {
	At       time.Time
	Tenant   string
	Rule     string
	Number   string
	Room     string
	From     string        // who tried
	Scope    string        // of a lock: "caller at room", "caller", "network at room" or "room"; "" is a wrong PIN
	Failures int           // of a lock
	For      time.Duration // of a lock
}

// Text says what happened.
func (e *Event) Text() string {
	if e.Scope == "" {
		return "a wrong PIN was typed for " + e.what()
	}
	return fmt.Sprintf("locked out for %v after %d wrong PINs for %s: %s", e.For, e.Failures, e.what(), e.Scope)
}

func (e *Event) what() string {
	if e.Number != "" {
		return e.Number
	}
	return "room " + e.Room
}

// Stats counts since the start.
type Stats struct {
	Passed, Wrong uint64
	Unlooked      uint64 // tries that were not looked at, because who made them has to wait
	Locks         uint64 // that began
}

// Locked is the error of who has to wait. errors.As finds a *bridge.Refusal in it, too.
type Locked struct {
	For time.Duration
	// Hold tells that who waits, having done nothing wrong, keeps its place in line by trying again every few seconds.
	Hold bool
}

func (l *Locked) Error() string { return l.refusal().Error() }

// As makes errors.As find the refusal.
func (l *Locked) As(target any) bool {
	r, ok := target.(**bridge.Refusal)
	if ok {
		*r = l.refusal()
	}
	return ok
}

// Wait is for how long nothing is looked at, whole seconds, and whether a place in line is held.
func (l *Locked) Wait() (d time.Duration, hold bool) {
	return (l.For + time.Second - 1).Truncate(time.Second), l.Hold
}

func (l *Locked) refusal() *bridge.Refusal {
	d, _ := l.Wait()
	return &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: fmt.Sprintf("too many wrong PINs; try again in %v", d)}
}

// Keeper implements bridge.Doorkeeper.
type Keeper struct {
	cfg Config

	mu    sync.Mutex
	guard *guard
	stats Stats
}

var _ bridge.Doorkeeper = (*Keeper)(nil)

// New makes a Keeper that suspects nobody.
func New(cfg Config) *Keeper {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Tell == nil {
		cfg.Tell = func(Event) {}
	}
	return &Keeper{cfg: cfg, guard: newGuard()}
}

// Enter implements bridge.Doorkeeper. A route without a door lets everybody in.
func (k *Keeper) Enter(r bridge.Route, from, pin string) (bridge.Role, error) {
	if r.Door == nil {
		return bridge.RoleGuest, nil
	}
	return k.judge(r, from, func() bridge.Role { return r.Door.Enter(pin) })
}

// Dialled counts a PIN that was dialled behind the number, of which the number plan has said what it
// makes of the caller. Who has to wait is told nothing of it.
func (k *Keeper) Dialled(r bridge.Route, from string) (bridge.Role, error) {
	return k.judge(r, from, func() bridge.Role { return r.Role })
}

// judge looks at a try, unless who makes it has to wait. The lock is held while it is compared, so that
// many at once are no more than one after the other.
func (k *Keeper) judge(r bridge.Route, from string, look func() bridge.Role) (bridge.Role, error) {
	now := k.cfg.Now()
	t := try{doors: doorsOf(r)}
	t.from, t.network, t.region = place(from)
	role, begun, locked := k.count(now, t, r.HostPIN, look)
	if locked != nil {
		return bridge.RoleNone, locked
	}
	if role == bridge.RoleNone {
		k.tell(now, r, from, begun)
	}
	return role, nil
}

func (k *Keeper) count(now time.Time, t try, hostPIN bool, look func() bridge.Role) (bridge.Role, []lock, *Locked) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if wait, hold := k.guard.locked(now, t); wait > 0 {
		k.stats.Unlooked++
		return bridge.RoleNone, nil, &Locked{wait, hold}
	}
	role := look()
	if role != bridge.RoleNone {
		host := role == bridge.RoleHost
		k.guard.passed(now, t, host, host || !hostPIN)
		k.stats.Passed++
		return role, nil, nil
	}
	begun := k.guard.failed(now, t)
	k.stats.Wrong++
	k.stats.Locks += uint64(len(begun))
	return role, begun, nil
}

// doorsOf names what is counted of a door: the room, however many numbers lead to it, and the
// rule, however many rooms its PIN opens.
func doorsOf(r bridge.Route) []string {
	doors := make([]string, 0, 2)
	if r.Room != "" {
		doors = append(doors, "room "+r.Room)
	}
	if r.Rule != "" || len(doors) == 0 {
		doors = append(doors, strings.Join([]string{"rule", r.Tenant, r.Rule}, " "))
	}
	return doors
}

func (k *Keeper) tell(now time.Time, r bridge.Route, from string, begun []lock) {
	e := Event{At: now, Tenant: r.Tenant, Rule: r.Rule, Number: r.Number, Room: r.Room, From: from}
	k.cfg.Tell(e)
	said := map[string]bool{}
	for _, l := range begun {
		if !said[l.scope] { // a room's lock and its rule's are one to people
			said[l.scope] = true
			e.Scope, e.Failures, e.For = l.scope, l.failures, l.wait
			k.cfg.Tell(e)
		}
	}
}

// Stats reads the counters.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}
