package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"time"
)

// What is here looks across tenants, to find out who somebody is; and at what belongs to none.

// Login checks a name and password. The Scope is where the administrator belongs. A
// wrong name takes as long as a wrong password.
func (db *DB) Login(ctx context.Context, name, password string) (Scope, Administrator, error) {
	scope, err := db.owner(ctx, "administrators", name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Scope{}, Administrator{}, err
	}
	var found Stored[Administrator]
	if err == nil {
		if found, err = Administrators.Get(ctx, scope, name); err != nil {
			return Scope{}, Administrator{}, err
		}
	}
	if !found.Value.password.matches(ctx, password) || found.Value.Disabled {
		return Scope{}, Administrator{}, ErrNotFound
	}
	return scope, found.Value, nil
}

// Whose finds where an administrator belongs.
func (db *DB) Whose(ctx context.Context, name string) (Scope, error) {
	return db.owner(ctx, "administrators", name)
}

// Present finds the token that was presented, and where it belongs.
func (db *DB) Present(ctx context.Context, text string) (Scope, Token, error) {
	id, secret, ok := splitToken(text)
	if !ok {
		return Scope{}, Token{}, ErrNotFound
	}
	scope, err := db.owner(ctx, "tokens", id)
	if err != nil {
		return Scope{}, Token{}, err
	}
	found, err := Tokens.Get(ctx, scope, id)
	if err != nil {
		return Scope{}, Token{}, err
	}
	sum := sha256.Sum256([]byte(secret))
	t := found.Value
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(t.hash)) != 1 || !t.Expires.IsZero() && !db.now().Before(t.Expires) {
		return Scope{}, Token{}, ErrNotFound
	}
	return scope, t, nil
}

// owner finds the tenant of an id that is unique in the whole site.
func (db *DB) owner(ctx context.Context, table, id string) (Scope, error) {
	if !validKey(id) {
		return Scope{}, ErrNotFound
	}
	var tenant string
	err := db.read.QueryRowContext(ctx, "SELECT tenant FROM "+table+" WHERE id = $1", id).Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return Scope{}, ErrNotFound
	}
	return Scope{db, tenant}, err
}

// DeviceOwners are the tenants that have a device of a name, in any case: two of them where there are more.
func (db *DB) DeviceOwners(ctx context.Context, name string) (tenants []string, err error) {
	rows, err := db.read.QueryContext(ctx, "SELECT tenant FROM devices WHERE sort = $1 ORDER BY tenant LIMIT 2", deviceKey(name))
	err = each(rows, err, func(scan func(...any) error) error {
		var tenant string
		err := scan(&tenant)
		tenants = append(tenants, tenant)
		return err
	})
	return tenants, err
}

// bySubject finds who has a subject at the OIDC provider. Two who have it are nobody; but the site's account is before
// those of tenants, or a tenant's administrator could keep an operator out.
func (db *DB) bySubject(ctx context.Context, subject string) (scope Scope, name string, err error) {
	rows, err := db.read.QueryContext(ctx, "SELECT tenant, id, body FROM administrators WHERE body LIKE $1", `%"subject":%`)
	twice := false
	err = each(rows, err, func(scan func(...any) error) error {
		var tenant, id, body string
		if err := scan(&tenant, &id, &body); err != nil {
			return err
		}
		var a Administrator
		if err := json.Unmarshal([]byte(body), &a); err != nil || a.Subject != subject {
			return err
		}
		switch found := (Scope{db, tenant}); {
		case name == "", found.IsSite() && !scope.IsSite():
			scope, name, twice = found, id, false
		case found.IsSite() == scope.IsSite():
			twice = true
		}
		return nil
	})
	switch {
	case err == nil && twice:
		err = ErrTaken
	case err == nil && name == "":
		err = ErrNotFound
	}
	return scope, name, err
}

// Known tells whether an administrator has signed in from a source before. Whose name it is
// is not asked: for names that there are not it takes as long.
func (db *DB) Known(ctx context.Context, name string, source netip.Prefix) (known bool, err error) {
	var n int
	err = db.read.QueryRowContext(ctx, "SELECT count(*) FROM sessions WHERE name = $1 AND source = $2", line(name), source.String()).Scan(&n)
	return n > 0, err
}

// expireSessions forgets those that nobody has used for long.
func (db *DB) expireSessions(ctx context.Context, now time.Time) (int, error) {
	res, err := db.write.ExecContext(ctx, "DELETE FROM sessions WHERE seen < $1", millis(now.Add(-sessionKept)))
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// expireGone deletes the oldest records of tenants that there are no more.
func (db *DB) expireGone(ctx context.Context, table string, before time.Time, batch int) (int, error) {
	res, err := db.write.ExecContext(ctx, "DELETE FROM "+table+" WHERE (tenant, id) IN (SELECT tenant, id FROM "+table+
		" WHERE at < $1 AND tenant NOT IN (SELECT id FROM tenants) LIMIT $2)", millis(before), batch)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// meta reads what the database says of itself, "" where it says nothing.
func (db *DB) meta(ctx context.Context, name string) (value string, err error) {
	err = db.write.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = $1", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

// setMeta writes a value unless there is one, and gives the one there is.
func (db *DB) setMeta(ctx context.Context, name, value string) (string, error) {
	if _, err := db.write.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value); err != nil {
		return "", err
	}
	return db.meta(ctx, name)
}
