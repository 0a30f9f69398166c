package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SIPRegister is the registrar that SIP terminals register with.
type SIPRegister struct {
	Enabled    bool          `mapstructure:"enabled"`
	Realm      string        `mapstructure:"realm"`       // of the passwords, which terminals may show
	Domains    []string      `mapstructure:"domains"`     // hosts of addresses that are registered; none: whatever terminals are told
	Users      []Secret      `mapstructure:"users"`       // USER=PASSWORD
	Algorithms []string      `mapstructure:"algorithms"`  // of digests, in the order in which they are offered: sha-256, md5
	OldAgents  []string      `mapstructure:"old_agents"`  // what the User-Agent begins with of terminals that give up when offered more than md5
	QOP        bool          `mapstructure:"qop"`         // off: for terminals of RFC 2069
	Calls      string        `mapstructure:"calls"`       // open, registered, digest: who may call
	Expires    time.Duration `mapstructure:"expires"`     // longest registration
	MinExpires time.Duration `mapstructure:"min_expires"` // shortest
	Probe      time.Duration `mapstructure:"probe"`       // terminals by UDP are asked this often whether they live; 0 is never
}

func defaultSIPRegister() SIPRegister {
	return SIPRegister{
		Realm: "roombridge", Algorithms: []string{"sha-256", "md5"}, OldAgents: []string{"baresip v0.", "baresip v1."}, QOP: true, Calls: "open",
		Expires: time.Hour, MinExpires: time.Minute, Probe: 30 * time.Second,
	}
}

const (
	leastExpires = 10 * time.Second
	leastProbe   = 5 * time.Second
)

// sipRegister checks the keys of our registrar.
func (e *problems) sipRegister(r SIPRegister) {
	e.alias("sip.register.realm", r.Realm, true)
	e.oneOf("sip.register.calls", r.Calls, "open", "registered", "digest")
	for _, d := range r.Domains {
		if d == "" || strings.ContainsAny(d, " /@;:<>\"") && !strings.Contains(d, "::") {
			e.add("sip.register.domains", fmt.Sprintf("%q is no host", d))
		}
	}
	if len(r.Algorithms) == 0 {
		e.add("sip.register.algorithms", "at least one is needed")
	}
	for i, a := range r.Algorithms {
		e.oneOf("sip.register.algorithms", a, "sha-256", "md5")
		if slices.Contains(r.Algorithms[:i], a) {
			e.add("sip.register.algorithms", a+" is there twice")
		}
	}
	if r.Expires < r.MinExpires || r.Expires > mostTTL {
		e.add("sip.register.expires", fmt.Sprintf("%v is not between sip.register.min_expires and %v", r.Expires, mostTTL))
	}
	if r.MinExpires < leastExpires || r.MinExpires > time.Hour { // RFC 3261 10.3: an hour is never refused
		e.add("sip.register.min_expires", fmt.Sprintf("%v is not between %v and 1h", r.MinExpires, leastExpires))
	}
	if r.Probe != 0 && r.Probe < leastProbe {
		e.add("sip.register.probe", fmt.Sprintf("%v is below %v", r.Probe, leastProbe))
	}
	if _, err := r.UserTable(); err != nil {
		e.add("sip.register.users", err.Error())
	}
}

// UserTable gives the passwords by user. Two users may not differ in case alone:
// they are called in any case.
func (r SIPRegister) UserTable() (map[string]string, error) {
	table, seen := make(map[string]string, len(r.Users)), make(map[string]bool, len(r.Users))
	for i, u := range r.Users {
		user, password, ok := strings.Cut(u.Reveal(), "=")
		user = strings.TrimSpace(user)
		if !ok || user == "" || password == "" || len(user) > maxAlias || strings.ContainsFunc(user, func(r rune) bool { return r < ' ' }) {
			return nil, fmt.Errorf("entry %d is not USER=PASSWORD", i+1) // not shown: it may be a password
		}
		if seen[strings.ToLower(user)] {
			return nil, fmt.Errorf("%q is there twice", user)
		}
		table[user], seen[strings.ToLower(user)] = password, true
	}
	return table, nil
}
