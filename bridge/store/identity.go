package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
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
