package admin

import (
	"slices"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/bridge/store"
)

// How often passwords of a device are set. A tenant's device may have the name of another tenant's; one that has its
// password, too, is not told from it and does not register. So each password that is set may be a guess at it.
const (
	freeSets  = 20 // of a name, or alias, of a tenant's devices
	firstSet  = 2 * time.Second
	longSet   = 15 * time.Minute
	forgetSet = 10 * time.Minute
	maxSets   = 16384
)

// setName is a name or alias of a tenant's devices.
type setName struct{ tenant, name string }

// sets counts the passwords that are set. It is this node's alone.
type sets struct {
	mu    sync.Mutex
	table *lockout.Table[setName]
}

// set counts that a device gets a password, or a name with it. It fails with LockedOut.
func (s *sets) set(now time.Time, tenant string, next, old *Device) error {
	names := append([]string{next.User}, next.Aliases...)
	switch had := append([]string{old.User}, old.Aliases...); {
	case next.Credentials.H235 == "":
		return nil
	case next.Credentials.H235 == old.Credentials.H235:
		names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(had, n) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table == nil {
		s.table = lockout.New(maxSets, func(setName) lockout.Limit {
			return lockout.Limit{Free: freeSets, First: firstSet, Longest: longSet, Forgives: forgetSet}
		})
	}
	wait := time.Duration(0)
	for _, n := range names {
		wait = max(wait, s.table.Wait(now, setName{tenant, store.Fold(n)}))
	}
	if wait > 0 {
		return &LockedOut{Wait: wait, Sets: true}
	}
	for _, n := range names {
		s.table.Failed(now, setName{tenant, store.Fold(n)})
	}
	return nil
}
