package registrar

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// A nonce that is too old, of a gateway before its restart, or used with the same
// count is answered by a new one, whatever the password.
func TestStale(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	challenge := challengeOf(d.Register(d.now, d.request(p)), "WWW-Authenticate", "")
	try := func(where *desk) Answer {
		q := d.request(p)
		q.Authorization = []string{p.prove("REGISTER", q.URI, challenge)}
		return where.Register(where.now, q)
	}
	d.now = d.now.Add(time.Second)
	if a := try(d); a.Status != 200 {
		t.Fatalf("%d", a.Status)
	}
	if a := try(d); a.Status != 200 { // the next count of the same nonce
		t.Fatalf("%d", a.Status)
	}
	stale := func(what string, a Answer) {
		t.Helper()
		if c := challengeOf(a, "WWW-Authenticate", ""); a.Status != 401 || c["stale"] != "true" || len(a.Events) != 0 {
			t.Errorf("%s: %d %v %v", what, a.Status, a.Header, a.Events)
		}
	}
	p.nc-- // replayed
	stale("the same count", try(d))
	other := newDesk(t, nil)
	other.now = d.now
	stale("another start", try(other))
	d.now = d.now.Add(6 * time.Minute)
	stale("six minutes later", try(d))
	p.word = "wrong"
	for range 100 { // nobody is locked out by who only writes in another's name
		stale("a wrong password with an old nonce", try(d))
	}
	p.word = "geheim"
	q := d.request(p)
	q.Source = netip.MustParseAddrPort("10.9.9.9:5060")
	q.Authorization = []string{p.prove("REGISTER", q.URI, challengeOf(d.Register(d.now, d.request(p)), "WWW-Authenticate", ""))}
	d.now = d.now.Add(1)
	stale("from another address", d.Register(d.now, q))
}

// What a stranger is told does not tell users from others.
func TestUnknownUser(t *testing.T) {
	d := newDesk(t, nil)
	shape := func(user string) string {
		p := d.phone()
		p.user, p.word = user, "guess"
		a := d.register(p, nil)
		s := fmt.Sprint(a.Status, a.Reason)
		for _, h := range a.Header {
			s += h.Name + inQuotes.ReplaceAllString(h.Value, "$1")
		}
		return s
	}
	if a, b := shape("1001"), shape("nobody"); a != b || !strings.HasPrefix(a, "401") {
		t.Errorf("%s\n%s", a, b)
	}
	if s := d.Stats(); s.Denied != 2 {
		t.Errorf("%+v", s)
	}
}

// Answers for another realm, of another kind or to another address are no guesses.
func TestOtherAnswers(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Digest.Algorithms = []digest.Algorithm{digest.SHA256} })
	p := d.phone()
	c := challengeOf(d.Register(d.now, d.request(p)), "WWW-Authenticate", "")
	d.now = d.now.Add(1)
	good := p.prove("REGISTER", "sip:example.org:5060;transport=udp", c) // as some terminals write it
	for _, x := range []struct {
		head   string
		status int
	}{
		{strings.Replace(good, c["realm"], "elsewhere", 1), 401}, {strings.Replace(good, "SHA-256", "MD5", 1), 400},
		{strings.Replace(good, "sip:example.org", "sip:example.com", 1), 400}, {"Bearer x", 400}, {"Digest", 400}, {good, 200},
	} {
		q := d.request(p)
		q.Authorization = []string{"Digest realm=", x.head}[1:]
		if a := d.Register(d.now, q); a.Status != x.status || len(a.Events) > 0 && x.status != 200 {
			t.Errorf("%s: %d %+v", x.head, a.Status, a.Events)
		}
	}
	if s := d.Stats(); s.Denied != 0 || s.Accepted != 1 {
		t.Errorf("%+v", s)
	}
}

// A terminal that is set up wrongly locks out itself, and nobody beside it.
func TestWronglySetUp(t *testing.T) {
	d := newDesk(t, nil)
	bad, beside := d.phone(), d.phone()
	bad.word = "old"
	beside.user, beside.word, beside.contact = "1002", "other", "<sip:1002@10.0.0.7:5070>"
	var locks []Event
	refused := 0
	for range 6 * 60 { // an hour of a try each ten seconds
		a := d.register(bad, nil)
		for _, e := range a.Events {
			if e.Kind == Locked {
				locks = append(locks, e)
			}
		}
		if a.Status == 503 {
			refused++
		}
		d.now = d.now.Add(10 * time.Second)
	}
	if len(locks) < 5 || locks[0].For != 2*time.Second || locks[0].Scope != "user at source" || locks[3].For != 16*time.Second || refused < 300 {
		t.Errorf("%d locks, %d not looked at: %+v", len(locks), refused, locks)
	}
	for _, l := range locks {
		if l.Scope != "user at source" {
			t.Errorf("locks out others: %+v", l)
		}
	}
	d.must(beside, 200, nil)
	// Set up rightly, it waits until the lock is over, and then is free.
	bad.word = "geheim"
	d.now = d.now.Add(15 * time.Minute)
	d.must(bad, 200, nil)
	if a := d.register(bad, nil); a.Status != 200 {
		t.Errorf("%d", a.Status)
	}
}

// Who tries many users is locked out with its address; the terminals that were
// registered from there stay.
func TestManyUsersFromOneSource(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	d.must(p, 200, nil)
	guesser := d.phone()
	for i := range 100 {
		guesser.user, guesser.word = fmt.Sprintf("u%d", i), "1234"
		d.register(guesser, nil)
	}
	guesser.user, guesser.word = "1002", "other" // right, and not looked at
	if a := d.register(guesser, nil); a.Status != 503 || headerOf(a, "Retry-After") == "" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	guesser.from = "[2001:db8::1]:5060"
	d.must(guesser, 200, nil)
	d.must(p, 200, nil)
}

// 10,000 guesses at one user from a thousand sources, the right one among them,
// find nothing. The terminal itself stays registered, and another registers.
func TestGuessing(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	d.must(p, 200, nil)
	guesser, locked := d.phone(), 0
	guesser.contact = "<sip:1001@192.0.2.1>"
	for i := range 10_000 {
		guesser.from = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i % 1000 >> 8), byte(i % 1000)}), 5060).String()
		if guesser.word = fmt.Sprintf("%06d", i); i%100 == 99 {
			guesser.word = "geheim"
		}
		switch a := d.register(guesser, nil); a.Status {
		case 200:
			t.Fatalf("guess %d was let in", i)
		case 503:
			locked++
		}
		if i%1000 == 500 {
			d.must(p, 200, nil)
			other := d.phone()
			other.user, other.word, other.from = "1002", "other", fmt.Sprintf("10.1.0.%d:5060", i/1000)
			d.must(other, 200, nil)
		}
	}
	if s := d.Stats(); locked < 9900 || s.Denied > 100 || s.LockedOut != uint64(locked) || s.Locks == 0 {
		t.Errorf("%d not looked at, %+v", locked, s)
	}
	d.now = d.now.Add(15 * time.Minute)
	moved := d.phone() // it is at a new address now, and the lock is over
	moved.from, moved.contact = "10.0.0.99:5060", "<sip:1001@10.0.0.99>"
	d.must(moved, 200, nil)
}
