package admin

import (
	"context"
	"errors"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// TestWith is Test for the plan as it would be with a rule that was read and is not
// written yet.
func (d *Desk) TestWith(ctx context.Context, r number.Rule, c number.Call) (number.Explanation, error) {
	if err := d.settle(ctx, &r); err != nil {
		return number.Explanation{}, err
	}
	plan := d.service.Book.Directory().Plan(d.ID())
	if plan == nil {
		return number.Explanation{}, ErrNotFound
	}
	plan, err := plan.With(r)
	if err != nil {
		return number.Explanation{}, &Invalid{err}
	}
	e := plan.Explain(c)
	e.Tenant, e.Decision.Tenant, e.Found = d.ID(), d.ID(), "as asked for"
	return d.service.unruled(e, plan, c), nil
}

// settle seals the PINs of a rule that was read and tells what is wrong with it.
func (d *Desk) settle(ctx context.Context, r *number.Rule) error {
	var before *number.Rule
	old, err := store.Rules.Get(ctx, d.scope, r.ID)
	switch {
	case err == nil:
		before = &old.Value
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if err = r.Settle(before, d.service.DB.PINKey()); err != nil {
		return &Invalid{err}
	}
	if err = r.Validate(); err != nil {
		return &Invalid{err}
	}
	return nil
}
