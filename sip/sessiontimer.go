package sip

import (
	"fmt"
	"strings"
	"time"
)

// minSE is the least session interval of RFC 4028 5.
const minSE = 90 * time.Second

// maxSE bounds what a far end can make us wait.
const maxSE = 24 * time.Hour

// sessionTimer is RFC 4028 for one call. It is a plain value; the leg keeps
// the clock. The zero value is a call without session timer.
type sessionTimer struct {
	interval time.Duration
	ours     bool // we refresh
	minimum  time.Duration
}

// sessionExpires is a Session-Expires header.
type sessionExpires struct {
	interval  time.Duration
	refresher string // "uac", "uas" or ""
}

// parseSessionExpires reads the header; an unreadable one counts as none.
func parseSessionExpires(m headerSource) (sessionExpires, bool) {
	v, ok := header(m, "Session-Expires")
	if !ok {
		return sessionExpires{}, false
	}
	first, p := params(v)
	n, ok := number(first, 1<<32-1)
	if !ok || n == 0 {
		return sessionExpires{}, false
	}
	r := strings.ToLower(p["refresher"])
	if r != "uac" && r != "uas" {
		r = ""
	}
	return sessionExpires{min(time.Duration(n)*time.Second, maxSE), r}, true
}

// parseMinSE reads Min-SE, RFC 4028 5; 90 s when absent.
func parseMinSE(m headerSource) time.Duration {
	v, _ := header(m, "Min-SE")
	first, _ := params(v)
	if n, ok := number(first, 1<<32-1); ok {
		return max(minSE, min(time.Duration(n)*time.Second, maxSE))
	}
	return minSE
}

func (s sessionExpires) String() string {
	v := fmt.Sprintf("%d", int(s.interval/time.Second))
	if s.refresher != "" {
		v += ";refresher=" + s.refresher
	}
	return v
}

// tooSmall tells whether a request asks for an interval that gets 422.
func tooSmall(m headerSource) bool {
	se, ok := parseSessionExpires(m)
	return ok && se.interval < minSE && supportsTimer(m)
}

func supportsTimer(m headerSource) bool {
	return hasToken(m, "Supported", "timer") || hasToken(m, "Require", "timer")
}

// agreeUAS settles the timer for a request of the far end, RFC 4028 9, and
// gives what our 2xx says. A far end without timers that an upstream proxy
// gave one to is refreshed by us. Without Session-Expires there is no timer:
// the media tells whether such a call lives.
func (t *sessionTimer) agreeUAS(req headerSource) (answer sessionExpires, require, ok bool) {
	se, ok := parseSessionExpires(req)
	if !ok {
		t.interval = 0
		return sessionExpires{}, false, false
	}
	se.interval = max(se.interval, minSE, parseMinSE(req))
	switch {
	case !supportsTimer(req):
		se.refresher = "uas"
	case se.refresher == "":
		se.refresher = "uac"
	}
	t.interval, t.ours = se.interval, se.refresher == "uas"
	return se, se.refresher == "uac", true
}

// agreeUAC settles the timer by the 2xx to a request of ours, RFC 4028 7.2.
func (t *sessionTimer) agreeUAC(res headerSource) {
	se, ok := parseSessionExpires(res)
	if !ok {
		t.interval = 0
		return
	}
	t.interval, t.ours = max(se.interval, minSE), se.refresher != "uas"
}

// offer is the Session-Expires for a request of ours. wanted is what the
// configuration asks for, 0 for none.
func (t *sessionTimer) offer(wanted time.Duration) (sessionExpires, bool) {
	interval := t.interval
	if interval == 0 {
		interval = wanted
	}
	if interval == 0 {
		return sessionExpires{}, false
	}
	se := sessionExpires{interval: max(interval, minSE, t.minimum)}
	if t.interval > 0 { // RFC 4028 7.4: a refresh keeps the roles
		se.refresher = "uas"
		if t.ours {
			se.refresher = "uac"
		}
	}
	return se, true
}

// raise takes the Min-SE of a 422 (RFC 4028 7.3). It tells whether asking
// again makes sense.
func (t *sessionTimer) raise(res headerSource) bool {
	least := parseMinSE(res)
	if least <= t.minimum {
		return false
	}
	t.minimum = least
	if t.interval > 0 {
		t.interval = max(t.interval, least)
	}
	return true
}

// wait is how long after a refresh the leg acts: half the interval when we
// refresh, else a bit before the end (RFC 4028 10).
func (t *sessionTimer) wait() time.Duration {
	switch {
	case t.interval == 0:
		return 0
	case t.ours:
		return t.interval / 2
	}
	return t.interval - min(32*time.Second, t.interval/3)
}

// expired judges a call whose refresh did not come: media within grace keeps
// it, whatever the timer says (several devices promise to refresh and never
// do, INTEROP 2.6).
func expired(now, seen time.Time, grace time.Duration) bool {
	return seen.IsZero() || now.Sub(seen) > grace
}
