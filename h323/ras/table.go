package ras

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// table holds the registered terminals by identifier, by alias and by where they are
// heard.
type table struct {
	byID    map[string]*terminal
	byAlias map[held]*terminal
	byRAS   map[netip.AddrPort]*terminal
}

// held is an alias of a tenant's terminals, as aliases are compared.
type held struct{ tenant, alias string }

func (t *terminal) holds(alias string) held { return held{t.Tenant, key(alias)} }

func newTable() *table {
	return &table{make(map[string]*terminal), make(map[held]*terminal), make(map[netip.AddrPort]*terminal)}
}

// add enters a terminal, whose aliases no other of its tenant has.
func (b *table) add(t *terminal) {
	b.byID[t.ID] = t
	b.byRAS[t.RAS] = t
	for _, a := range t.Aliases {
		b.byAlias[t.holds(a)] = t
	}
}

func (b *table) remove(t *terminal) {
	if b.byID[t.ID] == t {
		delete(b.byID, t.ID)
	}
	if b.byRAS[t.RAS] == t {
		delete(b.byRAS, t.RAS)
	}
	b.withdraw(t, t.Aliases)
}

// withdraw takes aliases of a terminal out of the index.
func (b *table) withdraw(t *terminal, aliases []string) {
	for _, a := range aliases {
		if b.byAlias[t.holds(a)] == t {
			delete(b.byAlias, t.holds(a))
		}
	}
}

// same finds the terminal that registers again: at the same place, or from the same
// host with the identifier or the signalling address it had.
func (b *table) same(ras netip.AddrPort, id string, signal []netip.AddrPort) *terminal {
	if t := b.byRAS[ras]; t != nil {
		return t
	}
	if t := b.byID[id]; t != nil && t.RAS.Addr() == ras.Addr() {
		return t
	}
	for _, t := range b.byID {
		if t.RAS.Addr() == ras.Addr() && t.Signal[0] == signal[0] {
			return t
		}
	}
	return nil
}

// find gives the terminal that is called by the first of the texts that leads to one: by
// alias, else by prefix. tenants are whose it may be.
func (b *table) find(tenants, texts []string) *terminal {
	if t := b.named(tenants, texts); t != nil {
		return t
	}
	return b.prefixed(tenants, texts)
}

// named gives the terminal with the first of the texts that is an alias, of the first of the tenants that has one.
func (b *table) named(tenants, texts []string) *terminal {
	for _, tenant := range tenants {
		for _, text := range texts {
			if t := b.byAlias[held{tenant, key(text)}]; t != nil {
				return t
			}
		}
	}
	return nil
}

// prefixed gives the gateway with the longest prefix of one of the texts. The operator's, which has proved a password,
// is everybody's.
func (b *table) prefixed(tenants, texts []string) *terminal {
	var best *terminal
	length := 0
	for _, t := range b.byID {
		if !slices.Contains(tenants, t.Tenant) && (t.Tenant != "" || t.User == "") {
			continue
		}
		for _, p := range t.Prefixes {
			for _, text := range texts {
				if strings.HasPrefix(text, p) && (len(p) > length || len(p) == length && t.ID < best.ID) {
					best, length = t, len(p)
				}
			}
		}
	}
	return best
}

// list gives the terminals in the order of their first alias.
func (b *table) list() []Terminal {
	out := make([]Terminal, 0, len(b.byID))
	for _, t := range b.byID {
		out = append(out, t.public())
	}
	slices.SortFunc(out, func(x, y Terminal) int {
		return cmp.Or(slices.Compare(x.Aliases, y.Aliases), cmp.Compare(x.ID, y.ID))
	})
	return out
}
