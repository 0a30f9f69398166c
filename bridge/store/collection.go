package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Collection is a kind of record that administrators keep.
type Collection[T any] struct {
	table   string
	site    bool // of the site alone
	form    func(*T) form
	check   func(*T) error
	hide    func(*T) map[string]string        // its secrets; nil has none
	restore func(*T, map[string]string) error // puts them back
}

// form is what the columns of a record hold.
type form struct {
	id     string
	sort   string // lists are ordered by it, then by id
	search string
}

// Stored is a record with what the store knows of it.
type Stored[T any] struct {
	Value   T
	Version int64 // grows with every change
	Changed time.Time
}

// Query asks for a page of a list.
type Query struct {
	Search string // words that must all be there, in any case and without diacritics
	After  string // Page.Next of the page before
	Limit  int    // 1 to 1000; 0 is 100
}

// Page is a part of a list.
type Page[T any] struct {
	Items []Stored[T]
	Next  string // "" at the end
}

const (
	maxKey     = 200     // bytes of an id
	maxBody    = 1 << 20 // bytes of a record
	anyVersion = -1
)

const recordColumns = "id, sort, folded, body, secret, version, changed"

// Get reads a record.
func (c *Collection[T]) Get(ctx context.Context, s Scope, id string) (Stored[T], error) {
	a, err := s.reader()
	if err != nil {
		return Stored[T]{}, err
	}
	row, err := c.row(ctx, a, id)
	if err != nil {
		return Stored[T]{}, err
	}
	return c.read(s, row)
}

// In is Get in a transaction.
func (c *Collection[T]) In(ctx context.Context, tx *Tx, id string) (Stored[T], error) {
	row, err := c.row(ctx, tx.a, id)
	if err != nil {
		return Stored[T]{}, err
	}
	return c.read(tx.scope, row)
}

// List reads a page.
func (c *Collection[T]) List(ctx context.Context, s Scope, q Query) (Page[T], error) {
	a, err := s.reader()
	if err != nil {
		return Page[T]{}, err
	}
	where, args := like(q.Search, 2)
	if q.After != "" {
		sort, id, ok := strings.Cut(q.After, "\n")
		if !ok {
			return Page[T]{}, fmt.Errorf("%w: the page's key", ErrNotFound)
		}
		where += fmt.Sprintf(" AND (sort > $%d OR sort = $%d AND id > $%d)", len(args)+2, len(args)+2, len(args)+3)
		args = append(args, sort, id)
	}
	limit := pageLimit(q.Limit)
	rows, err := c.rows(ctx, a, "id <> '-'"+where+" ORDER BY sort, id LIMIT $"+itoa(len(args)+2), append(args, limit+1)...)
	if err != nil {
		return Page[T]{}, err
	}
	var p Page[T]
	if len(rows) > limit {
		rows = rows[:limit]
		p.Next = rows[limit-1].sort + "\n" + rows[limit-1].id
	}
	p.Items, err = c.readAll(s, rows)
	return p, err
}

func pageLimit(n int) int {
	if n <= 0 {
		return 100
	}
	return min(n, 1000)
}

// All reads every record, in the order of lists.
func (c *Collection[T]) All(ctx context.Context, s Scope) ([]Stored[T], error) {
	a, err := s.reader()
	if err != nil {
		return nil, err
	}
	return c.all(ctx, s, a)
}

func (c *Collection[T]) all(ctx context.Context, s Scope, a access) (list []Stored[T], err error) {
	err = c.each(ctx, s, a, func(v Stored[T]) { list = append(list, v) })
	return list, err
}

// each reads one record after the other, so that not all are in memory in two forms.
func (c *Collection[T]) each(ctx context.Context, s Scope, a access, use func(Stored[T])) error {
	rows, err := a.rows(ctx, c.table, recordColumns, "id <> '-' ORDER BY sort, id")
	return each(rows, err, func(scan func(...any) error) error {
		var r row
		if err := r.scan(scan); err != nil {
			return err
		}
		v, err := c.read(s, r)
		use(v)
		return err
	})
}

// Put writes a record, whatever there was.
func (c *Collection[T]) Put(ctx context.Context, tx *Tx, v T) error {
	return c.PutIf(ctx, tx, v, anyVersion)
}

