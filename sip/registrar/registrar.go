package registrar

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/sip/registrar/digest"
)

// Credentials knows the terminals that may register. It is asked on the way of
// every message and must not wait for anything.
type Credentials interface {
	// Credentials gives those that a user may be: of each tenant one at most, the
	// first MaxCandidates count. Whose password is proved, that one it is.
	Credentials(q Question) []Credential
}

// MaxCandidates bounds whose passwords are looked at. As many are hashed for
// each request, so that no time tells how many there are.
const MaxCandidates = 16

// Question is who says to be a user.
type Question struct {
	Realm, User string
	Host        string     // of the address of record, in lower case
	Source      netip.Addr // where the request comes from
}

// Credential is a terminal that may register.
type Credential struct {
	Tenant string // whose it is; "" is the operator's
	Device string // its name in the list of devices; "" is the user's
	// MD5 and SHA256 are the HA1 of its password, as bytes; nil where there is none.
	MD5, SHA256 []byte
	// Likely tells that it is this one where others have the same password: its
	// domain is named, or it was last heard from there.
	Likely bool
}

func (c *Credential) ha1(a digest.Algorithm) []byte {
	if a == digest.MD5 {
		return c.MD5
	}
	return c.SHA256
}

// Calls says which calls of terminals are taken.
type Calls string

// Policies.
const (
	CallsOpen       Calls = "open"       // of everybody
	CallsRegistered Calls = "registered" // of terminals that are registered, by the way they are registered
	CallsDigest     Calls = "digest"     // of who proves a password with each call
)

// Config is what a Registrar works with.
type Config struct {
	// Realm gives the realm of a domain, the host of an address of record; false
	// when it is none of ours. Nil: every host belongs to the realm "roombridge".
	Realm       func(host string) (string, bool)
	Credentials Credentials
	Digest      digest.Config
	OldAgents   []string      // what the User-Agent of terminals begins with that give up when they are offered more than MD5
	Calls       Calls         // "" is CallsOpen
	Expires     time.Duration // of a registration that asks for longer, or not for any; 0 is an hour
	MinExpires  time.Duration // shorter ones are refused; 0 is a minute
	Probe       time.Duration // terminals that registered by UDP are asked this often whether they live; 0 is never
	MaxRecords  int           // addresses of record; 0 is 10,000
	MaxBindings int           // contacts of each; 0 is 8
}

func (c *Config) defaults() {
	set := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	set(&c.MaxRecords, 10_000)
	set(&c.MaxBindings, 8)
	if c.Expires == 0 {
		c.Expires = time.Hour
	}
	if c.MinExpires == 0 {
		c.MinExpires = time.Minute
	}
	if c.Calls == "" {
		c.Calls = CallsOpen
	}
	if c.Realm == nil {
		c.Realm = func(string) (string, bool) { return "roombridge", true }
	}
}

// Flow is the way by which a request came: a connection, or a UDP port.
type Flow interface {
	comparable
	// Alive tells whether it still carries messages.
	Alive() bool
	// Hold keeps an idle connection open; n is +1 or -1.
	Hold(n int)
}

// Header is a header of an answer.
type Header struct{ Name, Value string }

// Answer is what a request gets.
type Answer struct {
	Status int
	Reason string // for people: of Warning, empty where the status says it all
	Header []Header
	Events []Event
}

// Registrar knows who is registered. F is the way by which they are.
type Registrar[F Flow] struct {
	cfg     Config
	auth    *digest.Server
	guard   *lockout.Users
	nobody  []byte // HA1 of users that there are not
	records map[recordKey]*record[F]
	named   map[name][]*record[F] // whosever they are
	last    uint64                // id of a binding
	stats   Stats
}

// name is an address of record. The user is in lower case: names are called in
// any case.
type name struct{ realm, user string }

// recordKey is a tenant's address of record: others may have the same.
type recordKey struct {
	tenant string
	name
}

func keyOf(tenant, realm, user string) recordKey {
	return recordKey{tenant, name{realm, strings.ToLower(user)}}
}

// New makes a registrar that nobody is registered with.
func New[F Flow](cfg Config) *Registrar[F] {
	cfg.defaults()
	auth := digest.New(cfg.Digest)
	nobody := digest.HA1(digest.SHA256, auth.Challenges(time.Time{}, "", "", false, false)[0], "", "")
	return &Registrar[F]{cfg: cfg, auth: auth, guard: lockout.NewUsers(), nobody: nobody,
		records: make(map[recordKey]*record[F]), named: make(map[name][]*record[F])}
}

