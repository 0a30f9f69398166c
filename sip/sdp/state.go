package sdp

import (
	"net/netip"

	"github.com/roombridge/roombridge/bridge/media"
)

// KeyFunc makes an SDES key: master key and salt of the suite's lengths.
type KeyFunc func(media.Suite) (media.Key, error)

// Fingerprint is that of our DTLS certificate.
type Fingerprint struct{ Hash, Value string }

// Local is our end of one leg.
type Local struct {
	Address    netip.Addr                         // told in o= and c=
	AddressFor func(remote netip.Addr) netip.Addr // optional: our address towards a far end
	SessionID  uint64
	Version    uint64 // of the first description

	Streams     []LocalStream
	Caps        media.Capabilities
	Fingerprint Fingerprint
	Keys        KeyFunc // nil: crypto/rand
	MTU         int     // largest wished body in bytes; 0 is no bound
}

// LocalStream is one stream of ours. Port 0 means that it cannot be used.
type LocalStream struct {
	Kind           media.Kind
	Role           media.Role
	Port, RTCPPort uint16
	Direction      media.Direction // what we want
}

// State is the memory of one leg's negotiation. It is not safe for use by
// several goroutines. A method that returns an error leaves it as it was.
type State struct {
	local Local
}

// NewState starts a negotiation.
func NewState(l Local) *State { return &State{local: l} }

// Pending tells whether an offer of ours awaits its answer.
func (s *State) Pending() bool { return false }

// Established tells whether a negotiation was completed.
func (s *State) Established() bool { return false }

// Session is the outcome of the last completed negotiation.
func (s *State) Session() media.Session { return media.Session{} }

// SetDirection changes what we want of a stream from the next description on.
func (s *State) SetDirection(stream int, d media.Direction) {}

// SetCapabilities changes what we can from the next description on.
func (s *State) SetCapabilities(c media.Capabilities) { s.local.Caps = c }

// SetAddress changes our address from the next description on.
func (s *State) SetAddress(a netip.Addr) { s.local.Address = a }

// Rollback forgets our pending offer: it was refused or abandoned (glare).
func (s *State) Rollback() {}
