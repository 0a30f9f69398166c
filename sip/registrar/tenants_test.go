package registrar

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// shared are tenants' devices of one name, by their passwords.
type shared struct {
	words  [][2]string // tenant and password
	likely func(q Question, tenant string) bool
}

func (s *shared) Credentials(q Question) (list []Credential) {
	if q.User != "1001" {
		return nil
	}
	for _, w := range s.words {
		c := credential(q, w[0], w[1])
		c.Device, c.Likely = "1001", s.likely != nil && s.likely(q, w[0])
		list = append(list, c)
	}
	return list
}

// entries lists who is registered, by whose it is.
func (d *desk) entries() string {
	list := map[string]string{}
	for _, e := range d.Entries(d.now) {
		list[e.Tenant] += e.Best.Contact
	}
	return fmt.Sprint(list)
}

// Devices of two tenants with one name are registered beside each other, are called and forgotten by themselves,
// and their calls are their tenants'. The password tells them apart.
func TestOneNameInTwoTenants(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.Credentials, c.Calls = &shared{words: [][2]string{{"a", "alpha"}, {"b", "beta"}, {"", "ours"}}}, CallsRegistered
	})
	var phones []*phone
	for i, x := range [][2]string{{"a", "alpha"}, {"b", "beta"}, {"", "ours"}} {
		p := d.phone()
		p.word, p.from, p.contact, p.callID = x[1], fmt.Sprintf("10.0.0.%d:5060", 7+i), fmt.Sprintf("<sip:1001@10.0.0.%d>", 7+i), x[0]
		if a := d.must(p, 200, nil); len(a.Events) != 1 || a.Events[0].Tenant != x[0] {
			t.Errorf("%+v", a.Events)
		}
		phones = append(phones, p)
		if who, a := d.Invite(d.now, d.call(p, "sip:5001@example.org")); a.Status != 0 || !who.Registered || who.Tenant != x[0] || who.Device != "1001" {
			t.Errorf("a call: %d %+v", a.Status, who)
		}
	}
	if got := d.entries(); got != "map[:sip:1001@10.0.0.9 a:sip:1001@10.0.0.7 b:sip:1001@10.0.0.8]" {
		t.Errorf("%s", got)
	}
	for _, x := range []struct {
		tenants []string
		want    string
	}{
		{[]string{"a"}, "[sip:1001@10.0.0.7]"}, {[]string{"b"}, "[sip:1001@10.0.0.8]"}, {[]string{"c"}, "[]"}, {[]string{"c", ""}, "[sip:1001@10.0.0.9]"},
		{[]string{"", "a"}, "[sip:1001@10.0.0.9]"},
	} {
		list := []string{}
		for _, b := range d.Find(d.now, "1001", x.tenants...) {
			list = append(list, b.Contact)
		}
		if fmt.Sprint(list) != x.want {
			t.Errorf("%q reach %q", x.tenants, list)
		}
	}
	phones[1].contact = "*" // b's goes
	d.must(phones[1], 200, func(q *Request[wire]) { q.Expires = "0" })
	if got := d.entries(); got != "map[:sip:1001@10.0.0.9 a:sip:1001@10.0.0.7]" || len(d.named) != 1 {
		t.Errorf("%s", got)
	}
	d.Forget(func(tenant, _ string, _ []byte) bool { return tenant == "a" })
	if got := d.entries(); got != "map[:sip:1001@10.0.0.9]" || len(d.Find(d.now, "1001")) != 1 {
		t.Errorf("%s", got)
	}
	if _, a := d.Invite(d.now, d.call(phones[0], "sip:5001@example.org")); a.Status != 403 {
		t.Errorf("a call of one that was forgotten: %d", a.Status)
	}
	d.Clear()
	if len(d.named) != 0 || len(d.records) != 0 {
		t.Errorf("%d names, %d records are left", len(d.named), len(d.records))
	}
}

// A way that two tenants' devices of one name share says of no call whose it is, unless one registered from just there.
func TestOneWayForTwo(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Credentials = &shared{words: [][2]string{{"a", "alpha"}, {"b", "beta"}}} })
	p, q := d.phone(), d.phone()
	p.word, q.word, q.from, q.callID = "alpha", "beta", "10.0.0.7:7777", "b"
	d.must(p, 200, nil)
	d.must(q, 200, nil) // it says that it is called where the other is
	if who, _ := d.Invite(d.now, d.call(p, "sip:5001@example.org")); who.Tenant != "a" {
		t.Errorf("%+v", who)
	}
	q.from = p.from // through one proxy
	d.must(q, 200, nil)
	if who, a := d.Invite(d.now, d.call(p, "sip:5001@example.org")); who.Registered || a.Status != 0 {
		t.Errorf("%+v", who)
	}
}

