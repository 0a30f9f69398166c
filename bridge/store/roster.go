package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Roster is what front-ends ask of tenants while calls and registrations wait: their devices
// and limits. It answers from memory, and follows the database while Run runs.
type Roster struct {
	db      *DB
	watch   *Watch
	changed func()
	now     atomic.Pointer[roster]

	mu   sync.Mutex
	seen map[string]Presence // by tenant and name
}

// Known is a device with whose it is, and when and where it was heard last.
type Known struct {
	Tenant string
	Device
	Seen   time.Time // zero is never
	Remote string    // address
}

// MaxCandidates bounds the tenants whose devices of one name may register by it.
const MaxCandidates = 16

// roster never changes.
type roster struct {
	limits map[string]Limits
	owned  map[string][]Known  // by tenant
	own    map[owned]*Known    // by tenant and name, then by aliases that are no name of the tenant's
	named  map[string][]*Known // of each tenant the one that a name or alias leads to
	proves bool                // some have a password
}

// owned is a name of a tenant's device, folded as names are.
type owned struct{ tenant, name string }

// Roster reads devices and limits. changed hears, while Run runs, that there are others; it may be nil.
func (db *DB) Roster(ctx context.Context, changed func()) (*Roster, error) {
	r := &Roster{db: db, watch: db.Watch(), changed: changed, seen: make(map[string]Presence)}
	r.now.Store(&roster{})
	err := r.load(ctx, []Notice{{}})
	if err == nil {
		err = r.remember(ctx)
		v := *r.now.Load()
		r.take(&v) // now that it is known who was heard
	}
	if err != nil {
		r.watch.Close()
		return nil, err
	}
	return r, nil
}

// Run takes changes over until ctx ends.
func (r *Roster) Run(ctx context.Context) {
	r.db.follow(ctx, r.watch, "devices and limits stay as they were", func(ctx context.Context, notices []Notice) error {
		before := r.now.Load()
		err := r.load(ctx, notices)
		if r.now.Load() != before && r.changed != nil {
			r.changed()
		}
		return err
	})
}

// load reads again what notices say.
func (r *Roster) load(ctx context.Context, notices []Notice) error {
	all, some := false, map[string]bool{}
	for _, n := range notices {
		all = all || n.Tenant == "" || n.Kind == "tenants"
		if n.Kind == "devices" {
			some[n.Tenant] = true
		}
	}
	old := r.now.Load()
	next := &roster{limits: old.limits, owned: maps.Clone(old.owned)}
	if all {
		tenants, err := Tenants.All(ctx, r.db.Site())
		if err != nil {
			return err
		}
		next.limits, next.owned = make(map[string]Limits, len(tenants)), make(map[string][]Known, len(tenants))
		for _, t := range tenants {
			some[t.Value.ID], next.limits[t.Value.ID] = true, t.Value.Limits
		}
	}
	if len(some) == 0 && !all {
		return nil
	}
	var errs []error
	for tenant := range some {
		if err := next.read(ctx, r.db, tenant); err != nil {
			errs = append(errs, fmt.Errorf("tenant %s: %w", tenant, err))
			next.owned[tenant] = old.owned[tenant]
		}
	}
	r.take(next)
	return errors.Join(errs...)
}

// take is that a roster is in force.
func (r *Roster) take(v *roster) {
	r.mu.Lock()
	v.index(r.heard)
	r.mu.Unlock()
	r.now.Store(v)
}

func (v *roster) read(ctx context.Context, db *DB, tenant string) error {
	var list []Known
	err := Devices.each(ctx, Scope{db, tenant}, access{db.read, tenant}, func(d Stored[Device]) { list = append(list, Known{Tenant: tenant, Device: d.Value}) })
	v.owned[tenant] = list
	return err
}

// index makes what names lead to. Of more than MaxCandidates tenants with one name those count that were heard last.
func (v *roster) index(heard func(*Known) time.Time) {
	v.own, v.named, v.proves = make(map[owned]*Known), make(map[string][]*Known), false
	enter := func(k *Known, name string) {
		key := owned{k.Tenant, deviceKey(name)}
		if v.own[key] == nil {
			v.own[key] = k
			v.named[key.name] = append(v.named[key.name], k)
		}
	}
	for _, list := range v.owned {
		for i := range list {
			enter(&list[i], list[i].User)
			v.proves = v.proves || list[i].Credentials.H235 != ""
		}
	}
	for _, list := range v.owned {
		for i := range list {
			for _, a := range list[i].Aliases {
				enter(&list[i], a)
			}
		}
	}
	for name, list := range v.named {
		slices.SortFunc(list, func(a, b *Known) int { return cmp.Or(heard(b).Compare(heard(a)), cmp.Compare(a.Tenant, b.Tenant)) })
		v.named[name] = list[:min(len(list), MaxCandidates)]
	}
}

