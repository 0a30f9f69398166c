package sip

import (
	"strings"
	"time"

	"github.com/icholy/digest"

	sipgo "github.com/emiago/sipgo/sip"
)

// verdictOf reads a registrar's answer. Whether a challenge can be answered is not its business.
func verdictOf(res *sipgo.Response, contact sipgo.Uri, asked time.Duration) verdict {
	v := verdict{status: res.StatusCode, reason: refusedAs(res)}
	v.least, _ = lifetime(first(res, "Min-Expires"))
	v.retry, _ = lifetime(first(res, "Retry-After"))
	switch {
	case res.IsSuccess() && asked > 0:
		v.granted = granted(res, contact, asked)
	case res.StatusCode == 401 || res.StatusCode == 407:
		v.stale = stale(res)
	}
	return v
}

func refusedAs(res *sipgo.Response) string {
	return strings.TrimSpace("the registrar answers " + uitoa(uint32(max(res.StatusCode, 0))) + " " + clean(res.Reason, 64))
}

func first(m headerSource, name string) string {
	v, _ := header(m, name)
	return v
}

// granted is how long the registrar keeps our contact (RFC 3261 10.2.4): what it says of that, else of all, else what
// was asked for. 0: it lists the contacts that it keeps, and ours is not among them.
func granted(res headerSource, ours sipgo.Uri, asked time.Duration) time.Duration {
	all, given := lifetime(first(res, "Expires"))
	if !given {
		all = asked
	}
	contacts := list(res, "Contact")
	for _, text := range contacts {
		var uri sipgo.Uri
		p := sipgo.HeaderParams{}
		if _, err := sipgo.ParseAddressValue(text, &uri, &p); err != nil || !sameContact(uri, ours) {
			continue
		}
		if d, ok := lifetime(strings.Trim(p.GetOr("expires", ""), `"`)); ok {
			return d
		}
		return all
	}
	if len(contacts) > 0 {
		return 0
	}
	return all
}

// lineParam marks our contact of a trunk, whatever else the registrar makes of it.
const lineParam = "line"

// sameContact tells whether a contact is ours: by its mark, and where that was lost by user, host and port.
func sameContact(a, ours sipgo.Uri) bool {
	if line, ok := a.UriParams.Get(lineParam); ok {
		return line == ours.UriParams.GetOr(lineParam, "")
	}
	return a.User == ours.User && strings.EqualFold(trimBrackets(a.Host), trimBrackets(ours.Host)) && portOf(a, 5060) == portOf(ours, 5060)
}

func stale(res *sipgo.Response) bool {
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
		for _, h := range res.GetHeaders(name) {
			if c, err := digest.ParseChallenge(h.Value()); err == nil && c.Stale {
				return true
			}
		}
	}
	return false
}

// lifetime reads seconds, of which Retry-After says more behind.
func lifetime(s string) (time.Duration, bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		s = s[:end]
	}
	n, ok := number(s, 1<<32)
	return time.Duration(n) * time.Second, ok
}