// The same name and password in two tenants: it is whose domain is named, or where it was last; else it is refused,
// as a wrong password is, and told.
func TestOnePasswordInTwoTenants(t *testing.T) {
	s := &shared{words: [][2]string{{"a", "same"}, {"b", "same"}, {"c", "other"}}}
	d := newDesk(t, func(c *Config) { c.Credentials = s })
	p := d.phone()
	p.word = "same"
	shape := func(a Answer) string { return fmt.Sprint(a.Status, a.Reason, len(a.Header)) }
	a := d.register(p, nil)
	wrong := d.phone()
	wrong.word, wrong.from = "wrong", "10.0.0.9:5060"
	if b := d.register(wrong, nil); shape(a) != shape(b) || a.Status != 401 {
		t.Errorf("%s, and a wrong one %s", shape(a), shape(b))
	}
	if e := a.Events; len(e) != 1 || e[0].Kind != Ambiguous || e[0].User != "1001" || len(d.records) != 0 {
		t.Errorf("%+v", e)
	}
	s.likely = func(q Question, tenant string) bool {
		return q.Source == netip.MustParseAddr("10.0.0.7") || tenant == "b" && q.Host == "b.example"
	}
	d.must(p, 401, nil) // both were there
	p.from = "10.0.0.8:5060"
	d.must(p, 401, nil)
	d.must(p, 200, func(q *Request[wire]) { q.Host = "B.example" })
	if got := d.entries(); got != "map[b:sip:1001@10.0.0.7:5060]" {
		t.Errorf("%s", got)
	}
	p.word = "other"
	d.must(p, 200, nil)
}

// Who knows the password of its own device makes no guesses at another tenant's of the same name good by it.
func TestGuessingAtTheNeighbour(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Credentials = &shared{words: [][2]string{{"a", "geheim"}, {"b", "beta"}}} })
	p := d.phone()
	for i := range 900 { // within two seconds
		if p.word = fmt.Sprint(i); i%4 == 3 {
			p.word = "beta"
		} else if i > 15 {
			p.word = "geheim"
		}
		a := d.register(p, nil)
		if p.word == "beta" && a.Status != 200 {
			t.Fatalf("%d: the own device: %d", i, a.Status)
		}
		if p.word == "geheim" && a.Status == 200 {
			t.Fatalf("guess %d was let in", i)
		}
	}
	if got := d.entries(); got != "map[b:sip:1001@10.0.0.7:5060]" {
		t.Errorf("%s", got)
	}
	d.now = d.now.Add(time.Hour)
	p.word = "geheim"
	d.must(p, 200, nil)
}

// As much is hashed for a user that there is not as for one of many tenants.
func TestAsMuchIsHashed(t *testing.T) {
	many := &shared{}
	for i := range 40 {
		many.words = append(many.words, [2]string{fmt.Sprint(i), fmt.Sprint("word", i)})
	}
	d := newDesk(t, func(c *Config) { c.Credentials = many })
	p := d.phone()
	p.word = "word15"
	d.must(p, 200, nil)
	p.word = "word16" // one too many
	d.must(p, 401, nil)
	digests := func(n int) float64 {
		o := outcome{proof: proof{method: "REGISTER", realm: "roombridge"}, user: "1001"}
		a, err := digest.Parse(`Digest username="1001", realm="roombridge", nonce="n", uri="sip:h", response="00112233445566778899aabbccddeeff"`)
		if err != nil {
			t.Fatal(err)
		}
		list := many.Credentials(Question{Realm: "roombridge", User: "1001"})[:n]
		return testing.AllocsPerRun(10, func() { d.match(&o, &a, list) })
	}
	if none := digests(0); digests(1) != none || digests(MaxCandidates) != none || digests(40) != none || none < MaxCandidates {
		t.Errorf("%v with none, %v with one, %v with as many as may be", none, digests(1), digests(MaxCandidates))
	}
}
