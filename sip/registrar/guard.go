package registrar

import (
	"net/netip"
	"time"
)

// How guessing is slowed down. A terminal that is set up wrongly locks itself
// out alone; who tries many users locks out its address; whom many addresses
// try is locked for all but the addresses from which it registered before.
const (
	freePair   = 5  // wrong passwords of a user from one source before it has to wait
	freeUser   = 20 // of a user from all sources
	freeSource = 20 // of all users from one source
	firstLock  = 2 * time.Second
	longest    = 15 * time.Minute
	forgives   = 10 * time.Minute    // in which one wrong password is forgotten
	knownFor   = 30 * 24 * time.Hour // a source stays known for a user
	maxKnown   = 16384
	maxSuspect = 16384
)

// suspect counts wrong passwords of a source, a user, or a user from a source.
type suspect struct {
	failures int
	last     time.Time
	until    time.Time // locked
}

func (s *suspect) forgiven(now time.Time) int { return int(now.Sub(s.last) / forgives) }

// over tells whether nothing is left to remember.
func (s *suspect) over(now time.Time) bool {
	return !now.Before(s.until) && s.forgiven(now) >= s.failures
}

// pair is a user at a source. Without a source it is the user at all of them,
// and without a user all users of that source.
type pair struct {
	source netip.Addr
	user   string // realm and user
}

// guard slows down guessing. Both tables are bounded.
type guard struct {
	suspects map[pair]*suspect
	known    map[pair]time.Time // when the right password last came
}

func newGuard() *guard {
	return &guard{suspects: make(map[pair]*suspect), known: make(map[pair]time.Time)}
}

// sourceOf is who counts as one source: an address, and of IPv6 a /64.
func sourceOf(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}

// scopes are what a try counts for, with how many are free. One from where the
// user is known counts for that alone: neither strangers nor neighbours lock it out.
func (g *guard) scopes(now time.Time, p pair) map[pair]int {
	if at, ok := g.known[p]; ok && now.Sub(at) < knownFor {
		return map[pair]int{p: freePair}
	}
	return map[pair]int{p: freePair, {user: p.user}: freeUser, {source: p.source}: freeSource}
}

// locked tells how long nothing is taken from p; 0 is not at all.
func (g *guard) locked(now time.Time, p pair) (wait time.Duration) {
	for k := range g.scopes(now, p) {
		if s := g.suspects[k]; s != nil {
			wait = max(wait, s.until.Sub(now))
		}
	}
	return wait
}

// failed notes a wrong password, and gives the locks that begin by it.
func (g *guard) failed(now time.Time, p pair) (begun []Event) {
	for k, free := range g.scopes(now, p) {
		s := g.suspects[k]
		if s == nil {
			g.room(now)
			s = &suspect{}
			g.suspects[k] = s
		}
		s.failures = max(0, s.failures-s.forgiven(now)) + 1
		s.last = now
		if s.failures < free {
			continue
		}
		wait := longest
		if n := s.failures - free; n < 16 {
			wait = min(firstLock<<n, longest)
		}
		s.until = now.Add(wait)
		begun = append(begun, Event{Kind: Locked, Scope: k.scope(), User: p.user, Source: p.source, For: wait, Failures: s.failures})
	}
	return begun
}

func (k pair) scope() string {
	switch {
	case k.user == "":
		return "source"
	case !k.source.IsValid():
		return "user"
	}
	return "user at source"
}

// proved notes a right password.
func (g *guard) proved(now time.Time, p pair) {
	delete(g.suspects, p)
	if _, ok := g.known[p]; !ok && len(g.known) >= maxKnown {
		n, oldest := 0, pair{}
		for k, at := range g.known {
			if n == 0 || at.Before(g.known[oldest]) {
				oldest = k
			}
			if n++; n >= looked {
				break
			}
		}
		delete(g.known, oldest)
	}
	g.known[p] = now
}

// looked is how many entries of a full table are looked at for one that can go.
const looked = 64

// room keeps the table in its bound: what is over goes, else, of a few, the one
// that is locked least long.
func (g *guard) room(now time.Time) {
	if len(g.suspects) < maxSuspect {
		return
	}
	n, least := 0, pair{}
	for k, s := range g.suspects {
		if s.over(now) {
			delete(g.suspects, k)
			least = pair{}
		} else if least == (pair{}) || s.until.Before(g.suspects[least].until) {
			least = k
		}
		if n++; n >= looked {
			break
		}
	}
	if len(g.suspects) >= maxSuspect {
		delete(g.suspects, least)
	}
}
