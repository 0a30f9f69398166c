package sdp

import (
	"net/netip"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// KeyFunc makes an SDES key: master key and salt of the suite's lengths.
type KeyFunc func(media.Suite) (media.Key, error)

// Fingerprint is that of our DTLS certificate.
type Fingerprint struct{ Hash, Value string }

// Local is our end of one leg.
type Local struct {
	Address netip.Addr // told in o= and c=
	// AddressFor gives our address towards a far end's media address. It is
	// optional; without it, or where it gives none, Address is told.
	AddressFor func(remote netip.Addr) netip.Addr
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
	local   Local
	address netip.Addr // ours, as last told
	streams []streamState
	lines   []lineState // of the established session
	session media.Session
	pending *pendingOffer

	restarted bool  // the next offer is for a new far end
	spared    spare // what the pending offer leaves out

	version uint64
	sent    string // last description sent, without its version
}

// streamState is what is remembered of a local stream.
type streamState struct {
	line      int // its media line, -1 when it has none
	security  media.Security
	offerKeys [5]media.Key // SDES keys that our offers state, by suite
}

// settle notes where a stream runs and how it is encrypted.
func (st *streamState) settle(line int, security media.Security) {
	st.line, st.security = line, security
	if security.Keying == media.SDES {
		st.offerKeys[security.Suite] = security.LocalKey
	}
}

// lineState is what is remembered of a media line.
type lineState struct {
	media, proto, format string
	mid, content, label  string
	types                payloadTypes
}

// pendingOffer is an offer of ours that awaits its answer.
type pendingOffer struct {
	body    []byte
	lines   []lineState
	streams []*madeStream // by local stream; nil was not offered
}

// NewState starts a negotiation.
func NewState(l Local) *State {
	s := &State{local: l, address: l.Address.Unmap(), version: l.Version}
	for range l.Streams {
		s.streams = append(s.streams, streamState{line: -1})
	}
	s.session = s.noStreams()
	return s
}

// noStreams is a session in which nothing was agreed.
func (s *State) noStreams() media.Session {
	session := media.Session{Streams: make([]media.Stream, len(s.local.Streams))}
	for i, l := range s.local.Streams {
		session.Streams[i] = media.Stream{Kind: l.Kind, Role: l.Role}
	}
	return session
}

// Pending tells whether an offer of ours awaits its answer.
func (s *State) Pending() bool { return s.pending != nil }

// Established tells whether a negotiation was completed.
func (s *State) Established() bool { return len(s.lines) > 0 }

// Session is the outcome of the last completed negotiation.
func (s *State) Session() media.Session {
	return media.Session{Streams: slices.Clone(s.session.Streams)}
}

// SetDirection changes what we want of a stream from the next description on.
func (s *State) SetDirection(stream int, d media.Direction) {
	s.local.Streams = slices.Clone(s.local.Streams)
	s.local.Streams[stream].Direction = d
}

// SetCapabilities changes what we can from the next description on.
func (s *State) SetCapabilities(c media.Capabilities) { s.local.Caps = c }

// SetAddress changes our address from the next description on.
func (s *State) SetAddress(a netip.Addr) { s.address = a.Unmap() }

// Restart makes the next offer fit for a far end other than the one so far: it
// states new SDES keys, because that one knows nothing of our packet counters,
// and puts formats in our order of preference. It is for the answer to an
// INVITE without a description inside a dialog, by which a B2BUA connects its
// side to somebody else. Lines and payload types stay.
func (s *State) Restart() {
	s.restarted = true
	for i := range s.streams {
		s.streams[i].offerKeys = [5]media.Key{}
	}
}

// Rollback forgets our pending offer: it was refused or abandoned (glare).
func (s *State) Rollback() { s.pending = nil }

// clone makes a copy that can be thrown away.
func (s *State) clone() *State {
	n := *s
	n.streams = slices.Clone(s.streams)
	n.lines = slices.Clone(s.lines)
	return &n
}

// publish numbers a description: the version in o= rises by one when what
// follows differs from what was sent last (RFC 3264 5), and only then.
func (s *State) publish(sections []section) []byte {
	rest := writeRest(s.address, sections, s.local.MTU)
	if s.sent != "" && s.sent != rest {
		s.version++
	}
	s.sent = rest
	return []byte(writeHead(s.local.SessionID, s.version, s.address) + rest)
}
