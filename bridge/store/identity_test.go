package store

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

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

// Two of tenants with one subject are nobody; the site's is before them.
func TestSubjectOfSeveral(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a, b := tenant(t, db, "a", "b"), scopeOf(t, db, "b")
		put := func(s Scope, name, role string) {
			change(t, s, func(tx *Tx) error {
				return Administrators.Put(ctx, tx, Administrator{Name: name, Role: role, Subject: "sub-1"})
			})
		}
		is := func(want string, wrong error) {
			t.Helper()
			if _, who, err := db.Subject(ctx, "sub-1"); !errors.Is(err, wrong) || who.Name != want {
				t.Errorf("%q, %v", who.Name, err)
			}
		}
		is("", ErrNotFound)
		put(a, "an", RoleViewer)
		is("an", nil)
		put(b, "binh", RoleViewer)
		is("", ErrTaken)
		put(db.Site(), "op", RoleOperator)
		is("op", nil)
		put(db.Site(), "other", RoleViewer)
		is("", ErrTaken)
	})
}
