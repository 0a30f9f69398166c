package admin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// Number is a rule of a number plan as it is kept.
type Number struct {
	number.Rule
	Version int64     `json:"version"` // grows with every change
	Changed time.Time `json:"changed"`
}

func numberOf(s store.Stored[number.Rule]) Number { return Number{s.Value, s.Version, s.Changed} }

// Page is a part of a list; Next is the key of the next part, "" at the end.
type Page[T any] struct {
	Items []T
	Next  string
}

// Query asks for a part of a list.
type Query = store.Query

// Numbers lists rules by priority.
func (d *Desk) Numbers(ctx context.Context, q Query) (Page[Number], error) {
	return pageOf(ctx, d, store.Rules, q, numberOf)
}

// Number gives a rule.
func (d *Desk) Number(ctx context.Context, id string) (Number, error) {
	r, err := store.Rules.Get(ctx, d.scope, id)
	return numberOf(r), err
}

// AnyVersion is that of a record that is written whatever there was.
const AnyVersion = -1

// PutNumber writes a rule that was read, of which version is there now, and gives it with
// the group of the change; that is "" if nothing changed.
func (d *Desk) PutNumber(ctx context.Context, r number.Rule, version int64) (n Number, group string, err error) {
	group, err = d.change(ctx, Numbers, "", func(tx *store.Tx) error {
		old, err := store.Rules.In(ctx, tx, r.ID)
		var before *number.Rule
		if err == nil {
			before = &old.Value
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err = r.Settle(before, d.service.DB.PINKey()); err != nil {
			return &Invalid{err}
		}
		if err = r.Validate(); err != nil {
			return &Invalid{err}
		}
		return store.Rules.PutIf(ctx, tx, r, version)
	})
	if err == nil {
		n, err = d.Number(ctx, r.ID)
	}
	return n, group, err
}

// Invalid is what is wrong with something that was to be written.
type Invalid struct{ Err error }

func (e *Invalid) Error() string { return e.Err.Error() }
func (e *Invalid) Unwrap() error { return e.Err }

// DeleteNumber removes a rule.
func (d *Desk) DeleteNumber(ctx context.Context, id string, version int64) (group string, err error) {
	return d.change(ctx, Numbers, "", func(tx *store.Tx) error { return store.Rules.Delete(ctx, tx, id, version) })
}

// Export gives all rules.
func (d *Desk) Export(ctx context.Context) ([]number.Rule, error) {
	all, err := store.Rules.All(ctx, d.scope)
	rules := make([]number.Rule, len(all))
	for i := range all {
		rules[i] = all[i].Value
	}
	return rules, err
}

// Preview tells what an import would do, and names the plan that it was compared with.
func (d *Desk) Preview(ctx context.Context, read []number.Rule, mode number.Mode) (number.Difference, string, error) {
	i, err := d.scope.Preview(ctx, read, mode)
	if err != nil && ctx.Err() == nil {
		err = &Invalid{err}
	}
	return i.Difference, i.Basis, err
}

// Import applies rules in one group of changes. With the basis of a preview it fails with
// ErrConflict if the plan has changed since.
func (d *Desk) Import(ctx context.Context, read []number.Rule, mode number.Mode, basis string) (number.Difference, string, error) {
	if !d.May(Numbers) {
		return number.Difference{}, "", ErrRight
	}
	if _, _, err := d.Preview(ctx, read, mode); err != nil { // says what is wrong with what was read
		return number.Difference{}, "", err
	}
	i, group, err := d.scope.Import(ctx, d.who, read, mode, basis)
	return i.Difference, group, err
}

// Test is the dry run: what would become of a call, and why. Operators who name no tenant
// learn whose call it would be.
func (a *Actor) Test(ctx context.Context, tenant string, c number.Call) (number.Explanation, error) {
	if a.service == nil {
		return number.Explanation{}, ErrNotFound
	}
	directory := a.service.Book.Directory()
	if a.Operator() && tenant == "" {
		e := directory.Explain(c)
		return a.service.unruled(e, directory.Plan(e.Tenant), c), nil
	}
	d, err := a.In(ctx, tenant)
	if err != nil {
		return number.Explanation{}, err
	}
	plan := directory.Plan(d.ID())
	if plan == nil {
		return number.Explanation{}, ErrNotFound
	}
	e := plan.Explain(c)
	e.Tenant, e.Decision.Tenant, e.Found = d.ID(), d.ID(), "as asked for"
	return a.service.unruled(e, plan, c), nil
}

// unruled corrects what no rule is for where any number opens a room.
func (s *Service) unruled(e number.Explanation, plan *number.Plan, c number.Call) number.Explanation {
	if !s.Open {
		return e
	}
	return e.Open(plan, c)
}

// Undo takes a group of changes back, in another one that it gives. Who may change numbers
// alone takes back changes of numbers and of rooms that were set up.
func (d *Desk) Undo(ctx context.Context, group string) (string, error) {
	if !d.May(Admin) {
		list, _, err := d.scope.Groups(ctx, store.ChangeQuery{Group: group, Limit: 1})
		if err != nil {
			return "", err
		}
		other := func(kind string) bool { return kind != "rules" && kind != "rooms" }
		if !d.May(Numbers) || len(list) > 0 && slices.ContainsFunc(list[0].Kinds, other) {
			return "", ErrRight
		}
	}
	return d.scope.Undo(ctx, d.who, group)
}

// pageOf lists records of a collection as they are shown.
func pageOf[T, S any](ctx context.Context, d *Desk, c *store.Collection[T], q Query, show func(store.Stored[T]) S) (Page[S], error) {
	p, err := c.List(ctx, d.scope, q)
	return shown(p.Items, p.Next, show), err
}
