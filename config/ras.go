package config

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Bounds of RAS (H.225.0): texts of 128 characters, and times to live that neither flood
// a gatekeeper nor leave it long in doubt.
const (
	maxAlias = 128
	leastTTL = 30 * time.Second
	mostTTL  = 24 * time.Hour
)

// gatekeeper checks the keys of our own gatekeeper.
func (e *problems) gatekeeper(c H323) {
	g := c.Gatekeeper
	e.listen("h323.ras", []string{c.RAS}, "udp")
	e.alias("h323.gatekeeper.id", g.ID, true)
	e.ttl("h323.gatekeeper.ttl", g.TTL)
	e.atLeast("h323.gatekeeper.bitrate", g.Bitrate, 0)
	if _, err := g.PasswordTable(); err != nil {
		e.add("h323.gatekeeper.passwords", err.Error())
	}
	for _, a := range g.Gateways {
		if a != "*" && !g.hasPassword(a) {
			e.add("h323.gatekeeper.gateways", fmt.Sprintf("%q is no alias of h323.gatekeeper.passwords", a))
		}
	}
	if g.Enabled && len(c.Listen) == 0 {
		e.add("h323.gatekeeper.enabled", "needs h323.listen: terminals call by it")
	}
}

// register checks the keys of the registration with another gatekeeper.
func (e *problems) register(c H323) {
	r := c.Register
	e.listen("h323.register.listen", []string{r.Listen}, "udp")
	e.oneOf("h323.register.security", r.Security, "auto", "md5", "h235.1")
	e.ttl("h323.register.ttl", r.TTL)
	e.alias("h323.register.id", r.ID, false)
	e.alias("h323.register.user", r.User, false)
	for _, a := range r.Aliases {
		e.alias("h323.register.aliases", a, true)
	}
	for _, p := range r.Prefixes {
		if p == "" || len(p) > maxAlias || strings.Trim(p, "0123456789#*") != "" {
			e.add("h323.register.prefixes", fmt.Sprintf("%q is no number", p))
		}
	}
	if _, err := r.Address(); err != nil {
		e.add("h323.register.gatekeeper", err.Error())
	}
	if r.Gatekeeper != "" && len(c.Listen) == 0 {
		e.add("h323.register.gatekeeper", "needs h323.listen: calls come by it")
	}
	if r.Gatekeeper != "" && len(r.Aliases) == 0 && len(r.Prefixes) == 0 {
		e.add("h323.register.aliases", "nobody could call: give aliases or prefixes")
	}
}

func (e *problems) alias(key, value string, needed bool) {
	if needed && value == "" || len([]rune(value)) > maxAlias || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }) {
		e.add(key, fmt.Sprintf("%q is not a text of 1 to %d characters", value, maxAlias))
	}
}

func (e *problems) ttl(key string, d time.Duration) {
	if d < leastTTL || d > mostTTL {
		e.add(key, fmt.Sprintf("%v is not between %v and %v", d, leastTTL, mostTTL))
	}
}

// PasswordTable gives the passwords by alias.
func (g Gatekeeper) PasswordTable() (map[string]string, error) {
	table := make(map[string]string, len(g.Passwords))
	for i, p := range g.Passwords {
		alias, password, ok := strings.Cut(p.Reveal(), "=")
		alias = strings.TrimSpace(alias)
		if !ok || alias == "" || password == "" || len([]rune(password)) >= maxAlias {
			return nil, fmt.Errorf("entry %d is not ALIAS=PASSWORD", i+1) // not shown: it may be a password
		}
		table[alias] = password
	}
	return table, nil
}

// hasPassword tells whether an alias is protected.
func (g Gatekeeper) hasPassword(alias string) bool {
	table, _ := g.PasswordTable()
	for a := range table {
		if strings.EqualFold(a, alias) {
			return true
		}
	}
	return false
}

// standardRAS is the port of gatekeepers (H.225.0 annex D).
const standardRAS = 1719

// Address gives where the gatekeeper is; invalid when it has to be discovered, or when
// there is none.
func (r Register) Address() (netip.AddrPort, error) {
	switch r.Gatekeeper {
	case "", "discover":
		return netip.AddrPort{}, nil
	}
	if a, err := netip.ParseAddr(strings.Trim(r.Gatekeeper, "[]")); err == nil {
		return netip.AddrPortFrom(a, standardRAS), nil
	}
	a, err := netip.ParseAddrPort(r.Gatekeeper)
	if err != nil || a.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is neither IP[:PORT] nor discover", r.Gatekeeper)
	}
	return a, nil
}
