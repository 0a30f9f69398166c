package number

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Difference is what an import would do, by the rules' keys.
type Difference struct {
	Added   []Rule   `json:"added"`
	Changed []Change `json:"changed"`
	Removed []Rule   `json:"removed"`
	Same    int      `json:"same"`
}

// Change is a rule that becomes another.
type Change struct {
	Before Rule    `json:"before"`
	After  Rule    `json:"after"`
	Fields []Field `json:"fields"`
}

// Field is what changes in a rule, as in the CSV form; PINs are masked.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Mode says what becomes of rules that an import does not name.
type Mode string

// Modes.
const (
	Merge   Mode = "merge"   // they stay
	Replace Mode = "replace" // they are removed
)

// Compare settles the PINs of rules that were read and finds what they would change in
// the rules that there are.
func Compare(have, read []Rule, mode Mode, key Key) (Difference, error) {
	var d Difference
	old := make(map[string]*Rule, len(have))
	for i := range have {
		old[have[i].ID] = &have[i]
	}
	for _, rule := range read {
		before := old[rule.ID]
		if err := rule.Settle(before, key); err != nil {
			return Difference{}, fmt.Errorf("rule %q: %w", rule.ID, err)
		}
		delete(old, rule.ID)
		if before == nil {
			d.Added = append(d.Added, rule)
			continue
		}
		if fields := changes(before, &rule); len(fields) > 0 {
			d.Changed = append(d.Changed, Change{*before, rule, fields})
			continue
		}
		d.Same++
	}
	if mode == Replace {
		for _, rule := range old {
			d.Removed = append(d.Removed, *rule)
		}
		slices.SortFunc(d.Removed, func(a, b Rule) int { return cmp.Or(before(&a, &b), strings.Compare(a.ID, b.ID)) })
	} else {
		d.Same += len(old)
	}
	return d, nil
}

// Empty tells that nothing would change.
func (d *Difference) Empty() bool { return len(d.Added)+len(d.Changed)+len(d.Removed) == 0 }

// Apply gives the rules that there would be.
func (d *Difference) Apply(have []Rule) []Rule {
	gone := make(map[string]bool)
	for i := range d.Removed {
		gone[d.Removed[i].ID] = true
	}
	after := make(map[string]Rule)
	for i := range d.Changed {
		after[d.Changed[i].After.ID] = d.Changed[i].After
	}
	list := make([]Rule, 0, len(have)+len(d.Added))
	for _, r := range have {
		if gone[r.ID] {
			continue
		}
		if changed, ok := after[r.ID]; ok {
			r = changed
		}
		list = append(list, r)
	}
	return append(list, d.Added...)
}

// changes lists the fields in which two rules differ.
func changes(a, b *Rule) []Field {
	var fields []Field
	for _, c := range columns {
		if x, y := c.get(a), c.get(b); x != y {
			fields = append(fields, Field{c.name, x, y})
		}
	}
	for name, pins := range map[string][2]PIN{"guest_pin": {a.GuestPIN, b.GuestPIN}, "host_pin": {a.HostPIN, b.HostPIN}} {
		if pins[0] != pins[1] && pins[0].Set() && pins[1].Set() {
			fields = append(fields, Field{name, Mask, "another " + Mask})
		}
	}
	slices.SortFunc(fields, func(a, b Field) int { return cmp.Compare(position(a.Name), position(b.Name)) })
	return fields
}

func position(name string) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.name == name })
}
