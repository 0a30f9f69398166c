package sip

import (
	"strconv"
	"strings"
	"time"
)

// INFO bodies with digits (INTEROP 2.8).
const (
	typeDTMFRelay = "application/dtmf-relay"
	typeDTMF      = "application/dtmf"
	typeNortel    = "application/vnd.nortelnetworks.digits"
	typeControl   = "application/media_control+xml"
)

// maxDigits bounds the keys that one INFO presses.
const maxDigits = 32

// parseDigits reads the digits of an INFO body. A blank after the equals
// sign, a missing line end and numbers for * # A-D occur.
func parseDigits(typ string, body []byte) []rune {
	text := string(body[:min(len(body), 512)])
	switch typ {
	case typeDTMF:
		return digitRunes(text)
	case typeDTMFRelay:
		return digitRunes(assigned(text, "signal"))
	case typeNortel:
		return digitRunes(assigned(text, "d"))
	}
	return nil
}

// assigned finds "name=value" at the beginning of a line.
func assigned(text, name string) string {
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		k, v, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(k), name) {
			return v
		}
	}
	return ""
}

func digitRunes(s string) []rune {
	s = strings.TrimSpace(s)
	if n, err := strconv.Atoi(s); err == nil && n >= 10 && n <= 16 {
		// RFC 4733 event codes: 10 is *, 11 #, 12 to 15 A to D; 16 is a hook flash.
		if n == 16 {
			return nil
		}
		return []rune{rune("*#ABCD"[n-10])}
	}
	var out []rune
	for _, r := range strings.ToUpper(s) {
		if strings.ContainsRune("0123456789*#ABCD", r) && len(out) < maxDigits {
			out = append(out, r)
		}
	}
	return out
}

// digitWindow is how far apart the two reports of one key press can be: the
// RFC 4733 event ends after the key is let go, INFO waits for its turn.
const digitWindow = 1500 * time.Millisecond

// digitFilter joins two sources that report the same key presses: RFC 4733 in
// the stream and INFO in signalling. A report is dropped when the other
// source reported the same digit shortly before and was not yet paired.
type digitFilter struct {
	unpaired []heardDigit
}

type heardDigit struct {
	digit  rune
	stream bool
	at     time.Time
}

// admit tells whether a report is a key press not yet heard of.
func (f *digitFilter) admit(d rune, stream bool, now time.Time) bool {
	keep := f.unpaired[:0]
	duplicate := false
	for _, h := range f.unpaired {
		switch {
		case now.Sub(h.at) > digitWindow:
		case !duplicate && h.digit == d && h.stream != stream:
			duplicate = true
		default:
			keep = append(keep, h)
		}
	}
	f.unpaired = keep
	if !duplicate && len(f.unpaired) < 4*maxDigits {
		f.unpaired = append(f.unpaired, heardDigit{d, stream, now})
	}
	return !duplicate
}
