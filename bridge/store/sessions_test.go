package store

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// aPerson is an administrator with a password.
func aPerson(t *testing.T, name, role string) Administrator {
	t.Helper()
	a := Administrator{Name: name, Role: role}
	if err := a.SetPassword(t.Context(), "mật khẩu của "+name); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSessions(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		now := time.Now()
		db.now = func() time.Time { return now }
		s, source := tenant(t, db, "a", "b"), netip.MustParsePrefix("192.0.2.7/32")
		an := aPerson(t, "an", RoleAdministrator)
		change(t, s, func(tx *Tx) error { return Administrators.Put(ctx, tx, an) })
		begin := func() (string, string) {
			n, text, err := s.NewSession(ctx, an, Session{Source: source, Origin: "192.0.2.7:5", Agent: "Mozilla\n"})
			if err != nil {
				t.Fatal(err)
			}
			return n.ID, text
		}
		good := func(what, text string) {
			t.Helper()
			scope, who, got, err := db.Resume(ctx, text)
			if err != nil || scope.ID() != "a" || who.Name != "an" || got.Agent != "Mozilla" || got.Source != source {
				t.Errorf("%s: %v %+v", what, err, got)
			}
		}
		over := func(what, text string) {
			t.Helper()
			if _, _, _, err := db.Resume(ctx, text); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s goes on: %v", what, err)
			}
		}
		_, text := begin()
		good("a new one", text)
		for _, wrong := range []string{"", "_", text[:len(text)-1] + "x", strings.Replace(text, "_", "-", 1), strings.Repeat("0", 16) + text[16:]} {
			over(wrong, wrong)
		}
		other := open()
		other.now = db.now
		if _, _, _, err := other.Resume(ctx, text); err != nil {
			t.Errorf("after a restart: %v", err)
		}
		for range 20 { // used, it goes on, but not for ever
			now = now.Add(SessionIdle - time.Minute)
			good("used", text)
		}
		now = now.Add(SessionLife - 20*(SessionIdle-time.Minute))
		over("one of seven days", text)
		_, text = begin()
		now = now.Add(SessionIdle)
		over("one that nobody used", text)

		for _, c := range []struct{ asked, gets time.Duration }{{time.Hour, time.Hour}, {2 * SessionLife, SessionLife}} {
			n, text, err := s.NewSession(ctx, an, Session{Source: source, Agent: "Mozilla", Until: now.Add(c.asked)})
			if err != nil {
				t.Fatal(err)
			}
			if got := n.Until.Sub(n.Made); got.Round(time.Second) != c.gets {
				t.Errorf("one of %v ends after %v", c.asked, got)
			}
			if c.asked > time.Hour {
				continue
			}
			now = now.Add(c.asked - time.Minute)
			good("one of an hour", text)
			now = now.Add(time.Minute)
			over("one of an hour, however much it is used", text)
		}
		now = now.Add(SessionLife)

		id, text := begin()
		if known, err := db.Known(ctx, "an", source); err != nil || !known {
			t.Errorf("the source is unknown: %v", err)
		}
		if known, err := db.Known(ctx, "binh", source); err != nil || known {
			t.Errorf("another's source is known: %v", err)
		}
		if err := scopeOf(t, db, "b").EndSession(ctx, "an", id); !errors.Is(err, ErrNotFound) {
			t.Errorf("another tenant ends it: %v", err)
		}
		if err := s.EndSession(ctx, "binh", id); !errors.Is(err, ErrNotFound) {
			t.Errorf("another person ends it: %v", err)
		}
		if list, err := s.Sessions(ctx, "an"); err != nil || len(list) != 1 || list[0].ID != id {
			t.Errorf("%v %+v", err, list)
		}
		if err := s.EndSession(ctx, "an", id); err != nil {
			t.Error(err)
		}
		over("an ended one", text)

		for _, c := range []struct {
			what   string
			change func(a *Administrator)
		}{
			{"after another password", func(a *Administrator) { a.password = "$argon2id$other" }},
			{"of another subject", func(a *Administrator) { a.Subject = "x" }},
			{"of somebody disabled", func(a *Administrator) { a.Disabled = true }},
		} {
			_, text = begin()
			next := an
			c.change(&next)
			change(t, s, func(tx *Tx) error { return Administrators.Put(ctx, tx, next) })
			over(c.what, text)
			change(t, s, func(tx *Tx) error { return Administrators.Put(ctx, tx, an) })
		}
		_, text = begin()
		change(t, s, func(tx *Tx) error {
			return errors.Join(tx.ForgetSessions(ctx, "an"), Administrators.Delete(ctx, tx, "an", anyVersion))
		})
		over("of somebody gone", text)
		if known, _ := db.Known(ctx, "an", source); known {
			t.Error("the source of somebody gone is known")
		}
	})
}

