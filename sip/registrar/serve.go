package registrar

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Sweep forgets the bindings whose time is over.
func (r *Registrar[F]) Sweep(now time.Time) []Event {
	var events []Event
	for _, rec := range r.records {
		events = append(events, r.drop(rec, func(b *Binding[F]) bool { return !now.Before(b.Expires) })...)
	}
	return events
}

// drop removes bindings of a record, and the record with its last.
func (r *Registrar[F]) drop(rec *record[F], gone func(b *Binding[F]) bool) []Event {
	if !slices.ContainsFunc(rec.bindings, func(b Binding[F]) bool { return gone(&b) }) {
		return nil
	}
	var last Binding[F]
	kept := rec.bindings[:0:0]
	for i := range rec.bindings {
		if b := &rec.bindings[i]; !gone(b) {
			kept = append(kept, *b)
		} else {
			b.Flow.Hold(-1)
			last = *b
		}
	}
	r.stats.Bindings -= len(rec.bindings) - len(kept)
	if rec.bindings = kept; len(kept) > 0 {
		return nil
	}
	r.leave(rec)
	return []Event{{Kind: Gone, User: rec.user, Device: rec.device, Tenant: rec.key.tenant, Source: last.Source.Addr(), Transport: last.Transport}}
}

// Forget ends the registrations of devices that are gone, or have another password than
// the one that was proved, whose HA1 by SHA-256 is given.
func (r *Registrar[F]) Forget(gone func(tenant, device string, ha1 []byte) bool) []Event {
	var events []Event
	for _, rec := range r.records {
		events = append(events, r.drop(rec, func(b *Binding[F]) bool { return gone(rec.key.tenant, rec.device, b.ha1) })...)
	}
	return events
}

// Clear forgets everybody, at the end.
func (r *Registrar[F]) Clear() {
	for _, rec := range r.records {
		r.drop(rec, func(*Binding[F]) bool { return true })
	}
}

// Due gives the bindings that have to be asked whether they live, most at a
// time, and notes that they were.
func (r *Registrar[F]) Due(now time.Time, most int) []Binding[F] {
	var due []Binding[F]
	if r.cfg.Probe <= 0 {
		return nil
	}
	for _, rec := range r.records {
		for i := range rec.bindings {
			b := &rec.bindings[i]
			if b.Transport != "udp" || now.Before(b.probe) {
				continue
			}
			if len(due) >= most {
				return due
			}
			b.probe = now.Add(r.cfg.Probe)
			due = append(due, *b)
		}
	}
	return due
}

// Probed notes whether a binding answered.
func (r *Registrar[F]) Probed(now time.Time, asked *Binding[F], answered bool) {
	rec := r.records[asked.record]
	if rec == nil {
		return
	}
	for i := range rec.bindings {
		if b := &rec.bindings[i]; b.ID == asked.ID {
			if b.silent = !answered; answered {
				b.Seen = now
			}
		}
	}
}

// Find gives the bindings of a name, the user of an address of record or a
// device, best first: by q, then those that are online, then the last registered.
// They are of the first of the tenants that has any; without tenants of all.
func (r *Registrar[F]) Find(now time.Time, name string, tenants ...string) []Binding[F] {
	for _, t := range tenants {
		if list := r.find(now, name, func(tenant string) bool { return tenant == t }); len(list) > 0 {
			return list
		}
	}
	if len(tenants) > 0 {
		return nil
	}
	return r.find(now, name, func(string) bool { return true })
}

func (r *Registrar[F]) find(now time.Time, name string, of func(tenant string) bool) []Binding[F] {
	var list []Binding[F]
	for _, rec := range r.records {
		if !strings.EqualFold(rec.user, name) && !strings.EqualFold(rec.device, name) || !of(rec.key.tenant) {
			continue
		}
		for _, b := range rec.bindings {
			if now.Before(b.Expires) {
				list = append(list, b)
			}
		}
	}
	slices.SortFunc(list, order)
	return list
}

func order[F Flow](a, b Binding[F]) int {
	return cmp.Or(cmp.Compare(b.q, a.q), cmp.Compare(online(b), online(a)), b.Seen.Compare(a.Seen), cmp.Compare(b.ID, a.ID))
}

