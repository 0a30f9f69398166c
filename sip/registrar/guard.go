package registrar

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/lockout"
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

// pair is a tenant's user at a source. Without a source it is the user at all of
// them, and without a user all users of that source.
type pair struct {
	source netip.Addr
	user   string // realm and user
	tenant string
}

// limit is what a pair may.
func (k pair) limit() lockout.Limit {
	free := freePair
	switch {
	case k.user == "":
		free = freeSource
	case !k.source.IsValid():
		free = freeUser
	}
	return lockout.Limit{Free: free, First: firstLock, Longest: longest, Forgives: forgives}
}

// guard slows down guessing. Both tables are bounded.
type guard struct {
	suspects *lockout.Table[pair]
	known    *lockout.Known[pair, struct{}] // by whom the right password came
}

func newGuard() *guard {
	return &guard{lockout.New(maxSuspect, pair.limit), lockout.NewKnown[pair, struct{}](maxKnown, knownFor)}
}

// sourceOf is who counts as one source: an address, and of IPv6 a /64.
func sourceOf(a netip.Addr) netip.Addr {
	who, _, _ := lockout.Place(a)
	return who.Addr()
}

// scopes are what a try counts for. One from where the user is known counts for
// that alone: neither strangers nor neighbours lock it out.
func (g *guard) scopes(now time.Time, p pair) []pair {
	if _, ok := g.known.Get(now, p); ok {
		return []pair{p}
	}
	return []pair{p, {user: p.user, tenant: p.tenant}, {source: p.source}}
}

// locked tells how long nothing is taken from p; 0 is not at all.
func (g *guard) locked(now time.Time, p pair) (wait time.Duration) {
	for _, k := range g.scopes(now, p) {
		wait = max(wait, g.suspects.Wait(now, k))
	}
	return wait
}

// failed notes a wrong password, which counts for each whose it might have been,
// and gives the locks that begin by it.
func (g *guard) failed(now time.Time, who []pair) (begun []Event) {
	var counted []pair
	for _, p := range who {
		counted = append(counted, g.scopes(now, p)...)
	}
	slices.SortFunc(counted, pair.compare)
	for _, k := range slices.Compact(counted) {
		failures, wait := g.suspects.Failed(now, k)
		same := func(e Event) bool { return e.Scope == k.scope() }
		if wait > 0 && !slices.ContainsFunc(begun, same) { // of several tenants' it is one to people
			begun = append(begun, Event{Kind: Locked, Scope: k.scope(), User: who[0].user, Source: who[0].source, For: wait, Failures: failures})
		}
	}
	return begun
}

func (k pair) compare(other pair) int {
	return cmp.Or(strings.Compare(k.user, other.user), k.source.Compare(other.source), strings.Compare(k.tenant, other.tenant))
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
	g.suspects.Forget(p)
	g.known.Put(now, p, struct{}{})
}
