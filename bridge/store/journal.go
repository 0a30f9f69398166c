package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Journal is a kind of record of what happens. Nobody edits it, and it expires.
type Journal[T any] struct {
	table string
	form  func(*T) (id string, at time.Time, search string)
}

const (
	journalColumns = "id, at, folded, body"
	maxAppend      = 10_000 // records at once
)

// ErrRecord is that of a record which can never be kept, however often it is tried.
var ErrRecord = errors.New("store: the record cannot be kept")

// Append writes records in one transaction; one that is there already is overwritten.
func (j *Journal[T]) Append(ctx context.Context, s Scope, records ...T) error {
	if s.db == nil || s.tenant == "" || len(records) > maxAppend {
		return ErrScope
	}
	if len(records) == 0 {
		return nil
	}
	return s.db.transaction(ctx, func(tx *sql.Tx) error {
		a := access{tx, s.tenant}
		for i := range records {
			id, at, search := j.form(&records[i])
			body, err := json.Marshal(&records[i])
			if err != nil || !validKey(id) || len(body) > maxBody {
				return fmt.Errorf("%w: %s %q", ErrRecord, j.table, id)
			}
			if err := a.put(ctx, j.table, journalColumns, true, id, millis(at), clip(Fold(search)), string(body)); err != nil {
				return err
			}
		}
		return nil
	})
}

// clip keeps what is searched so short that it fits into an index.
func clip(folded string) string {
	const most = 1000
	if len(folded) > most {
		folded = strings.ToValidUTF8(folded[:most], "")
	}
	return folded
}

// Get reads a record.
func (j *Journal[T]) Get(ctx context.Context, s Scope, id string) (v T, err error) {
	a, err := s.reader()
	if err != nil {
		return v, err
	}
	if !validKey(id) {
		return v, ErrNotFound
	}
	var body string
	err = a.row(ctx, j.table, "body", "id = $2", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return v, ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &v)
	}
	return v, err
}

// JournalQuery asks for a page, the last first.
type JournalQuery struct {
	Search   string
	From, To time.Time // To is excluded; zero is no bound
	Before   string    // Next of the page before
	Limit    int       // 1 to 1000; 0 is 100
}

// List reads a page, and the key of the next.
func (j *Journal[T]) List(ctx context.Context, s Scope, q JournalQuery) (list []T, next string, err error) {
	a, err := s.reader()
	if err != nil {
		return nil, "", err
	}
	where, args := like(q.Search, 2)
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", "$"+itoa(len(args)+1), 1)
		}
		where += " AND " + condition
	}
	if !q.From.IsZero() {
		add("at >= ?", millis(q.From))
	}
	if !q.To.IsZero() {
		add("at < ?", millis(q.To))
	}
	if q.Before != "" {
		at, id, err := splitKey(q.Before)
		if err != nil {
			return nil, "", err
		}
		add("(at < ? OR at = ? AND id < ?)", at, at, id)
	}
	return j.page(ctx, a, where, args, pageLimit(q.Limit))
}

func (j *Journal[T]) page(ctx context.Context, a access, where string, args []any, limit int) (list []T, next string, err error) {
	var lastID string
	var lastAt int64
	const last = " ORDER BY at DESC, id DESC"
	// The index alone is searched: it has what is searched in it, and the records are large. Their order is a
	// sum, or SQLite would read all of them in the order of the index.
	found := "id IN (SELECT id FROM " + j.table + " WHERE tenant = $1 AND id <> ''" + where + last + " LIMIT $" + itoa(len(args)+2) + ")"
	rows, err := a.rows(ctx, j.table, "id, at, body", found+" ORDER BY +at DESC, id DESC", append(args, limit+1)...)
	err = each(rows, err, func(scan func(...any) error) error {
		if len(list) == limit {
			next = joinKey(timeOf(lastAt), lastID)
			return nil
		}
		var body string
		if err := scan(&lastID, &lastAt, &body); err != nil {
			return err
		}
		var v T
		list = append(list, v)
		return json.Unmarshal([]byte(body), &list[len(list)-1])
	})
	return list, next, err
}

// Expire deletes what is older, at most batch records, and tells how many those were. Who
// cleans up calls it until it is 0, so that nobody waits long.
func (j *Journal[T]) Expire(ctx context.Context, s Scope, before time.Time, batch int) (int, error) {
	return s.expire(ctx, j.table, before, batch)
}

// ExpireChanges does the same to the audit trail.
func (s Scope) ExpireChanges(ctx context.Context, before time.Time, batch int) (int, error) {
	return s.expire(ctx, "changes", before, batch)
}

func (s Scope) expire(ctx context.Context, table string, before time.Time, batch int) (int, error) {
	if s.db == nil || s.tenant == "" {
		return 0, ErrScope
	}
	a := access{s.db.write, s.tenant}
	return a.remove(ctx, table,
		"id IN (SELECT id FROM "+table+" WHERE tenant = $1 AND at < $2 ORDER BY at LIMIT $3)", millis(before), batch)
}

// joinKey is the key of a page that goes on behind a record.
func joinKey(at time.Time, id string) string { return strconv.FormatInt(millis(at), 10) + " " + id }

func splitKey(key string) (at int64, id string, err error) {
	ms, id, ok := strings.Cut(key, " ")
	at, err = strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || !validKey(id) {
		return 0, "", fmt.Errorf("%w: the page's key", ErrNotFound)
	}
	return at, id, nil
}
