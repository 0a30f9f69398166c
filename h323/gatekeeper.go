package h323

import (
	"context"
	"net/netip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
)

// Gatekeeper admits calls (H.225.0 7.9 and 7.11). Its methods may be called from many
// goroutines.
type Gatekeeper interface {
	// Admit asks whether a call may be placed or answered. The error is a
	// *bridge.Refusal.
	Admit(ctx context.Context, a Admission) (Admitted, error)
	// Released tells that an admitted call is over. It must not block.
	Released(a Admission, c bridge.Cause)
}

// Admission is what a gatekeeper is told of a call.
type Admission struct {
	CallID     h225.GloballyUniqueID
	Conference h225.ConferenceIdentifier
	Reference  uint16 // call reference value
	Answer     bool   // the call comes in
	From, To   []h225.AliasAddress
	Signal     netip.AddrPort // of the far end's call signalling; invalid when only its alias is known
	Bitrate    int            // both directions together, bit/s
}

// Admitted is what a gatekeeper decided of a call that is placed. For one that comes
// in nothing of it counts.
type Admitted struct {
	Signal netip.AddrPort      // where Setup goes; invalid: where it would go anyway
	To     []h225.AliasAddress // whom it shall name; nil: as it would anyway
}
