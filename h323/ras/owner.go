package ras

import "net/netip"

// What is here says whose terminals are. A tenant's are registered beside others', whatever their aliases are; those of
// the configuration, and those that proved nothing, are the operator's, who is "".

// credentials are the terminals that an alias may be of.
func (g *Gatekeeper) credentials(alias, tenant string, host netip.Addr) (list []Credential) {
	if w, ok := g.cfg.Passwords[key(alias)]; ok {
		list = append(list, Credential{Password: w})
	}
	if g.cfg.Credentials != nil {
		list = append(list, g.cfg.Credentials(alias, tenant, host)...)
	}
	return list
}

// password is that of a tenant's alias, false where it has none.
func (g *Gatekeeper) password(tenant, alias string) (string, bool) {
	for _, c := range g.credentials(alias, tenant, netip.Addr{}) {
		if c.Tenant == tenant {
			return c.Password, true
		}
	}
	return "", false
}

// guarded tells whether who is no tenant's has to prove a password for an alias: that of a terminal which such calls
// reach. What other tenants call their terminals nobody learns by it.
func (g *Gatekeeper) guarded(alias string) bool {
	for _, t := range g.reach("") {
		if _, ok := g.password(t, alias); ok {
			return true
		}
	}
	return false
}

// reach says whose terminals the calls of a tenant's reach by alias, those that go first first.
func (g *Gatekeeper) reach(tenant string) []string {
	fallback := g.cfg.Default()
	if tenant == "" || tenant == fallback {
		return []string{"", fallback}
	}
	return []string{tenant}
}

// mayClaim tells whether a terminal may have an alias by what it proved. Who knows the password of an alias may, and
// in an open gatekeeper everybody where nobody has it; known tells that it is one with a password.
func (g *Gatekeeper) mayClaim(alias string, p *proof) (known, ok bool) {
	if p.verdict != proofGood {
		return false, !g.cfg.Closed && !g.guarded(alias)
	}
	w, known := g.password(p.tenant, alias)
	if known {
		return true, w == p.password
	}
	return false, !g.cfg.Closed
}
