package admin

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

func newService(t *testing.T) *Service {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &Service{DB: db, Book: &number.Book{}}
	for _, id := range []string{"a", "b"} {
		if _, err := s.Operator("").PutTenant(t.Context(), Customer{Tenant: number.Tenant{ID: id, Default: id == "a"}, Name: id}, 0); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// actor is who has a new token with rights in a tenant.
func actor(t *testing.T, s *Service, tenant string, rights ...Right) *Actor {
	t.Helper()
	d, err := s.Operator("").In(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := d.NewToken(t.Context(), "", rights, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Present(t.Context(), text, "test")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Operators work for the tenant that they name, tokens for their own alone.
func TestIn(t *testing.T) {
	s := newService(t)
	op, b := s.Operator(""), actor(t, s, "b", Admin)
	site := actor(t, s, Site, Read)
	for _, c := range []struct {
		who        *Actor
		tenant, is string
	}{
		{op, "", "a"}, {op, "b", "b"}, {op, Site, Site}, {op, "c", ""}, {site, "b", "b"}, {site, "", "a"},
		{b, "", "b"}, {b, "b", "b"}, {b, "a", ""}, {b, Site, ""}, {b, "c", ""},
	} {
		d, err := c.who.In(t.Context(), c.tenant)
		if c.is == "" && !errors.Is(err, ErrNotFound) || c.is != "" && (err != nil || d.ID() != c.is) {
			t.Errorf("%s in %q: %v, %v", c.who.Name(), c.tenant, d, err)
		}
	}
	if !op.Sees("b") || !op.Sees("") || !b.Sees("b") || b.Sees("a") || b.Sees("") || b.Tenant() != "b" || op.Tenant() != "" {
		t.Error("who sees whom")
	}
	if _, err := b.Tenants(t.Context(), Query{}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := b.PutTenant(t.Context(), Customer{}, AnyVersion); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := b.DeleteTenant(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := b.Test(t.Context(), "a", number.Call{}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// Without a right nothing is written, whoever calls, and no token gives what it has not.
func TestRights(t *testing.T) {
	s := newService(t)
	desk := func(rights ...Right) *Desk {
		d, err := actor(t, s, "a", rights...).In(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	rule := number.Rule{Match: number.Match{Kind: number.Exact, Number: "1"}}.Normal()
	for _, d := range []*Desk{desk(Read), desk(Calls)} {
		_, _, put := d.PutNumber(t.Context(), rule, AnyVersion)
		_, del := d.DeleteNumber(t.Context(), "1", AnyVersion)
		_, _, imp := d.Import(t.Context(), []number.Rule{rule}, number.Merge, "")
		_, undo := d.Undo(t.Context(), "x")
		_, _, token := d.NewToken(t.Context(), "", []Right{Read}, time.Time{})
		for i, err := range []error{put, del, imp, undo, token, d.Revoke(t.Context(), "x")} {
			if !errors.Is(err, ErrRight) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if !d.May(Read) || d.May(Admin) || d.May(Numbers) {
			t.Error("rights")
		}
	}
	n := desk(Numbers)
	if _, _, err := n.PutNumber(t.Context(), rule, 0); err != nil {
		t.Error(err)
	}
	if _, _, err := n.PutNumber(t.Context(), rule, 0); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	var invalid *Invalid
	if _, _, err := n.PutNumber(t.Context(), number.Rule{ID: "x", Match: number.Match{Kind: number.Regex, Number: "("}}, AnyVersion); !errors.As(err, &invalid) {
		t.Error(err)
	}
	if _, _, err := desk(Admin).NewToken(t.Context(), "", []Right{"root"}, time.Time{}); !errors.As(err, &invalid) {
		t.Error(err)
	}
}

// A gateway without a store knows its operator and no tokens.
func TestWithoutStore(t *testing.T) {
	var s *Service
	if a := s.Operator(""); !a.Operator() || !a.May(Admin) || !a.Sees("x") {
		t.Errorf("%+v", a)
	}
	if _, err := s.Present(t.Context(), "rb_x", ""); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.Operator("").In(t.Context(), ""); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
