package registrar

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// wire is a connection, or a port, for tests.
type wire struct{ *wireState }

type wireState struct {
	dead  bool
	holds int
}

func newWire() wire        { return wire{&wireState{}} }
func (w wire) Alive() bool { return !w.dead }
func (w wire) Hold(n int)  { w.holds += n }

// passwords are the users of the tests.
type passwords map[string]string

func (p passwords) Credentials(q Question) []Credential {
	word, ok := p[q.User]
	if !ok {
		return nil
	}
	return []Credential{credential(q, "", word)}
}

// credential is a tenant's device of that name.
func credential(q Question, tenant, word string) Credential {
	return Credential{
		Tenant: tenant, Device: "Room " + q.User,
		MD5: digest.HA1(digest.MD5, q.User, q.Realm, word), SHA256: digest.HA1(digest.SHA256, q.User, q.Realm, word),
	}
}

// desk is a registrar with a clock, and port the UDP port that it listens on.
type desk struct {
	*Registrar[wire]
	t    *testing.T
	now  time.Time
	port wire
	seq  uint32
}

func newDesk(t *testing.T, change func(*Config)) *desk {
	c := Config{Credentials: passwords{"1001": "geheim", "1002": "other"}, MinExpires: time.Minute, Expires: time.Hour}
	if change != nil {
		change(&c)
	}
	return &desk{Registrar: New[wire](c), t: t, now: time.Unix(1_700_000_000, 0), port: newWire()}
}

// phone is a terminal.
type phone struct {
	user, word string
	from       string // source
	contact    string
	callID     string
	algorithm  digest.Algorithm // "" is the first that is offered
	flow       wire
	transport  string

	nonce string // of the last challenge
	nc    uint32
}

func (d *desk) phone() *phone {
	return &phone{user: "1001", word: "geheim", from: "10.0.0.7:5060", contact: "<sip:1001@10.0.0.7:5060>", callID: "a@10.0.0.7", flow: d.port, transport: "udp"}
}

// request is the next REGISTER, without credentials.
func (d *desk) request(p *phone) Request[wire] {
	d.seq++
	q := Request[wire]{URI: "sip:example.org", Scheme: "sip", User: p.user, Host: "example.org", CallID: p.callID, Seq: d.seq, Agent: "Phone/1",
		Source: netip.MustParseAddrPort(p.from), Transport: p.transport, Flow: p.flow}
	if p.contact != "" {
		q.Contacts = []string{p.contact}
	}
	return q
}

var inQuotes = regexp.MustCompile(`(\w+)="([^"]*)"`)

// challengeOf gives the parameters of the challenge that a terminal takes.
func challengeOf(a Answer, header string, algorithm digest.Algorithm) map[string]string {
	for _, h := range a.Header {
		if h.Name == header && strings.Contains(h.Value, "algorithm="+string(algorithm)) {
			m := map[string]string{"algorithm": string(digest.MD5), "stale": fmt.Sprint(strings.Contains(h.Value, "stale=true"))}
			if strings.Contains(h.Value, "SHA-256") {
				m["algorithm"] = string(digest.SHA256)
			}
			for _, p := range inQuotes.FindAllStringSubmatch(h.Value, -1) {
				m[p[1]] = p[2]
			}
			return m
		}
	}
	return nil
}

