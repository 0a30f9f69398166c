package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/roombridge/roombridge/bridge/number"
)

var admin = Who{Name: "an", Origin: "10.0.0.1"}

// tenant makes tenants and gives the scope of the first.
func tenant(t *testing.T, db *DB, ids ...string) Scope {
	t.Helper()
	change(t, db.Site(), func(tx *Tx) error {
		for _, id := range ids {
			if err := Tenants.Put(t.Context(), tx, Tenant{Tenant: number.Tenant{ID: id}, Name: "Tenant " + id}); err != nil {
				return err
			}
		}
		return nil
	})
	return scopeOf(t, db, ids[0])
}

func scopeOf(t *testing.T, db *DB, id string) Scope {
	t.Helper()
	s, err := db.Tenant(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func change(t *testing.T, s Scope, do func(tx *Tx) error) string {
	t.Helper()
	group, err := s.Change(t.Context(), admin, "test", do)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func aRule(t *testing.T, db *DB, num, room, pin string) number.Rule {
	t.Helper()
	r := number.Rule{Match: number.Match{Number: num}, Outcome: number.Outcome{Room: room}}.Normal()
	var err error
	if r.GuestPIN, err = number.TypedPIN(pin); err == nil {
		err = r.Settle(nil, db.PINKey())
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecords(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		r := aRule(t, db, "1001", "Phòng Đà Nẵng", "4321")
		change(t, s, func(tx *Tx) error { return Rules.PutIf(ctx, tx, r, 0) })
		got, err := Rules.Get(ctx, s, "1001")
		if err != nil || got.Value.Room != r.Room || !db.PINKey().Opens(got.Value.GuestPIN, "4321") || got.Version == 0 || got.Changed.IsZero() {
			t.Fatalf("%v %+v", err, got)
		}
		_, err = s.Change(ctx, admin, "", func(tx *Tx) error { return Rules.PutIf(ctx, tx, r, 0) })
		if !errors.Is(err, ErrConflict) {
			t.Errorf("made twice: %v", err)
		}
		if group := change(t, s, func(tx *Tx) error { return Rules.Put(ctx, tx, r) }); group != "" {
			t.Error("nothing changed, and it was written down")
		}
		r.Room = "other"
		change(t, s, func(tx *Tx) error { return Rules.PutIf(ctx, tx, r, got.Version) })
		_, err = s.Change(ctx, admin, "", func(tx *Tx) error { return Rules.Delete(ctx, tx, "1001", got.Version) })
		if !errors.Is(err, ErrConflict) {
			t.Errorf("an old version is deleted: %v", err)
		}
		change(t, s, func(tx *Tx) error { return Rules.Delete(ctx, tx, "1001", anyVersion) })
		if _, err = Rules.Get(ctx, s, "1001"); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
		failed := errors.New("no")
		_, err = s.Change(ctx, admin, "", func(tx *Tx) error {
			if err := Rules.Put(ctx, tx, r); err != nil {
				return err
			}
			return failed
		})
		if _, got := Rules.Get(ctx, s, "1001"); !errors.Is(err, failed) || !errors.Is(got, ErrNotFound) {
			t.Errorf("a change that failed is there: %v %v", err, got)
		}
	})
}

func TestListsAndSearch(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		change(t, s, func(tx *Tx) error {
			for i := range 250 {
				r := aRule(t, db, fmt.Sprint(1000+i), "room", "")
				if i%10 == 0 {
					r.Label = "Phòng họp ĐÀ NẴNG 100%"
				}
				if err := Rules.Put(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		var all []string
		for q := (Query{Limit: 60}); ; {
			p, err := Rules.List(ctx, s, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Items {
				all = append(all, r.Value.ID)
			}
			if q.After = p.Next; p.Next == "" {
				break
			}
		}
		if len(all) != 250 || all[0] != "1000" || all[249] != "1249" {
			t.Errorf("%d rules in pages, %v", len(all), all)
		}
		for search, want := range map[string]int{
			"da nang": 25, "Đà  nang phong": 25, "da hanoi": 0, "100%": 25, "1_0": 0, "%": 25, "124": 11, "room": 250, `\`: 0, "1249' OR 1=1 --": 0,
		} {
			p, err := Rules.List(ctx, s, Query{Search: search, Limit: 1000})
			if err != nil || len(p.Items) != want {
				t.Errorf("%q finds %d (%v), not %d", search, len(p.Items), err, want)
			}
		}
		if _, err := Rules.List(ctx, s, Query{After: "x"}); err == nil {
			t.Error("a page's key is made up")
		}
	})
}
