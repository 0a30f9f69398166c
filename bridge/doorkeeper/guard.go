package doorkeeper

import (
	"net/netip"
	"time"
)

// limit is how many wrong PINs of a scope are free, and how what comes then is slowed
// down: each further one doubles the wait, from first to longest; one is forgotten in each
// forgives. In the long run nobody makes more wrong tries than that.
type limit struct {
	free                     int
	first, longest, forgives time.Duration
}

// Limits of each kind of scope. The arithmetic is in docs/reception.md.
var limits = [...]limit{
	pairScope:    {3, 10 * time.Second, time.Hour, 30 * time.Minute},
	callerScope:  {10, 10 * time.Second, time.Hour, 30 * time.Minute},
	failedScope:  {20, 10 * time.Second, 30 * time.Minute, 30 * time.Minute},
	guestScope:   {60, 10 * time.Second, 15 * time.Minute, 15 * time.Minute},
	networkScope: {60, 10 * time.Second, 10 * time.Minute, 10 * time.Minute},
	regionScope:  {90, 10 * time.Second, 10 * time.Minute, 10 * time.Minute},
	freshScope:   {150, 10 * time.Second, 10 * time.Minute, 10 * time.Minute},
}

// Bounds of what is remembered.
const (
	knownFor   = 30 * 24 * time.Hour // who gave a right PIN at a door stays known there
	maxKnown   = 16384
	maxSuspect = 16384 // callers and networks
	maxDoors   = 16384
	looked     = 64 // entries of a full table that are looked at for one that can go
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

// suspect counts the wrong PINs of a scope.
type suspect struct {
	failures int
	last     time.Time
	until    time.Time // locked
}

func (s *suspect) forgiven(now time.Time, l limit) int { return int(now.Sub(s.last) / l.forgives) }

// over tells whether nothing is left to remember.
func (s *suspect) over(now time.Time, l limit) bool {
	return !now.Before(s.until) && s.forgiven(now, l) >= s.failures
}

// lock is one that begins.
type lock struct {
	scope    string
	failures int
	wait     time.Duration
}

// friend gave a right PIN.
type friend struct {
	at   time.Time // last
	host bool
}

// guard slows guessing down. It is a value of its inputs: time is an argument. All tables are bounded;
// doors have one of their own, so that however many callers there are a door's count stays.
type guard struct {
	suspects map[key]*suspect
	doors    map[key]*suspect
	known    map[key]friend // of pairs
	lines    lines
}

func newGuard() *guard {
	return &guard{suspects: map[key]*suspect{}, doors: map[key]*suspect{}, known: map[key]friend{}, lines: lines{}}
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
		f, ok := g.known[k]
		known, host = known && ok && now.Sub(f.at) < knownFor, host && f.host
		s := g.suspects[k]
		failed = failed || s != nil && !s.over(now, limits[pairScope])
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

func (g *guard) table(k key) (of map[key]*suspect, most int) {
	if k.from == "" {
		return g.doors, maxDoors
	}
	return g.suspects, maxSuspect
}

// locked tells how long nothing is taken from who tries; 0 is not at all. Who never failed there, and has to
// wait for what others did, has a place in line that it keeps by coming back (hold).
func (g *guard) locked(now time.Time, t try) (wait time.Duration, hold bool) {
	list, fresh := g.scopes(now, t)
	first := true
	for _, k := range list {
		table, _ := g.table(k)
		var left time.Duration
		if s := table[k]; s != nil {
			left = s.until.Sub(now)
		}
		wait = max(wait, left)
		if k.kind >= networkScope && (left > 0 || !g.lines.free(now, k)) {
			first = g.lines.stand(now, k, t.from) && first
		}
	}
	switch {
	case wait > 0:
		return wait, fresh
	case !first:
		return limits[freshScope].first, true
	case fresh:
		g.lines.leave(list, t.from)
	}
	return 0, false
}

// failed notes a wrong PIN, and gives the locks that begin by it.
func (g *guard) failed(now time.Time, t try) (begun []lock) {
	list, _ := g.scopes(now, t)
	for _, k := range list {
		table, most := g.table(k)
		s, l := table[k], limits[k.kind]
		if s == nil {
			makeRoom(table, now, most)
			s = &suspect{}
			table[k] = s
		}
		s.failures = max(0, s.failures-s.forgiven(now, l)) + 1
		s.last = now
		if s.failures < l.free {
			continue
		}
		wait := l.longest
		if n := s.failures - l.free; n < 16 {
			wait = min(l.first<<n, l.longest)
		}
		s.until = now.Add(wait)
		begun = append(begun, lock{scopeNames[k.kind], s.failures, wait})
	}
	return begun
}

// passed notes a right PIN. It makes good wrong ones, where who gave it has nothing more to guess: the caller's
// own, and one of those who never failed. Where many people come, some mistype; who guesses has no right ones.
func (g *guard) passed(now time.Time, t try, host, all bool) {
	for _, d := range t.doors {
		k := key{pairScope, d, t.from}
		if all {
			delete(g.suspects, k)
			if s := g.doors[key{kind: freshScope, door: d}]; s != nil && s.failures > 0 {
				s.failures--
			}
		}
		f, ok := g.known[k]
		if !ok && len(g.known) >= maxKnown {
			delete(g.known, oldest(g.known))
		}
		g.known[k] = friend{now, host || f.host}
	}
}

func oldest(known map[key]friend) (of key) {
	n := 0
	for k, f := range known {
		if n == 0 || f.at.Before(known[of].at) {
			of = k
		}
		if n++; n >= looked {
			break
		}
	}
	return of
}

// makeRoom keeps a table in its bound: what is over goes, else, of a few, the one that is locked least long.
func makeRoom(table map[key]*suspect, now time.Time, most int) {
	if len(table) < most {
		return
	}
	n, least := 0, key{}
	for k, s := range table {
		if s.over(now, limits[k.kind]) {
			delete(table, k)
			least = key{}
		} else if least == (key{}) || s.until.Before(table[least].until) {
			least = k
		}
		if n++; n >= looked {
			break
		}
	}
	if len(table) >= most {
		delete(table, least)
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
	a = a.Unmap().WithZone("")
	bits := [...]int{32, 24, 16}
	if a.Is6() {
		bits = [...]int{64, 48, 32}
	}
	var out [3]string
	for i, b := range bits {
		p, _ := a.Prefix(b)
		out[i] = p.String()
	}
	return out[0], out[1], out[2]
}
