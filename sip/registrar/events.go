package registrar

import (
	"net/netip"
	"time"
)

// Kind is what happened.
type Kind string

// Kinds. Denied, Ambiguous and Locked are security events.
const (
	Registered Kind = "registered"
	Gone       Kind = "gone"
	Denied     Kind = "denied"    // a wrong password, or an address that is not its own
	Ambiguous  Kind = "ambiguous" // the password of several tenants' devices of one name, which were not told apart: denied
	Locked     Kind = "locked"    // nothing more is taken for a while
)

// Event is something that happened, for the log.
type Event struct {
	Kind      Kind
	User      string // as which it registers, or says it is
	Device    string
	Tenant    string // whose the device is
	Source    netip.Addr
	Transport string
	Text      string // Denied, Ambiguous: why
	Scope     string // Locked: "source", "user" or "user at source"
	Failures  int
	For       time.Duration // Locked
}

// Stats counts since the start.
type Stats struct {
	Records, Bindings int    // registered now
	Accepted          uint64 // REGISTER
	Challenged        uint64 // requests that were asked for a password
	Denied            uint64 // wrong passwords
	LockedOut         uint64 // not looked at for too many wrong passwords
	Locks             uint64 // that began
	Refused           uint64 // for any other reason
}

// Stats reads the counters.
func (r *Registrar[F]) Stats() Stats {
	s := r.stats
	s.Records = len(r.records)
	return s
}
