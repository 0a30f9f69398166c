package number

import (
	"cmp"
	"net/netip"
	"strings"
)

// Rule says what becomes of calls to a number. The JSON form is flat, and the columns
// of the CSV form have the same names.
type Rule struct {
	ID       string `json:"id"`                 // stable key within the tenant
	Label    string `json:"label,omitempty"`    // for people
	Priority int    `json:"priority"`           // the least is tried first
	Disabled bool   `json:"disabled,omitempty"` // kept, and not tried
	Match
	Conditions
	Outcome
	Settings
}

// Kind is how a rule's number is compared.
type Kind string

// Kinds.
const (
	Exact  Kind = "exact"  // the number; empty is a call without number
	Prefix Kind = "prefix" // how the number begins
	Regex  Kind = "regex"  // RE2, the whole number
	Any    Kind = "any"    // every call
)

// Match is the number that a rule is for.
type Match struct {
	Kind   Kind   `json:"match"`
	Number string `json:"number"`
}

// Want is a condition on what is so or not.
type Want string

// Wants.
const (
	Either Want = ""
	Yes    Want = "yes"
	No     Want = "no"
)

func (w Want) fits(is bool) bool { return w == Either || (w == Yes) == is }

// Conditions must all hold; an empty one always does.
type Conditions struct {
	Protocols  []string       `json:"protocols,omitempty"`  // "sip", "h323"
	Callers    []string       `json:"callers,omitempty"`    // aliases; * is any text, ? any letter
	Networks   []netip.Prefix `json:"networks,omitempty"`   // where signalling comes from
	Registered Want           `json:"registered,omitempty"` // with our registrar or gatekeeper
	Encrypted  Want           `json:"encrypted,omitempty"`  // signalling came over TLS
	Times      []Window       `json:"times,omitempty"`      // one of them
}

// Action is what a rule does.
type Action string

// Actions.
const (
	ToRoom      Action = "room"
	ToReception Action = "reception" // the terminal is asked for a number
	ToDial      Action = "dial"      // the call goes on to another far end
	Refuse      Action = "refuse"
)

// Outcome is what becomes of a call. Room and Target may have $0, the number, $1 what
// stands behind a prefix or in an expression's group, and ${name}; $$ is a dollar.
type Outcome struct {
	Action Action `json:"action"`
	Room   string `json:"room,omitempty"`
	Target string `json:"target,omitempty"` // sip:$1@host, h323:host, or a number for a trunk: +84$1, tel:+84$1;trunk=NAME
	Cause  string `json:"cause,omitempty"`  // of a refusal; "" is forbidden
	Reason string `json:"reason,omitempty"` // of a refusal, for people
}

// Settings are how the caller is received in the room. A zero leaves it to the gateway.
type Settings struct {
	GuestPIN      PIN    `json:"guest_pin,omitzero"`
	HostPIN       PIN    `json:"host_pin,omitzero"`
	Lobby         bool   `json:"lobby,omitempty"`          // guests wait until a host comes
	Capacity      int    `json:"capacity,omitempty"`       // participants of the room
	Layout        string `json:"layout,omitempty"`         // what the terminal is shown
	Bandwidth     int    `json:"bandwidth,omitempty"`      // of the call, each way, bit/s
	Width         int    `json:"width,omitempty"`          // of pictures to the terminal
	Height        int    `json:"height,omitempty"`         // of pictures to the terminal
	FPS           int    `json:"fps,omitempty"`            // of pictures to the terminal
	Encryption    bool   `json:"encryption,omitempty"`     // media in clear is refused
	Language      string `json:"language,omitempty"`       // "vi", "en"
	Greeting      string `json:"greeting,omitempty"`       // shown and spoken
	GreetingSound string `json:"greeting_sound,omitempty"` // a recording of the tenant's that is heard instead of a voice
}

// before orders rules as they are tried: by priority, then what says more of the
// number, then by key.
func before(a, b *Rule) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Kind.order(), b.Kind.order()),
		-cmp.Compare(a.prefixLength(), b.prefixLength()), strings.Compare(a.ID, b.ID))
}

func (k Kind) order() int { return strings.Index("exact prefix regex any", string(k)) }

func (r *Rule) prefixLength() int {
	if r.Kind != Prefix {
		return 0
	}
	return len(r.Number)
}

// Normal is the rule with its defaults filled in and its number as it is compared.
func (r Rule) Normal() Rule {
	r.Kind = cmp.Or(r.Kind, Exact)
	r.Action = cmp.Or(r.Action, ToRoom)
	switch r.Kind {
	case Exact, Prefix:
		r.Number = canonical(r.Number)
	case Any:
		r.Number = ""
	}
	if r.Action == ToRoom {
		r.Room = cmp.Or(r.Room, "$0")
	}
	if r.Priority == 0 {
		r.Priority = DefaultPriority
	}
	r.ID = cmp.Or(r.ID, r.key())
	return r
}

// DefaultPriority is that of rules which name none. Among equal ones the rule that
// says more of the number goes first.
const DefaultPriority = 100

// key is what a rule without a key is called.
func (r *Rule) key() string {
	switch {
	case r.Kind == Any:
		return "any"
	case r.Number == "" && r.Kind == Exact:
		return "none"
	case r.Kind == Exact:
		return r.Number
	}
	return string(r.Kind) + " " + r.Number
}

// Settle seals the PINs of a rule that was read, and keeps those of old that it masks
// or repeats. old may be nil.
func (r *Rule) Settle(old *Rule, k Key) (err error) {
	if old == nil {
		old = &Rule{}
	}
	if r.GuestPIN, err = r.GuestPIN.Settle(old.GuestPIN, k); err != nil {
		return err
	}
	r.HostPIN, err = r.HostPIN.Settle(old.HostPIN, k)
	return err
}
