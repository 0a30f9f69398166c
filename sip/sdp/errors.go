package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
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

// maxNamed is how many codecs of an end are named.
const maxNamed = 8

// noCodec says that the ends have no codec in common, and which they have.
func noCodec(k media.Kind, theirs []payload, own []media.Format) *Mismatch {
	var offered, ours []string
	add := func(list *[]string, name string) {
		if name != "" && len(*list) < maxNamed && !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	for _, p := range theirs {
		if name, _, _ := strings.Cut(p.name, "/"); len(name) <= maxToken && !strings.EqualFold(name, string(media.DTMF)) {
			add(&offered, strings.Map(quotable, name))
		}
	}
	for _, f := range own {
		if f.Codec != media.DTMF {
			add(&ours, string(f.Codec))
		}
	}
	text := fmt.Sprintf("no %s codec in common: the far end has %s, we have %s", k, joined(offered), joined(ours))
	return &Mismatch{Code: WarnFormat, Text: text}
}

// quotable keeps of a name what may stand in a header between quotes.
func quotable(r rune) rune {
	if r == '"' || r == '\\' {
		return -1
	}
	return r
}

func joined(names []string) string {
	if len(names) == 0 {
		return "none that is known"
	}
	return strings.Join(names, ", ")
}

// Errors of order: offers and answers must alternate (RFC 3264 4).
var (
	ErrOfferPending   = errors.New("our own offer awaits its answer")
	ErrNoOfferPending = errors.New("no offer of ours awaits an answer")
)
