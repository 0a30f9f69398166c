package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/number"
)

func TestJournal(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		begin := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
		var calls []Call
		for i := range 100 {
			calls = append(calls, Call{ID: fmt.Sprintf("c%03d", i), Began: begin.Add(time.Duration(i/2) * time.Minute), Number: "1001", Name: "Nguyễn Đức"})
		}
		if err := Calls.Append(ctx, s, calls...); err != nil {
			t.Fatal(err)
		}
		calls[7].Ended, calls[7].Cause, calls[7].Streams = begin.Add(time.Hour), "normal", json.RawMessage(`{"video":"relay"}`)
		if err := Calls.Append(ctx, s, calls[7]); err != nil {
			t.Fatal(err)
		}
		got, err := Calls.Get(ctx, s, "c007")
		if diff := cmp.Diff(calls[7], got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		var ids []string
		for q := (JournalQuery{Search: "nguyen duc", From: begin.Add(10 * time.Minute), To: begin.Add(40 * time.Minute), Limit: 7}); ; {
			list, next, err := Calls.List(ctx, s, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				ids = append(ids, c.ID)
			}
			if q.Before = next; next == "" {
				break
			}
		}
		if len(ids) != 60 || ids[0] != "c079" || ids[59] != "c020" {
			t.Errorf("%d calls: %v", len(ids), ids)
		}
		deleted := 0
		for {
			n, err := Calls.Expire(ctx, s, begin.Add(25*time.Minute), 20)
			if err != nil {
				t.Fatal(err)
			}
			if deleted += n; n == 0 {
				break
			}
		}
		if list, _, err := Calls.List(ctx, s, JournalQuery{Limit: 1000}); err != nil || deleted != 50 || len(list) != 50 {
			t.Errorf("%d deleted, %d left (%v)", deleted, len(list), err)
		}
		event := NewEvent(begin, "security.pin", "wrong PIN")
		if err := errors.Join(Events.Append(ctx, s, event), Presences.Append(ctx, s, Presence{ID: "d", Seen: begin, Online: true})); err != nil {
			t.Fatal(err)
		}
		if e, err := Events.Get(ctx, s, event.ID); err != nil || e.Text != "wrong PIN" {
			t.Errorf("%v %+v", err, e)
		}
		if p, err := Presences.Get(ctx, s, "d"); err != nil || !p.Online || !p.Seen.Equal(begin) {
			t.Errorf("%v %+v", err, p)
		}
	})
}

// What happened at a tenant that was removed is not shown to another of the same id, and is not kept for ever.
func TestTenantsOfTheSameName(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		acme, other := tenant(t, db, "acme", "other"), scopeOf(t, db, "other")
		now := time.Now()
		happen := func(s Scope) {
			t.Helper()
			change(t, s, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, db, "1001", "board", "")) })
			change(t, s, func(tx *Tx) error { return Rules.Delete(ctx, tx, "1001", anyVersion) })
			if err := errors.Join(Calls.Append(ctx, s, Call{ID: "1", Began: now}), Events.Append(ctx, s, NewEvent(now, "test", "")),
				Presences.Append(ctx, s, Presence{ID: "1", Seen: now})); err != nil {
				t.Fatal(err)
			}
		}
		left := func(s Scope) (n int) {
			t.Helper()
			calls, _, err1 := Calls.List(ctx, s, JournalQuery{})
			events, _, err2 := Events.List(ctx, s, JournalQuery{})
			seen, _, err3 := Presences.List(ctx, s, JournalQuery{})
			changes, _, err4 := s.Changes(ctx, ChangeQuery{})
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				t.Fatal(err)
			}
			return len(calls) + len(events) + len(seen) + len(changes)
		}
		happen(acme)
		happen(other)
		gone := change(t, db.Site(), func(tx *Tx) error { return Tenants.Delete(ctx, tx, "acme", anyVersion) })
		if _, err := db.Site().Undo(ctx, admin, gone); err != nil || left(acme) != 5 {
			t.Fatalf("taken back it has %d: %v", left(acme), err)
		}
		change(t, db.Site(), func(tx *Tx) error { return Tenants.Delete(ctx, tx, "acme", anyVersion) })
		tenant(t, db, "acme")
		if n := left(acme); n != 0 {
			t.Errorf("another of the same id sees %d", n)
		}
		if n := left(other); n != 5 {
			t.Errorf("who stays has %d", n)
		}
		happen(acme)
		change(t, db.Site(), func(tx *Tx) error { return Tenants.Delete(ctx, tx, "acme", anyVersion) })
		if n, err := db.Sweep(ctx, now.AddDate(0, 0, 3), Keep{Calls: 2, Events: 4}); err != nil || n != 2 || left(acme) != 4 || left(other) != 4 {
			t.Errorf("%d deleted, %d and %d are left: %v", n, left(acme), left(other), err)
		}
	})
}

func TestSweep(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a := tenant(t, db, "a", "b")
		b := scopeOf(t, db, "b")
		change(t, db.Site(), func(tx *Tx) error {
			return Tenants.Put(ctx, tx, Tenant{Tenant: number.Tenant{ID: "b"}, Keep: Keep{Calls: 30}})
		})
		now := time.Now()
		var calls []Call
		for i := range 1200 {
			calls = append(calls, Call{ID: fmt.Sprint(i), Began: now.AddDate(0, 0, -10-i%2*10)}) // 10 and 20 days old
		}
		for _, s := range []Scope{a, b} {
			if err := Calls.Append(ctx, s, calls...); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := db.Sweep(ctx, now, Keep{Calls: 15, Events: 1}); err != nil || n != 600 {
			t.Errorf("%d deleted (%v)", n, err)
		}
		if list, _, err := Calls.List(ctx, b, JournalQuery{Limit: 1000, To: now.AddDate(0, 0, -15)}); err != nil || len(list) != 600 {
			t.Errorf("%d of b's are left (%v)", len(list), err)
		}
	})
}
