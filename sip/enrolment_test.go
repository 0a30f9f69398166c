package sip

import (
	"testing"
	"time"
)

func half() float64 { return 0.5 }

// Waits after failures grow as RFC 5626 4.5 has them: 30 to 60 s, twice as long each time, 15 to 30 min at most.
func TestEnrolmentWaits(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	for _, x := range []struct {
		chance float64
		want   []time.Duration
	}{
		{0, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute}},
		{1, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute}},
	} {
		g, now := newEnrolment(0, func() float64 { return x.chance }), at
		for i, want := range x.want {
			if !g.due(now) {
				t.Fatalf("not due after %d failures", i)
			}
			a := g.begin()
			if g.heard(now, &a, verdict{reason: "silence"}) || g.due(now) {
				t.Fatal("again at once")
			}
			if got := g.deadline().Sub(now); got != want {
				t.Errorf("failure %d: waits %v, not %v", i+1, got, want)
			}
			now = g.deadline()
		}
		if g.status.Failures != uint64(len(x.want)) || g.status.Reason != "silence" || !g.status.Since.Equal(at) {
			t.Errorf("%+v", g.status)
		}
	}
	g := newEnrolment(0, half)
	a := g.begin()
	if g.heard(at, &a, verdict{status: 503, retry: 5 * time.Minute}); g.deadline().Sub(at) != 5*time.Minute {
		t.Errorf("Retry-After is not kept: %v", g.deadline().Sub(at))
	}
}

// The registrar says how long it keeps us; four fifths later it is asked again.
func TestEnrolmentLifetime(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	for granted, want := range map[time.Duration][2]time.Duration{
		time.Hour: {48 * time.Minute, time.Hour}, 100 * time.Second: {80 * time.Second, 100 * time.Second},
		time.Second: {8 * time.Second, 10 * time.Second}, 1 << 32 * time.Second: {24 * time.Hour * 4 / 5, 24 * time.Hour},
	} {
		g := newEnrolment(time.Hour, half)
		a := g.begin()
		if a.expires != time.Hour || g.heard(at, &a, verdict{status: 200, granted: granted}) || !g.status.Registered {
			t.Fatalf("%+v", g.status)
		}
		if got := g.next.Sub(at).Round(time.Second); got != want[0] || g.status.Expires.Sub(at) != want[1] {
			t.Errorf("%v: again after %v, until %v", granted, got, g.status.Expires.Sub(at))
		}
	}
}

// One attempt: a proof, another only where the nonce was old, and a longer lifetime only once.
func TestEnrolmentAttempt(t *testing.T) {
	ask, old := verdict{status: 401, challenge: true}, verdict{status: 401, challenge: true, stale: true}
	brief := verdict{status: 423, least: 2 * time.Hour}
	ok := verdict{status: 200, granted: time.Hour}
	for _, x := range []struct {
		name       string
		answers    []verdict
		registered bool
		reason     string
	}{
		{"proved", []verdict{ask, ok}, true, ""},
		{"proved to a proxy", []verdict{{status: 407, challenge: true}, ok}, true, ""},
		{"open", []verdict{ok}, true, ""},
		{"wrong password", []verdict{ask, ask}, false, "the registrar does not take our password"},
		{"old nonce", []verdict{ask, old, ok}, true, ""},
		{"old nonces", []verdict{ask, old, old}, false, "the registrar does not take our password"},
		{"no password", []verdict{{status: 401}}, false, "the registrar asks for a proof that we cannot give"},
		{"too brief", []verdict{ask, brief, ask, ok}, true, ""},
		{"too brief twice", []verdict{brief, {status: 423, least: 3 * time.Hour}}, false, ""},
		{"too brief for ever", []verdict{{status: 423, least: 48 * time.Hour}}, false, ""},
		{"brief without a reason", []verdict{{status: 423}}, false, ""},
		{"not kept", []verdict{{status: 200}}, false, "the registrar does not keep our address"},
		{"forbidden", []verdict{{status: 403, reason: "no"}}, false, "no"},
		{"moved", []verdict{{status: 302, reason: "moved"}}, false, "moved"},
	} {
		g := newEnrolment(time.Hour, half)
		a := g.begin()
		for i, v := range x.answers {
			if again := g.heard(time.Unix(1, 0), &a, v); again != (i < len(x.answers)-1) {
				t.Fatalf("%s: answer %d: again is %v", x.name, i, again)
			}
		}
		if g.status.Registered != x.registered || g.status.Reason != x.reason {
			t.Errorf("%s: %+v", x.name, g.status)
		}
	}
	g := newEnrolment(time.Minute, half)
	a := g.begin()
	if g.heard(time.Unix(1, 0), &a, brief); a.expires != 2*time.Hour || g.begin().expires != 2*time.Hour {
		t.Error("the next attempt forgets what the registrar wants")
	}
}

// A registration that is not renewed stays until it runs out; one that the registrar refuses, or whose connection broke, is over.
func TestEnrolmentEnds(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	begun := func() (*enrolment, *attempt) {
		g := newEnrolment(time.Hour, half)
		a := g.begin()
		g.heard(at, &a, verdict{status: 200, granted: 100 * time.Second})
		return g, &a
	}
	g, a := begun()
	later := at.Add(80 * time.Second)
	if g.heard(later, a, verdict{reason: "silence"}); !g.status.Registered || g.status.Reason != "silence" {
		t.Errorf("%+v", g.status)
	}
	if end := g.deadline(); !end.Equal(at.Add(100 * time.Second)) {
		t.Errorf("ends at %v", end.Sub(at))
	}
	if g.look(at.Add(100 * time.Second)); g.status.Registered || g.status.Reason != "silence" {
		t.Errorf("%+v", g.status)
	}
	g.hurry(later)
	if !g.due(later) {
		t.Error("nothing is hurried")
	}

	for status, stays := range map[int]bool{403: false, 404: false, 408: true, 500: true, 503: true, 603: false, 200: false} {
		g, a := begun()
		if g.heard(later, a, verdict{status: status}); g.status.Registered != stays {
			t.Errorf("%d: %+v", status, g.status)
		}
	}
	g, _ = begun()
	if g.lost(later); g.status.Registered || !g.due(later) || g.status.Reason == "" {
		t.Errorf("a broken connection: %+v", g.status)
	}
	g, _ = begun()
	if g.lost(at.Add(time.Second)); g.due(at.Add(20*time.Second)) || g.status.Registered {
		t.Errorf("connections that break again and again: %+v", g.status)
	}
	g, _ = begun()
	if g.heard(later, &attempt{}, verdict{status: 200}) || g.status.Registered || g.status.Failures != 0 {
		t.Errorf("unregistered: %+v", g.status)
	}
}