func online[F Flow](b Binding[F]) int {
	if b.Online() {
		return 1
	}
	return 0
}

// Entry is an address of record in the list of devices: what it is and where
// it would be called.
type Entry[F Flow] struct {
	User, Device string
	Tenant       string // whose the device is
	Since        time.Time
	Contacts     int
	Online       bool // one of them is
	Best         Binding[F]
}

// Entries lists who is registered.
func (r *Registrar[F]) Entries(now time.Time) []Entry[F] {
	list := make([]Entry[F], 0, len(r.records))
	for _, rec := range r.records {
		live := slices.DeleteFunc(slices.Clone(rec.bindings), func(b Binding[F]) bool { return !now.Before(b.Expires) })
		if len(live) == 0 {
			continue
		}
		best := slices.MinFunc(live, order[F])
		e := Entry[F]{User: rec.user, Device: rec.device, Tenant: rec.key.tenant, Since: rec.since, Contacts: len(live), Best: best}
		e.Online = slices.ContainsFunc(live, func(b Binding[F]) bool { return b.Online() })
		list = append(list, e)
	}
	return list
}

// Call is an INVITE that makes a call.
type Call[F Flow] struct {
	URI           string
	User, Host    string   // of From
	Agent         string   // User-Agent
	Authorization []string // values of Proxy-Authorization
	Source        netip.AddrPort
	Flow          F
}

// Caller is who places a call, as far as the registrar knows.
type Caller struct {
	Registered bool
	Device     string
	Tenant     string // whose the device is
}

// Invite decides about a call. A Status of 0 lets it pass.
func (r *Registrar[F]) Invite(now time.Time, c Call[F]) (Caller, Answer) {
	user := unescape(c.User)
	realm, ours := r.cfg.Realm(strings.ToLower(c.Host))
	switch {
	case r.cfg.Calls != CallsOpen && !ours:
		return Caller{}, r.refuse(403, "this domain is not served here")
	case r.cfg.Calls == CallsDigest:
		return r.inviteProved(now, c, user, realm)
	}
	if rec := r.speaker(now, c, keyOf("", realm, user).name); ours && rec != nil {
		return Caller{true, rec.device, rec.key.tenant}, Answer{}
	}
	if r.cfg.Calls == CallsRegistered {
		return Caller{}, r.refuse(403, "only registered terminals may call")
	}
	return Caller{}, Answer{}
}

func (r *Registrar[F]) inviteProved(now time.Time, c Call[F], user, realm string) (Caller, Answer) {
	p := r.prove(now, proof{method: "INVITE", uri: c.URI, realm: realm, host: strings.ToLower(c.Host),
		source: c.Source.Addr(), agent: c.Agent, answers: c.Authorization})
	switch {
	case p.verdict != proved:
		return Caller{}, r.unproved(now, p, 407)
	case !p.owns(user):
		a := r.refuse(403, "this user may not call as somebody else")
		a.Events = []Event{{Kind: Denied, User: p.user, Source: c.Source.Addr(), Text: "calls as somebody else"}}
		return Caller{}, a
	}
	return Caller{true, p.device, p.tenant}, Answer{}
}

// speaker is the record by whose way a call comes: of several, which have the name
// in common, the one that is registered from just there, or else none.
func (r *Registrar[F]) speaker(now time.Time, c Call[F], n name) (found *record[F]) {
	best, several := 0, false
	for _, rec := range r.named[n] {
		switch nearness := rec.speaks(now, c); {
		case nearness > best:
			found, best, several = rec, nearness, false
		case nearness == best && best > 0:
			several = true
		}
	}
	if several {
		return nil
	}
	return found
}

// speaks tells whether a call comes by a way that the record is registered by: 2
// is from where its REGISTER came, 1 from where it is called.
func (rec *record[F]) speaks(now time.Time, c Call[F]) (nearness int) {
	for i := range rec.bindings {
		b := &rec.bindings[i]
		switch {
		case !now.Before(b.Expires) || b.Flow != c.Flow:
		case b.Transport != "udp" || b.Source == c.Source:
			return 2
		case b.Remote() == c.Source:
			nearness = 1
		}
	}
	return nearness
}
