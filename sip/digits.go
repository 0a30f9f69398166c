package sip

import (
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/front"
)

// INFO bodies with digits (INTEROP 2.8).
const (
	typeDTMFRelay = "application/dtmf-relay"
	typeDTMF      = "application/dtmf"
	typeNortel    = "application/vnd.nortelnetworks.digits"
	typeControl   = "application/media_control+xml"
)

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
	return front.Keys(s)
}