// Somebody has a bounded number of sessions, and what nobody used for long is swept.
func TestSessionsAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		now := time.Now()
		db.now = func() time.Time { return now }
		s := tenant(t, db, "a")
		an := Administrator{Name: "an", Role: RoleViewer}
		change(t, s, func(tx *Tx) error { return Administrators.Put(ctx, tx, an) })
		var texts []string
		for range maxSessions + 3 {
			now = now.Add(time.Second)
			_, text, err := s.NewSession(ctx, an, Session{})
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		if list, err := s.Sessions(ctx, "an"); err != nil || len(list) != maxSessions {
			t.Errorf("%d sessions, %v", len(list), err)
		}
		if _, _, _, err := db.Resume(ctx, texts[2]); !errors.Is(err, ErrNotFound) {
			t.Errorf("the oldest goes on: %v", err)
		}
		change(t, s, func(tx *Tx) error { return tx.EndSessions(ctx, "an") })
		if list, err := s.Sessions(ctx, "an"); err != nil || len(list) != 0 {
			t.Errorf("%d go on, %v", len(list), err)
		}
		if n, err := db.Sweep(ctx, now.Add(sessionKept+time.Minute), Keep{}); err != nil || n != maxSessions+3 {
			t.Errorf("%d swept, %v", n, err)
		}
		if _, _, err := (Scope{}).NewSession(ctx, an, Session{}); !errors.Is(err, ErrScope) {
			t.Error(err)
		}
	})
}

// Roles stand where they belong, and the last operator who can sign in stays, undo or not.
func TestLastOperator(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a, home := tenant(t, db, "a"), db.Site()
		put := func(s Scope, who Administrator) (string, error) {
			return s.Change(ctx, admin, "", func(tx *Tx) error { return Administrators.Put(ctx, tx, who) })
		}
		for _, c := range []struct {
			scope Scope
			role  string
			want  error
		}{{home, RoleAdministrator, ErrRole}, {a, RoleOperator, ErrRole}, {home, RoleViewer, nil}, {a, RoleViewer, nil}} {
			if _, err := put(c.scope, Administrator{Name: "x" + c.scope.ID() + c.role, Role: c.role}); !errors.Is(err, c.want) {
				t.Errorf("%s of %s: %v", c.role, c.scope.ID(), err)
			}
		}
		operated := func() bool {
			is, err := db.Operated(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return is
		}
		if _, err := put(home, Administrator{Name: "oidc", Role: RoleOperator}); err != nil || operated() {
			t.Errorf("without a password: %v", err)
		}
		first := aPerson(t, "first", RoleOperator)
		made, err := put(home, first)
		if err != nil || !operated() {
			t.Fatalf("not operated: %v", err)
		}
		off, viewer := first, first
		off.Disabled, viewer.Role = true, RoleViewer
		for _, next := range []Administrator{off, viewer, {Name: "first", Role: RoleOperator}} {
			if _, err := put(home, next); !errors.Is(err, ErrLastOperator) {
				t.Errorf("%+v: %v", next, err)
			}
		}
		if _, err := home.Undo(ctx, admin, made); !errors.Is(err, ErrLastOperator) {
			t.Errorf("undone: %v", err)
		}
		if _, err := put(home, aPerson(t, "second", RoleOperator)); err != nil {
			t.Fatal(err)
		}
		_, err = home.Change(ctx, admin, "", func(tx *Tx) error { return Administrators.Delete(ctx, tx, "first", anyVersion) })
		if err != nil || !operated() {
			t.Errorf("one of two: %v", err)
		}
	})
}

func TestSubject(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a", "b")
		change(t, s, func(tx *Tx) error {
			return Administrators.Put(ctx, tx, Administrator{Name: "an", Role: RoleViewer, Subject: `s"1%`})
		})
		if scope, who, err := db.Subject(ctx, `s"1%`); err != nil || scope.ID() != "a" || who.Name != "an" {
			t.Errorf("%v %+v", err, who)
		}
		for _, no := range []string{"", "s", "%", `s"1`, "an"} {
			if _, _, err := db.Subject(ctx, no); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q is %v", no, err)
			}
		}
		change(t, scopeOf(t, db, "b"), func(tx *Tx) error {
			return Administrators.Put(context.Background(), tx, Administrator{Name: "binh", Role: RoleViewer, Subject: `s"1%`})
		})
		if _, _, err := db.Subject(ctx, `s"1%`); !errors.Is(err, ErrTaken) {
			t.Errorf("two are one: %v", err)
		}
	})
}

// A database that takes nothing more, as on a full disk, is one that people can still look at.
func TestSessionsOfFullDisk(t *testing.T) {
	ctx, db := t.Context(), mustOpen(t, newURL(t, "sqlite"))
	now := time.Now()
	db.now = func() time.Time { return now }
	s := tenant(t, db, "a")
	an := aPerson(t, "an", RoleAdministrator)
	change(t, s, func(tx *Tx) error { return Administrators.Put(ctx, tx, an) })
	_, text, err := s.NewSession(ctx, an, Session{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.write.ExecContext(ctx, "PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * sessionPace)
	if _, who, _, err := db.Resume(ctx, text); err != nil || who.Name != "an" {
		t.Errorf("%v %+v", err, who)
	}
}
