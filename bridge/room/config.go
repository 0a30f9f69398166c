package room

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/transcode"
)

// Config says how rooms are reached and bounded. The zero value of a field
// is its default.
type Config struct {
	// Listen are addresses for browsers' media: udp://HOST:PORT, one, and
	// tcp://HOST:PORT for ICE-TCP, at most one. An unspecified host binds each
	// local address.
	Listen []string
	// Binder binds the UDP sockets; nil starts loops of the engine's own. Its
	// clock is relay.Clock.
	Binder Binder
	// Announce are addresses told to browsers instead of the local ones.
	Announce []string
	// FullICE sends connectivity checks to the candidates that pages name. By
	// default the room is ice-lite (RFC 8445 2.5): it answers checks and never
	// sends to an address that did not ask first.
	FullICE bool
	// VP8 lets browsers use VP8 among themselves when they lack H.264.
	VP8 bool
	// CompatibleSRTP offers AES-CM beside AES-GCM from the start.
	CompatibleSRTP bool
	// Worker makes the sound; nil is none.
	Worker Worker
	// MaxRooms and MaxParticipants (of one room) bound what pages can start.
	MaxRooms, MaxParticipants int
	// Admit gives nil, or the *bridge.Refusal of a browser for which the gateway
	// has no capacity. Terminals were admitted as calls.
	Admit func(room string) error
	// Open gives nil, or the *bridge.Refusal of a room that may not be opened beside those
	// that are. It must not block.
	Open func(room string, open iter.Seq[string]) error
	// Doorkeeper tries the PINs that pages type; nil asks the route's door itself.
	Doorkeeper bridge.Doorkeeper
	// Hangup ends the call of a terminal that is sent away; nil only takes its seat.
	Hangup func(call, reason string)
	// Dial calls a terminal into a room for a host; nil lets nobody call. It returns
	// when the call was answered, with a *bridge.Refusal when not, or when ctx ends,
	// which gives the call up.
	Dial func(ctx context.Context, room, target string) error
	// Devices lists the terminals that hosts of a room may call.
	Devices func(room string) []bridge.Device
	// DialAddresses says that Dial takes addresses besides devices' names.
	DialAddresses bool
	// DialFirst lets hosts call who are that because they came first. Otherwise a
	// host's PIN is needed.
	DialFirst bool
	// Loaded says why the machine has no room for composing pictures, "" when it
	// has. It is asked once a second by each room; nil is always room.
	Loaded func() string
	// Grace is how long a browser that lost its connection keeps its place.
	Grace time.Duration
	// Version is told to pages.
	Version string
	Log     *slog.Logger
}

// Worker starts meetings' media workers.
type Worker interface {
	Available() transcode.Capabilities
	Open(meeting string, ev transcode.Events) (Meeting, error)
}

// Meeting is one meeting's media worker; *transcode.Meeting is one.
type Meeting interface {
	SetGraph(g transcode.Graph)
	Write(f transcode.Frame)
	WritePicture(f transcode.Frame)
	Refresh(id transcode.StreamID)
	Stats() transcode.MeetingStats
	Still(ctx context.Context, s transcode.Still) ([][]byte, error)
	Close()
}

// Bounds on what one page or room may ask for.
const (
	defaultMaxRooms        = 500
	defaultMaxParticipants = 100
	defaultGrace           = 30 * time.Second

	maxMessage    = 64 << 10 // bytes of one message
	maxSlots      = 49       // pictures on one page
	maxCandidates = 100      // of one ICE generation
	maxName       = 64       // runes of a participant's name
	maxSSRCs      = 64       // RTP sources of one connection
)

func (c Config) withDefaults() Config {
	if c.MaxRooms <= 0 {
		c.MaxRooms = defaultMaxRooms
	}
	if c.MaxParticipants <= 0 {
		c.MaxParticipants = defaultMaxParticipants
	}
	if c.Grace <= 0 {
		c.Grace = defaultGrace
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
