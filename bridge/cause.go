package bridge

import (
	"errors"
	"fmt"
)

// Cause says why a call was refused or ended, in words of neither protocol.
// Front-ends turn it into a SIP status or a Q.931 cause with an H.225 reason.
type Cause uint8

// Causes.
const (
	CauseNormal       Cause = iota // somebody hung up
	CauseNoRoute                   // the number leads nowhere
	CauseForbidden                 // the caller may not
	CauseBusy                      // the far end is busy
	CauseDeclined                  // the far end declined
	CauseNoAnswer                  // nobody answered in time
	CauseUnreachable               // the far end cannot be reached
	CauseCancelled                 // the caller gave up before the answer
	CauseMedia                     // no common codec, or media refused
	CauseEncryption                // encryption is required and was not offered
	CauseCapacity                  // the gateway or room is full
	CauseMediaTimeout              // no media for too long
	CauseSignalling                // the signalling connection or session timer failed
	CauseProtocol                  // the far end broke the protocol
	CauseShutdown                  // the gateway is going down
	CauseRemoved                   // an administrator or host hung up
	CauseInternal                  // our own fault
)

var causeText = [...]string{
	"normal", "no-route", "forbidden", "busy", "declined", "no-answer", "unreachable",
	"cancelled", "media", "encryption", "capacity", "media-timeout", "signalling",
	"protocol", "shutdown", "removed", "internal",
}

func (c Cause) String() string {
	if int(c) < len(causeText) {
		return causeText[c]
	}
	return fmt.Sprintf("cause-%d", uint8(c))
}

// Refusal is the error with which the core refuses a call. Reason is for
// people and holds no secret.
type Refusal struct {
	Cause  Cause
	Reason string
}

func (r *Refusal) Error() string { return r.Cause.String() + ": " + r.Reason }

// AsRefusal gives the refusal in an error; any other error is our own fault.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return &Refusal{CauseInternal, err.Error()}
}
