package sip

import "strings"

// replaces is the Replaces header, RFC 3891.
type replaces struct {
	callID, toTag, fromTag string
	earlyOnly              bool
}

// parseReplaces reads the header. present without ok is a 400.
func parseReplaces(m headerSource) (r replaces, present, ok bool) {
	h := m.GetHeaders("Replaces")
	if len(h) == 0 {
		return r, false, false
	}
	if len(h) > 1 { // RFC 3891 3: more than one is an error
		return r, true, false
	}
	first, p := params(h[0].Value())
	r = replaces{callID: first, toTag: p["to-tag"], fromTag: p["from-tag"]}
	_, r.earlyOnly = p["early-only"]
	ok = first != "" && !strings.ContainsAny(first, " ,") && r.toTag != "" && r.fromTag != ""
	return r, true, ok
}
