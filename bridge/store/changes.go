package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Change is a record of who changed what, or did what. It has no secrets: that they changed
// is seen by Secret.
type Change struct {
	ID     string          `json:"id"`
	At     time.Time       `json:"at"`
	Group  string          `json:"group"`            // what was changed at once
	Undoes string          `json:"undoes,omitempty"` // the group that this one undid
	Who    string          `json:"who"`
	Origin string          `json:"origin,omitempty"`
	Why    string          `json:"why,omitempty"`
	Did    string          `json:"did,omitempty"` // what was done to a call, a meeting or sessions, with After to tell more of it
	Kind   string          `json:"kind"`          // "rules", "rooms", …; of what was done "calls", "meetings" and "sessions"
	Item   string          `json:"item"`
	Before json.RawMessage `json:"before,omitempty"` // without it, it was added
	After  json.RawMessage `json:"after,omitempty"`  // without it, it was removed
	Secret bool            `json:"secret,omitempty"` // a PIN or password changed
}

const changeColumns = "id, at, grp, undoes, who, origin, why, kind, item, folded, before_body, before_secret, after_body, after_secret"

// replace makes a row another, or none, and writes it down.
func (tx *Tx) replace(ctx context.Context, table string, old, next *row) error {
	at := millis(tx.at)
	var err error
	if next.body == "" {
		_, err = tx.a.remove(ctx, table, "id = $2", next.id)
	} else {
		err = tx.a.put(ctx, table, recordColumns, old.body != "",
			next.id, next.sort, next.folded, next.body, next.secret, max(old.version+1, at), at) // grows over removals too
	}
	if err != nil {
		return err
	}
	tx.kinds[table] = true
	tx.grew[table] = tx.grew[table] || old.body == ""
	return tx.a.put(ctx, "changes", changeColumns, false,
		newID(), at, tx.group, tx.undoes, tx.who.Name, tx.who.Origin, tx.why, table, next.id,
		clip(Fold(strings.Join([]string{tx.who.Name, tx.why, table, next.id}, " "))), old.pack(), old.secret, next.pack(), next.secret)
}

// ChangeQuery asks for a page of changes, the last first.
type ChangeQuery struct {
	Search string
	Group  string // one group alone
	Kind   string // one kind alone
	Item   string // one record alone, with Kind
	Before string // Next of the page before
	Limit  int
}

// Changes reads a page of the audit trail, and the key of the next.
func (s Scope) Changes(ctx context.Context, q ChangeQuery) (list []Change, next string, err error) {
	a, err := s.reader()
	if err != nil {
		return nil, "", err
	}
	where, args := q.condition()
	entries, next, err := s.entries(ctx, a, where, args, q)
	for _, e := range entries {
		list = append(list, e.Change)
	}
	return list, next, err
}

// condition finds what is asked for, but for where the page begins. Arguments are numbered from 2 on.
func (q *ChangeQuery) condition() (where string, args []any) {
	where, args = like(q.Search, 2)
	for _, f := range [][2]string{{"grp", q.Group}, {"kind", q.Kind}, {"item", q.Item}} {
		if f[1] != "" {
			args = append(args, line(f[1]))
			where += " AND " + f[0] + " = $" + itoa(len(args)+1)
		}
	}
	return where, args
}

// order is the last first. Of one group it is that of a sum, or SQLite would look for the group in all changes.
func (q *ChangeQuery) order() string {
	if q.Group != "" {
		return " ORDER BY +at DESC, id DESC"
	}
	return " ORDER BY at DESC, id DESC"
}

// entry is a change with what undoing it needs.
type entry struct {
	Change
	before, after row
}

func (s Scope) entries(ctx context.Context, a access, where string, args []any, q ChangeQuery) ([]entry, string, error) {
	if q.Before != "" {
		at, id, err := splitKey(q.Before)
		if err != nil {
			return nil, "", err
		}
		where += fmt.Sprintf(" AND (at < $%d OR at = $%d AND id < $%d)", len(args)+2, len(args)+2, len(args)+3)
		args = append(args, at, id)
	}
	limit := pageLimit(q.Limit)
	list, err := readEntries(ctx, a, "id <> ''"+where+q.order()+" LIMIT $"+itoa(len(args)+2), append(args, limit+1)...)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	list = list[:limit]
	last := list[limit-1]
	return list, joinKey(last.At, last.ID), nil
}

func readEntries(ctx context.Context, a access, where string, args ...any) (list []entry, err error) {
	rows, err := a.rows(ctx, "changes", changeColumns, where, args...)
	err = each(rows, err, func(scan func(...any) error) error {
		var e entry
		var at int64
		var folded, before, after string
		if err := scan(&e.ID, &at, &e.Group, &e.Undoes, &e.Who, &e.Origin, &e.Why, &e.Kind, &e.Item, &folded,
			&before, &e.before.secret, &after, &e.after.secret); err != nil {
			return err
		}
		e.At, e.Secret = timeOf(at), e.before.secret != e.after.secret
		if isDeed(e.Kind) {
			e.Did, e.Why = e.Why, ""
		}
		e.before.unpack(e.Item, before)
		e.after.unpack(e.Item, after)
		e.Before, e.After = raw(e.before.body), raw(e.after.body)
		list = append(list, e)
		return nil
	})
	return list, err
}

// Undo takes a group of changes back, as a group of its own, which it gives. It fails
// with ErrConflict and changes nothing if one of the records has been changed since.
func (s Scope) Undo(ctx context.Context, who Who, group string) (string, error) {
	return s.change(ctx, who, "undo", group, func(tx *Tx) error {
		list, err := readEntries(ctx, tx.a, "grp = $2 ORDER BY id DESC", line(group))
		if err != nil {
			return err
		}
		if len(list) == 0 || group == "" {
			return ErrNotFound
		}
		for i := range list {
			if err := tx.undo(ctx, &list[i]); err != nil {
				return fmt.Errorf("%s %q: %w", list[i].Kind, list[i].Item, err)
			}
		}
		return nil
	})
}

func (tx *Tx) undo(ctx context.Context, e *entry) error {
	if !slices.Contains(collections, e.Kind) {
		return ErrNotFound
	}
	now, err := readRow(ctx, tx.a, e.Kind, e.Item)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if now.body != e.after.body || now.secret != e.after.secret {
		return ErrConflict
	}
	return tx.replace(ctx, e.Kind, &now, &e.before)
}

// collections are the tables whose changes are written down.
var collections = []string{"tenants", "administrators", "tokens", "rules", "rooms", "devices", "settings"}

// pack is a row as the change log keeps it: its order and what is searched besides the body.
func (r *row) pack() string {
	if r.body == "" {
		return ""
	}
	return r.sort + "\n" + r.folded + "\n" + r.body
}

func (r *row) unpack(id, text string) {
	r.id = id
	sort, rest, _ := strings.Cut(text, "\n")
	if i := strings.LastIndexByte(rest, '\n'); i >= 0 { // JSON is one line
		r.sort, r.folded, r.body = sort, rest[:i], rest[i+1:]
	}
}

func raw(body string) json.RawMessage {
	if body == "" {
		return nil
	}
	return json.RawMessage(body)
}
