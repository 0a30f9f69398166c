package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// access runs statements for one tenant. Every statement on tenants' tables is put
// together here, with the tenant as $1.
type access struct {
	q      querier
	tenant string
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (a access) args(args []any) []any { return append([]any{a.tenant}, args...) }

// rows selects; where has its arguments from $2 on, and may end with ORDER BY and LIMIT.
func (a access) rows(ctx context.Context, table, columns, where string, args ...any) (*sql.Rows, error) {
	return a.q.QueryContext(ctx, "SELECT "+columns+" FROM "+table+" WHERE tenant = $1 AND "+where, a.args(args)...)
}

func (a access) row(ctx context.Context, table, columns, where string, args ...any) *sql.Row {
	return a.q.QueryRowContext(ctx, "SELECT "+columns+" FROM "+table+" WHERE tenant = $1 AND "+where, a.args(args)...)
}

// put inserts a row, or overwrites the one with the same id where replace is set.
// The first column is the id.
func (a access) put(ctx context.Context, table, columns string, replace bool, args ...any) error {
	var places, sets strings.Builder
	for i, c := range strings.Split(columns, ", ") {
		fmt.Fprintf(&places, ", $%d", i+2)
		if i > 0 {
			fmt.Fprintf(&sets, ", %s = excluded.%s", c, c)
		}
	}
	query := "INSERT INTO " + table + " (tenant, " + columns + ") VALUES ($1" + places.String() + ")"
	if replace {
		query += " ON CONFLICT (tenant, id) DO UPDATE SET " + sets.String()[2:]
	}
	_, err := a.q.ExecContext(ctx, query, a.args(args)...)
	return known(err)
}

// set changes columns of rows, and tells how many rows those were.
func (a access) set(ctx context.Context, table, columns, where string, args ...any) (int, error) {
	res, err := a.q.ExecContext(ctx, "UPDATE "+table+" SET "+columns+" WHERE tenant = $1 AND "+where, a.args(args)...)
	if err != nil {
		return 0, known(err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

func (a access) remove(ctx context.Context, table, where string, args ...any) (int, error) {
	res, err := a.q.ExecContext(ctx, "DELETE FROM "+table+" WHERE tenant = $1 AND "+where, a.args(args)...)
	if err != nil {
		return 0, known(err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// each calls scan for every row.
func each(rows *sql.Rows, err error, scan func(scan func(...any) error) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// known turns what the engines say of constraints into errors of ours.
func known(err error) error {
	if err == nil {
		return nil
	}
	var lite *driver.Error
	code := 0
	if errors.As(err, &lite) {
		code = lite.Code()
	}
	switch pg := postgresCode(err); {
	case pg == "23505", code == codes.SQLITE_CONSTRAINT_UNIQUE, code == codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrTaken
	case pg == "23503", code == codes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrInUse
	case pg == "23514", code == codes.SQLITE_CONSTRAINT_CHECK:
		return ErrScope
	}
	return err
}
