package h323

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// outcome is a neutral cause in H.323: the cause value of Q.850 and the reason of
// H.225.0. Terminals look at one or the other, so both are sent; their pairs follow
// H.225.0 table 5 as far as it goes.
type outcome struct {
	q850   uint8
	reason h225.ReleaseCompleteReason
}

var outcomes = map[bridge.Cause]outcome{
	bridge.CauseNormal:       {16, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseNoRoute:      {1, h225.ReleaseCompleteReason{UnreachableDestination: true}},
	bridge.CauseForbidden:    {21, h225.ReleaseCompleteReason{NoPermission: true}},
	bridge.CauseBusy:         {17, h225.ReleaseCompleteReason{InConf: true}},
	bridge.CauseDeclined:     {21, h225.ReleaseCompleteReason{DestinationRejection: true}},
	bridge.CauseNoAnswer:     {19, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseUnreachable:  {20, h225.ReleaseCompleteReason{CalledPartyNotRegistered: true}},
	bridge.CauseCancelled:    {16, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseMedia:        {88, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseEncryption:   {88, h225.ReleaseCompleteReason{SecurityDenied: true}},
	bridge.CauseCapacity:     {42, h225.ReleaseCompleteReason{GatewayResources: true}},
	bridge.CauseMediaTimeout: {41, h225.ReleaseCompleteReason{AdaptiveBusy: true}},
	bridge.CauseSignalling:   {102, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseProtocol:     {111, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseShutdown:     {41, h225.ReleaseCompleteReason{AdaptiveBusy: true}},
	bridge.CauseRemoved:      {16, h225.ReleaseCompleteReason{UndefinedReason: true}},
	bridge.CauseInternal:     {38, h225.ReleaseCompleteReason{UndefinedReason: true}},
}

func outcomeOf(c bridge.Cause) outcome {
	if o, ok := outcomes[c]; ok {
		return o
	}
	return outcomes[bridge.CauseInternal]
}

// Cause values of Q.850 that only this layer sends.
const (
	q850InvalidReference = 81  // invalid call reference value
	q850Missing          = 96  // mandatory information element is missing
	q850StatusEnquiry    = 30  // response to STATUS ENQUIRY
	q850Resources        = 47  // resource unavailable, unspecified
	q850Facility         = 69  // requested facility not implemented
	q850Protocol         = 111 // protocol error, unspecified
)

// released says in neutral words why the far end released a call, and in a sentence.
// connected says that the call had been answered.
func released(q *wire.Message, r *h225.ReleaseCompleteUUIE, connected bool) (bridge.Cause, string) {
	value, hasValue := causeValue(q)
	text := "the terminal hung up"
	if !connected {
		text = "the terminal refused the call"
	}
	if hasValue {
		text = fmt.Sprintf("%s: cause %d", text, value)
	}
	if r != nil && r.Reason != nil {
		text += ", " + reasonName(r.Reason)
	}
	if data, ok := q.Find(wire.Display); ok {
		if said := nameOf(data); said != "" {
			text += ": " + said
		}
	}
	switch {
	case connected:
		return endOf(value), text
	case hasValue && value != 31 && value != 16: // these say no more than that it is over
		return refusalOf(value), text
	case r != nil && r.Reason != nil:
		return reasonCause(r.Reason), text
	case hasValue:
		return refusalOf(value), text
	}
	return bridge.CauseDeclined, text
}

func causeValue(q *wire.Message) (uint8, bool) {
	data, ok := q.Find(wire.Cause)
	if !ok {
		return 0, false
	}
	c, err := wire.ParseCause(data)
	return c.Value, err == nil
}

// endOf is why an answered call ended: what a person does is normal.
func endOf(value uint8) bridge.Cause {
	switch value {
	case 27, 38, 41, 102:
		return bridge.CauseSignalling
	}
	return bridge.CauseNormal
}

// refusalOf is why a call was not answered (Q.850 2.2).
func refusalOf(value uint8) bridge.Cause {
	switch value {
	case 1, 2, 3, 22, 28:
		return bridge.CauseNoRoute
	case 16, 21, 31:
		return bridge.CauseDeclined
	case 17:
		return bridge.CauseBusy
	case 18, 19:
		return bridge.CauseNoAnswer
	case 20, 27:
		return bridge.CauseUnreachable
	case 34, 42, 43, 44, 46, 47:
		return bridge.CauseCapacity
	case 50, 52, 54, 55, 57, 63:
		return bridge.CauseForbidden
	case 58, 65, 70, 79, 88:
		return bridge.CauseMedia
	case 38, 41, 102:
		return bridge.CauseSignalling
	}
	if value >= 81 {
		return bridge.CauseProtocol
	}
	return bridge.CauseUnreachable
}

// reasonCause is why a call was not answered, by the reason of H.225.0.
func reasonCause(r *h225.ReleaseCompleteReason) bridge.Cause {
	switch {
	case r.UnreachableDestination, r.BadFormatAddress:
		return bridge.CauseNoRoute
	case r.InConf:
		return bridge.CauseBusy
	case r.NoPermission, r.CallerNotRegistered:
		return bridge.CauseForbidden
	case r.SecurityDenied, r.SecurityError != nil:
		return bridge.CauseEncryption
	case r.CalledPartyNotRegistered, r.UnreachableGatekeeper:
		return bridge.CauseUnreachable
	case r.NoBandwidth, r.GatekeeperResources, r.GatewayResources, r.AdaptiveBusy:
		return bridge.CauseCapacity
	case r.InvalidRevision, r.NewConnectionNeeded, r.NeededFeatureNotSupported, r.InvalidCID:
		return bridge.CauseProtocol
	}
	return bridge.CauseDeclined
}

func reasonName(r *h225.ReleaseCompleteReason) string {
	return or(per.Alternative(r), "unknown reason")
}
