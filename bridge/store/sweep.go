package store

import (
	"context"
	"errors"
	"time"
)

const sweepBatch = 500 // records; a batch holds up nobody for long

// Sweep deletes what is older than tenants keep it, and gives how many records those were.
// standard holds for tenants that say nothing, and for the site; 0 days is for ever.
func (db *DB) Sweep(ctx context.Context, now time.Time, standard Keep) (deleted int, err error) {
	tenants, err := Tenants.All(ctx, db.Site())
	if err != nil {
		return 0, err
	}
	deleted, err = db.Site().sweep(ctx, now, standard)
	ended, sessionErr := db.expireSessions(ctx, now)
	deleted, err = deleted+ended, errors.Join(err, sessionErr)
	for _, t := range tenants {
		keep := t.Value.Keep
		n, sweepErr := Scope{db, t.Value.ID}.sweep(ctx, now, Keep{
			Calls: or(keep.Calls, standard.Calls), Events: or(keep.Events, standard.Events), Changes: or(keep.Changes, standard.Changes),
		})
		deleted, err = deleted+n, errors.Join(err, sweepErr)
	}
	n, goneErr := db.sweepGone(ctx, now, standard)
	return deleted + n, errors.Join(err, goneErr)
}

func or(days, standard int) int {
	if days > 0 {
		return days
	}
	return standard
}

func (s Scope) sweep(ctx context.Context, now time.Time, keep Keep) (deleted int, err error) {
	return keep.sweep(now, func(table string, before time.Time) (int, error) { return s.expire(ctx, table, before, sweepBatch) })
}

// sweepGone does the same to what is left of tenants that there are no more.
func (db *DB) sweepGone(ctx context.Context, now time.Time, keep Keep) (deleted int, err error) {
	return keep.sweep(now, func(table string, before time.Time) (int, error) {
		return db.expireGone(ctx, table, before, sweepBatch)
	})
}

// sweep deletes a batch after the other of each kind.
func (k Keep) sweep(now time.Time, expire func(table string, before time.Time) (int, error)) (deleted int, err error) {
	for _, k := range []struct {
		table string
		days  int
	}{{"calls", k.Calls}, {"events", k.Events}, {"changes", k.Changes}} {
		for n := sweepBatch; k.days > 0 && n == sweepBatch; deleted += n {
			if n, err = expire(k.table, now.AddDate(0, 0, -k.days)); err != nil {
				return deleted, err
			}
		}
	}
	return deleted, nil
}
