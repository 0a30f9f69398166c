package bridge

import (
	"context"
	"net/netip"

	"github.com/roombridge/roombridge/bridge/media"
)

// Invite is what a front-end knows of a call that a terminal places.
type Invite struct {
	Protocol  string // "sip" or "h323"
	Transport string // "udp", "tcp", "tls"
	Number    string // what was dialled, without protocol dressing; empty leads to reception
	PIN       string // typed behind the number; never logged
	Caller    Caller
	Encrypted bool // signalling came over TLS

	// For the number plan; empty where the front-end does not know.
	Host       string         // whom the address named, the host of the Request-URI
	Local      netip.AddrPort // where signalling arrived
	Trunk      string         // name of the trunk it came by
	Registered bool           // the terminal is registered with us, and this is it
	Tenant     string         // whose terminal it is, where it is registered and somebody's
}

// Dialled is the number for logs: what may be a PIN behind it is hidden.
func (inv *Invite) Dialled() string { return withoutPIN(inv.Number) }

// Caller is the far end as its signalling describes it. All strings come from
// the network: bounded, valid UTF-8, without control characters.
type Caller struct {
	Addr   netip.AddrPort // where signalling comes from
	Alias  string         // address of record, alias or number of the terminal
	Name   string         // display name, possibly empty
	Device string         // maker, product and software, as said

	Terminal string // its name in the list of devices; "" is not registered with us
}

// Leg is the core's hold on a front-end's end of a call. Methods return at
// once; what they start ends with Call.End where the call ends by it.
type Leg interface {
	// Hangup ends the call towards the terminal, whatever its state: an
	// unanswered call is refused or cancelled, an answered one is released.
	Hangup(c Cause, reason string)
	// RequestKeyframe asks for a keyframe through signalling (SIP INFO, H.245
	// videoFastUpdatePicture). The caller has already limited the rate.
	RequestKeyframe()
	// LimitBitrate asks for less video through signalling, bit/s, where the
	// protocol has a way that does not disturb the call; 0 lifts it.
	LimitBitrate(bps int)
}

// Handset is what a Leg may offer besides, for the terminals that we play
// ourselves: what a person does at a terminal, said through signalling.
type Handset interface {
	// Press sends keys in the form that the far end understands.
	Press(digits string)
	// Hold asks the far end to stop sending, and to begin again.
	Hold(hold bool)
}

// FrontEnd places calls for the core.
type FrontEnd interface {
	// Place calls the target and returns when it answered (after
	// Call.Connected) or did not (a *Refusal). It attaches its Leg with
	// Call.Attach as soon as the call can be hung up.
	Place(ctx context.Context, c *Call, t Target) error
}

// Checker is what a FrontEnd may be besides: one that knows of some targets that
// they cannot be called.
type Checker interface {
	// Check returns at once. The error is a *Refusal.
	Check(t Target) error
}

// Target is where an outgoing call goes.
type Target struct {
	Scheme string // "sip", "sips" or "h323"
	URI    string // as given; a PIN may be in it, Public has none
	From   string // number or alias shown to the far end
	Name   string // display name shown to the far end
	Tenant string // whose call it is; "" is nobody's
	Owner  string // whose registered terminal is meant, a tenant or Operator; "" is one that such calls reach
	Trunk  string // name of the trunk that it goes through
	Domain string // of From; "" is our own host
}

// Negotiator is what a front-end needs of a call to negotiate media. *Call
// implements it.
type Negotiator interface {
	Capabilities() media.Capabilities
	Apply(s media.Session) error
}
