package bridge

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge/media"
)

// Route is what the number plan decides for a call.
type Route struct {
	Room      string  // "" with Reception and Dial
	Reception bool    // the terminal is asked for a number
	Dial      *Target // the call goes on to this far end

	Tenant string // whose number it is; "" where there are no tenants
	Rule   string // the rule that decided
	Number string // what was dialled, without dressing and PIN

	Door     Door // asks for a PIN; nil lets everybody in
	Role     Role // what the PIN behind the number made of the caller; RoleNone has to be asked
	WrongPIN bool // there was one, and it opens nothing: the first try is used up
	Lobby    bool // guests wait until a host comes
	HostPIN  bool // the door has a PIN of hosts; where it has none, pages choose their host themselves

	// Bounds and wishes; a zero leaves it to the gateway.
	Capacity           int    // participants of the room
	Bandwidth          int    // of the call, each way, bit/s
	Width, Height, FPS int    // of pictures to the terminal
	Layout             string // what the terminal is shown
	Encryption         bool   // media in clear is refused
	Language           string // of screens and prompts: "vi", "en"
	Greeting           string // shown and spoken
	GreetingSound      string // a recording of the tenant's that is heard instead of a voice
}

// Greets tells whether callers are welcomed.
func (r *Route) Greets() bool { return r.Greeting != "" || r.GreetingSound != "" }

// Role is what somebody is in a room.
type Role uint8

// Roles.
const (
	RoleNone  Role = iota // not let in yet
	RoleGuest             // takes part
	RoleHost              // and lets others in
)

var roleText = [...]string{"none", "guest", "host"}

func (r Role) String() string {
	if int(r) < len(roleText) {
		return roleText[r]
	}
	return roleText[RoleNone]
}

// MarshalText implements encoding.TextMarshaler.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Door tells what a typed PIN makes of a caller. It does not count tries: who asks does.
type Door interface {
	Enter(pin string) Role
}

// bound keeps what our end of a call can do to what the number plan lets it have.
func (r *Route) bound(c media.Capabilities) media.Capabilities {
	if r.Bandwidth > 0 {
		c.RecvBitrate, c.SendBitrate = min(c.RecvBitrate, r.Bandwidth), min(c.SendBitrate, r.Bandwidth)
	}
	if r.Encryption {
		c.Encryption = media.EncryptionRequire
	}
	return c
}

// picture is what the number plan lets a picture to the terminal be. A call that was routed again in
// reception negotiated before that was known.
func (r *Route) picture() media.Limits {
	return media.Limits{Width: r.Width, Height: r.Height, FPS: r.FPS, Bitrate: r.Bandwidth}
}

// Router decides where a call goes. An error is a *Refusal; the Route beside it says at
// most whose number it was, without its PIN, and the rule that refused.
type Router interface {
	Route(ctx context.Context, inv Invite) (Route, error)
}

// MaxRoomName bounds a room's own name, bytes.
const MaxRoomName = 64

// ValidRoomName tells whether a name can be a room's own: valid UTF-8 of 1 to
// MaxRoomName bytes without control characters, blanks at the ends, slashes,
// question marks or hashes (it stands in a URL path), and without an @, behind
// which stands whose room it is.
func ValidRoomName(name string) bool {
	if name == "" || len(name) > MaxRoomName || !utf8.ValidString(name) || name != strings.TrimSpace(name) || name == "." || name == ".." {
		return false
	}
	for _, r := range name {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || strings.ContainsRune(`/\?#%@`, r) {
			return false
		}
	}
	return true
}

// withoutPIN is a number for the log, where no plan has said what of it is a PIN: what
// stands behind a star or hash in it is hidden.
func withoutPIN(number string) string {
	number = strings.TrimRight(number, "#")
	lead := len(number) - len(strings.TrimLeft(number, "*#"))
	if i := strings.IndexAny(number[lead:], "*#"); i >= 0 {
		return number[:lead+i] + "****"
	}
	return number
}

// OpenRouter lets every number open the room of that name.
type OpenRouter struct{}

// Route implements Router.
func (OpenRouter) Route(_ context.Context, inv Invite) (Route, error) {
	if inv.Number == "" {
		return Route{}, &Refusal{CauseNoRoute, "no number was dialled; dial a room, such as 1001"}
	}
	if !ValidRoomName(inv.Number) {
		return Route{}, &Refusal{CauseNoRoute, "what was dialled cannot be a room's name"}
	}
	return Route{Room: inv.Number, Number: inv.Number, Role: RoleGuest}, nil
}

// ClosedRouter is the plan of a gateway that has no numbers yet: it refuses
// every call.
type ClosedRouter struct{}

// Route implements Router.
func (ClosedRouter) Route(context.Context, Invite) (Route, error) {
	return Route{}, &Refusal{CauseNoRoute, "no room has this number"}
}
