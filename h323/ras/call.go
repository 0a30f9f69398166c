package ras

import (
	"net/netip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
)

// Admission is what a gatekeeper is told of a call of ours. It has the fields of the
// front-end's type, so that one converts to the other.
type Admission struct {
	CallID     h225.GloballyUniqueID
	Conference h225.ConferenceIdentifier
	Reference  uint16 // call reference value
	Answer     bool   // the call comes in
	From, To   []h225.AliasAddress
	Signal     netip.AddrPort // of the far end's call signalling; invalid when only its alias is known
	Bitrate    int            // both directions together, bit/s
	Reach      []string       // whose registered terminals the call may mean by an alias, those that go first first; nil: those of who is no tenant's
}

// Admitted is what was decided of a call that is placed.
type Admitted struct {
	Signal netip.AddrPort      // where Setup goes; invalid: where it would go anyway
	To     []h225.AliasAddress // whom it shall name; nil: as it would anyway
}

func refuse(c bridge.Cause, reason string) error { return &bridge.Refusal{Cause: c, Reason: reason} }

// admissionRefusal says in neutral words why the gatekeeper refused a call (H.225.0
// 7.11.3).
func admissionRefusal(r *h225.AdmissionRejectReason) error {
	const head = "the gatekeeper refused: "
	switch {
	case r.CalledPartyNotRegistered:
		return refuse(bridge.CauseUnreachable, head+"the called party is not registered")
	case r.IncompleteAddress, r.NoRouteToDestination, r.UnallocatedNumber, r.AliasesInconsistent, r.RouteCallToSCN != nil:
		return refuse(bridge.CauseNoRoute, head+"the number leads nowhere")
	case r.ResourceUnavailable, r.ExceedsCallCapacity, r.QosControlNotSupported:
		return refuse(bridge.CauseCapacity, head+"no more calls or bandwidth")
	case r.InvalidPermission, r.SecurityDenial, r.SecurityError != nil, r.CollectPIN, r.SecurityDHmismatch:
		return refuse(bridge.CauseForbidden, head+"not permitted")
	case unregistered(r):
		return refuse(bridge.CauseUnreachable, head+"this gateway is not registered")
	case r.RouteCallToGatekeeper:
		return refuse(bridge.CauseForbidden, head+"calls have to come by the gatekeeper")
	}
	return refuse(bridge.CauseForbidden, head+"no reason given")
}

// unregistered tells whether the gatekeeper has forgotten us.
func unregistered(r *h225.AdmissionRejectReason) bool {
	return r.CallerNotRegistered || r.InvalidEndpointIdentifier
}