// prove writes what answers a challenge.
func (p *phone) prove(method, uri string, c map[string]string) string {
	if p.nonce != c["nonce"] {
		p.nonce, p.nc = c["nonce"], 0
	}
	p.nc++
	al := digest.Algorithm(c["algorithm"])
	ha1 := hex.EncodeToString(digest.HA1(al, p.user, c["realm"], p.word))
	ha2 := hash(al, method+":"+uri)
	head := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=%s`, p.user, c["realm"], p.nonce, uri, al)
	if c["qop"] == "" {
		return head + `, response="` + hash(al, ha1+":"+p.nonce+":"+ha2) + `"`
	}
	nc := fmt.Sprintf("%08x", p.nc)
	return head + `, qop=auth, cnonce="xyz", nc=` + nc + `, response="` + hash(al, strings.Join([]string{ha1, p.nonce, nc, "xyz", "auth", ha2}, ":")) + `"`
}

func hash(al digest.Algorithm, text string) string {
	if al == digest.SHA256 {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// register registers as a terminal does: asks, is challenged, proves.
func (d *desk) register(p *phone, change func(*Request[wire])) Answer {
	d.t.Helper()
	q := d.request(p)
	if change != nil {
		change(&q)
	}
	d.now = d.now.Add(time.Millisecond)
	a := d.Register(d.now, q)
	if a.Status != 401 {
		return a
	}
	c := challengeOf(a, "WWW-Authenticate", p.algorithm)
	if c == nil {
		d.t.Fatalf("no challenge for %q in %v", p.algorithm, a.Header)
	}
	d.now = d.now.Add(time.Millisecond)
	d.seq++
	q.Seq, q.Authorization = d.seq, []string{p.prove("REGISTER", q.URI, c)}
	return d.Register(d.now, q)
}

func (d *desk) must(p *phone, status int, change func(*Request[wire])) Answer {
	d.t.Helper()
	a := d.register(p, change)
	if a.Status != status {
		d.t.Fatalf("%d %s, want %d", a.Status, a.Reason, status)
	}
	return a
}

// contacts are those of an answer.
func contacts(a Answer) string {
	var all []string
	for _, h := range a.Header {
		if h.Name == "Contact" {
			all = append(all, h.Value)
		}
	}
	return strings.Join(all, " ")
}

func headerOf(a Answer, name string) string {
	for _, h := range a.Header {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

func TestRegister(t *testing.T) {
	for _, al := range []digest.Algorithm{digest.SHA256, digest.MD5} {
		d := newDesk(t, nil)
		p := d.phone()
		p.algorithm = al
		a := d.must(p, 200, nil)
		if contacts(a) != "<sip:1001@10.0.0.7:5060>;expires=3600" || headerOf(a, "Date") != d.now.UTC().Format("Mon, 02 Jan 2006 15:04:05")+" GMT" {
			t.Errorf("%v", a.Header)
		}
		if len(a.Events) != 1 || a.Events[0].Kind != Registered || a.Events[0].Device != "Room 1001" {
			t.Errorf("%+v", a.Events)
		}
		b := d.Find(d.now, "ROOM 1001")
		if len(b) != 1 || b[0].Contact != "sip:1001@10.0.0.7:5060" || !b[0].Online() || len(d.Find(d.now, "1001")) != 1 || len(d.Find(d.now, "1002")) != 0 {
			t.Errorf("%+v", b)
		}
		p.contact = "" // only asks
		if got := contacts(d.must(p, 200, nil)); !strings.HasPrefix(got, "<sip:1001@10.0.0.7:5060>;expires=35") {
			t.Errorf("asked: %s", got)
		}
		if s := d.Stats(); s.Records != 1 || s.Bindings != 1 || s.Accepted != 2 || s.Challenged != 2 {
			t.Errorf("%+v", s)
		}
	}
}

// Terminals that only look at the first challenge get MD5 first by a setting,
// and very old ones no quality of protection.
func TestOldTerminals(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.Digest = digest.Config{Algorithms: []digest.Algorithm{digest.MD5, digest.SHA256}, NoQOP: true}
	})
	p := d.phone()
	a := d.Register(d.now, d.request(p))
	if c := challengeOf(a, "WWW-Authenticate", ""); c["algorithm"] != "MD5" || c["qop"] != "" {
		t.Errorf("%v", a.Header)
	}
	d.must(p, 200, nil)
	// Some give up when they are offered what they do not know.
	d = newDesk(t, func(c *Config) { c.OldAgents = []string{"Phone/"} })
	if c := challengeOf(d.Register(d.now, d.request(p)), "WWW-Authenticate", digest.SHA256); c != nil {
		t.Errorf("%v", c)
	}
	d.must(p, 200, nil)
}

func TestExpires(t *testing.T) {
	for _, x := range []struct {
		contact, header string
		status          int
		left            string
	}{
		{"<sip:a@10.0.0.7>;expires=120", "", 200, "120"},
		{"<sip:a@10.0.0.7>;expires=120", "600", 200, "120"},
		{"<sip:a@10.0.0.7>", "600", 200, "600"},
		{"<sip:a@10.0.0.7>", "99999999999999999999999", 200, "3600"},
		{"<sip:a@10.0.0.7>;expires=soon", "", 200, "3600"},
		{"<sip:a@10.0.0.7>;expires=-5", "", 200, "3600"},
		{"<sip:a@10.0.0.7>;expires=59", "", 423, ""},
		{"<sip:a@10.0.0.7>", "1", 423, ""},
		{"<sip:a@10.0.0.7>;expires=0", "", 200, ""},
	} {
		d := newDesk(t, nil)
		p := d.phone()
		p.contact = x.contact
		a := d.must(p, x.status, func(q *Request[wire]) { q.Expires = x.header })
		if _, left, _ := strings.Cut(contacts(a), ";expires="); left != x.left {
			t.Errorf("%s %s: %s", x.contact, x.header, contacts(a))
		}
		if x.status == 423 && headerOf(a, "Min-Expires") != "60" {
			t.Errorf("%v", a.Header)
		}
	}
}

func TestExpiry(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	d.must(p, 200, func(q *Request[wire]) { q.Expires = "100" })
	d.now = d.now.Add(100*time.Second - 1)
	if d.port.holds != 1 || d.Sweep(d.now) != nil || len(d.Find(d.now, "1001")) != 1 {
		t.Error("over before its time")
	}
	d.now = d.now.Add(1)
	if len(d.Find(d.now, "1001")) != 0 || len(d.Entries(d.now)) != 0 {
		t.Error("found after its time")
	}
	if e := d.Sweep(d.now); len(e) != 1 || e[0].Kind != Gone || d.port.holds != 0 || d.Stats().Records != 0 || d.Stats().Bindings != 0 {
		t.Errorf("%+v, %d holds, %+v", e, d.port.holds, d.Stats())
	}
}

// Devices that are gone are no longer registered.
func TestForget(t *testing.T) {
	d := newDesk(t, nil)
	p, other := d.phone(), d.phone()
	other.user, other.word, other.contact, other.callID = "1002", "other", "<sip:1002@10.0.0.7:5061>", "b@10.0.0.7"
	d.must(p, 200, nil)
	d.must(other, 200, nil)
	e := d.Forget(func(tenant, device string, _ []byte) bool { return tenant == "" && device == "Room 1001" })
	if len(e) != 1 || e[0].Kind != Gone || e[0].User != "1001" || d.port.holds != 1 || len(d.Find(d.now, "1001")) != 0 || len(d.Find(d.now, "1002")) != 1 {
		t.Errorf("%+v, %d holds", e, d.port.holds)
	}
}

// Of a device whose password has changed those contacts are forgotten that proved the old one,
// by whichever algorithm.
func TestForgetOldPassword(t *testing.T) {
	for _, al := range []digest.Algorithm{digest.MD5, digest.SHA256} {
		words := passwords{"1001": "old"}
		d := newDesk(t, func(c *Config) { c.Credentials = words })
		p, late, other := d.phone(), d.phone(), d.phone()
		p.word, p.algorithm = "old", al
		d.must(p, 200, nil)
		late.word, late.algorithm, late.contact, late.callID = "old", al, "<sip:late@10.0.0.7>", "late"
		d.must(late, 200, nil)
		words["1001"] = "new"
		late.word, other.word = "new", "new" // before the registrar hears of it
		d.must(late, 200, nil)
		other.contact, other.callID = "<sip:other@10.0.0.7>", "other"
		d.must(other, 200, nil)
		now := digest.HA1(digest.SHA256, "1001", "roombridge", "new")
		if e := d.Forget(func(_, device string, ha1 []byte) bool { return device == "Room 1001" && !bytes.Equal(ha1, now) }); len(e) != 0 {
			t.Errorf("%s: somebody is left, and told of as gone: %+v", al, e)
		}
		list := d.Find(d.now, "1001")
		if len(list) != 2 || d.port.holds != 2 || slices.ContainsFunc(list, func(b Binding[wire]) bool { return b.Contact == "sip:1001@10.0.0.7:5060" }) {
			t.Errorf("%s: %d holds, %+v", al, d.port.holds, list)
		}
		d.must(p, 401, nil)
	}
}

func TestSeveralContacts(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.MaxBindings = 3 })
	p := d.phone()
	p.contact = `"Room, 7" <sip:a@10.0.0.7>;q=0.3, <sip:b@10.0.0.7:5062;transport=TCP>;q=0.9;expires=90,sip:c@10.0.0.7;expires=300`
	a := d.must(p, 200, nil)
	if got := contacts(a); got != "<sip:a@10.0.0.7>;expires=3600;q=0.3 <sip:b@10.0.0.7:5062;transport=TCP>;expires=90;q=0.9 <sip:c@10.0.0.7>;expires=300" {
		t.Errorf("%s", got)
	}
	if b := d.Find(d.now, "1001"); b[0].Contact != "sip:c@10.0.0.7" || b[1].Contact != "sip:b@10.0.0.7:5062;transport=TCP" || b[2].Contact != "sip:a@10.0.0.7" {
		t.Errorf("the best is %s", b[0].Contact)
	}
	// The oldest yields to another.
	p.contact = "<sip:b@10.0.0.7:5062;transport=tcp>, <sip:c@10.0.0.7>, <sip:d@10.0.0.7>"
	if got := contacts(d.must(p, 200, nil)); strings.Count(got, "<") != 3 || strings.Contains(got, "sip:a@") || d.port.holds != 3 {
		t.Errorf("%s", got)
	}
	p.contact = "<sip:1@h>, <sip:2@h>, <sip:3@h>, <sip:4@h>"
	d.must(p, 503, nil)
	p.contact = "*"
	d.must(p, 400, nil)
	d.must(p, 400, func(q *Request[wire]) { q.Expires = "1" })
	d.must(p, 400, func(q *Request[wire]) { q.Expires, q.Contacts = "0", []string{"*", "<sip:a@10.0.0.7>"} })
	a = d.must(p, 200, func(q *Request[wire]) { q.Expires = "0" })
	if contacts(a) != "" || a.Events[0].Kind != Gone || d.port.holds != 0 {
		t.Errorf("%v %+v", a.Header, a.Events)
	}
}

// A request that was overtaken changes nothing (10.3, steps 6 and 7).
func TestOvertaken(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	d.must(p, 200, nil)
	seq := d.seq
	for _, contact := range []string{"<sip:1001@10.0.0.7:5060>;expires=0", "<sip:new@10.0.0.7>, <sip:1001@10.0.0.7:5060>", "*"} {
		p.contact = contact
		d.seq = seq - 2
		d.must(p, 500, func(q *Request[wire]) { q.Expires = "0" })
	}
	if b := d.Find(d.now, "1001"); len(b) != 1 || b[0].Contact != "sip:1001@10.0.0.7:5060" {
		t.Errorf("%+v", b)
	}
	d.seq = 0 // another Call-ID: it restarted
	p.callID, p.contact = "b", "<sip:1001@10.0.0.7:5060>;expires=0"
	if a := d.must(p, 200, nil); contacts(a) != "" {
		t.Errorf("%v", a.Header)
	}
}

// A terminal that comes back elsewhere with its instance leaves nothing behind.
func TestInstance(t *testing.T) {
	d := newDesk(t, nil)
	p := d.phone()
	const instance = `;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	p.contact = "<sip:1001@10.0.0.7:40000;transport=tcp>" + instance
	d.must(p, 200, nil)
	id := d.Find(d.now, "1001")[0].ID
	p.contact, p.callID = "<sip:1001@10.0.0.8:50000;transport=tcp>"+instance, "b"
	if got := contacts(d.must(p, 200, nil)); strings.Count(got, "<") != 1 || !strings.Contains(got, "10.0.0.8") || d.Find(d.now, "1001")[0].ID != id {
		t.Errorf("%s", got)
	}
	p.contact, p.callID = "<sip:1001@10.0.0.9;transport=tcp>"+strings.Replace(instance, "1", "2", 1), "c"
	if got := contacts(d.must(p, 200, nil)); strings.Count(got, "<") != 2 {
		t.Errorf("another registration of it: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.MaxRecords = 1
		c.Realm = func(host string) (string, bool) { return "r", host == "example.org" }
	})
	p := d.phone()
	for _, x := range []struct {
		name   string
		status int
		change func(*Request[wire])
	}{
		{"another domain", 404, func(q *Request[wire]) { q.Host = "example.com" }},
		{"a telephone number", 416, func(q *Request[wire]) { q.Scheme = "tel" }},
		{"nobody", 404, func(q *Request[wire]) { q.User = "" }},
		{"what is no text", 404, func(q *Request[wire]) { q.User = "%00" }},
		{"somebody else", 403, func(q *Request[wire]) { q.User = "1002" }},
		{"a mailbox", 400, func(q *Request[wire]) { q.Contacts = []string{"<mailto:a@b>"} }},
		{"no host", 400, func(q *Request[wire]) { q.Contacts = []string{"<sip:a@>"} }},
		{"headers", 400, func(q *Request[wire]) { q.Contacts = []string{"<sip:a@b?Replaces=x>"} }},
		{"never closed", 400, func(q *Request[wire]) { q.Contacts = []string{"<sip:a@b"} }},
		{"a long address", 400, func(q *Request[wire]) { q.Contacts = []string{"<sip:" + strings.Repeat("a", 600) + "@b>"} }},
		{"many", 400, func(q *Request[wire]) { q.Contacts = []string{strings.Repeat("<sip:a@b>,", 17)} }},
	} {
		if a := d.register(p, x.change); a.Status != x.status {
			t.Errorf("%s: %d %s", x.name, a.Status, a.Reason)
		}
	}
	d.must(p, 200, nil)
	q := d.phone()
	q.user, q.word = "1002", "other"
	if a := d.must(q, 503, nil); headerOf(a, "Retry-After") == "" {
		t.Errorf("full: %v", a.Header)
	}
	// The device's name is its own too.
	newDesk(t, nil).must(p, 200, func(q *Request[wire]) { q.User = "room%201001" })
}
