package sip

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/registrar"
	"github.com/roombridge/roombridge/sip/registrar/digest"
	"github.com/roombridge/roombridge/sip/siptest"
)

// words are the passwords of the tests.
type words map[string]string

func (w words) Credentials(q registrar.Question) []registrar.Credential {
	p, ok := w[q.User]
	if !ok {
		return nil
	}
	return []registrar.Credential{{MD5: digest.HA1(digest.MD5, q.User, q.Realm, p), SHA256: digest.HA1(digest.SHA256, q.User, q.Realm, p)}}
}

// registering lets terminals register.
func registering(change func(*registrar.Config)) func(*Config) {
	return func(c *Config) {
		c.Register = &registrar.Config{Credentials: words{"room7": "geheim", "phonghop1": "mật khẩu"}}
		if change != nil {
			change(c.Register)
		}
	}
}

var challengePart = regexp.MustCompile(`(\w+)="?([^",]*)"?`)

// prove answers a challenge as a terminal does.
func prove(t testing.TB, res *siptest.Message, header, algorithm, user, password, method, uri string) string {
	t.Helper()
	for _, v := range res.All(header) {
		p := map[string]string{}
		for _, m := range challengePart.FindAllStringSubmatch(v, -1) {
			p[m[1]] = m[2]
		}
		if p["algorithm"] != algorithm {
			continue
		}
		h := func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
		if algorithm == "SHA-256" {
			h = func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
		}
		response := h(strings.Join([]string{h(user + ":" + p["realm"] + ":" + password), p["nonce"], "00000001", "c", "auth", h(method + ":" + uri)}, ":"))
		return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=%s, qop=auth, nc=00000001, cnonce="c", response="%s", opaque="%s"`,
			user, p["realm"], p["nonce"], uri, algorithm, response, p["opaque"])
	}
	t.Fatalf("no challenge of %s in\n%s", algorithm, res.Raw)
	return ""
}

// register registers a user and gives the answer.
func register(t testing.TB, p *siptest.Peer, user, password, algorithm, extra string) *siptest.Message {
	t.Helper()
	const uri = "sip:127.0.0.1"
	c := registration(p, user)
	c.Send("REGISTER", extra, "")
	res := p.Expect("401")
	c.Send("REGISTER", "Authorization: "+prove(t, res, "www-authenticate", algorithm, user, password, "REGISTER", uri)+"\n"+extra, "")
	return p.Next(siptest.Patience)
}

// registration writes the REGISTERs of a user.
func registration(p *siptest.Peer, user string) *registerCall {
	return &registerCall{p.NewCall("sip:127.0.0.1"), user}
}

type registerCall struct {
	*siptest.Call
	user string
}

// Send writes the next REGISTER, whose To and From are the user's.
func (c *registerCall) Send(method, extra, body string) {
	raw := c.Request(method, extra, body)
	raw = regexp.MustCompile(`(?m)^To: .*\r$`).ReplaceAllString(raw, "To: <sip:"+c.user+"@127.0.0.1>\r")
	raw = regexp.MustCompile(`(?m)^From: [^;]*`).ReplaceAllString(raw, "From: <sip:"+c.user+"@127.0.0.1>")
	c.Write(raw)
}

func device1(t testing.TB, e *Endpoint) bridge.Device {
	t.Helper()
	list := e.Devices()
	if len(list) != 1 {
		t.Fatalf("%d devices: %+v", len(list), list)
	}
	return list[0]
}

func TestRegisterOver(t *testing.T) {
	for _, proto := range []string{"udp", "tcp", "tls"} {
		for _, algorithm := range []string{"SHA-256", "MD5"} {
			t.Run(proto+" "+algorithm, func(t *testing.T) {
				e := serve(t, newFakeBoard(), func(c *Config) {
					registering(nil)(c)
					c.Listen = []string{proto + "://127.0.0.1:0"}
				})
				p := siptest.Dial(t, e.Addrs()[0])
				ok := register(t, p, "room7", "geheim", algorithm, "User-Agent: Yealink VC800 63.345.0.40\nExpires: 300")
				if ok.Status() != 200 || ok.Param("contact", "expires") != "300" {
					t.Fatalf("%s", ok.Raw)
				}
				d := device1(t, e)
				if d.Name != "room7" || d.Model != "Yealink VC800" || d.Software != "63.345.0.40" || d.Transport != proto ||
					d.Encrypted != (proto == "tls") || !d.Online || d.Address.String() != p.Addr() || d.Contacts != 1 {
					t.Errorf("%+v", d)
				}
				if s := e.Stats().Register; s.Accepted != 1 || s.Records != 1 || s.Challenged != 1 {
					t.Errorf("%+v", s)
				}
				if res := register(t, p, "room7", "wrong", algorithm, ""); res.Status() != 401 {
					t.Errorf("%s", res.Raw)
				}
			})
		}
	}
}

// Digests that another library makes are taken: SHA-256 where it is the first that is offered.
func TestRegisterAsOthersDo(t *testing.T) {
	for _, first := range []digest.Algorithm{digest.SHA256, digest.MD5} {
		e := serve(t, newFakeBoard(), registering(func(c *registrar.Config) { c.Digest.Algorithms = []digest.Algorithm{first} }))
		p := siptest.Dial(t, e.Addrs()[0])
		c := registration(p, "phonghop1")
		raw := c.Request("REGISTER", "", "")
		c.Send("REGISTER", "", "")
		asked, err := parseMessage([]byte(p.Expect("401").Raw))
		if err != nil {
			t.Fatal(err)
		}
		req, err := parseMessage([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		h, ok := authorize(req.(*sipgo.Request), asked.(*sipgo.Response), bridge.Target{}, func(bridge.Target, string) (string, string, bool) {
			return "phonghop1", "mật khẩu", true
		})
		if !ok || !strings.Contains(h.Value(), string(first)) {
			t.Fatalf("%v", h)
		}
		c.Send("REGISTER", "Authorization: "+h.Value(), "")
		p.Expect("200")
	}
}

func TestNobodyRegisters(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	p := siptest.Dial(t, e.Addrs()[0])
	registration(p, "room7").Send("REGISTER", "", "")
	if res := p.Expect("405"); strings.Contains(res.Get("allow"), "REGISTER") {
		t.Errorf("%s", res.Raw)
	}
	if e.Devices() != nil || e.Check(bridge.Target{URI: "sip:nobody"}) != nil {
		t.Error("there is no registrar")
	}
}

// Extensions that are required and unknown are refused, and only then.
func TestRegisterExtensions(t *testing.T) {
	e := serve(t, newFakeBoard(), registering(nil))
	p := siptest.Dial(t, e.Addrs()[0])
	c := registration(p, "room7")
	c.Send("REGISTER", "Require: path\nPath: <sip:proxy@10.0.0.1;lr>", "")
	if res := p.Expect("420"); res.Get("unsupported") != "path" {
		t.Errorf("%s", res.Raw)
	}
	if res := register(t, p, "room7", "geheim", "MD5", "Supported: path, outbound, gruu\nPath: <sip:proxy@10.0.0.1;lr>"); res.Status() != 200 {
		t.Errorf("%s", res.Raw)
	}
	p.Write("\r\n\r\n")
	if got := p.Read(time.Second); got != "\r\n" {
		t.Errorf("keep-alive: %q", got)
	}
	p.NewCall("sip:127.0.0.1").Send("OPTIONS", "", "")
	if res := p.Expect("200"); !strings.Contains(res.Get("allow"), "REGISTER") {
		t.Errorf("%s", res.Raw)
	}
}

// called places a call to a terminal by its name and gives the INVITE.
func called(t testing.TB, e *Endpoint, b *fakeBoard, p *siptest.Peer, target string) (invite *siptest.Message, result chan error) {
	t.Helper()
	result = make(chan error, 1)
	go func() {
		result <- e.place(t.Context(), &fakeCall{board: b}, bridge.Target{Scheme: "sip", URI: target, From: "5001"})
	}()
	return p.Expect("INVITE"), result
}

// A registered terminal is called by its name, over the connection that it
// registered on, whatever its Contact says, and is spoken to there.
func TestCallByName(t *testing.T) {
	for _, proto := range []string{"udp", "tcp", "tls"} {
		t.Run(proto, func(t *testing.T) {
			b := newFakeBoard()
			e := serve(t, b, func(c *Config) {
				registering(nil)(c)
				c.Listen = []string{proto + "://127.0.0.1:0"}
			})
			p := siptest.Dial(t, e.Addrs()[0])
			if ok := register(t, p, "phonghop1", "mật khẩu", "MD5", "Contact: <sip:phonghop1@192.168.1.5:5090;line=x>"); ok.Status() != 200 {
				t.Fatal(ok.Raw)
			}
			invite, result := called(t, e, b, p, "sip:PhongHop1")
			if !strings.HasPrefix(invite.First, "INVITE sip:phonghop1@192.168.1.5:5090;line=x SIP/2.0") {
				t.Errorf("%s", invite.First)
			}
			c := p.Called(invite)
			p.Write(invite.Reply(200, "OK", c.LocalTag, "Contact: <sip:phonghop1@192.168.1.5:5090>\nContent-Type: application/sdp", answerTo(invite.Body)))
			p.Expect("ACK")
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			c.Target = invite.URI("contact")
			c.Hangup()
		})
	}
}

func TestCallOfNobody(t *testing.T) {
	e := serve(t, newFakeBoard(), registering(nil))
	for target, refused := range map[string]bool{
		"sip:phonghop1": true, "sip:ph%C3%B2ng": true, "sips:phonghop1": true, "sip:a@host": false, "sip:10.0.0.1": false, "sip:[::1]": false,
		"sip:host.example": false, "sip:host:5060": false, "sip:localhost": false,
	} {
		err := e.Check(bridge.Target{Scheme: "sip", URI: target})
		if (err != nil) != refused {
			t.Errorf("%s: %v", target, err)
		}
		if r := (*bridge.Refusal)(nil); refused && (!errors.As(err, &r) || r.Cause != bridge.CauseUnreachable || !strings.Contains(r.Reason, "is registered as")) {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// A terminal whose connection is gone is offline, and is called where its
// Contact says if that is its own address.
func TestConnectionGone(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, registering(nil))
	addr, accept := siptest.Listen(t)
	p := siptest.Dial(t, e.Addrs()[1])
	register(t, p, "room7", "geheim", "SHA-256", "Contact: <sip:room7@"+addr+";transport=tcp>")
	p.Close()
	until(t, "the device is offline", func() bool { return !device1(t, e).Online })
	result := make(chan error, 1)
	go func() {
		result <- e.place(t.Context(), &fakeCall{board: b}, bridge.Target{Scheme: "sip", URI: "sip:room7"})
	}()
	q := accept()
	q.Write(q.Expect("INVITE").Reply(486, "Busy Here", "x", "", ""))
	q.Expect("ACK")
	if r := bridge.AsRefusal(<-result); r.Cause != bridge.CauseBusy {
		t.Errorf("%v", r)
	}
	p = siptest.Dial(t, e.Addrs()[1])
	register(t, p, "room7", "geheim", "SHA-256", "Contact: *\nExpires: 0")
	register(t, p, "room7", "geheim", "SHA-256", "Contact: <sip:room7@192.168.1.5;transport=tcp>")
	p.Close()
	until(t, "the device is offline", func() bool { return !device1(t, e).Online })
	err := e.place(t.Context(), &fakeCall{board: b}, bridge.Target{Scheme: "sip", URI: "sip:room7"})
	if r := bridge.AsRefusal(err); r.Cause != bridge.CauseUnreachable || !strings.Contains(r.Reason, "connection is gone") {
		t.Errorf("%v", r)
	}
	err = e.place(t.Context(), &fakeCall{board: b}, bridge.Target{Scheme: "sips", URI: "sips:room7"})
	if r := bridge.AsRefusal(err); !strings.Contains(r.Reason, "not registered by TLS") {
		t.Errorf("%v", r)
	}
}

func TestIncomingRegistered(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, registering(func(c *registrar.Config) { c.Calls = registrar.CallsRegistered }))
	p := siptest.Dial(t, e.Addrs()[0])
	c := p.NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	res := p.Expect("403")
	c.RemoteTag = res.Param("to", "tag")
	c.Write(c.Again("ACK", "", ""))
	if !strings.Contains(res.Get("warning"), "registered") {
		t.Errorf("%s", res.Raw)
	}
	register(t, p, "room7", "geheim", "MD5", "")
	c = p.NewCall("sip:1001@127.0.0.1")
	c.Invite("")
	call := b.call(t)
	if inv := call.inv; !inv.Registered || inv.Caller.Terminal != "room7" || inv.Caller.Name != "Room 7" || inv.Host != "127.0.0.1" ||
		!inv.Local.IsValid() {
		t.Errorf("%+v", call.inv)
	}
	c.Hangup()
}

func TestIncomingDigest(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, registering(func(c *registrar.Config) { c.Calls = registrar.CallsDigest }))
	p := siptest.Dial(t, e.Addrs()[0])
	c := p.NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	res := p.Expect("407")
	c.RemoteTag = res.Param("to", "tag")
	c.Write(c.Again("ACK", "", ""))
	c.RemoteTag = ""
	c.Invite("Proxy-Authorization: " + prove(t, res, "proxy-authenticate", "SHA-256", "room7", "geheim", "INVITE", "sip:1001@127.0.0.1"))
	if call := b.call(t); !call.inv.Registered || call.inv.Caller.Terminal != "room7" {
		t.Errorf("%+v", call.inv)
	}
	c.Hangup()
}

// lines is a log that is read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// In virtual time: a registration ends when it is not renewed; a terminal that
// answers no OPTIONS is offline meanwhile; guesses are locked out and logged.
func TestRegistrationEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		lockedOut := make(chan registrar.Event, 1)
		e, p := virtual(t, newFakeBoard(), func(c *Config) {
			registering(func(r *registrar.Config) { r.Probe = 30 * time.Second })(c)
			c.Security = func(v registrar.Event) { lockedOut <- v }
			c.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		register(t, p, "room7", "geheim", "MD5", "Expires: 120")
		m := patiently(t, p, 32*time.Second, "OPTIONS")
		p.Write(m.Reply(405, "Method Not Allowed", "x", "", "")) // any answer will do
		time.Sleep(time.Second)
		if d := device1(t, e); !d.Online || time.Since(d.Seen) > 2*time.Second {
			t.Errorf("%+v", d)
		}
		silent := func(d time.Duration) { // whatever comes
			for end := time.Now().Add(d); time.Now().Before(end); {
				p.Next(time.Until(end))
			}
		}
		silent(70 * time.Second)
		if d := device1(t, e); d.Online {
			t.Errorf("%+v", d)
		}
		silent(time.Minute)
		if len(e.Devices()) != 0 || e.Check(bridge.Target{URI: "sip:room7"}) == nil {
			t.Error("registered after its time")
		}
		for range 5 {
			register(t, p, "room7", "guess", "MD5", "")
		}
		if res := register(t, p, "room7", "geheim", "MD5", ""); res.Status() != 503 || res.Get("retry-after") != "2" {
			t.Errorf("%s", res.Raw)
		}
		if v := <-lockedOut; v.User != "room7" || v.For != 2*time.Second || v.Source.String() != "127.0.0.1" {
			t.Errorf("%+v", v)
		}
		for _, want := range []string{"sip: terminal registered", "sip: terminal no longer registered", "security=denied", "security=lock-out", "for=2s"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log says nothing of %q:\n%s", want, log.String())
			}
		}
		if s := log.String(); strings.Contains(s, "geheim") || strings.Contains(s, "response=") {
			t.Errorf("the log tells secrets:\n%s", s)
		}
	})
}

func TestProduct(t *testing.T) {
	for agent, want := range map[string][2]string{
		"PolycomRealPresenceGroup310/6.2.2":    {"PolycomRealPresenceGroup310", "6.2.2"},
		"TANDBERG/529 (ce9.1.4) Cisco-MX700ST": {"Cisco-MX700ST", "ce9.1.4"},
		"TANDBERG/67 (F7.2 PAL)":               {"TANDBERG 67", "F7.2 PAL"},
		"TANDBERG/257":                         {"TANDBERG 257", ""},
		"Yealink VC800 63.345.0.40":            {"Yealink VC800", "63.345.0.40"},
		"baresip v1.1.0 (x86_64/Linux)":        {"baresip", "v1.1.0 (x86_64/Linux)"},
		"Cisco-CUCM12.5":                       {"Cisco-CUCM12.5", ""},
		"":                                     {"", ""},
	} {
		if m, s := product(agent); m != want[0] || s != want[1] {
			t.Errorf("%q is %q %q", agent, m, s)
		}
	}
}
