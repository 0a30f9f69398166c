package sip

import "strings"

// replaces is the Replaces header, RFC 3891.
type replaces struct {
	callID, toTag, fromTag string
	earlyOnly              bool
}

// parseReplaces reads the header. present without ok is a 400.
func parseReplaces(m headerSource) (r replaces, present, ok bool) {
	if len(m.GetHeaders("Replaces")) == 0 {
		return r, false, false
	}
	l := list(m, "Replaces")
	if len(l) != 1 { // RFC 3891 3: more than one is an error
		return r, true, false
	}
	first, p := params(l[0])
	r = replaces{callID: first, toTag: p["to-tag"], fromTag: p["from-tag"]}
	_, r.earlyOnly = p["early-only"]
	ok = first != "" && !strings.ContainsAny(first, " ,") && r.toTag != "" && r.fromTag != ""
	return r, true, ok
}
