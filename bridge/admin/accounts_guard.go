package admin

import (
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/lockout"
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
)

// pair is a name at a source. Without a source it is the name at all of them, and without a
// name all names of that source.
type pair struct {
	source netip.Prefix
	name   string
}

// limit is what a pair may.
func (p pair) limit() lockout.Limit {
	free := freePair
	switch {
	case p.name == "":
		free = freeSource
	case !p.source.IsValid():
		free = freeName
	}
	return lockout.Limit{Free: free, First: firstLock, Longest: longest, Forgives: forgives}
}

// guard slows down guessing. Its table is bounded. It is this node's alone.
type guard struct {
	mu    sync.Mutex
	table *lockout.Table[pair]
}

// suspects is the table. g.mu is held.
func (g *guard) suspects() *lockout.Table[pair] {
	if g.table == nil {
		g.table = lockout.New(maxSuspect, pair.limit)
	}
	return g.table
}

// lock is what a try begins.
type lock struct {
	scope    string // "name at source", "name", "source"
	wait     time.Duration
	failures int
}

// sourceOf is who counts as one source: an address, and of IPv6 a /64.
func sourceOf(origin string) netip.Prefix {
	a, _ := netip.ParseAddrPort(origin) // else nowhere
	who, _, _ := lockout.Place(a.Addr())
	return who
}

// scopes are what a try counts for. One from where the name is known counts for that alone:
// neither strangers nor neighbours lock it out.
func (p pair) scopes(known bool) []pair {
	if known {
		return []pair{p}
	}
	return []pair{p, {name: p.name}, {source: p.source}}
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
	scopes, table := p.scopes(known), g.suspects()
	for _, k := range scopes {
		wait = max(wait, table.Wait(now, k))
	}
	if wait > 0 {
		return wait, nil
	}
	for _, k := range scopes {
		if failures, wait := table.Failed(now, k); wait > 0 {
			begun = append(begun, lock{k.scope(), wait, failures})
		}
	}
	return 0, begun
}

// proved takes back that a try was taken for wrong. What strangers did to the name and
// neighbours to the source stays.
func (g *guard) proved(p pair, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range p.scopes(known) {
		g.suspects().TakeBack(k)
	}
	g.suspects().Forget(p)
}
