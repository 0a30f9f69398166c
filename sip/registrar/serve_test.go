package registrar

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Where a terminal is called: at its Contact if it is there, else where its
// REGISTER came from.
func TestRemote(t *testing.T) {
	for _, x := range []struct {
		name, contact, source string
		symmetric             bool
		direct                bool
		remote                string
	}{
		{"at its Contact", "<sip:a@10.0.0.7:5062>", "10.0.0.7:5062", true, true, "10.0.0.7:5062"},
		{"sends from another port", "<sip:a@10.0.0.7>", "10.0.0.7:34567", false, true, "10.0.0.7:5060"},
		{"and wants answers there", "<sip:a@10.0.0.7>", "10.0.0.7:34567", true, true, "10.0.0.7:34567"},
		{"behind a translator", "<sip:a@192.168.1.5:5060>", "203.0.113.9:41000", true, false, "203.0.113.9:41000"},
		{"behind one, without rport", "<sip:a@192.168.1.5:5060>", "203.0.113.9:41000", false, false, "203.0.113.9:41000"},
		{"a name", "<sip:a@phone.example>", "10.0.0.7:5060", false, false, "10.0.0.7:5060"},
		{"somebody else's address", "<sip:a@198.51.100.1>", "10.0.0.7:5060", false, false, "10.0.0.7:5060"},
		{"IPv6", "<sip:a@[2001:db8::7]:5070>", "[2001:db8::7]:5070", false, true, "[2001:db8::7]:5070"},
	} {
		d := newDesk(t, nil)
		p := d.phone()
		p.contact, p.from = x.contact, x.source
		d.must(p, 200, func(q *Request[wire]) { q.Symmetric = x.symmetric })
		b := d.Find(d.now, "1001")[0]
		if b.Direct() != x.direct || b.Remote() != netip.MustParseAddrPort(x.remote) || b.Elsewhere() {
			t.Errorf("%s: direct %v, %v", x.name, b.Direct(), b.Remote())
		}
	}
}

// A connection is kept open for its terminal, and without it the terminal is
// there only if its Contact can be called.
func TestConnection(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	p.flow, p.transport, p.from, p.contact = newWire(), "tcp", "10.0.0.7:49000", "<sip:1001@10.0.0.7:5060;transport=tcp>"
	d.must(p, 200, nil)
	if b := d.Find(d.now, "1001")[0]; !b.Online() || !b.Redial() || p.flow.holds != 1 {
		t.Errorf("%+v", b)
	}
	old := p.flow
	old.dead = true
	if e := d.Entries(d.now); e[0].Online || e[0].Contacts != 1 {
		t.Errorf("%+v", e)
	}
	p.flow, p.from = newWire(), "10.0.0.7:49001"
	d.must(p, 200, nil)
	if b := d.Find(d.now, "1001"); len(b) != 1 || !b[0].Online() || old.holds != 0 || p.flow.holds != 1 {
		t.Errorf("%+v", b)
	}
	p.contact = "<sip:1001@10.0.0.7:49001;transport=tcp>" // the port of its own connection, where nobody listens
	d.must(p, 200, nil)
	if b := d.Find(d.now, "1001")[0]; b.Redial() {
		t.Error("would be dialled")
	}
	p.contact = "<sips:1001@10.0.0.7:5061>"
	d.must(p, 200, nil)
	if b := d.Find(d.now, "1001")[0]; !b.Elsewhere() {
		t.Error("sips over tcp")
	}
	d.Clear()
	if p.flow.holds != 0 || d.Stats().Bindings != 0 {
		t.Errorf("%d holds are left", p.flow.holds)
	}
}

func TestProbes(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Probe = 30 * time.Second })
	p, s := d.phone(), d.phone()
	d.must(p, 200, nil)
	s.user, s.word, s.flow, s.transport, s.contact = "1002", "other", newWire(), "tls", "<sip:1002@10.0.0.8;transport=tls>"
	d.must(s, 200, nil)
	if len(d.Due(d.now.Add(29*time.Second), 10)) != 0 {
		t.Error("asked too soon")
	}
	d.now = d.now.Add(31 * time.Second)
	due := d.Due(d.now, 10)
	if len(due) != 1 || due[0].Transport != "udp" || len(d.Due(d.now, 10)) != 0 {
		t.Fatalf("%+v", due)
	}
	d.Probed(d.now, &due[0], false)
	if b := d.Find(d.now, "1001")[0]; b.Online() {
		t.Error("silent, and there")
	}
	d.now = d.now.Add(time.Second)
	d.Probed(d.now, &due[0], true)
	if b := d.Find(d.now, "1001")[0]; !b.Online() || !b.Seen.Equal(d.now) {
		t.Error("it answered")
	}
	if n := len(newDesk(t, nil).Due(d.now, 10)); n != 0 {
		t.Errorf("%d without wish", n)
	}
}

func (d *desk) call(p *phone, uri string) Call[wire] {
	return Call[wire]{URI: uri, User: p.user, Host: "Example.org", Source: netip.MustParseAddrPort(p.from), Flow: p.flow}
}

func TestCallsOpen(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	if who, a := d.Invite(d.now, d.call(p, "sip:5001@example.org")); who.Registered || a.Status != 0 {
		t.Errorf("%+v %d", who, a.Status)
	}
	d.must(p, 200, nil)
	if who, a := d.Invite(d.now, d.call(p, "sip:5001@example.org")); !who.Registered || who.Device != "Room 1001" || a.Status != 0 {
		t.Errorf("%+v %d", who, a.Status)
	}
}

