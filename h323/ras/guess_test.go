package ras

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/h323/h225"
)

// guesser says requests with passwords of its choice.
type guesser struct {
	*peer
	random int64
	told   []string // locks that began
	id     string   // endpoint identifier, if it bears one
}

// guarded is a gatekeeper with a tenant's device "room" of password "alpha".
func guarded(t *testing.T, change func(*GatekeeperConfig)) (*sim, *Gatekeeper, *guesser) {
	s := newSim(t)
	d := &tenanted{devices: map[string][]Credential{"room": {{Tenant: "a", Password: "alpha"}}, "hall": {{Tenant: "a", Password: "omega"}}}}
	p := &guesser{peer: s.peer(addr(2, 1719))}
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) {
		d.configure(c)
		c.Closed, c.Rate = true, 1e6
		c.Locked = func(name string, l lockout.Lock) { p.told = append(p.told, fmt.Sprint(name, " ", l.Scope, " ", l.For)) }
		if change != nil {
			change(c)
		}
	})
	return s, g, p
}

// say sends a request from a host, proved with a password, and gives the answer, which comes at once.
func (p *guesser) say(host netip.AddrPort, how Security, name, word string, m *h225.RasMessage) string {
	p.s.t.Helper()
	p.seq++
	h, _ := headerOf(m)
	*h.seq = p.seq
	b, err := (&signer{how: how, user: name, password: word, local: name, remote: "gk", random: &p.random}).encode(p.s.now, m)
	if err != nil {
		p.s.t.Fatal(err)
	}
	g := p.s.nodes[gkAddr].(*Gatekeeper)
	g.Receive(p.s.now, host, b)
	out := g.Output()
	p.s.now = p.s.now.Add(time.Millisecond)
	if len(out) == 0 {
		p.s.t.Fatal("no answer")
	}
	p.Receive(p.s.now, gkAddr, out[len(out)-1].Data) // before it others may hear that they give way
	last := p.got[len(p.got)-1]
	if c := last.RegistrationConfirm; c != nil {
		p.id = c.EndpointIdentifier
	}
	h, _ = headerOf(last)
	return fmt.Sprintf("%s %t", describe(last), len(*h.crypto) > 0)
}

// try registers as a name with a password.
func (p *guesser) try(host byte, how Security, name, word string) string {
	at := addr(host, 1719)
	m := (&peer{at: at}).rrq(name)
	if p.id != "" {
		m.EndpointIdentifier = &p.id
	}
	return p.say(at, how, name, word, &h225.RasMessage{RegistrationRequest: m})
}

// discover is the same by a GRQ, whose answer is proved where the password is right.
func (p *guesser) discover(host byte, word string) string {
	return p.say(addr(host, 1719), SecurityH2351, "room", word, &h225.RasMessage{GatekeeperRequest: &h225.GatekeeperRequest{
		ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(addr(host, 1719)), EndpointAlias: aliasesOf([]string{"room"}),
		EndpointType: h225.EndpointType{Terminal: &h225.TerminalInfo{}}}})
}

const (
	denied    = "registrationReject securityDenial false"
	confirmed = "registrationConfirm"
)

// Wrong passwords are counted as those of SIP are, whichever way and in whichever request they come, and then the right
// one is refused like them. With time it is taken.
func TestWrongPasswordsLockOut(t *testing.T) {
	for _, how := range []Security{SecurityMD5, SecurityH2351} {
		s, g, p := guarded(t, nil)
		proved := fmt.Sprint(confirmed, " ", how == SecurityH2351)
		for i := range 5 {
			if got := p.try(2, how, "room", fmt.Sprint("guess ", i)); got != denied {
				t.Errorf("%s: a guess: %s", how, got)
			}
		}
		if fmt.Sprint(p.told) != "[room user at source 2s]" {
			t.Errorf("%s: %q", how, p.told)
		}
		if got := p.try(2, how, "room", "alpha"); got != denied {
			t.Errorf("%s: locked out: %s", how, got)
		}
		if got := p.discover(2, "alpha"); got != "gatekeeperConfirm false" {
			t.Errorf("%s: asked for in another way: %s", how, got)
		}
		if got := p.try(2, how, "hall", "omega"); got != proved {
			t.Errorf("%s: another device beside it: %s", how, got)
		}
		p.id = ""
		if got := p.try(3, how, "room", "alpha"); got != proved {
			t.Errorf("%s: from elsewhere: %s", how, got)
		}
		p.id = ""
		s.run(2 * time.Second)
		if got := p.try(2, how, "room", "alpha"); got != proved {
			t.Errorf("%s: later: %s", how, got)
		}
		if n := g.Stats(); n.LockedOut != 2 || n.Locks != 1 {
			t.Errorf("%s: %+v", how, n)
		}
	}
	_, _, p := guarded(t, nil)
	for range 5 {
		if got := p.discover(2, "guess"); got != "gatekeeperConfirm false" {
			t.Errorf("a guess: %s", got)
		}
	}
	if got := p.try(2, SecurityMD5, "room", "alpha"); got != denied || len(p.told) != 1 {
		t.Errorf("after guesses by GRQ: %s, %q", got, p.told)
	}
}

