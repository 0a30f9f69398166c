package doorkeeper

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge/lockout"
)

// Limits of each kind of scope. The arithmetic is in docs/reception.md.
var limits = [...]lockout.Limit{
	pairScope:    per(3, 10*time.Second, time.Hour, 30*time.Minute),
	callerScope:  per(10, 10*time.Second, time.Hour, 30*time.Minute),
	failedScope:  per(20, 10*time.Second, 30*time.Minute, 30*time.Minute),
	guestScope:   per(60, 10*time.Second, 15*time.Minute, 15*time.Minute),
	networkScope: per(60, 10*time.Second, 10*time.Minute, 10*time.Minute),
	regionScope:  per(90, 10*time.Second, 10*time.Minute, 10*time.Minute),
	freshScope:   per(150, 10*time.Second, 10*time.Minute, 10*time.Minute),
}

// Bounds of what is remembered.
const (
	knownFor   = 30 * 24 * time.Hour // who gave a right PIN at a door stays known there
	maxKnown   = 16384
	maxSuspect = 16384 // callers and networks
	maxDoors   = 16384
)

// kind of scope.
type kind uint8

const (
	pairScope    kind = iota // a caller at a door
	callerScope              // a caller at all doors
	failedScope              // at a door, callers that failed there
	guestScope               // at a door, callers that were let in there as guests
	networkScope             // at a door, of a network, callers that never failed there
	regionScope              // of a wider network
	freshScope               // of all
)

var scopeNames = [...]string{"caller at room", "caller", "room", "room", "network at room", "network at room", "room"}

// key is a scope: what is not of its kind is empty.
type key struct {
	kind kind
	door string
	from string
}

func per(free int, first, longest, forgives time.Duration) lockout.Limit {
	return lockout.Limit{Free: free, First: first, Longest: longest, Forgives: forgives}
}

func (k key) limit() lockout.Limit { return limits[k.kind] }

// lock is one that begins.
type lock struct {
	scope    string
	failures int
	wait     time.Duration
}

// guard slows guessing down. It is a value of its inputs: time is an argument. All tables are bounded;
// doors have one of their own, so that however many callers there are a door's count stays.
type guard struct {
	suspects *lockout.Table[key]
	doors    *lockout.Table[key]
	known    *lockout.Known[key, bool] // pairs that gave a right PIN, and whether ever the hosts'
	lines    lines
}

func newGuard() *guard {
	return &guard{
		lockout.New(maxSuspect, key.limit), lockout.New(maxDoors, key.limit), lockout.NewKnown[key, bool](maxKnown, knownFor), lines{},
	}
}

// try is somebody at a door.
type try struct {
	doors           []string // the room, and the rule whose PIN it is
	from            string   // who
	network, region string   // where that is; "" is nowhere
}

// scopes are what a try counts for. Who gave the right PIN there before counts for itself: neither strangers
// nor neighbours lock it out; but guests, who may guess the hosts' PIN, have a count of their own together.
// fresh is who never failed there: it counts with others who did not, of its network and of all.
func (g *guard) scopes(now time.Time, t try) (list []key, fresh bool) {
	list = make([]key, 0, 12)
	known, host, failed := true, true, false
	for _, d := range t.doors {
		k := key{pairScope, d, t.from}
		asHost, ok := g.known.Get(now, k)
		known, host = known && ok, host && asHost
		failed = failed || g.suspects.Suspected(now, k)
		list = append(list, k)
	}
	if known && host {
		return list, false
	}
	if !known {
		list = append(list, key{kind: callerScope, from: t.from})
	}
	for _, d := range t.doors {
		switch {
		case known:
			list = append(list, key{kind: guestScope, door: d})
		case failed:
			list = append(list, key{kind: failedScope, door: d})
		default:
			list = append(list, key{kind: freshScope, door: d})
			if t.network != "" {
				list = append(list, key{networkScope, d, t.network}, key{regionScope, d, t.region})
			}
		}
	}
	return list, !known && !failed
}

func (g *guard) table(k key) *lockout.Table[key] {
	if k.from == "" {
		return g.doors
	}
	return g.suspects
}

// locked tells how long nothing is taken from who tries; 0 is not at all. Who never failed there, and has to
// wait for what others did, has a place in line that it keeps by coming back (hold).
func (g *guard) locked(now time.Time, t try) (wait time.Duration, hold bool) {
	list, fresh := g.scopes(now, t)
	first := true
	for _, k := range list {
		left := g.table(k).Wait(now, k)
		wait = max(wait, left)
		if k.kind >= networkScope && (left > 0 || !g.lines.free(now, k)) {
			first = g.lines.stand(now, k, t.from) && first
		}
	}
	switch {
	case wait > 0:
		return wait, fresh
	case !first:
		return limits[freshScope].First, true
	case fresh:
		g.lines.leave(list, t.from)
	}
	return 0, false
}

// failed notes a wrong PIN, and gives the locks that begin by it.
func (g *guard) failed(now time.Time, t try) (begun []lock) {
	list, _ := g.scopes(now, t)
	for _, k := range list {
		if failures, wait := g.table(k).Failed(now, k); wait > 0 {
			begun = append(begun, lock{scopeNames[k.kind], failures, wait})
		}
	}
	return begun
}

// passed notes a right PIN. It makes good wrong ones, where who gave it has nothing more to guess: the caller's
// own, and one of those who never failed. Where many people come, some mistype; who guesses has no right ones.
func (g *guard) passed(now time.Time, t try, host, all bool) {
	for _, d := range t.doors {
		k := key{pairScope, d, t.from}
		if all {
			g.suspects.Forget(k)
			g.doors.Good(key{kind: freshScope, door: d})
		}
		before, _ := g.known.Get(now, k)
		g.known.Put(now, k, host || before)
	}
}

// place tells who counts as one caller, an address or of IPv6 a /64, and the networks around it, of 24 and 16
// bits or of 48 and 32. A text that is no address counts as it is.
func place(from string) (who, network, region string) {
	a, err := netip.ParseAddr(from)
	if p, bad := netip.ParseAddrPort(from); bad == nil {
		a, err = p.Addr(), nil
	}
	if err != nil {
		return "name " + from[:min(len(from), 128)], "", ""
	}
	w, n, r := lockout.Place(a)
	return w.String(), n.String(), r.String()
}
