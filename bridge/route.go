package bridge

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Route is what the number plan decides for a call.
type Route struct {
	Room string
}

// Router decides where a call goes. An error is a *Refusal.
type Router interface {
	Route(ctx context.Context, inv Invite) (Route, error)
}

// MaxRoomName bounds a room's name, bytes.
const MaxRoomName = 64

// ValidRoom tells whether a name can be a room's: valid UTF-8 of 1 to
// MaxRoomName bytes without control characters, blanks at the ends, slashes,
// question marks or hashes (it stands in a URL path).
func ValidRoom(name string) bool {
	if name == "" || len(name) > MaxRoomName || !utf8.ValidString(name) || name != strings.TrimSpace(name) || name == "." || name == ".." {
		return false
	}
	for _, r := range name {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || strings.ContainsRune(`/\?#%`, r) {
			return false
		}
	}
	return true
}

// OpenRouter lets every number open the room of that name.
type OpenRouter struct{}

// Route implements Router.
func (OpenRouter) Route(_ context.Context, inv Invite) (Route, error) {
	if inv.Number == "" {
		return Route{}, &Refusal{CauseNoRoute, "no number was dialled; dial a room, such as 1001"}
	}
	if !ValidRoom(inv.Number) {
		return Route{}, &Refusal{CauseNoRoute, "what was dialled cannot be a room's name"}
	}
	return Route{Room: inv.Number}, nil
}

// ClosedRouter is the plan of a gateway that has no numbers yet: it refuses
// every call.
type ClosedRouter struct{}

// Route implements Router.
func (ClosedRouter) Route(context.Context, Invite) (Route, error) {
	return Route{}, &Refusal{CauseNoRoute, "no room has this number"}
}