// deviceKey is a device's name as names are compared.
func deviceKey(name string) string { return Fold(line(name)) }

// Device finds a tenant's device by its name, in any case. r may be nil.
func (r *Roster) Device(tenant, name string) (Known, bool) {
	if r == nil {
		return Known{}, false
	}
	k := r.now.Load().own[owned{tenant, deviceKey(name)}]
	if k == nil || deviceKey(k.User) != deviceKey(name) {
		return Known{}, false
	}
	return *k, true
}

// Candidates are the devices that a name or alias may be of, in any case: of each tenant one, of MaxCandidates tenants,
// among them the one that is given. r may be nil.
func (r *Roster) Candidates(name, tenant string) []Known {
	if r == nil {
		return nil
	}
	v, key := r.now.Load(), deviceKey(name)
	found := v.named[key]
	list := make([]Known, 0, len(found)+1)
	if k := v.own[owned{tenant, key}]; k != nil {
		list = append(list, *k)
	}
	for _, k := range found {
		if k.Tenant != tenant && len(list) < MaxCandidates {
			list = append(list, *k)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range list {
		p := r.seen[seenKey(list[i].Tenant, list[i].User)]
		list[i].Seen, list[i].Remote = p.Seen, p.Remote
	}
	return list
}

// Proves tells whether any device has a password.
func (r *Roster) Proves() bool { return r != nil && r.now.Load().proves }

// heard is when a device was heard last. r.mu is held.
func (r *Roster) heard(k *Known) time.Time { return r.seen[seenKey(k.Tenant, k.User)].Seen }

// Devices lists a tenant's devices, those of all tenants where it is "", with when they were heard.
func (r *Roster) Devices(tenant string) []Known {
	v := r.now.Load()
	var list []Known
	if tenant != "" {
		list = slices.Clone(v.owned[tenant])
	} else {
		for _, owned := range v.owned {
			list = append(list, owned...)
		}
	}
	r.mu.Lock()
	for i := range list {
		p := r.seen[seenKey(list[i].Tenant, list[i].User)]
		list[i].Seen, list[i].Remote = p.Seen, p.Remote
	}
	r.mu.Unlock()
	slices.SortFunc(list, func(a, b Known) int { return cmp.Compare(strings.ToLower(a.User), strings.ToLower(b.User)) })
	return list
}

// Limits are a tenant's; none where there is no such tenant.
func (r *Roster) Limits(tenant string) Limits { return r.now.Load().limits[tenant] }

func seenKey(tenant, name string) string { return tenant + "\x00" + name }

// remember reads when devices were heard.
func (r *Roster) remember(ctx context.Context) error {
	for tenant := range r.now.Load().owned {
		for before := ""; ; {
			list, next, err := Presences.List(ctx, Scope{r.db, tenant}, JournalQuery{Before: before, Limit: 1000})
			if err != nil {
				return err
			}
			r.mu.Lock()
			for _, p := range list {
				r.seen[seenKey(tenant, p.ID)] = p
			}
			r.mu.Unlock()
			if before = next; next == "" {
				break
			}
		}
	}
	return nil
}

// Heard keeps that devices of a tenant were heard. What is as it was less than a minute
// before is not written.
func (r *Roster) Heard(ctx context.Context, tenant string, list []Presence) error {
	var news []Presence
	r.mu.Lock()
	for _, p := range list {
		old := r.seen[seenKey(tenant, p.ID)]
		if p.Online != old.Online || p.Remote != old.Remote || p.Seen.Sub(old.Seen) >= heardEvery {
			news = append(news, p)
			r.seen[seenKey(tenant, p.ID)] = p
		}
	}
	r.mu.Unlock()
	return Presences.Append(ctx, Scope{r.db, tenant}, news...)
}

// heardEvery is how fresh what is kept of a device's presence is.
const heardEvery = time.Minute
