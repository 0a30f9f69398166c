package registrar

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// verdict is what an authentication came to.
type verdict uint8

const (
	unknown  verdict = iota // nothing was proved
	proved                  // the password is right, and the proof is fresh
	stale                   // the nonce is not ours, too old, or used
	wrong                   // the password, or the user
	locked                  // too many wrong ones came; this one was not looked at
	unusable                // the header cannot be used
)

// proof is what a request says to be believed.
type proof struct {
	method, uri, realm, host string
	source                   netip.Addr
	agent                    string
	answers                  []string // values of the header
}

type outcome struct {
	verdict
	proof
	user, device, tenant string
	ha1                  []byte        // by SHA-256, of the password that was proved
	wait                 time.Duration // of locked
	events               []Event
}

// owns tells whether an address of record belongs to who proved a password: it
// is its user name or its device's name.
func (o *outcome) owns(user string) bool {
	return strings.EqualFold(user, o.user) || strings.EqualFold(user, o.device)
}

// maxAnswers bounds the headers that are looked at.
const maxAnswers = 4

// prove checks the first answer for the realm. A user that there is not costs
// the same work and gets the same answer as a wrong password.
func (r *Registrar[F]) prove(now time.Time, p proof) outcome {
	o := outcome{proof: p}
	for _, v := range p.answers[:min(len(p.answers), maxAnswers)] {
		a, err := digest.Parse(v)
		switch {
		case err != nil:
			o.verdict = unusable
		case a.Realm != p.realm || !r.auth.Takes(&a):
			continue // for somebody else, or of a kind that was not asked for: asked again
		case !fit(a.User, maxUser) || !sameTarget(p.method, a.URI, p.uri):
			o.verdict = unusable
			return o
		default:
			return r.check(now, o, &a)
		}
	}
	return o
}

// check looks at the nonce before the password: nobody who sends in another's name,
// and hears no answers, makes wrong tries for it; and an answer with an old nonce
// tells nothing of the password.
func (r *Registrar[F]) check(now time.Time, o outcome, a *digest.Answer) outcome {
	o.user = a.User
	if !r.auth.Ours(now, o.realm, scopeOf(o.source), a) {
		o.verdict = stale
		return o
	}
	open, who := r.candidates(now, &o)
	if len(open) == 0 && o.wait > 0 {
		o.verdict = locked
		return o
	}
	c, several := r.match(&o, a, open)
	switch {
	case c == nil:
		o.verdict = wrong
		denied := Event{Kind: Denied, User: a.User, Source: o.source, Text: "wrong user or password"}
		if several {
			denied.Kind, denied.Text = Ambiguous, "several tenants have a device of this name and password"
		}
		for _, l := range r.guard.Failed(now, who) {
			o.events = append(o.events, Event{Kind: Locked, User: a.User, Scope: l.Scope, Source: l.Source, For: l.For, Failures: l.Failures})
		}
		o.events = append(o.events, denied)
		return o
	case !r.auth.Fresh(now, o.realm, scopeOf(o.source), a):
		o.verdict = stale
	default:
		o.verdict = proved
		r.guard.Proved(now, r.userOf(&o, c.Tenant))
	}
	o.tenant, o.device, o.ha1 = c.Tenant, cmp.Or(c.Device, o.user), c.SHA256
	return o
}

// userOf is what counts for a tenant's user at a source.
func (r *Registrar[F]) userOf(o *outcome, tenant string) lockout.User {
	return lockout.User{Source: lockout.Source(o.source), Name: o.realm + "\x00" + o.user, Tenant: tenant}
}

// candidates are the terminals that a user may be and whose passwords may be
// looked at, with what a wrong one counts for: each tenant's by itself, so that
// who knows the password of its own makes no tries at others' good by it. Where
// nothing is looked at, o.wait says for how long. A user that there is not is
// counted like others.
func (r *Registrar[F]) candidates(now time.Time, o *outcome) (open []Credential, who []lockout.User) {
	var list []Credential
	if r.cfg.Credentials != nil {
		list = r.cfg.Credentials.Credentials(Question{o.realm, o.user, o.host, o.source})
	}
	list = list[:min(len(list), MaxCandidates)]
	if len(list) == 0 {
		list = []Credential{{Tenant: noTenant}}
	}
	for i := range list {
		u := r.userOf(o, list[i].Tenant)
		wait := r.guard.Wait(now, u)
		if wait == 0 {
			open, who = append(open, list[i]), append(who, u)
		} else if o.wait == 0 || wait < o.wait {
			o.wait = wait
		}
	}
	return open, who
}

// noTenant is of users that there are not.
const noTenant = "\x00"

// match finds the terminal whose password was proved; several that nobody can
// tell apart are none. It hashes as much whoever there is.
func (r *Registrar[F]) match(o *outcome, a *digest.Answer, list []Credential) (found *Credential, several bool) {
	nobody := Credential{MD5: r.nobody[:16], SHA256: r.nobody}
	var right []*Credential
	for i := range MaxCandidates {
		c, real := &nobody, false
		if i < len(list) && len(list[i].ha1(a.Algorithm)) == len(nobody.ha1(a.Algorithm)) {
			c, real = &list[i], true
		}
		if a.Proves(o.method, c.ha1(a.Algorithm)) && real {
			right = append(right, c)
		}
	}
	if len(right) > 1 {
		several = true
		right = slices.DeleteFunc(right, func(c *Credential) bool { return !c.Likely })
	}
	if len(right) != 1 {
		return nil, several
	}
	return right[0], false
}

// scopeOf says for whom a nonce is good: one address.
func scopeOf(a netip.Addr) string { return a.Unmap().String() }

// unproved answers who is not believed: by a challenge, with 401 or 407, or by
// what makes it wait.
func (r *Registrar[F]) unproved(now time.Time, o outcome, challenge int) Answer {
	switch o.verdict {
	case locked:
		r.stats.LockedOut++
		after := strconv.Itoa(int((o.wait + time.Second - 1) / time.Second))
		return Answer{Status: 503, Reason: "too many wrong passwords", Header: []Header{{"Retry-After", after}}}
	case unusable:
		return r.refuse(400, "the credentials cannot be read, or are for another request")
	case wrong:
		r.stats.Denied++
	default:
		r.stats.Challenged++
	}
	for i := range o.events {
		if o.events[i].Kind == Locked {
			r.stats.Locks++
		}
	}
	name := "WWW-Authenticate"
	if challenge == 407 {
		name = "Proxy-Authenticate"
	}
	a := Answer{Status: challenge, Events: o.events}
	for _, v := range r.auth.Challenges(now, o.realm, scopeOf(o.source), o.verdict == stale, r.old(o.agent)) {
		a.Header = append(a.Header, Header{name, v})
	}
	return a
}

// old tells whether a terminal is of a kind that has to be offered MD5 alone.
func (r *Registrar[F]) old(agent string) bool {
	return slices.ContainsFunc(r.cfg.OldAgents, func(begin string) bool { return strings.HasPrefix(agent, begin) })
}

// sameTarget holds the URI that was hashed against the Request-URI, loosely:
// terminals leave out ports and parameters, and write their own address for REGISTER.
func sameTarget(method, hashed, uri string) bool {
	a, errA := parseURI(hashed)
	b, errB := parseURI(uri)
	if errA != nil || errB != nil {
		return strings.EqualFold(hashed, uri)
	}
	return a.host == b.host && (method == "REGISTER" || unescape(a.user) == unescape(b.user))
}

// fit tells whether a text can be a user: not empty, in its bound, valid UTF-8
// without control characters.
func fit(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
