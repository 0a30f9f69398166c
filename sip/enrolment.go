package sip

import "time"

// Times of our registrations. Waits after failures are those of RFC 5626 4.5 with one flow.
const (
	usualExpires  = time.Hour
	leastExpires  = 10 * time.Second // a registrar that grants less is asked no more often for that
	mostExpires   = 24 * time.Hour
	refreshAt     = 0.77 // of what was granted, and at most refreshSpread more
	refreshSpread = 0.06
	baseWait      = 30 * time.Second
	mostWait      = 30 * time.Minute
)

// RegistrationStatus is how a registration of ours stands.
type RegistrationStatus struct {
	Registered bool
	Since      time.Time // of the registration, or of its loss
	Expires    time.Time // the registrar forgets us then, unless we ask again
	Reason     string    // why we are not registered, or why the last refresh failed
	Failures   uint64    // attempts that failed
}

// enrolment is one registration of ours at a registrar (RFC 3261 10.2): when it is asked for, and what
// answers make of it. It has no socket and no clock.
type enrolment struct {
	want   time.Duration  // lifetime that is asked for; the registrar may want more, and grants what it likes
	chance func() float64 // below 1
	status RegistrationStatus
	next   time.Time // of the next attempt
	failed int       // attempts in a row
	last   time.Time // that the registrar took us
}

// attempt is one try to register, or to unregister, of up to a few requests.
type attempt struct {
	expires time.Duration // asked for; 0 unregisters
	proofs  int           // challenges that were answered
	raised  bool          // the registrar wanted a longer lifetime
}

// verdict is what a registrar answered.
type verdict struct {
	status    int           // 0: nothing came
	reason    string        // for operators, of a failure
	challenge bool          // there is a challenge that we can answer
	stale     bool          // the password was right, the nonce was old
	least     time.Duration // Min-Expires
	retry     time.Duration // Retry-After
	granted   time.Duration // what a success leaves us
}

func newEnrolment(want time.Duration, chance func() float64) *enrolment {
	if want <= 0 {
		want = usualExpires
	}
	return &enrolment{want: want, chance: chance}
}

// due tells whether it is time to register.
func (g *enrolment) due(now time.Time) bool { return !now.Before(g.next) }

// begin is the next attempt to register.
func (g *enrolment) begin() attempt { return attempt{expires: g.want} }

// deadline is when look has something to do, or an attempt is due.
func (g *enrolment) deadline() time.Time {
	if g.status.Registered && g.status.Expires.Before(g.next) {
		return g.status.Expires
	}
	return g.next
}

// look notes that a registration ran out.
func (g *enrolment) look(now time.Time) {
	if g.status.Registered && !now.Before(g.status.Expires) {
		g.leave(now, or(g.status.Reason, "the registration ran out"))
	}
}

// heard takes an answer. again says that the same attempt goes on with another request.
func (g *enrolment) heard(now time.Time, a *attempt, v verdict) (again bool) {
	switch {
	case v.status == 401 || v.status == 407:
		if v.challenge && (a.proofs == 0 || a.proofs == 1 && v.stale) {
			a.proofs++
			return true
		}
		v.reason = "the registrar does not take our password"
		if !v.challenge {
			v.reason = "the registrar asks for a proof that we cannot give"
		}
	case v.status == 423 && a.expires > 0 && v.least > a.expires && v.least <= mostExpires && !a.raised:
		a.raised, a.proofs, a.expires, g.want = true, 0, v.least, v.least
		return true
	case v.status/100 == 2 && a.expires == 0:
		g.leave(now, "unregistered")
		return false
	case v.status/100 == 2 && v.granted > 0:
		g.registered(now, v.granted)
		return false
	case v.status/100 == 2:
		v.reason = "the registrar does not keep our address"
	}
	if a.expires > 0 {
		g.fail(now, v)
	}
	return false
}

func (g *enrolment) registered(now time.Time, granted time.Duration) {
	granted = min(max(granted, leastExpires), mostExpires)
	if !g.status.Registered {
		g.status.Since = now
	}
	g.status.Registered, g.status.Reason, g.status.Expires, g.failed, g.last = true, "", now.Add(granted), 0, now
	g.next = now.Add(time.Duration((refreshAt + refreshSpread*g.chance()) * float64(granted)))
}

// fail waits longer after each failure (RFC 5626 4.5). A registration that is only not renewed stays until it runs out;
// one that the registrar refuses to renew is no more.
func (g *enrolment) fail(now time.Time, v verdict) {
	g.failed++
	g.status.Failures++
	most := min(baseWait<<min(g.failed, 10), mostWait)
	wait := most/2 + time.Duration(float64(most/2)*g.chance())
	g.next = now.Add(max(wait, min(v.retry, mostWait)))
	refused := v.status >= 300 && v.status < 500 && v.status != 408
	if !g.status.Registered || refused || v.status/100 == 2 || v.status/100 == 6 {
		g.leave(now, v.reason)
		return
	}
	g.status.Reason = v.reason
}

// lost says that the connection is gone by which we were registered. It is tried anew at once, unless that
// happens again and again.
func (g *enrolment) lost(now time.Time) {
	const reason = "the connection to the registrar broke"
	g.leave(now, reason)
	switch {
	case now.Sub(g.last) < baseWait:
		g.fail(now, verdict{reason: reason})
	case g.failed == 0:
		g.next = now
	}
}

// hurry tries again at once: there are signs that the registrar is back.
func (g *enrolment) hurry(now time.Time) {
	if now.Before(g.next) {
		g.next = now
	}
}

func (g *enrolment) leave(now time.Time, reason string) {
	if g.status.Registered || g.status.Since.IsZero() {
		g.status.Since = now
	}
	g.status.Registered, g.status.Reason, g.status.Expires = false, reason, time.Time{}
}
