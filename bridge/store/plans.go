package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
)

// Import is what reading rules would do to a tenant's number plan.
type Import struct {
	number.Difference
	Basis string `json:"basis"` // names the plan that was compared with
}

// Preview compares rules that were read with those of the tenant.
func (s Scope) Preview(ctx context.Context, read []number.Rule, mode number.Mode) (Import, error) {
	a, err := s.reader()
	if err != nil {
		return Import{}, err
	}
	i, _, err := s.compare(ctx, a, read, mode)
	return i, err
}

// Import applies rules that were read, in one group of changes, whose id it gives. It
// fails with ErrConflict where the plan is no more the one of a preview; without basis
// nobody has looked at one.
func (s Scope) Import(ctx context.Context, who Who, read []number.Rule, mode number.Mode, basis string) (i Import, group string, err error) {
	group, err = s.Change(ctx, who, "import of numbers", func(tx *Tx) error {
		var have []number.Rule
		if i, have, err = s.compare(ctx, tx.a, read, mode); err != nil {
			return err
		}
		if basis != "" && basis != i.Basis {
			return ErrConflict
		}
		if _, err := number.NewPlan(i.Apply(have), s.db.pinKey); err != nil {
			return err
		}
		return i.write(ctx, tx)
	})
	return i, group, err
}

func (i *Import) write(ctx context.Context, tx *Tx) error {
	for _, r := range i.Removed {
		if err := Rules.Delete(ctx, tx, r.ID, anyVersion); err != nil {
			return err
		}
	}
	for _, c := range i.Changed {
		if err := Rules.Put(ctx, tx, c.After); err != nil {
			return err
		}
	}
	for _, r := range i.Added {
		if err := Rules.PutIf(ctx, tx, r, 0); err != nil {
			return err
		}
	}
	return nil
}

func (s Scope) compare(ctx context.Context, a access, read []number.Rule, mode number.Mode) (Import, []number.Rule, error) {
	stored, err := Rules.all(ctx, s, a)
	if err != nil {
		return Import{}, nil, err
	}
	have := make([]number.Rule, len(stored))
	sum := sha256.New()
	for i, r := range stored {
		have[i] = r.Value
		fmt.Fprintf(sum, "%q %d\n", r.Value.ID, r.Version)
	}
	d, err := number.Compare(have, read, mode, s.db.pinKey)
	return Import{d, hex.EncodeToString(sum.Sum(nil)[:8])}, have, err
}

// Plans keeps a Book as the database has it.
type Plans struct {
	db      *DB
	book    *number.Book
	plans   map[string]*number.Plan
	tenants []number.Tenant
	watch   *Watch
}

// Plans reads all number plans, and the rooms that administrators set up, into a book. Run
// keeps it up to date.
func (db *DB) Plans(ctx context.Context, book *number.Book) (*Plans, error) {
	p := &Plans{db: db, book: book, plans: make(map[string]*number.Plan), watch: db.Watch()}
	if err := p.load(ctx, []Notice{{}}); err != nil {
		p.watch.Close()
		return nil, err
	}
	return p, nil
}

// readAgain is when all is read again after something could not be.
const readAgain = 5 * time.Second

// Run takes changes over until ctx ends. What cannot be read, or is no plan, is logged
// and leaves the plan as it was.
func (p *Plans) Run(ctx context.Context) {
	p.db.follow(ctx, p.watch, "the number plan stays as it was", p.load)
}

// follow calls load with notices until ctx ends. What cannot be read is tried again.
func (db *DB) follow(ctx context.Context, w *Watch, failure string, load func(context.Context, []Notice) error) {
	defer w.Close()
	for failed := false; ; {
		notices, err := w.nextOrAll(ctx, failed)
		if err != nil {
			return
		}
		if err = load(ctx, notices); err != nil && ctx.Err() == nil {
			db.log.Error(failure, "error", err)
		}
		failed = err != nil
	}
}

// nextOrAll waits for notices; after a failure everything is as if it had changed.
func (w *Watch) nextOrAll(ctx context.Context, failed bool) ([]Notice, error) {
	if !failed {
		return w.Next(ctx)
	}
	wait, cancel := context.WithTimeout(ctx, readAgain)
	defer cancel()
	if _, err := w.Next(wait); err != nil && wait.Err() == nil || ctx.Err() != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	return []Notice{{}}, nil
}

// load reads again what notices say.
func (p *Plans) load(ctx context.Context, notices []Notice) error {
	all, some := false, map[string]bool{}
	for _, n := range notices {
		all = all || n.Tenant == "" || n.Kind == "tenants"
		if n.Kind == "rules" || n.Kind == "rooms" {
			some[n.Tenant] = true
		}
	}
	if !all && len(some) == 0 {
		return nil
	}
	if all {
		tenants, err := Tenants.All(ctx, p.db.Site())
		if err != nil {
			return err
		}
		p.tenants = p.tenants[:0:0]
		for _, t := range tenants {
			p.tenants = append(p.tenants, t.Value.Tenant)
			some[t.Value.ID] = true
		}
	}
	var errs []error
	plans := make(map[string]*number.Plan, len(p.tenants))
	for _, t := range p.tenants {
		plans[t.ID] = p.plans[t.ID]
		if some[t.ID] {
			plan, err := p.db.plan(ctx, t.ID)
			if err != nil {
				errs = append(errs, fmt.Errorf("tenant %s: %w", t.ID, err))
				continue
			}
			plans[t.ID] = plan
		}
	}
	d, err := number.NewDirectory(p.tenants, plans)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	p.plans = plans
	p.book.Replace(d)
	return errors.Join(errs...)
}

func (db *DB) plan(ctx context.Context, tenant string) (*number.Plan, error) {
	s := Scope{db, tenant}
	var rules []number.Rule
	if err := Rules.each(ctx, s, access{db.read, tenant}, func(r Stored[number.Rule]) { rules = append(rules, r.Value) }); err != nil {
		return nil, err
	}
	plan, err := number.NewPlan(rules, db.pinKey)
	if err != nil {
		return nil, err
	}
	var rooms []number.Room
	err = Rooms.each(ctx, s, access{db.read, tenant}, func(r Stored[Room]) { rooms = append(rooms, r.Value.Furnishing()) })
	return plan.Furnish(rooms), err
}
