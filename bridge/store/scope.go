package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/roombridge/roombridge/bridge"
)

// Scope is the tenant whose records are read and written, or the site. Its zero value
// reads and writes nothing.
type Scope struct {
	db     *DB
	tenant string
}

// site is where tenants and operators are kept.
const site = "-"

// Site is the scope of tenants and of the administrators of them all.
func (db *DB) Site() Scope { return Scope{db, site} }

// Tenant is the scope of a tenant.
func (db *DB) Tenant(id string) (Scope, error) {
	if !bridge.ValidTenant(id) {
		return Scope{}, ErrScope
	}
	return Scope{db, id}, nil
}

// ID is the tenant's, or "-" of the site.
func (s Scope) ID() string { return s.tenant }

// IsSite tells the site from tenants.
func (s Scope) IsSite() bool { return s.tenant == site }

func (s Scope) reader() (access, error) {
	if s.db == nil || s.tenant == "" {
		return access{}, ErrScope
	}
	return access{s.db.read, s.tenant}, nil
}

// Who changes something.
type Who struct {
	Name   string // of the administrator or token
	Origin string // address, "cli"
}

// Tx is a group of changes under way. It is used by one goroutine, and not after the
// function that it was given to has returned.
type Tx struct {
	scope  Scope
	a      access
	at     time.Time
	group  string
	undoes string
	who    Who
	why    string
	kinds  map[string]bool // of the records that were changed
	grew   map[string]bool // of the records that were added
}

// Change runs do in a transaction. What it changes is written down as one group, whose
// id it gives; without changes there is no group. Other changes of the same tenant
// wait until it is done.
func (s Scope) Change(ctx context.Context, who Who, why string, do func(tx *Tx) error) (group string, err error) {
	return s.change(ctx, who, why, "", do)
}

func (s Scope) change(ctx context.Context, who Who, why, undoes string, do func(tx *Tx) error) (string, error) {
	if s.db == nil || s.tenant == "" {
		return "", ErrScope
	}
	who.Name, who.Origin, why = line(who.Name), line(who.Origin), line(why)
	var group string
	kinds := map[string]bool{}
	err := s.db.transaction(ctx, func(q *sql.Tx) error {
		if err := s.db.engine.begin(ctx, q, s.tenant); err != nil {
			return err
		}
		tx := &Tx{
			scope: s, a: access{q, s.tenant}, at: s.db.now(), group: newID(), undoes: undoes, who: who, why: why, kinds: kinds, grew: map[string]bool{},
		}
		if err := do(tx); err != nil {
			return err
		}
		for kind := range kinds {
			if final := finals[kind]; final != nil {
				if err := final(ctx, tx); err != nil {
					return err
				}
			}
			group = tx.group
			if err := s.db.engine.tell(ctx, q, s.db.node+" "+s.tenant+" "+kind); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for kind := range kinds {
		s.db.watches.tell(Notice{s.tenant, kind})
	}
	return group, nil
}

// finals look, before a group of changes is committed, at all records of a kind together.
var finals = map[string]func(context.Context, *Tx) error{"tenants": founded, "rules": overfull, "administrators": settled, "devices": crowded}

// transaction commits what do does, or nothing of it.
func (db *DB) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// newID is unique, and grows with time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

func itoa(n int) string { return strconv.Itoa(n) }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
