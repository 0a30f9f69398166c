// Package admintest gives tests an administration with a database of its own.
package admintest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// New has the tenants named, none of them the default.
func New(t testing.TB, tenants ...string) *admin.Service {
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
	s := &admin.Service{DB: db, Book: &number.Book{}}
	for _, id := range tenants {
		if _, err := s.Operator("").PutTenant(t.Context(), admin.Customer{Tenant: number.Tenant{ID: id}, Name: id}, 0); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Token makes a token of a tenant, and gives what is presented.
func Token(t testing.TB, s *admin.Service, tenant string, rights ...admin.Right) string {
	t.Helper()
	desk, err := s.Operator("").In(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := desk.NewToken(t.Context(), "", rights, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