func TestCallsRegistered(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.Calls = CallsRegistered
		c.Realm = func(h string) (string, bool) { return "r", h == "example.org" }
	})
	p := d.phone()
	d.must(p, 200, nil)
	for _, x := range []struct {
		name   string
		change func(*Call[wire])
		status int
	}{
		{"itself", func(*Call[wire]) {}, 0},
		{"another port", func(c *Call[wire]) { c.Source = netip.MustParseAddrPort("10.0.0.7:6000") }, 403},
		{"another address", func(c *Call[wire]) { c.Source = netip.MustParseAddrPort("10.0.0.8:5060") }, 403},
		{"another way", func(c *Call[wire]) { c.Flow = newWire() }, 403},
		{"another name", func(c *Call[wire]) { c.User = "1002" }, 403},
		{"another domain", func(c *Call[wire]) { c.Host = "example.com" }, 403},
	} {
		c := d.call(p, "sip:5001@example.org")
		x.change(&c)
		if who, a := d.Invite(d.now, c); a.Status != x.status || who.Registered != (x.status == 0) {
			t.Errorf("%s: %d %+v", x.name, a.Status, who)
		}
	}
	d.now = d.now.Add(2 * time.Hour)
	if _, a := d.Invite(d.now, d.call(p, "sip:5001@example.org")); a.Status != 403 {
		t.Errorf("long after: %d", a.Status)
	}
}

func TestCallsDigest(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Calls = CallsDigest })
	p := d.phone() // it needs not be registered
	const uri = "sip:5001@example.org"
	_, a := d.Invite(d.now, d.call(p, uri))
	c := challengeOf(a, "Proxy-Authenticate", "")
	if a.Status != 407 || c == nil {
		t.Fatalf("%d %v", a.Status, a.Header)
	}
	d.now = d.now.Add(1)
	try := func(uri, hashed, from string) (Caller, Answer) {
		call := d.call(p, uri)
		call.User, call.Authorization = from, []string{p.prove("INVITE", hashed, c)}
		return d.Invite(d.now, call)
	}
	if who, a := try(uri, uri, "1001"); a.Status != 0 || !who.Registered || who.Device != "Room 1001" {
		t.Errorf("%d %+v", a.Status, who)
	}
	if _, a := try("sip:6666@example.org", uri, "1001"); a.Status != 400 {
		t.Errorf("proof of another number: %d", a.Status)
	}
	if who, a := try(uri, uri, "1002"); a.Status != 403 || who.Registered || len(a.Events) != 1 {
		t.Errorf("somebody else's name: %d %+v", a.Status, a.Events)
	}
	p.word = "guess"
	for range 5 {
		_, a = try(uri, uri, "1001")
	}
	if a.Status != 407 || a.Events[0].Kind != Locked && a.Events[1].Kind != Locked {
		t.Errorf("%d %+v", a.Status, a.Events)
	}
	if _, a = try(uri, uri, "1001"); a.Status != 503 {
		t.Errorf("locked: %d", a.Status)
	}
}

// FuzzRequest: whatever a REGISTER says, an answer comes, no header of it can be
// split, and nothing is bound beyond the bounds.
func FuzzRequest(f *testing.F) {
	f.Add(`"Room, 7" <sip:a@10.0.0.7:5060;transport=tcp>;q=0.5;expires=60;+sip.instance="<urn:x>";reg-id=1, sip:b@[::1]`, "300", "1001", "example.org")
	f.Add("*", "0", "%31", "[::1]")
	f.Add("<sips:a@h;lr;x=\"y>", "\x00", "a@b", "")
	d := newDesk(&testing.T{}, nil)
	f.Fuzz(func(t *testing.T, contact, expires, user, host string) {
		d.t = t
		if _, _, err := parseContacts([]string{contact}); err == nil && strings.ContainsAny(contact, "\r\n") {
			t.Skip() // the parser of messages lets none through
		}
		p := d.phone()
		p.contact = contact
		a := d.register(p, func(q *Request[wire]) { q.Expires, q.Host = expires, host })
		for _, h := range a.Header {
			if strings.ContainsAny(h.Value, "\r\n\x00") {
				t.Errorf("%q", h.Value)
			}
		}
		if n := len(d.Find(d.now, "1001")); n > 8 || a.Status < 200 {
			t.Errorf("%d bindings, %d", n, a.Status)
		}
		d.Invite(d.now, Call[wire]{User: user, Host: host, Source: netip.MustParseAddrPort(p.from), Flow: p.flow})
		x, err := parseURI(contact)
		if y, err2 := parseURI(x.text); err == nil && (err2 != nil || !x.equal(y)) {
			t.Errorf("%q is not itself", contact)
		}
	})
}

func TestEqual(t *testing.T) { // the examples of RFC 3261 19.1.4
	for _, x := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:alice@[::1]", "sip:alice@[::1];user=phone", false},
	} {
		a, errA := parseURI(x.a)
		b, errB := parseURI(x.b)
		if errA != nil || errB != nil || a.equal(b) != x.want || b.equal(a) != x.want {
			t.Errorf("%s and %s: %v %v", x.a, x.b, errA, errB)
		}
	}
}
