package ras

import (
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// kind is a kind of request, in the three letters of H.225.0.
type kind string

const (
	kindGRQ kind = "GRQ"
	kindRRQ kind = "RRQ"
	kindURQ kind = "URQ"
	kindARQ kind = "ARQ"
	kindBRQ kind = "BRQ"
	kindDRQ kind = "DRQ"
	kindLRQ kind = "LRQ"
	kindIRQ kind = "IRQ"
	kindIRR kind = "IRR"
	kindRAI kind = "RAI"
	kindSCI kind = "SCI"
	kindNSM kind = "NSM" // nonStandardMessage
	kindAny kind = ""    // what answers any request: RIP, XRS
)

// patience is how long an answer is waited for, and how often the request is repeated
// (H.225.0 7.19). An ARQ has less than the standard's 15 s: the call that waits for it has
// to be placed or answered after all when nobody answers.
type patience struct {
	wait    time.Duration
	repeats int
}

var patiences = map[kind]patience{
	kindGRQ: {5 * time.Second, 2}, kindRRQ: {3 * time.Second, 2}, kindURQ: {3 * time.Second, 1},
	kindARQ: {3 * time.Second, 1}, kindBRQ: {3 * time.Second, 2}, kindDRQ: {3 * time.Second, 2},
	kindLRQ: {5 * time.Second, 2}, kindIRQ: {3 * time.Second, 1}, kindIRR: {5 * time.Second, 2},
	kindRAI: {3 * time.Second, 2}, kindSCI: {3 * time.Second, 2},
}

// requestKind says what a message asks, if it does.
func requestKind(m *h225.RasMessage) (kind, bool) {
	switch {
	case m.GatekeeperRequest != nil:
		return kindGRQ, true
	case m.RegistrationRequest != nil:
		return kindRRQ, true
	case m.UnregistrationRequest != nil:
		return kindURQ, true
	case m.AdmissionRequest != nil:
		return kindARQ, true
	case m.BandwidthRequest != nil:
		return kindBRQ, true
	case m.DisengageRequest != nil:
		return kindDRQ, true
	case m.LocationRequest != nil:
		return kindLRQ, true
	case m.InfoRequest != nil:
		return kindIRQ, true
	case m.ResourcesAvailableIndicate != nil:
		return kindRAI, true
	case m.ServiceControlIndication != nil:
		return kindSCI, true
	case m.NonStandardMessage != nil:
		return kindNSM, true
	}
	return "", false
}

// answerKind says which kind of request a message answers, if any. An IRR both answers
// an IRQ and comes unasked.
func answerKind(m *h225.RasMessage) (kind, bool) {
	switch {
	case m.GatekeeperConfirm != nil, m.GatekeeperReject != nil:
		return kindGRQ, true
	case m.RegistrationConfirm != nil, m.RegistrationReject != nil:
		return kindRRQ, true
	case m.UnregistrationConfirm != nil, m.UnregistrationReject != nil:
		return kindURQ, true
	case m.AdmissionConfirm != nil, m.AdmissionReject != nil, len(m.AdmissionConfirmSequence) > 0:
		return kindARQ, true
	case m.BandwidthConfirm != nil, m.BandwidthReject != nil:
		return kindBRQ, true
	case m.DisengageConfirm != nil, m.DisengageReject != nil:
		return kindDRQ, true
	case m.LocationConfirm != nil, m.LocationReject != nil:
		return kindLRQ, true
	case m.InfoRequestResponse != nil:
		return kindIRQ, true
	case m.InfoRequestAck != nil, m.InfoRequestNak != nil:
		return kindIRR, true
	case m.ResourcesAvailableConfirm != nil:
		return kindRAI, true
	case m.ServiceControlResponse != nil:
		return kindSCI, true
	case m.RequestInProgress != nil, m.UnknownMessageResponse != nil:
		return kindAny, true
	}
	return "", false
}