// Thousands of guesses, the right one among them, from many hosts find nothing; where the terminal registered before,
// it registers.
func TestManyGuesses(t *testing.T) {
	_, g, p := guarded(t, nil)
	if got := p.try(250, SecurityMD5, "room", "alpha"); got != confirmed+" false" {
		t.Fatal(got)
	}
	for i := range 4000 {
		p.id = ""
		word := fmt.Sprint(i)
		if i%100 == 99 {
			word = "alpha"
		}
		if got := p.try(byte(3+i%200), SecurityMD5, "room", word); got != denied {
			t.Fatalf("guess %d: %s", i, got)
		}
	}
	if got := p.try(250, SecurityMD5, "room", "alpha"); got != confirmed+" false" {
		t.Errorf("the terminal: %s", got)
	}
	if n := g.Stats(); n.LockedOut < 3900 || n.Registered != 1 {
		t.Errorf("%+v", n)
	}
	for i := range 25 { // names that there are not are counted like others, and their host with them
		p.try(251, SecurityMD5, fmt.Sprint("nobody", i), "x")
	}
	if got := p.try(251, SecurityMD5, "hall", "omega"); got != denied {
		t.Errorf("from a host that tried many names: %s", got)
	}
}

// Whoever sends with a terminal's address keeps it from nothing while it is registered, and tries no passwords by a URQ
// that names nobody.
func TestForgedGuesses(t *testing.T) {
	s, g, p := guarded(t, nil)
	if got := p.try(2, SecurityH2351, "room", "alpha"); got != confirmed+" true" {
		t.Fatal(got)
	}
	id := p.id
	for i := range 50 {
		p.id = ""
		p.try(2, SecurityH2351, "room", fmt.Sprint(i))
	}
	if got := p.try(2, SecurityH2351, "room", "alpha"); got != denied {
		t.Errorf("without its identifier: %s", got)
	}
	p.id = id
	if got := p.try(2, SecurityH2351, "hall", "guess"); got != denied {
		t.Errorf("another's password: %s", got)
	}
	if got := p.try(2, SecurityH2351, "room", "alpha"); got != confirmed+" true" {
		t.Errorf("the terminal: %s", got)
	}
	urq := &h225.UnregistrationRequest{CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(addr(2, 1720))}}
	if got := p.say(addr(2, 1719), SecurityH2351, "room", "alpha", &h225.RasMessage{UnregistrationRequest: urq}); got != "unregistrationReject notCurrentlyRegistered false" {
		t.Errorf("%s", got)
	}
	if s.run(time.Second); len(g.Terminals()) != 1 {
		t.Errorf("%+v", g.Terminals())
	}
}

// In an open gatekeeper nobody learns by being locked out what tenants call their terminals.
func TestLockTellsNothing(t *testing.T) {
	_, g, p := guarded(t, func(c *GatekeeperConfig) { c.Closed = false })
	for range 30 {
		a := p.try(2, SecurityMD5, "room", "guess")
		p.id = ""
		b := p.try(3, SecurityMD5, "nobody", "guess")
		p.id = ""
		if want := confirmed + " false"; a != want || b != want {
			t.Fatalf("%s, and of a name that there is not %s", a, b)
		}
	}
	if n := g.Stats(); n.LockedOut == 0 {
		t.Errorf("%+v", n)
	}
}
