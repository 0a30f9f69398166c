package ras

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

func mustAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// A request that is repeated is answered the same, octet by octet, and counts once.
func TestRepeatedRequests(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	messages := []*h225.RasMessage{arq(id, 1, "2000"), {RegistrationRequest: p.rrq("1000")},
		{UnregistrationRequest: &h225.UnregistrationRequest{EndpointIdentifier: &id, CallSignalAddress: []h225.TransportAddress{}}}}
	for i, m := range messages {
		h, _ := headerOf(m)
		*h.seq = uint16(100 + i)
		b, err := per.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		p.raw, p.got = nil, nil
		for range 3 {
			s.use(gkAddr, func(now time.Time) { g.Receive(now, p.at, b) })
			s.run(4 * time.Second)
		}
		if len(p.raw) != 3 || string(p.raw[0]) != string(p.raw[1]) || string(p.raw[0]) != string(p.raw[2]) {
			t.Errorf("%s: answers %x", per.Alternative(m), p.raw)
		}
	}
	if st := g.Stats(); st.Repeated != 6 || st.Admitted != 1 || st.Registered != 1 || len(g.Terminals()) != 0 {
		t.Errorf("%+v", st)
	}
}

// Requests are repeated at the times of H.225.0, with the same octets.
func TestPatience(t *testing.T) {
	now := time.Unix(0, 0)
	var sent []string
	r := newRequests(65534, func(p Packet) { sent = append(sent, fmt.Sprintf("%v %s", now.Sub(time.Unix(0, 0)), p.Data)) })
	over := 0
	for _, k := range []kind{kindGRQ, kindURQ} {
		n, ok := r.number()
		if !ok || n == 0 {
			t.Fatalf("number %d", n)
		}
		r.send(now, k, n, gkAddr, []byte(k), func(_ time.Time, m *h225.RasMessage) {
			if m == nil {
				over++
			}
		})
	}
	if r.open[1] == nil || r.open[65535] == nil {
		t.Errorf("numbers begin at 1 again: %v", r.open)
	}
	for !r.deadline().IsZero() {
		now = r.deadline()
		r.expire(now)
	}
	want := "[0s GRQ 0s URQ 3s URQ 5s GRQ 10s GRQ]"
	if fmt.Sprint(sent) != want || over != 2 || now.Sub(time.Unix(0, 0)) != 15*time.Second {
		t.Errorf("%v until %v, want %s", sent, now, want)
	}
	for range maxOpen {
		n, _ := r.number()
		r.send(now, kindARQ, n, gkAddr, nil, func(time.Time, *h225.RasMessage) {})
	}
	if _, ok := r.number(); ok {
		t.Error("no bound of open requests")
	}
}

// Tables are bounded: terminals, aliases, kept answers, sources.
func TestBounds(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.MaxTerminals = 3; c.Rate, c.Burst = 1e6, 1e6 })
	for i := range byte(3) {
		s.peer(addr(10+i, 1719)).register(fmt.Sprint(i))
	}
	p := s.peer(addr(20, 1719))
	if got := describe(p.send(gkAddr, &h225.RasMessage{RegistrationRequest: p.rrq("x")})); got != "registrationReject resourceUnavailable" {
		t.Error(got)
	}
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("%d-%0300d", i, i))
	}
	first := s.nodes[addr(10, 1719)].(*peer)
	r := first.rrq()
	for _, m := range many {
		r.TerminalAlias = append(r.TerminalAlias, h225.AliasAddress{URLID: &m})
	}
	m := first.send(gkAddr, &h225.RasMessage{RegistrationRequest: r})
	if m.RegistrationConfirm == nil || len(m.RegistrationConfirm.TerminalAlias) != maxAliases {
		t.Fatalf("%s: %d aliases", describe(m), len(m.RegistrationConfirm.TerminalAlias))
	}
	for _, a := range g.Terminals() {
		if len(a.Aliases) > maxAliases || len(a.Aliases) > 0 && len(a.Aliases[0]) > maxAlias {
			t.Errorf("%d aliases, %q", len(a.Aliases), a.Aliases[0])
		}
	}
	for i := range 2 * maxReplies {
		g.Receive(s.now, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}), 1719), []byte{1, byte(i), byte(i >> 8)})
	}
	if len(g.replies.kept) > maxReplies || len(g.replies.order) > maxReplies {
		t.Errorf("%d answers", len(g.replies.kept))
	}
	s.run(time.Minute)
	g.Receive(s.now, addr(99, 1), []byte{1})
	if len(g.replies.kept) != 1 || len(g.replies.order) != 1 {
		t.Errorf("%d answers are kept for ever", len(g.replies.kept))
	}
}

// A flood from one source does not touch another.
func TestFlood(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	for i := range 10_000 {
		g.Receive(s.now, addr(66, uint16(i)+1), []byte{byte(i), byte(i >> 8), 3})
	}
	if st := g.Stats(); st.Limited < 9_700 {
		t.Errorf("%+v", st)
	}
	g.Output()
	s.peer(addr(2, 1719)).register("1000")
}

// A client reads nothing of hosts that it has nothing to do with, and not more of its
// gatekeeper than is good for it.
func TestClientListens(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
	s.run(time.Second)
	k.learn([]h225.AlternateGK{{RASAddress: *h225.NewTransportAddress(addr(5, 1719))}})
	heard := func(from netip.AddrPort) bool {
		before := k.rates.Len()
		s.use(at, func(now time.Time) { k.Receive(now, from, []byte{1, 2, 3}) })
		return k.rates.Len() > before
	}
	if !k.known(addr(1, 2000).Addr()) || !heard(addr(5, 2000)) || heard(addr(66, 1719)) {
		t.Errorf("of three, %d were heard", k.rates.Len())
	}
	looking := NewClient(ClientConfig{RAS: k.cfg.RAS, Signal: k.cfg.Signal, Aliases: []string{"x"}})
	looking.Start(s.now)
	if !looking.known(addr(66, 1719).Addr()) {
		t.Error("hears nobody while it looks for any gatekeeper")
	}
	s.run(time.Minute)
	for i := range 5000 {
		m := &h225.RasMessage{InfoRequest: &h225.InfoRequest{RequestSeqNum: uint16(i + 1)}}
		b, err := per.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		k.Receive(s.now, gkAddr, b)
	}
	if n := len(k.Output()); n < 500 || n > clientBurst {
		t.Errorf("%d answers to a flood", n)
	}
	s.run(10 * time.Minute)
	if !k.Status().Registered {
		t.Error("not registered after the flood")
	}
}

// Nobody is sent what another one asked for.
func TestNoReflection(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	victim := s.peer(addr(50, 1719))
	p := s.peer(addr(2, 1719))
	grq := grqOf(p, vendor{})
	grq.GatekeeperRequest.RASAddress = *h225.NewTransportAddress(victim.at)
	p.send(gkAddr, grq)
	r := p.rrq("1000")
	r.RASAddress = []h225.TransportAddress{*h225.NewTransportAddress(victim.at)}
	p.send(gkAddr, &h225.RasMessage{RegistrationRequest: r})
	p.send(gkAddr, &h225.RasMessage{LocationRequest: &h225.LocationRequest{DestinationInfo: aliasesOf([]string{"1000"}),
		ReplyAddress: *h225.NewTransportAddress(victim.at)}})
	if len(victim.got) != 0 || len(p.got) != 3 {
		t.Errorf("the victim got %d, the sender %d", len(victim.got), len(p.got))
	}
}
