package bridge

import (
	"context"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// Engine is where participants meet. bridge/room is the embedded one; other
// engines stand beside it. An Engine is told of terminals by the core and of
// browsers by the web front-end.
type Engine interface {
	// Seat brings a terminal with answered media into its room.
	Seat(ctx context.Context, t Terminal) (Seat, error)
	// Join brings a browser in. The page's messages go to Visitor.Receive, the
	// engine's come by send, which must not block for long.
	Join(ctx context.Context, j Join, send func(msg []byte)) (Visitor, error)
	// Rooms lists the rooms that live now.
	Rooms() []RoomStatus
	// Close tells every browser goodbye and ends all rooms.
	Close(ctx context.Context) error
}

// Terminal is a call as its room sees it.
type Terminal struct {
	CallID   string
	Room     string
	Number   string // what it dialled
	Name     string // what people see
	Device   string
	Protocol string
	Role     Role
	Capacity int           // of the room by the number plan, 0 is none
	Language string        // of its screens: "vi", "en"; "" is not known
	Bounds   media.Limits  // of its picture by the number plan, whatever it negotiated
	Audio    *relay.Stream // nil when there is none
	Video    *relay.Stream
	Content  *relay.Stream
}

// Seat is a terminal's place in a room.
type Seat interface {
	// MediaChanged says that a negotiation changed the terminal's streams:
	// formats, directions, holds or limits.
	MediaChanged()
	// Digit is a key pressed on the terminal.
	Digit(d rune)
	// KeyframeWanted is the terminal's request through signalling.
	KeyframeWanted()
	// Status says how each stream is served and why.
	Status() SeatStatus
	// Leave gives the place up. It returns when nothing more is sent.
	Leave()
}

// Path is how a stream is served.
type Path string

// Paths.
const (
	PathNone      Path = "none"
	PathRelay     Path = "relay"
	PathTranscode Path = "transcode"
	PathCompose   Path = "compose"
)

// PathStatus is a path with its reason for people.
type PathStatus struct {
	Path   Path
	Reason string
}

// SeatStatus says for each stream and direction (In from the terminal, Out
// towards it) how it is served.
type SeatStatus struct {
	AudioIn, AudioOut     PathStatus
	VideoIn, VideoOut     PathStatus
	ContentIn, ContentOut PathStatus
	Showing               string // participant id of who the terminal sees alone or largest, "" is the still picture
	Layout                Layout // wished
	Arranged              string // how the picture is arranged now: single, speaker, one-plus-n, grid, content; "" is the still picture
}

// Layout is what a terminal, or a room for all its terminals, wishes to see.
type Layout string

// Layouts. The zero value is the room's, and a room's is LayoutAuto.
const (
	LayoutAuto     Layout = "auto"       // one other picture as it is, more of them together
	LayoutSpeaker  Layout = "speaker"    // whoever speaks
	LayoutOnePlusN Layout = "one-plus-n" // whoever speaks large, others beside
	LayoutGrid     Layout = "grid"       // all of one size
	LayoutContent  Layout = "content"    // slides large, people beside them; auto while nobody shares
)

// Layouts are all of them, in the order of a terminal's keys.
var Layouts = []Layout{LayoutAuto, LayoutSpeaker, LayoutOnePlusN, LayoutGrid, LayoutContent}

// Arranger is a Seat whose layout can be chosen.
type Arranger interface {
	// SetLayout chooses; "" is what the room has.
	SetLayout(l Layout)
}

// RoomArranger is an Engine whose rooms have a layout for all terminals that
// chose none.
type RoomArranger interface {
	// SetRoomLayout tells whether there is such a room.
	SetRoomLayout(room string, l Layout) bool
}

// Join is a browser's wish to enter a room.
type Join struct {
	Room   string
	Name   string
	Remote string   // address for the log
	Lang   string   // "vi" or "en"
	Resume string   // token of an earlier connection of the same person
	Dial   []string // what a terminal dials to reach this room, for the page
	Route  Route    // what the number plan says of the room: its door, lobby, bounds
	Client string   // address of the person alone, by which wrong PINs are counted
}

// Visitor is a browser's connection to a room.
type Visitor interface {
	// Receive takes one message of the page (see docs/signalling.md). An
	// error is told to the page and closes the connection.
	Receive(msg []byte) error
	// Disconnected says that the connection is gone. The visitor keeps its
	// place for a while and may come back with its resume token.
	Disconnected()
}

// RoomStatus is a room as the API shows it.
type RoomStatus struct {
	Name         string
	Since        time.Time
	Speaker      string // participant id, "" is nobody
	Layout       Layout // of terminals that chose none
	Tenant       string // "" is nobody's
	Entry        Entry
	Waiting      []Guest
	Participants []ParticipantStatus
}

// ParticipantStatus is one person or terminal in a room.
type ParticipantStatus struct {
	ID         string
	Name       string
	Kind       string // "browser" or "terminal"
	CallID     string // terminals: the call
	Device     string
	Number     string
	Role       Role
	Since      time.Time
	Silenced   bool // by a host or an administrator
	AudioMuted bool
	VideoOff   bool
	Sharing    bool
	Level      int // loudness, -127 to 0 dBov
}
