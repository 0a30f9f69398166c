package admin

import (
	"net/netip"
	"sync"
	"time"
)

// How guessing passwords is slowed down. Who has forgotten a password waits alone; who tries
// many names locks out its address; an account that many addresses try is locked for all but
// the addresses from which its owner signed in before.
const (
	freePair   = 5  // wrong passwords of a name from one source before it has to wait
	freeName   = 20 // of a name from all sources
	freeSource = 20 // of all names from one source
	firstLock  = 2 * time.Second
	longest    = 15 * time.Minute
	forgives   = 10 * time.Minute // in which one wrong password is forgotten
	maxSuspect = 16384
	looked     = 64 // entries of a full table that are looked at for one that can go
)

// pair is a name at a source. Without a source it is the name at all of them, and without a
// name all names of that source.
type pair struct {
	source netip.Prefix
	name   string
}

// suspect counts the wrong passwords of a pair.
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

// guard slows down guessing. Its table is bounded. It is this node's alone.
type guard struct {
	mu       sync.Mutex
	suspects map[pair]*suspect
}

// lock is what a try begins.
type lock struct {
	scope    string // "name at source", "name", "source"
	wait     time.Duration
	failures int
}

// sourceOf is who counts as one source: an address, and of IPv6 a /64.
func sourceOf(origin string) netip.Prefix {
	a, err := netip.ParseAddrPort(origin)
	if err != nil {
		return netip.Prefix{}
	}
	addr := a.Addr().Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits)
	return p
}

// scopes are what a try counts for, with how many are free. One from where the name is known
// counts for that alone: neither strangers nor neighbours lock it out.
func (p pair) scopes(known bool) map[pair]int {
	if known {
		return map[pair]int{p: freePair}
	}
	return map[pair]int{p: freePair, {name: p.name}: freeName, {source: p.source}: freeSource}
}

func (p pair) scope() string {
	switch {
	case p.name == "":
		return "source"
	case !p.source.IsValid():
		return "name"
	}
	return "name at source"
}

// try tells how long nothing is taken from p; 0 is that a password may be looked at. It is
// taken for wrong until it was looked at, so that many at once are no way around the lock;
// the locks that it begins if it stays so come with it.
func (g *guard) try(now time.Time, p pair, known bool) (wait time.Duration, begun []lock) {
	g.mu.Lock()
	defer g.mu.Unlock()
	scopes := p.scopes(known)
	for k := range scopes {
		if s := g.suspects[k]; s != nil {
			wait = max(wait, s.until.Sub(now))
		}
	}
	if wait > 0 {
		return wait, nil
	}
	for k, free := range scopes {
		if l := g.count(now, k, free); l.wait > 0 {
			begun = append(begun, l)
		}
	}
	return 0, begun
}

func (g *guard) count(now time.Time, k pair, free int) lock {
	s := g.suspects[k]
	if s == nil {
		if g.suspects == nil {
			g.suspects = make(map[pair]*suspect)
		}
		g.room(now)
		s = &suspect{}
		g.suspects[k] = s
	}
	s.failures = max(0, s.failures-s.forgiven(now)) + 1
	s.last = now
	if s.failures < free {
		return lock{}
	}
	wait := longest
	if n := s.failures - free; n < 16 {
		wait = min(firstLock<<n, longest)
	}
	s.until = now.Add(wait)
	return lock{scope: k.scope(), wait: wait, failures: s.failures}
}

// proved takes back that a try was taken for wrong. What strangers did to the name and
// neighbours to the source stays.
func (g *guard) proved(p pair, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k, free := range p.scopes(known) {
		s := g.suspects[k]
		if s == nil {
			continue
		}
		if s.failures--; s.failures < free {
			s.until = time.Time{}
		}
		if s.failures <= 0 {
			delete(g.suspects, k)
		}
	}
	delete(g.suspects, p)
}

// room keeps the table in its bound: what is over goes, else, of a few, the one that is
// locked least long.
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
