package store

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/number"
)

// The same ids stand in two tenants, and neither sees, changes or undoes the other's.
func TestTenantsAreApart(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a := tenant(t, db, "a", "b")
		b := scopeOf(t, db, "b")
		group := change(t, a, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, db, "1001", "of-a", "4321")) })
		if err := Calls.Append(ctx, a, Call{ID: "1", Began: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if _, err := Rules.Get(ctx, b, "1001"); !errors.Is(err, ErrNotFound) {
			t.Errorf("b reads a's: %v", err)
		}
		if _, err := Calls.Get(ctx, b, "1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("b reads a's call: %v", err)
		}
		if _, err := b.Undo(ctx, admin, group); !errors.Is(err, ErrNotFound) {
			t.Errorf("b undoes a's: %v", err)
		}
		if list, _, err := b.Changes(ctx, ChangeQuery{Group: group}); err != nil || len(list) != 0 {
			t.Errorf("b reads a's changes: %v %v", err, list)
		}
		if n, err := Calls.Expire(ctx, b, time.Now().Add(time.Hour), 10); err != nil || n != 0 {
			t.Errorf("b deletes a's: %v", err)
		}
		change(t, b, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, db, "1001", "of-b", "")) })
		change(t, b, func(tx *Tx) error { return Rules.Delete(ctx, tx, "1001", anyVersion) })
		if r, err := Rules.Get(ctx, a, "1001"); err != nil || r.Value.Room != "of-a" {
			t.Errorf("a's is gone: %v", err)
		}
		if _, err := b.Change(ctx, admin, "", func(tx *Tx) error { return Tenants.Put(ctx, tx, Tenant{Tenant: number.Tenant{ID: "c"}}) }); !errors.Is(err, ErrScope) {
			t.Errorf("b makes a tenant: %v", err)
		}
		for _, none := range []Scope{{}, {db, ""}} {
			if _, err := Rules.Get(ctx, none, "1001"); !errors.Is(err, ErrScope) {
				t.Errorf("no scope reads: %v", err)
			}
			if _, err := none.Change(ctx, admin, "", func(*Tx) error { return nil }); !errors.Is(err, ErrScope) {
				t.Errorf("no scope writes: %v", err)
			}
		}
		for _, bad := range []Tenant{
			{Name: "Ac\nme", Tenant: number.Tenant{ID: "c"}}, {Tenant: number.Tenant{ID: "c", Domains: []string{"a\nb.example"}}},
			{Tenant: number.Tenant{ID: "c", Trunks: []string{"a\x00"}}}, {Name: strings.Repeat("x", 257), Tenant: number.Tenant{ID: "c"}},
		} {
			if _, err := db.Site().Change(ctx, admin, "", func(tx *Tx) error { return Tenants.Put(ctx, tx, bad) }); err == nil {
				t.Errorf("%+v is a tenant", bad)
			}
		}
		if _, err := db.Tenant("-"); err == nil {
			t.Error("the site is a tenant")
		}
		ghost := scopeOf(t, db, "ghost")
		_, err := ghost.Change(ctx, admin, "", func(tx *Tx) error { return Rooms.Put(ctx, tx, Room{Name: "x"}) })
		if !errors.Is(err, ErrInUse) {
			t.Errorf("a tenant that is none has a room: %v", err)
		}
	})
}

func TestTenantRecords(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a := tenant(t, db, "a", "b")
		want := Tenant{
			Tenant: number.Tenant{ID: "a", Domains: []string{"a.example"}, Listen: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:5060")}, Default: true},
			Name:   "Công ty A", Limits: Limits{Calls: 5},
		}
		change(t, db.Site(), func(tx *Tx) error { return Tenants.Put(ctx, tx, want) })
		got, err := Tenants.Get(ctx, db.Site(), "a")
		if diff := cmp.Diff(want, got.Value, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		_, err = db.Site().Change(ctx, admin, "", func(tx *Tx) error {
			return Tenants.Put(ctx, tx, Tenant{Tenant: number.Tenant{ID: "b", Domains: []string{"A.example"}}})
		})
		if !errors.Is(err, ErrTaken) {
			t.Errorf("two tenants have a domain: %v", err)
		}
		change(t, a, func(tx *Tx) error { return Rooms.Put(ctx, tx, Room{Name: "Phòng 1"}) })
		remove := func(id string) error {
			_, err := db.Site().Change(ctx, admin, "", func(tx *Tx) error { return Tenants.Delete(ctx, tx, id, anyVersion) })
			return err
		}
		if err := remove("a"); !errors.Is(err, ErrInUse) {
			t.Errorf("a tenant with a room is deleted: %v", err)
		}
		if err := remove("b"); err != nil {
			t.Error(err)
		}
		if err := remove("-"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the site is deleted: %v", err)
		}
		if all, err := Tenants.All(ctx, db.Site()); err != nil || len(all) != 1 {
			t.Errorf("%d tenants (%v)", len(all), err)
		}
	})
}
