package control

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
)

// Config is what a session needs to know of our end and of the call.
type Config struct {
	Caps       media.Capabilities                 // what our end can do
	Local      []LocalStream                      // our ports, in the order of the call's streams
	AddressFor func(remote netip.Addr) netip.Addr // the address told to a far end
	Remote     netip.Addr                         // far end of the signalling
	Terminal   uint8                              // terminalType; 0 is 60, a gateway without MC (H.323 table 1)
	Name       string                             // our name in a conference of an MCU; empty is "Roombridge"
	Random     func() uint32                      // statusDeterminationNumber; nil is crypto/rand
	Caller     bool                               // we placed the call
	Device     func() string                      // maker and product as signalling said; may be nil or give ""
	Log        *slog.Logger                       // nil is none

	// MediaTimeout is how long a call lasts in which the far end has no channel to us, but
	// for holds; no less than T103, in which channels open. 0 is 60 s.
	MediaTimeout time.Duration
}

// LocalStream is a port pair of ours and what it carries.
type LocalStream struct {
	Kind      media.Kind
	Role      media.Role
	RTP, RTCP uint16
}

// User hears what happens in a session. Its methods are called within those of
// Session and must not call back into it.
type User interface {
	// MediaChanged tells what flows from now on, a Stream for each of Config.Local.
	MediaChanged(media.Session)
	// Established is called once: roles and capabilities are settled both ways, or
	// fast connect opened channels.
	Established()
	// Digit is a key that was pressed: 0 to 9, *, #, A to D.
	Digit(rune)
	// KeyframeWanted asks for a picture that needs no other.
	KeyframeWanted()
	// BitrateLimit is the far end's flowControlCommand for what we send, bit/s; 0
	// lifts it. MediaChanged tells the same.
	BitrateLimit(k media.Kind, bps int)
	// EndSession tells that the far end ended H.245.
	EndSession(reason string)
	// Failed tells that the call cannot go on. The session says nothing more but
	// what End makes it say.
	Failed(cause bridge.Cause, reason string)
}

// gateway is the terminalType of a gateway without MC.
const gateway = 60

func (c *Config) defaults() {
	if c.Terminal == 0 {
		c.Terminal = gateway
	}
	if c.Name == "" {
		c.Name = "Roombridge"
	}
	if c.Random == nil {
		c.Random = random
	}
	if c.Device == nil {
		c.Device = func() string { return "" }
	}
	if c.AddressFor == nil {
		c.AddressFor = func(remote netip.Addr) netip.Addr { return remote }
	}
	if c.MediaTimeout == 0 {
		c.MediaTimeout = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}
