package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/siptest"
)

// noted is what a Registrant told.
type noted struct {
	mu   sync.Mutex
	list []RegistrationStatus
}

func (n *noted) changed(s RegistrationStatus) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, s)
}

func (n *noted) last() RegistrationStatus {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) == 0 {
		return RegistrationStatus{}
	}
	return n.list[len(n.list)-1]
}

func proving(c *Config) {
	c.Credentials = func(t bridge.Target, realm string) (string, string, bool) {
		return "842410", "geheim", t.Trunk == "carrier" && realm == "ims"
	}
}

// registrant begins to register at a peer, until the test or the function given ends it.
func registrant(t *testing.T, e *Endpoint, proxy string, change func(*RegistrantConfig)) (*noted, *Registrant, func()) {
	t.Helper()
	n := &noted{}
	cfg := RegistrantConfig{Trunk: "carrier", Registrar: "sip:ims.example", Proxy: proxy, Address: "sip:842410@ims.example", Changed: n.changed}
	if change != nil {
		change(&cfg)
	}
	r, err := e.Registrant(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	var once sync.Once
	end := func() { once.Do(func() { cancel(); <-done }) }
	t.Cleanup(end)
	return n, r, end
}

const digestAsk = `WWW-Authenticate: Digest realm="ims", nonce="%s", algorithm=%s, qop="auth"%s`

// takes answers a REGISTER with its own contact and a lifetime.
func takes(p *siptest.Peer, m *siptest.Message, expires int) {
	contact, _, _ := strings.Cut(m.Get("contact"), ";expires")
	p.Write(m.Reply(200, "OK", "r", fmt.Sprintf("Contact: <sip:other@192.0.2.9>;expires=7, %s;expires=%d", contact, expires), ""))
}

// TestRegisters: challenged, with an old nonce, too brief, taken for less than was asked; renewed in time; refused; again after
// a while; given up.
func TestRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, p := virtual(t, newFakeBoard(), proving)
		n, _, end := registrant(t, e, "sip:127.0.0.1:7060;transport=udp", nil)
		m := patiently(t, p, time.Second, "REGISTER")
		if m.First != "REGISTER sip:ims.example SIP/2.0" || m.URI("to") != "sip:842410@ims.example" || m.URI("from") != m.URI("to") ||
			m.Get("expires") != "3600" || !strings.HasPrefix(m.URI("contact"), "sip:842410@127.0.0.1:5060;line=") || m.Get("authorization") != "" {
			t.Errorf("odd request:\n%s", m.Raw)
		}
		id, seq := m.Get("call-id"), m.CSeq()
		p.Write(m.Reply(401, "Unauthorized", "r", fmt.Sprintf(digestAsk, "n1", "SHA-256", "")+"\n"+fmt.Sprintf(digestAsk, "n1", "MD5", ""), ""))
		m = patiently(t, p, time.Second, "REGISTER")
		if a := m.Get("authorization"); !strings.Contains(a, `username="842410"`) || !strings.Contains(a, "SHA-256") || !strings.Contains(a, `nonce="n1"`) {
			t.Errorf("no proof: %s", a)
		}
		p.Write(m.Reply(401, "Unauthorized", "r", fmt.Sprintf(digestAsk, "n2", "MD5", ", stale=true"), ""))
		m = patiently(t, p, time.Second, "REGISTER")
		if !strings.Contains(m.Get("authorization"), `nonce="n2"`) {
			t.Errorf("the old nonce again: %s", m.Raw)
		}
		p.Write(m.Reply(423, "Interval Too Brief", "r", "Min-Expires: 7200", ""))
		m = patiently(t, p, time.Second, "REGISTER")
		if m.Get("expires") != "7200" || m.Get("call-id") != id || m.CSeq() != seq+3 {
			t.Errorf("odd request:\n%s", m.Raw)
		}
		takes(p, m, 100)
		synctest.Wait()
		if s := n.last(); !s.Registered || time.Until(s.Expires) != 100*time.Second {
			t.Fatalf("%+v", s)
		}
		start := time.Now()
		m = patiently(t, p, 90*time.Second, "REGISTER")
		if d := time.Since(start); d < 77*time.Second || d > 83*time.Second {
			t.Errorf("renewed after %v", d)
		}
		p.Write(m.Reply(403, "Forbidden", "r", "", ""))
		synctest.Wait()
		if s := n.last(); s.Registered || s.Reason != "the registrar answers 403 Forbidden" {
			t.Errorf("%+v", s)
		}
		start = time.Now()
		m = patiently(t, p, 2*time.Minute, "REGISTER")
		if d := time.Since(start); d < 30*time.Second || d > time.Minute {
			t.Errorf("again after %v", d)
		}
		takes(p, m, 3600)
		synctest.Wait()
		go end()
		m = patiently(t, p, time.Second, "REGISTER")
		if m.Get("expires") != "0" || !strings.HasSuffix(m.Get("contact"), ";expires=0") {
			t.Errorf("it does not unregister:\n%s", m.Raw)
		}
		p.Write(m.Reply(401, "Unauthorized", "r", fmt.Sprintf(digestAsk, "n3", "MD5", ""), ""))
		m = patiently(t, p, time.Second, "REGISTER")
		if m.Get("expires") != "0" || m.Get("authorization") == "" {
			t.Errorf("it does not prove that:\n%s", m.Raw)
		}
		p.Write(m.Reply(200, "OK", "r", "", ""))
		end()
		if s := n.last(); s.Registered || s.Reason != "unregistered" {
			t.Errorf("%+v", s)
		}
	})
}

