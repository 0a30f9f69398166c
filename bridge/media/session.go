package media

import "net/netip"

// Direction is seen from the gateway's side.
type Direction uint8

// Send and Recv are bits; Inactive is neither.
const (
	Inactive Direction = 0
	Send     Direction = 1
	Recv     Direction = 2
	SendRecv Direction = Send | Recv
)

// Sends and Receives test one bit each.
func (d Direction) Sends() bool    { return d&Send != 0 }
func (d Direction) Receives() bool { return d&Recv != 0 }

// Reverse is the same stream seen from the other end.
func (d Direction) Reverse() Direction { return d&1<<1 | d&2>>1 }

func (d Direction) String() string {
	switch d & SendRecv {
	case Send:
		return "sendonly"
	case Recv:
		return "recvonly"
	case SendRecv:
		return "sendrecv"
	}
	return "inactive"
}

// Feedback is the set of RTCP feedback messages that the far end understands
// for a stream (RFC 4585, RFC 5104), whatever its transport profile says.
type Feedback uint16

// Feedback messages.
const (
	NACK  Feedback = 1 << iota // nack
	PLI                        // nack pli
	FIR                        // ccm fir
	TMMBR                      // ccm tmmbr
	REMB                       // goog-remb
	TWCC                       // transport-cc
)

// Has tells whether all of g are in f.
func (f Feedback) Has(g Feedback) bool { return f&g == g }

// Stream is the outcome of a negotiation for one stream of a leg, and all
// that the packet path needs to carry it. A refused or unused stream has
// Direction Inactive and no remote address.
type Stream struct {
	Kind      Kind
	Role      Role
	Direction Direction
	Held      bool // the far end put this stream on hold
	// Refused says in words why nothing was agreed, where that is known.
	Refused string

	Remote     netip.AddrPort // where RTP goes; the latch may move it
	RemoteRTCP netip.AddrPort // where RTCP goes; equal to Remote with Mux
	Mux        bool           // RTP and RTCP on one port (RFC 5761)

	Send     Format   // what we send; its limits are the far end's
	Recv     []Format // what may arrive, first preferred
	SendDTMF uint8    // payload type of telephone-event towards the far end, 0 is none
	RecvDTMF uint8    // payload type of telephone-event from the far end, 0 is none
	// DTMFClock is the RTP clock of telephone-event, Hz; 0 is the sound's. Some
	// terminals offer 8000 Hz events beside 48000 Hz Opus.
	DTMFClock int

	SendBitrate int      // least of all b= lines and limits for what we send, bit/s; 0 is none
	RecvBitrate int      // what we told the far end it may send, bit/s; 0 is none
	Feedback    Feedback // what the far end understands

	Security Security
}

// Active tells whether any media may flow.
func (s Stream) Active() bool { return s.Direction != Inactive && s.Remote.IsValid() }

// Session is what a negotiation settled for a whole leg, one Stream for each
// of the leg's local streams, in their order.
type Session struct {
	Streams []Stream
}

// Find gives the first stream of a kind and role, or nil.
func (s *Session) Find(k Kind, r Role) *Stream {
	for i := range s.Streams {
		if s.Streams[i].Kind == k && s.Streams[i].Role == r {
			return &s.Streams[i]
		}
	}
	return nil
}
