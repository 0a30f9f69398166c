package lockout

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// How guessing passwords of terminals is slowed down. A terminal that is set up wrongly locks itself
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

// User is a tenant's user at a source. Without a source it is the user at all of
// them, and without a name all users of that source.
type User struct {
	Source netip.Addr // see Source
	Name   string
	Tenant string
}

// limit is what a user may.
func (u User) limit() Limit {
	free := freePair
	switch {
	case u.Name == "":
		free = freeSource
	case !u.Source.IsValid():
		free = freeUser
	}
	return Limit{Free: free, First: firstLock, Longest: longest, Forgives: forgives}
}

// Users slows down guessing passwords of terminals, by whatever protocol. Both tables are bounded.
type Users struct {
	suspects *Table[User]
	known    *Known[User, struct{}] // by whom the right password came
}

// NewUsers gives one that suspects nobody.
func NewUsers() *Users {
	return &Users{New(maxSuspect, User.limit), NewKnown[User, struct{}](maxKnown, knownFor)}
}

// Source is who counts as one source: an address, and of IPv6 a /64.
func Source(a netip.Addr) netip.Addr {
	who, _, _ := Place(a)
	return who.Addr()
}

// scopes are what a try counts for. One from where the user is known counts for
// that alone: neither strangers nor neighbours lock it out.
func (g *Users) scopes(now time.Time, u User) []User {
	if _, ok := g.known.Get(now, u); ok {
		return []User{u}
	}
	return []User{u, {Name: u.Name, Tenant: u.Tenant}, {Source: u.Source}}
}

// Wait tells how long nothing is taken from a user; 0 is not at all.
func (g *Users) Wait(now time.Time, u User) (wait time.Duration) {
	for _, k := range g.scopes(now, u) {
		wait = max(wait, g.suspects.Wait(now, k))
	}
	return wait
}

// Lock is one that begins: nothing more is taken for a while.
type Lock struct {
	Scope    string // "source", "user" or "user at source"
	Source   netip.Addr
	Failures int
	For      time.Duration
}

// Failed notes a wrong password, which counts for each whose it might have been,
// and gives the locks that begin by it.
func (g *Users) Failed(now time.Time, who []User) (begun []Lock) {
	var counted []User
	for _, u := range who {
		counted = append(counted, g.scopes(now, u)...)
	}
	slices.SortFunc(counted, User.compare)
	for _, k := range slices.Compact(counted) {
		failures, wait := g.suspects.Failed(now, k)
		same := func(l Lock) bool { return l.Scope == k.scope() }
		if wait > 0 && !slices.ContainsFunc(begun, same) { // of several tenants' it is one to people
			begun = append(begun, Lock{Scope: k.scope(), Source: who[0].Source, For: wait, Failures: failures})
		}
	}
	return begun
}

func (u User) compare(other User) int {
	return cmp.Or(strings.Compare(u.Name, other.Name), u.Source.Compare(other.Source), strings.Compare(u.Tenant, other.Tenant))
}

func (u User) scope() string {
	switch {
	case u.Name == "":
		return "source"
	case !u.Source.IsValid():
		return "user"
	}
	return "user at source"
}

// Proved notes a right password.
func (g *Users) Proved(now time.Time, u User) {
	g.suspects.Forget(u)
	g.known.Put(now, u, struct{}{})
}