// A silent registrar is given up after the transaction's time, and asked again at once when there are signs of it. The
// endpoint's goodbye unregisters, and waits no longer than it may.
func TestSilentRegistrar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		cfg := Config{Goodbye: time.Second}
		proving(&cfg)
		e := newEndpoint(cfg, b)
		port := siptest.NewPort("127.0.0.1:5060")
		e.t.addUDP(port, false)
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan struct{})
		go func() { defer close(served); _ = e.Serve(ctx) }()
		p := siptest.NewPeer(t, "UDP", siptest.NewPort("127.0.0.1:7060").To(port))
		n, r, _ := registrant(t, e, "sip:127.0.0.1:7060;transport=udp", nil)
		for patiently(t, p, time.Second, "REGISTER"); p.Next(10*time.Second) != nil; {
		}
		time.Sleep(5 * time.Second)
		if s := n.last(); s.Registered || s.Reason != "the registrar does not answer" || s.Failures != 1 {
			t.Fatalf("%+v", s)
		}
		r.Hurry()
		m := patiently(t, p, time.Second, "REGISTER")
		takes(p, m, 100)
		synctest.Wait()
		if !n.last().Registered {
			t.Fatalf("%+v", n.last())
		}
		m = patiently(t, p, 90*time.Second, "REGISTER")
		time.Sleep(25 * time.Second)
		if s := n.last(); s.Registered || s.Reason != "the registration ran out" || s.Failures != 1 { // while it is asked for
			t.Fatalf("%+v", s)
		}
		takes(p, m, 600)
		for p.Next(time.Second) != nil { // what was sent again meanwhile
		}
		if !n.last().Registered {
			t.Fatalf("%+v", n.last())
		}
		start := time.Now()
		cancel()
		if m := patiently(t, p, time.Second, "REGISTER"); m.Get("expires") != "0" {
			t.Errorf("odd goodbye:\n%s", m.Raw)
		}
		<-served
		if d := time.Since(start); d > 1100*time.Millisecond {
			t.Errorf("the goodbye took %v", d)
		}
	})
}

// Several registrations at one address are told apart by what was registered; what is dialled is in To where the
// registrar puts the contact into the Request-URI.
func TestCallsOfRegistrars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		e, p := virtual(t, b, func(c *Config) {
			c.Trunks = func(a netip.AddrPort) []string { return []string{"first", "carrier"} }
		})
		_, _, _ = registrant(t, e, "sip:127.0.0.1:7060;transport=udp", nil)
		m := patiently(t, p, time.Second, "REGISTER")
		ours := m.URI("contact")
		call := func(uri string) bridge.Invite {
			c := p.NewCall(uri)
			c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
			synctest.Wait()
			k := b.call(t)
			c.Learn(c.Expect("200"))
			c.Send("ACK", "", "")
			c.Hangup()
			return k.inv
		}
		if inv := call(ours); inv.Trunk != "first" {
			t.Errorf("before it is registered: %+v", inv)
		}
		takes(p, m, 600)
		synctest.Wait()
		if inv := call(ours); inv.Trunk != "carrier" || inv.Number != "842410" {
			t.Errorf("the contact: %q %q", inv.Trunk, inv.Number)
		}
		if inv := call("sip:842411@127.0.0.1:5060"); inv.Trunk != "carrier" || inv.Number != "842411" {
			t.Errorf("another number by the same way: %q %q", inv.Trunk, inv.Number)
		}
		to := sipgo.ToHeader{Address: sipgo.Uri{Scheme: "sip", User: "842499", Host: "ims.example"}}
		req := sipgo.NewRequest(sipgo.INVITE, sipgo.Uri{Scheme: "sip", User: "842410", Host: "127.0.0.1"})
		req.AppendHeader(&to)
		if n := numberBy(req); n != "842499" {
			t.Errorf("the number is %q", n)
		}
	})
}

// Over TCP calls go by the connection of the registration in both directions; where it breaks, another is made at once.
func TestRegistersByTCP(t *testing.T) {
	addr, accept := siptest.Listen(t)
	b := newFakeBoard()
	e := serve(t, b, proving)
	proxy := "sip:" + addr + ";transport=tcp"
	n, _, _ := registrant(t, e, proxy, func(c *RegistrantConfig) { c.Registrar = "sip:" + addr })
	p := accept()
	m := p.Expect("REGISTER")
	if !strings.Contains(m.URI("contact"), ";transport=tcp;line=") {
		t.Errorf("odd contact: %s", m.Raw)
	}
	takes(p, m, 600)
	until(t, "it is registered", func() bool { return n.last().Registered })

	c := p.NewCall(m.URI("contact"))
	c.Invite("")
	if k := b.call(t); k.inv.Trunk != "carrier" {
		t.Errorf("its call is of %q", k.inv.Trunk)
	}
	c.Hangup()

	placed := make(chan error, 1)
	go func() {
		placed <- e.place(context.Background(), &fakeCall{board: b}, bridge.Target{Scheme: "sip", URI: "sip:0901@" + addr + ";transport=tcp", Trunk: "carrier", From: "842410"})
	}()
	inv := p.Expect("INVITE")
	p.Write(inv.Reply(486, "Busy Here", "x", "", ""))
	p.Expect("ACK")
	if err := <-placed; bridge.AsRefusal(err).Cause != bridge.CauseBusy {
		t.Error(err)
	}

	p.Close()
	until(t, "the loss is known", func() bool { return !n.last().Registered })
	if s := n.last(); s.Reason != "the connection to the registrar broke" || s.Failures != 1 { // it broke at once: not again in the same moment
		t.Errorf("%+v", s)
	}
}
