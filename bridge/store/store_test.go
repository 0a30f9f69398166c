package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

func TestChangesAndUndo(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		first := change(t, s, func(tx *Tx) error {
			return errors.Join(Rules.Put(ctx, tx, aRule(t, db, "1", "one", "1111")), Rules.Put(ctx, tx, aRule(t, db, "2", "two", "")))
		})
		second := change(t, s, func(tx *Tx) error {
			return errors.Join(Rules.Put(ctx, tx, aRule(t, db, "1", "uno", "9999")), Rules.Delete(ctx, tx, "2", anyVersion), Rules.Put(ctx, tx, aRule(t, db, "3", "three", "")))
		})
		list, _, err := s.Changes(ctx, ChangeQuery{Group: second})
		if err != nil || len(list) != 3 {
			t.Fatalf("%v %+v", err, list)
		}
		text, _ := json.Marshal(list)
		if s := string(text); strings.Contains(s, "9999") || strings.Contains(s, "h1.") || !list[2].Secret || list[2].Who != "an" || list[2].Before == nil {
			t.Errorf("%s", s)
		}
		if _, err := s.Undo(ctx, admin, first); !errors.Is(err, ErrConflict) {
			t.Errorf("undone though changed since: %v", err)
		}
		undone, err := s.Undo(ctx, Who{Name: "binh"}, second)
		if err != nil {
			t.Fatal(err)
		}
		one, err1 := Rules.Get(ctx, s, "1")
		two, err2 := Rules.Get(ctx, s, "2")
		_, err3 := Rules.Get(ctx, s, "3")
		if err1 != nil || err2 != nil || !errors.Is(err3, ErrNotFound) || one.Value.Room != "one" || two.Value.Room != "two" ||
			!db.PINKey().Opens(one.Value.GuestPIN, "1111") {
			t.Errorf("%v %v %v %+v", err1, err2, err3, one)
		}
		if _, err = s.Undo(ctx, admin, undone); err != nil {
			t.Errorf("what was undone is not done again: %v", err)
		}
		if one, err = Rules.Get(ctx, s, "1"); err != nil || !db.PINKey().Opens(one.Value.GuestPIN, "9999") {
			t.Errorf("%v %+v", err, one)
		}
		var seen int
		for q := (ChangeQuery{Limit: 4, Search: "rules"}); ; {
			list, next, err := s.Changes(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(list)
			if q.Before = next; next == "" {
				break
			}
		}
		if seen != 2+3+3+3 {
			t.Errorf("%d changes in pages", seen)
		}
		if n, err := s.ExpireChanges(ctx, time.Now().Add(time.Hour), 100); err != nil || n != 11 {
			t.Errorf("%d changes expired (%v)", n, err)
		}
	})
}

func TestImport(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		read := func(text string) []number.Rule {
			rules, err := number.ReadCSV(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return rules
		}
		sheet := read("number,room,guest_pin\n1,one,1111\n2,two,\n")
		p, err := s.Preview(ctx, sheet, number.Replace)
		if err != nil || len(p.Added) != 2 {
			t.Fatalf("%v %+v", err, p)
		}
		if _, _, err = s.Import(ctx, admin, sheet, number.Replace, p.Basis); err != nil {
			t.Fatal(err)
		}
		if _, _, err = s.Import(ctx, admin, read("number\n9\n"), number.Replace, p.Basis); !errors.Is(err, ErrConflict) {
			t.Errorf("applied to a plan that nobody saw: %v", err)
		}
		next := read("number,room,guest_pin\n1,one,****\n2,zwei,\n3,three,\n")
		i, group, err := s.Import(ctx, admin, next, number.Replace, "")
		if err != nil || len(i.Changed) != 1 || len(i.Added) != 1 || i.Same != 1 {
			t.Fatalf("%v %+v", err, i)
		}
		if _, err = s.Undo(ctx, admin, group); err != nil {
			t.Fatal(err)
		}
		if p, err = s.Preview(ctx, sheet, number.Replace); err != nil || !p.Empty() {
			t.Errorf("undone, there is a difference: %v %+v", err, p)
		}
		bad := read("match,number,room\nany,,x\n")
		bad[0].Layout = "circle"
		if _, _, err = s.Import(ctx, admin, bad, number.Merge, ""); err == nil {
			t.Error("a rule that is wrong is applied")
		}
	})
}

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

