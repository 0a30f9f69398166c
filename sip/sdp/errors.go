package sdp

import (
	"errors"
	"fmt"
)

// SyntaxError says that a body is no session description, or one too damaged
// to be answered in form. It is answered with 400.
type SyntaxError struct {
	Line int // from 1; 0 is the body as a whole
	Text string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "session description: " + e.Text
	}
	return fmt.Sprintf("session description, line %d: %s", e.Line, e.Text)
}

// Warning codes of RFC 3261 20.43.
const (
	WarnNetwork = 300 // incompatible network protocol
	WarnAddress = 301 // incompatible network address formats
	WarnMedia   = 304 // media type not available
	WarnFormat  = 305 // incompatible media format
	WarnMisc    = 399
)

// Mismatch says that a description is well formed but holds nothing that can
// be served. It is answered with 488 and a Warning of this code and text.
type Mismatch struct {
	Code       int
	Text       string
	Encryption bool // the policy on encryption is the reason
}

func (e *Mismatch) Error() string { return e.Text }

// Errors of order: offers and answers must alternate (RFC 3264 4).
var (
	ErrOfferPending   = errors.New("our own offer awaits its answer")
	ErrNoOfferPending = errors.New("no offer of ours awaits an answer")
)
