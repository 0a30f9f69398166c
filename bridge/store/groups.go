package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ChangeGroup is what was changed at once, such as by an import.
type ChangeGroup struct {
	Group   string    `json:"group"`
	At      time.Time `json:"at"`
	Undoes  string    `json:"undoes,omitempty"`
	Who     string    `json:"who"`
	Origin  string    `json:"origin,omitempty"`
	Why     string    `json:"why,omitempty"`
	Kinds   []string  `json:"kinds"` // of its records
	Added   int       `json:"added"`
	Changed int       `json:"changed"`
	Removed int       `json:"removed"`
	Done    int       `json:"done"`  // what was done to calls, meetings and sessions
	Items   []Change  `json:"items"` // the last of those that were asked for, at most firstItems
}

const (
	firstItems = 5
	mostGroups = 200 // on a page
)

// Groups reads a page of the audit trail in which all that was changed at once is one, and
// the key of the next page. A group is there if one of its changes is asked for; its counts are
// of all of them.
func (s Scope) Groups(ctx context.Context, q ChangeQuery) (list []ChangeGroup, next string, err error) {
	a, err := s.reader()
	if err != nil {
		return nil, "", err
	}
	limit, seen := min(pageLimit(q.Limit), mostGroups), map[string]bool{}
	for key := q.Before; ; {
		head, err := q.head(ctx, a, key)
		if errors.Is(err, sql.ErrNoRows) {
			return list, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		if len(list) == limit {
			return list, key, nil
		}
		key = joinKey(head.At, head.ID) + " " + head.Group
		if seen[head.Group] {
			continue // another node's change came between
		}
		seen[head.Group] = true
		g, err := q.group(ctx, a, head)
		if err != nil {
			return nil, "", err
		}
		list = append(list, g)
	}
}

// head is the last change before a group that was read.
func (q *ChangeQuery) head(ctx context.Context, a access, before string) (c Change, err error) {
	where, args := q.condition()
	if before != "" {
		key, group, _ := cutLast(before)
		at, id, err := splitKey(key)
		if err != nil {
			return c, err
		}
		n := len(args) + 2
		where += fmt.Sprintf(" AND at <= $%d AND (at < $%d OR id < $%d AND grp <> $%d)", n, n, n+1, n+2)
		args = append(args, at, id, group)
	}
	var at int64
	err = a.row(ctx, "changes", "id, at, grp, undoes, who, origin, why, kind", "id <> ''"+where+" ORDER BY at DESC, id DESC LIMIT 1", args...).
		Scan(&c.ID, &at, &c.Group, &c.Undoes, &c.Who, &c.Origin, &c.Why, &c.Kind)
	c.At = timeOf(at)
	return c, err
}

// cutLast parts a text at its last blank.
func cutLast(s string) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, ' '); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// group is the group of a change, with the first of the changes that are asked for.
func (q *ChangeQuery) group(ctx context.Context, a access, head Change) (ChangeGroup, error) {
	g := ChangeGroup{Group: head.Group, At: head.At, Undoes: head.Undoes, Who: head.Who, Origin: head.Origin, Why: head.Why}
	if isDeed(head.Kind) {
		g.Why = ""
	}
	const columns = "kind, CASE WHEN before_body = '' THEN 1 ELSE 0 END, CASE WHEN after_body = '' THEN 1 ELSE 0 END, count(*)"
	rows, err := a.rows(ctx, "changes", columns, "grp = $2 GROUP BY 1, 2, 3 ORDER BY 1", head.Group)
	err = each(rows, err, func(scan func(...any) error) error {
		var kind string
		var added, removed, n int
		err := scan(&kind, &added, &removed, &n)
		if !slices.Contains(g.Kinds, kind) {
			g.Kinds = append(g.Kinds, kind)
		}
		switch {
		case isDeed(kind):
			g.Done += n
		case added > 0:
			g.Added += n
		case removed > 0:
			g.Removed += n
		default:
			g.Changed += n
		}
		return err
	})
	if err != nil {
		return g, err
	}
	of := *q
	of.Group = head.Group
	where, args := of.condition()
	entries, err := readEntries(ctx, a, "id <> ''"+where+of.order()+" LIMIT "+itoa(firstItems), args...)
	g.Items = make([]Change, len(entries))
	for i := range entries {
		g.Items[i] = entries[i].Change
	}
	return g, err
}
