package registrar

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// Binding is a contact of an address of record.
type Binding[F Flow] struct {
	ID        uint64
	Contact   string         // URI, as it was written
	Source    netip.AddrPort // where its REGISTER came from
	Transport string
	Agent     string
	Since     time.Time // of the registration
	Seen      time.Time // last heard
	Expires   time.Time
	Flow      F

	record    recordKey
	ha1       []byte // of the password that was proved last
	address   address
	symmetric bool
	q         int
	callID    string
	seq       uint32
	instance  string
	reg       string
	probe     time.Time // when it is asked again
	silent    bool      // it did not answer
}

// record is an address of record with who is registered as it.
type record[F Flow] struct {
	key      recordKey
	user     string // as it was written first
	device   string
	since    time.Time
	bindings []Binding[F]
}

// Direct tells whether the terminal is at the address that its Contact names.
// Else there is a translator between us, or the Contact is a name: then it is
// called where its REGISTER came from.
func (b *Binding[F]) Direct() bool {
	return b.address.addr().Addr() == b.Source.Addr().Unmap()
}

// Remote is where a terminal that registered by UDP is called.
func (b *Binding[F]) Remote() netip.AddrPort {
	at := b.address.addr()
	if !b.Direct() || b.symmetric && at.Port() != b.Source.Port() {
		return b.Source
	}
	return at
}

// Elsewhere tells whether the Contact asks for another transport than the one
// that the terminal registered by.
func (b *Binding[F]) Elsewhere() bool {
	t := b.address.transport()
	return t != "" && t != b.Transport
}

// Redial tells whether a terminal whose connection is gone may be called on
// another: its Contact names it, and not the port of that connection.
func (b *Binding[F]) Redial() bool {
	return b.Direct() && b.address.addr().Port() != b.Source.Port()
}

// Online tells whether the terminal is heard now: its connection is open, or it
// answers.
func (b *Binding[F]) Online() bool {
	if b.Transport == "udp" {
		return !b.silent
	}
	return b.Flow.Alive()
}

// errOvertaken is a request older than one that was taken (10.3, steps 6 and 7).
var errOvertaken = errors.New("registrar: overtaken")

// change is a request at work on a copy of the bindings.
type change[F Flow] struct {
	now      time.Time
	q        Request[F]
	key      recordKey
	ha1      []byte
	most     int
	id       uint64
	bindings []Binding[F]
}

// overtaken tells whether the request is older than what a binding comes from.
func (c *change[F]) overtaken(b *Binding[F]) bool {
	return b.callID == c.q.CallID && c.q.Seq <= b.seq
}

// clear removes all bindings.
func (c *change[F]) clear() error {
	for i := range c.bindings {
		if c.overtaken(&c.bindings[i]) {
			return errOvertaken
		}
	}
	c.bindings = nil
	return nil
}

// set adds, refreshes or removes a binding. One of the same instance gives way:
// the terminal restarted or changed its network. So does the oldest of too many.
func (c *change[F]) set(k *contact, life time.Duration) error {
	i := slices.IndexFunc(c.bindings, func(b Binding[F]) bool {
		return b.address.equal(k.address) || k.instance != "" && b.instance == k.instance && b.reg == k.reg
	})
	b := Binding[F]{Since: c.now, record: c.key}
	if i >= 0 {
		if c.overtaken(&c.bindings[i]) {
			return errOvertaken
		}
		b = c.bindings[i]
		c.bindings = slices.Delete(c.bindings, i, i+1)
	}
	if life <= 0 {
		return nil
	}
	if b.ID == 0 {
		c.id++
		b.ID = c.id
	}
	b.Contact, b.address, b.q, b.instance, b.reg = k.text, k.address, k.q, k.instance, k.reg
	b.Source, b.Transport, b.symmetric, b.Flow = c.q.Source, c.q.Transport, c.q.Symmetric, c.q.Flow
	b.Agent, b.callID, b.seq, b.ha1 = c.q.Agent, c.q.CallID, c.q.Seq, c.ha1
	b.Seen, b.Expires, b.silent = c.now, c.now.Add(life), false
	c.bindings = append(c.bindings, b)
	if len(c.bindings) > c.most {
		oldest := slices.MinFunc(c.bindings, func(a, b Binding[F]) int { return cmp.Or(a.Seen.Compare(b.Seen), cmp.Compare(a.ID, b.ID)) })
		c.bindings = slices.DeleteFunc(c.bindings, func(b Binding[F]) bool { return b.ID == oldest.ID })
	}
	return nil
}

// enter and leave keep the table of records.
func (r *Registrar[F]) enter(rec *record[F]) {
	r.records[rec.key] = rec
	r.named[rec.key.name] = append(r.named[rec.key.name], rec)
}

func (r *Registrar[F]) leave(rec *record[F]) {
	delete(r.records, rec.key)
	left := slices.DeleteFunc(r.named[rec.key.name], func(other *record[F]) bool { return other == rec })
	if r.named[rec.key.name] = left; len(left) == 0 {
		delete(r.named, rec.key.name)
	}
}

// commit takes the bindings of a change, and tells what it came to.
func (r *Registrar[F]) commit(now time.Time, rec *record[F], c *change[F]) []Event {
	before := rec.bindings
	for i := range c.bindings {
		b := &c.bindings[i]
		b.Flow.Hold(1)
		if b.probe.IsZero() && r.cfg.Probe > 0 {
			b.probe = now.Add(r.cfg.Probe)
		}
	}
	for i := range before {
		before[i].Flow.Hold(-1)
	}
	r.stats.Bindings += len(c.bindings) - len(before)
	rec.bindings = c.bindings
	e := Event{User: rec.user, Device: rec.device, Tenant: rec.key.tenant, Source: c.q.Source.Addr(), Transport: c.q.Transport}
	switch {
	case len(rec.bindings) == 0:
		if len(before) == 0 {
			return nil
		}
		r.leave(rec)
		e.Kind = Gone
	case len(before) == 0:
		r.enter(rec)
		rec.since = now
		e.Kind = Registered
	default:
		return nil
	}
	return []Event{e}
}