// Request is a REGISTER. Its texts come from the network as they are.
type Request[F Flow] struct {
	URI           string // Request-URI
	Scheme        string // of To, the address of record
	User, Host    string
	CallID        string
	Seq           uint32
	Contacts      []string // values of Contact
	Expires       string   // value of Expires, "" is none
	Authorization []string // values
	Agent         string   // User-Agent, fit for people
	Source        netip.AddrPort
	Symmetric     bool // it asks for answers to where it sent from (RFC 3581)
	Transport     string
	Flow          F
}

// Register answers a REGISTER (RFC 3261 10.3).
func (r *Registrar[F]) Register(now time.Time, q Request[F]) Answer {
	user := unescape(q.User)
	realm, ours := r.cfg.Realm(strings.ToLower(q.Host))
	switch {
	case q.Scheme != "sip" && q.Scheme != "sips":
		return r.refuse(416, "only sip and sips addresses register here")
	case !ours:
		return r.refuse(404, "this domain is not served here")
	case user == "" || !fit(user, maxUser):
		return r.refuse(404, "the address of record names nobody")
	}
	p := r.prove(now, proof{method: "REGISTER", uri: q.URI, realm: realm, host: strings.ToLower(q.Host),
		source: q.Source.Addr(), agent: q.Agent, answers: q.Authorization})
	if p.verdict != proved {
		return r.unproved(now, p, 401)
	}
	if !p.owns(user) {
		a := r.refuse(403, "this user may not register this address")
		a.Events = []Event{{Kind: Denied, User: p.user, Source: q.Source.Addr(), Text: "registers an address that is not its own"}}
		return a
	}
	a := r.bind(now, q, keyOf(p.tenant, realm, user), user, p)
	if a.Status == 200 {
		r.stats.Accepted++
	}
	return a
}

func (r *Registrar[F]) refuse(status int, reason string) Answer {
	r.stats.Refused++
	return Answer{Status: status, Reason: reason}
}

// bind changes the bindings of a record, all of them or none (10.3, steps 6 to 8).
func (r *Registrar[F]) bind(now time.Time, q Request[F], key recordKey, user string, p outcome) Answer {
	contacts, star, err := parseContacts(q.Contacts)
	rec := r.records[key]
	switch {
	case err != nil, star && (q.Expires == "" || seconds(q.Expires) != 0):
		return r.refuse(400, "a Contact cannot be read")
	case len(contacts) > r.cfg.MaxBindings:
		return r.refuse(503, "too many contacts")
	case rec == nil && len(contacts) > 0 && len(r.records) >= r.cfg.MaxRecords:
		a := r.refuse(503, "as many terminals are registered as may be")
		a.Header = []Header{{"Retry-After", "60"}}
		return a
	case rec == nil:
		rec = &record[F]{key: key, user: user, since: now}
	}
	rec.device = p.device
	c := change[F]{now: now, q: q, key: key, ha1: p.ha1, most: r.cfg.MaxBindings, id: r.last, bindings: append([]Binding[F](nil), rec.bindings...)}
	if star {
		err = c.clear()
	}
	for i := range contacts {
		life := r.lifetime(q, &contacts[i])
		if life > 0 && life < r.cfg.MinExpires {
			a := r.refuse(423, "")
			a.Header = []Header{{"Min-Expires", strconv.Itoa(int(r.cfg.MinExpires / time.Second))}}
			return a
		}
		if err == nil {
			err = c.set(&contacts[i], min(life, r.cfg.Expires))
		}
	}
	if err != nil {
		a := r.refuse(500, "the request was overtaken by a later one")
		a.Header = []Header{{"Retry-After", "1"}}
		return a
	}
	r.last = c.id
	events := r.commit(now, rec, &c)
	return Answer{Status: 200, Header: listed(now, rec.bindings), Events: events}
}

// lifetime is what a contact asks for: by its parameter, by the header, or by nothing.
func (r *Registrar[F]) lifetime(q Request[F], c *contact) time.Duration {
	switch {
	case c.given:
		return c.expires
	case q.Expires != "":
		return seconds(q.Expires)
	}
	return r.cfg.Expires
}

// listed are the bindings in the answer, each with the time that is left to it.
func listed[F Flow](now time.Time, bindings []Binding[F]) []Header {
	list := []Header{{"Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")}}
	for i := range bindings {
		b := &bindings[i]
		v := "<" + b.Contact + ">;expires=" + strconv.Itoa(int(b.Expires.Sub(now)/time.Second))
		if b.q < 1000 {
			v += ";q=" + strconv.FormatFloat(float64(b.q)/1000, 'f', -1, 64)
		}
		list = append(list, Header{"Contact", v})
	}
	return list
}