// PutIf writes a record if its version is still the one given, 0 where there must be
// none. It fails with ErrConflict. A record that is the same as before is not written.
func (c *Collection[T]) PutIf(ctx context.Context, tx *Tx, v T, version int64) error {
	if c.site && !tx.scope.IsSite() {
		return ErrScope
	}
	if err := c.check(&v); err != nil {
		return err
	}
	f := c.form(&v)
	if !validKey(f.id) || !utf8.ValidString(f.sort) || strings.ContainsAny(f.sort, "\n\x00") {
		return fmt.Errorf("store: %q cannot be an id", f.id)
	}
	old, err := c.row(ctx, tx.a, f.id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if version != anyVersion && old.version != version {
		return ErrConflict
	}
	next, err := c.write(tx, f, &v, &old)
	if err != nil || next.body == old.body && next.secret == old.secret {
		return err
	}
	return tx.replace(ctx, c.table, &old, &next)
}

// write is the row of a value. Secrets that stay the same keep their sealed form.
func (c *Collection[T]) write(tx *Tx, f form, v *T, old *row) (row, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return row{}, err
	}
	if len(body) > maxBody {
		return row{}, fmt.Errorf("store: %q is too large", f.id)
	}
	next := row{id: f.id, sort: f.sort, folded: Fold(f.search), body: string(body)}
	if c.hide == nil {
		return next, nil
	}
	place := place(c.table, tx.scope.tenant, f.id)
	secrets := c.hide(v)
	maps.DeleteFunc(secrets, func(_, s string) bool { return s == "" })
	if before, err := tx.scope.db.sealer.open(place, old.secret); err == nil && maps.Equal(before, secrets) {
		next.secret = old.secret
		return next, nil
	}
	next.secret, err = tx.scope.db.sealer.seal(place, secrets)
	return next, err
}

// Delete removes a record. It fails with ErrNotFound, or with ErrConflict if the version
// is another; -1 is any.
func (c *Collection[T]) Delete(ctx context.Context, tx *Tx, id string, version int64) error {
	old, err := c.row(ctx, tx.a, id)
	if err != nil {
		return err
	}
	if version != anyVersion && old.version != version {
		return ErrConflict
	}
	return tx.replace(ctx, c.table, &old, &row{id: id})
}

// row is a record as it is in its table. body is "" where there is none.
type row struct {
	id, sort, folded, body, secret string
	version, changed               int64
}

func (r *row) scan(scan func(...any) error) error {
	return scan(&r.id, &r.sort, &r.folded, &r.body, &r.secret, &r.version, &r.changed)
}

func (c *Collection[T]) row(ctx context.Context, a access, id string) (row, error) {
	return readRow(ctx, a, c.table, id)
}

func readRow(ctx context.Context, a access, table, id string) (row, error) {
	var r row
	if id == site || !validKey(id) {
		return r, ErrNotFound
	}
	err := r.scan(a.row(ctx, table, recordColumns, "id = $2", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return r, err
}

func (c *Collection[T]) rows(ctx context.Context, a access, where string, args ...any) (list []row, err error) {
	rows, err := a.rows(ctx, c.table, recordColumns, where, args...)
	err = each(rows, err, func(scan func(...any) error) error {
		var r row
		list = append(list, r)
		return list[len(list)-1].scan(scan)
	})
	return list, err
}

func (c *Collection[T]) read(s Scope, r row) (Stored[T], error) {
	v := Stored[T]{Version: r.version, Changed: timeOf(r.changed)}
	if err := json.Unmarshal([]byte(r.body), &v.Value); err != nil {
		return v, fmt.Errorf("store: %s %q: %w", c.table, r.id, err)
	}
	if c.hide == nil {
		return v, nil
	}
	secrets, err := s.db.sealer.open(place(c.table, s.tenant, r.id), r.secret)
	if err != nil {
		return v, err
	}
	return v, c.restore(&v.Value, secrets)
}

func (c *Collection[T]) readAll(s Scope, rows []row) ([]Stored[T], error) {
	list := make([]Stored[T], len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = c.read(s, r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// place is what a secret is bound to.
func place(table, tenant, id string) string { return table + "\x00" + tenant + "\x00" + id }

// validKey tells what can be an id: valid UTF-8 of one line.
func validKey(id string) bool {
	return id != "" && len(id) <= maxKey && utf8.ValidString(id) && !strings.ContainsFunc(id, unicode.IsControl)
}

// line is a text on one line, bounded.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	const most = 256
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}
