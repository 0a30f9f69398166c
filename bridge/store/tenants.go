package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
)

// Tenant is a customer.
type Tenant struct {
	number.Tenant
	Name   string `json:"name"`
	Limits Limits `json:"limits,omitzero"`
	Keep   Keep   `json:"keep,omitzero"`
}

// Limits bound what a tenant uses at once; 0 is no bound.
type Limits struct {
	Calls     int `json:"calls,omitempty"`
	Bandwidth int `json:"bandwidth,omitempty"` // bit/s
	Workers   int `json:"workers,omitempty"`   // media workers
	Rooms     int `json:"rooms,omitempty"`
	Devices   int `json:"devices,omitempty"`
}

// Keep is for how many days records are kept; 0 leaves it to the gateway.
type Keep struct {
	Calls   int `json:"calls,omitempty"`
	Events  int `json:"events,omitempty"`
	Changes int `json:"changes,omitempty"`
}

// Tenants are kept in the site's scope. One that has records cannot be deleted.
var Tenants = &Collection[Tenant]{
	table: "tenants", site: true,
	form: func(t *Tenant) form {
		return form{t.ID, Fold(line(t.Name)), strings.Join(append([]string{t.ID, t.Name}, t.Domains...), " ")}
	},
	check: func(t *Tenant) error {
		if !bridge.ValidTenant(t.ID) {
			return errors.New("store: a tenant's id has 1 to 63 of a-z, 0-9 and -, and begins with none")
		}
		for _, text := range slices.Concat([]string{t.Name}, t.Domains, t.Trunks) {
			if line(text) != text {
				return fmt.Errorf("store: a tenant's name, domains and trunks are one line of at most 256 bytes each, not %.80q", text)
			}
		}
		return nil
	},
}

// founded looks at tenants before a group of changes is committed.
func founded(ctx context.Context, tx *Tx) error {
	if err := disputed(ctx, tx); err != nil || tx.undoes != "" {
		return err // a tenant that comes back has what was its
	}
	list, err := readEntries(ctx, tx.a, "grp = $2 AND kind = 'tenants' AND before_body = ''", tx.group)
	for i := range list {
		if err == nil && list[i].after.body != "" {
			err = forget(ctx, access{tx.a.q, list[i].Item})
		}
	}
	return err
}

// forget deletes what happened at a tenant that had the same id before: it is not the new one's to see.
func forget(ctx context.Context, a access) error {
	for _, table := range []string{"calls", "events", "presence", "changes"} {
		if _, err := a.remove(ctx, table, "id <> ''"); err != nil {
			return err
		}
	}
	return nil
}

// disputed fails where two tenants claim the same domain, trunk or address.
func disputed(ctx context.Context, tx *Tx) error {
	all, err := Tenants.all(ctx, tx.scope, tx.a)
	if err != nil {
		return err
	}
	list := make([]number.Tenant, len(all))
	for i, t := range all {
		list[i] = t.Value.Tenant
	}
	if _, err = number.NewDirectory(list, nil); err != nil {
		return fmt.Errorf("%w: %w", ErrTaken, err)
	}
	return nil
}

// overfull fails where a tenant has more rules than a plan takes.
func overfull(ctx context.Context, tx *Tx) error {
	var rules, expressions int
	err := tx.a.row(ctx, "rules", "count(*), count(CASE WHEN body LIKE $2 THEN 1 END)", "id <> ''", `%"match":"regex"%`).Scan(&rules, &expressions)
	if err == nil && (rules > number.MaxRules || expressions > number.MaxRegexes) {
		err = fmt.Errorf("store: a number plan has at most %d rules, %d of them expressions", number.MaxRules, number.MaxRegexes)
	}
	return err
}

// crowded fails where a tenant has more devices than it may. One that has fewer than
// before is let be: it was given less.
func crowded(ctx context.Context, tx *Tx) error {
	if tx.a.tenant == site {
		return nil
	}
	row, err := Tenants.row(ctx, access{tx.a.q, site}, tx.a.tenant)
	if err != nil {
		return err
	}
	t, err := Tenants.read(tx.scope.db.Site(), row)
	if err != nil || t.Value.Limits.Devices == 0 || !tx.grew["devices"] {
		return err
	}
	var devices int
	err = tx.a.row(ctx, "devices", "count(*)", "id <> ''").Scan(&devices)
	if err == nil && devices > t.Value.Limits.Devices {
		err = fmt.Errorf("%w: the tenant has %d devices, as many as it may", ErrFull, t.Value.Limits.Devices)
	}
	return err
}

// Setting is a named value, JSON.
type Setting struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Settings are what administrators set for a tenant or the site.
var Settings = &Collection[Setting]{
	table: "settings",
	form:  func(s *Setting) form { return form{s.Name, s.Name, s.Name} },
	check: func(*Setting) error { return nil },
}

// Rules are number plans.
var Rules = &Collection[number.Rule]{
	table: "rules",
	form: func(r *number.Rule) form {
		return form{
			r.ID, fmt.Sprintf("%07d %s", r.Priority, line(r.Number)),
			strings.Join([]string{r.ID, r.Label, r.Number, r.Room, r.Target, r.Reason}, " "),
		}
	},
	check: func(r *number.Rule) error {
		*r = r.Normal()
		return r.Validate()
	},
	hide: func(r *number.Rule) map[string]string {
		return map[string]string{"guest": r.GuestPIN.Sealed(), "host": r.HostPIN.Sealed()}
	},
	restore: func(r *number.Rule, s map[string]string) error { return restorePINs(&r.GuestPIN, &r.HostPIN, s) },
}