// A plan that would not compile any more is not committed, however it came to be.
func TestPlanIsBounded(t *testing.T) {
	ctx, db := t.Context(), mustOpen(t, newURL(t, "sqlite"))
	s := tenant(t, db, "a")
	put := func(from, to int) error {
		_, err := s.Change(ctx, admin, "", func(tx *Tx) error {
			for i := from; i < to; i++ {
				r := number.Rule{Match: number.Match{Kind: number.Regex, Number: fmt.Sprintf(`%d\d`, i)}, Label: `"match":"regex"`}
				if err := Rules.Put(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	if err := put(0, number.MaxRegexes); err != nil {
		t.Fatal(err)
	}
	if err := put(number.MaxRegexes, number.MaxRegexes+1); err == nil {
		t.Error("an expression too many")
	}
}

func TestIdentity(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a", "b")
		an := Administrator{Name: "an", Role: RoleAdministrator}
		if err := an.SetPassword(ctx, "short"); err == nil {
			t.Error("a short password")
		}
		if err := an.SetPassword(ctx, "mật khẩu dài"); err != nil {
			t.Fatal(err)
		}
		token, text := NewToken(time.Now(), "program", "calls:read")
		old, oldText := NewToken(time.Now(), "old")
		old.Expires = time.Now().Add(-time.Second)
		change(t, s, func(tx *Tx) error {
			return errors.Join(Administrators.Put(ctx, tx, an), Tokens.Put(ctx, tx, token), Tokens.Put(ctx, tx, old),
				Administrators.Put(ctx, tx, Administrator{Name: "oidc", Role: RoleViewer}))
		})
		scope, who, err := db.Login(ctx, "an", "mật khẩu dài")
		if err != nil || scope.ID() != "a" || who.Role != RoleAdministrator || !who.HasPassword() {
			t.Errorf("%v %+v", err, who)
		}
		for _, wrong := range [][2]string{{"an", "mat khau dai"}, {"an", ""}, {"binh", "x"}, {"oidc", ""}, {"an\x00", "x"}, {"-", ""}} {
			if _, _, err := db.Login(ctx, wrong[0], wrong[1]); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q signs in: %v", wrong, err)
			}
		}
		if scope, got, err := db.Present(ctx, text); err != nil || scope.ID() != "a" || got.ID != token.ID || got.Scopes[0] != "calls:read" {
			t.Errorf("%v %+v", err, got)
		}
		for _, wrong := range []string{"", "rb_", text[:len(text)-1] + "x", oldText, strings.Replace(text, "rb_", "rb-", 1)} {
			if _, _, err := db.Present(ctx, wrong); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q is taken: %v", wrong, err)
			}
		}
		_, err = scopeOf(t, db, "b").Change(ctx, admin, "", func(tx *Tx) error { return Administrators.Put(ctx, tx, an) })
		if !errors.Is(err, ErrTaken) {
			t.Errorf("a name stands in two tenants: %v", err)
		}
	})
}

func TestSecretsAreSealed(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		d := Device{User: "room1", Label: "Phòng 1", Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.7")}, Credentials: Digest("room1", "a.example", "bí mật lớn")}
		change(t, s, func(tx *Tx) error { return Devices.Put(ctx, tx, d) })
		got, err := Devices.Get(ctx, s, "room1")
		if err != nil || got.Value.Credentials != d.Credentials || len(d.Credentials.MD5) != 32 || len(d.Credentials.SHA256) != 64 {
			t.Errorf("%v %+v", err, got)
		}
		if text := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(text, "mật lớn") || strings.Contains(text, d.Credentials.MD5) {
			t.Errorf("printed: %s", text)
		}
		var dump strings.Builder
		for _, q := range []string{"SELECT body || secret FROM devices", "SELECT after_body || after_secret FROM changes"} {
			rows, err := db.read.QueryContext(ctx, q)
			err = each(rows, err, func(scan func(...any) error) error {
				var text string
				defer func() { dump.WriteString(text) }()
				return scan(&text)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if text := dump.String(); strings.Contains(text, "mật lớn") || strings.Contains(text, d.Credentials.MD5) || !strings.Contains(text, "room1") {
			t.Errorf("the database holds %s", text)
		}
		if _, err = db.write.ExecContext(ctx, "UPDATE devices SET id = 'room2' WHERE id = 'room1'"); err != nil {
			t.Fatal(err)
		}
		if _, err = Devices.Get(ctx, s, "room2"); err == nil {
			t.Error("a secret that was moved to another device opens")
		}
	})
}

func TestWatch(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		db := open()
		s := tenant(t, db, "a")
		var book number.Book
		plans, err := db.Plans(ctx, &book)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		running, stop := context.WithCancel(ctx)
		go func() { defer close(done); plans.Run(running) }()
		w := db.Watch()
		defer w.Close()
		change(t, db.Site(), func(tx *Tx) error {
			return Tenants.Put(ctx, tx, Tenant{Tenant: number.Tenant{ID: "a", Default: true}})
		})
		change(t, s, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, db, "1001", "board", "")) })
		heard := map[Notice]bool{}
		for !heard[Notice{"a", "rules"}] || !heard[Notice{"-", "tenants"}] {
			notices, err := w.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range notices {
				heard[n] = true
			}
		}
		for book.Directory().Decide(number.Call{Number: "1001"}).Room != "board" {
			if ctx.Err() != nil {
				t.Fatal("the plan is not taken over")
			}
			time.Sleep(time.Millisecond) // the plan is exchanged, and nobody is told
		}
		stop()
		<-done
	})
}

// What one node changes another hears, also after its connection to the server broke.
func TestNodesHearEachOther(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	url := newURL(t, "postgres")
	one, two := mustOpen(t, url), mustOpen(t, url)
	s := tenant(t, one, "a")
	w := two.Watch()
	defer w.Close()
	next := func(i int) {
		// The first notices may come before two listens: go on until one is heard.
		for n := 0; ; n++ {
			change(t, s, func(tx *Tx) error { return Rules.Put(ctx, tx, aRule(t, one, fmt.Sprint(i*1000+n), "x", "")) })
			wait, done := context.WithTimeout(ctx, 200*time.Millisecond)
			list, err := w.Next(wait)
			done()
			if err == nil && len(list) > 0 {
				return
			}
			if ctx.Err() != nil {
				t.Fatal("nothing is heard")
			}
		}
	}
	next(1)
	if _, err := one.write.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid() AND datname = current_database()"); err != nil {
		t.Fatal(err)
	}
	for {
		list, err := w.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 && list[0] == (Notice{}) {
			break // it tells that it may have missed something
		}
	}
	next(2)
}
