package ras

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// Two terminals want the same alias: who has it and was just heard keeps it.
func TestDuplicateAlias(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	s.peer(addr(2, 1719)).register("1001", "room")
	p := s.peer(addr(3, 1719))
	m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: p.rrq("2002", "ROOM")})
	if r := m.RegistrationReject; r == nil || len(r.RejectReason.DuplicateAlias) != 1 || r.RejectReason.DuplicateAlias[0].Text() != "ROOM" {
		t.Errorf("%s: %+v", describe(m), m.RegistrationReject)
	}
	if list := g.Terminals(); len(list) != 1 || list[0].RAS != addr(2, 1719) {
		t.Errorf("%v", list)
	}
}

// Who has an alias but was not heard for a while is asked. The other waits for that.
func TestSilentHolder(t *testing.T) {
	for _, lives := range []bool{false, true} {
		s := newSim(t)
		n := s.count()
		g := s.gatekeeper(gkAddr, nil)
		holder, p := s.peer(addr(2, 1719)), s.peer(addr(3, 1719))
		id := holder.register("1001")
		if lives {
			holder.reply = func(m *h225.RasMessage) *h225.RasMessage {
				if m.InfoRequest == nil {
					return nil
				}
				return &h225.RasMessage{InfoRequestResponse: &h225.InfoRequestResponse{RequestSeqNum: m.InfoRequest.RequestSeqNum,
					EndpointType: h225.EndpointType{Terminal: &h225.TerminalInfo{}}, EndpointIdentifier: id,
					RASAddress: *h225.NewTransportAddress(holder.at), CallSignalAddress: []h225.TransportAddress{}}}
			}
		}
		s.run(time.Minute)
		m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: p.rrq("1001")})
		if !lives && (m.RequestInProgress == nil || m.RequestInProgress.Delay < 6000) {
			t.Errorf("told %s %+v", describe(m), m.RequestInProgress)
		}
		s.run(7 * time.Second)
		want, at := "registrationConfirm", addr(3, 1719)
		if lives {
			want, at = "registrationReject duplicateAlias", addr(2, 1719)
		}
		if got := describe(p.got[len(p.got)-1]); got != want {
			t.Errorf("lives %v: %s", lives, got)
		}
		if list := g.Terminals(); len(list) != 1 || list[0].RAS != at || n["infoRequest"] == 0 {
			t.Errorf("lives %v: %v, %v", lives, list, n)
		}
	}
}

// A terminal that is asked whether it lives registers again instead, from the same or from
// another port. It stays registered, and who waited for its alias hears so.
func TestProbedTerminalRegisters(t *testing.T) {
	for _, c := range []struct {
		port  uint16
		alias string
		want  string
	}{
		{1719, "1001", "registrationReject duplicateAlias"},
		{2719, "1001", "registrationReject duplicateAlias"},
		{2719, "1002", "registrationConfirm"}, // it gave the alias up
	} {
		s := newSim(t)
		g := s.gatekeeper(gkAddr, nil)
		id := s.peer(addr(2, 1719)).register("1001")
		s.run(time.Minute)
		p := s.peer(addr(3, 1719))
		if m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: p.rrq("1001")}); m.RequestInProgress == nil {
			t.Fatal(describe(m))
		}
		again := s.peer(addr(2, c.port))
		again.seq = 100
		rrq := again.rrq(c.alias)
		rrq.EndpointIdentifier = &id
		if m := again.send(gkAddr, &h225.RasMessage{RegistrationRequest: rrq}); m.RegistrationConfirm == nil || m.RegistrationConfirm.EndpointIdentifier != id {
			t.Fatal(describe(m))
		}
		if got := describe(p.got[len(p.got)-1]); got != c.want {
			t.Errorf("%+v: who waited hears %s", c, got)
		}
		s.run(10 * time.Second)
		if m := again.send(gkAddr, arq(id, 1, "2000")); m.AdmissionConfirm == nil {
			t.Errorf("%+v: a call of the terminal: %s", c, describe(m))
		}
		if d, ok := g.Find(c.alias); !ok || d.RAS != again.at || d.ID != id || len(g.requests.open) != 0 {
			t.Errorf("%+v: %+v, %d requests", c, d, len(g.requests.open))
		}
	}
}

// A client waits as long as it is told, and asks nobody else meanwhile.
func TestRequestInProgress(t *testing.T) {
	s := newSim(t)
	n := s.count()
	gk := s.peer(gkAddr)
	var seq uint16
	gk.reply = func(m *h225.RasMessage) *h225.RasMessage {
		switch {
		case m.GatekeeperRequest != nil:
			return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(gkAddr)}}
		case m.RegistrationRequest != nil:
			seq = m.RegistrationRequest.RequestSeqNum
			return &h225.RasMessage{RequestInProgress: &h225.RequestInProgress{RequestSeqNum: seq, Delay: 20000}}
		}
		return nil
	}
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
	s.run(19 * time.Second)
	if n["registrationRequest"] != 1 || k.Status().Registered {
		t.Errorf("%v", n)
	}
	gk.write(at, &h225.RasMessage{RegistrationConfirm: &h225.RegistrationConfirm{RequestSeqNum: seq, ProtocolIdentifier: h225.Version,
		CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: "e"}})
	s.use(gkAddr, func(time.Time) {})
	s.run(time.Second)
	if !k.Status().Registered {
		t.Errorf("%+v", k.Status())
	}
	// One that asks for more time for ever is given up.
	k2 := s.client(addr(3, 1719), nil)
	s.run(15 * time.Minute)
	if st := k2.Status(); st.Registered || st.Reason == "" {
		t.Errorf("%+v", st)
	}
}

// A terminal that moved proves itself and takes its aliases along; it is the same one
// when it comes from the same place with other aliases.
func TestMovedTerminal(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Passwords = map[string]string{"1001": "geheim"} })
	config := func(c *ClientConfig) { c.Aliases, c.Password, c.Security = []string{"1001"}, "geheim", SecurityMD5 }
	s.client(addr(2, 1719), config)
	s.run(time.Second)
	s.remove(addr(2, 1719))
	s.client(addr(3, 1719), config)
	s.run(time.Second)
	if list := g.Terminals(); len(list) != 1 || list[0].RAS != addr(3, 1719) {
		t.Errorf("%v", list)
	}
	p := s.peer(addr(4, 1719))
	first := p.register("2001")
	if again := p.register("2001", "name"); again != first {
		t.Error("another identifier for the same terminal")
	}
	if again := p.register("2002"); again != first {
		t.Error("another identifier for the same terminal")
	}
	if _, ok := g.Find("2001"); ok {
		t.Error("an alias that was given up leads somewhere")
	}
	if len(g.Terminals()) != 2 || g.Stats().Registered != 5 {
		t.Errorf("%v, %+v", g.Terminals(), g.Stats())
	}
	// Nobody takes a terminal's place that has proved itself without doing the same.
	thief := s.peer(addr(3, 1719))
	if got := describe(thief.send(gkAddr, &h225.RasMessage{RegistrationRequest: thief.rrq("3000")})); got != "registrationReject securityDenial" {
		t.Error(got)
	}
}

// A URQ may give up one alias of several.
func TestPartialUnregistration(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	id := p.register("1001", "room")
	urq := func(id *string, aliases ...string) string {
		return describe(p.send(gkAddr, &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{EndpointIdentifier: id,
			CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(addr(2, 1720))}, EndpointAlias: aliasesOf(aliases)}}))
	}
	if got := urq(&id, "room"); got != "unregistrationConfirm" {
		t.Error(got)
	}
	if list := g.Terminals(); len(list) != 1 || !slices.Equal(list[0].Aliases, []string{"1001"}) {
		t.Errorf("%v", list)
	}
	if got := urq(nil, "1001"); got != "unregistrationConfirm" { // as version 1, without identifier
		t.Error(got)
	}
	if len(g.Terminals()) != 0 || len(g.table.byAlias) != 0 {
		t.Errorf("%v", g.Terminals())
	}
}

// The gatekeeper refuses, is another one, or is full: the client goes to the alternate.
func TestAlternates(t *testing.T) {
	second := addr(5, 1719)
	alternates := []h225.AlternateGK{
		{RASAddress: *h225.NewTransportAddress(addr(6, 1719)), NeedToRegister: true, Priority: 9},
		{RASAddress: *h225.NewTransportAddress(second), NeedToRegister: true, Priority: 1},
		{RASAddress: *h225.NewTransportAddress(netip.MustParseAddrPort("0.0.0.0:0"))},
	}
	confirm := func(m *h225.RasMessage) *h225.RasMessage {
		return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
			ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(gkAddr), AlternateGatekeeper: alternates}}
	}
	for name, reply := range map[string]func(m *h225.RasMessage) *h225.RasMessage{
		"refused": func(m *h225.RasMessage) *h225.RasMessage {
			return &h225.RasMessage{GatekeeperReject: &h225.GatekeeperReject{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, RejectReason: h225.GatekeeperRejectReason{ResourceUnavailable: true},
				AltGKInfo: &h225.AltGKInfo{AlternateGatekeeper: alternates}}}
		},
		"registration refused": func(m *h225.RasMessage) *h225.RasMessage {
			if m.GatekeeperRequest != nil {
				return confirm(m)
			}
			return &h225.RasMessage{RegistrationReject: &h225.RegistrationReject{RequestSeqNum: m.RegistrationRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, RejectReason: h225.RegistrationRejectReason{ResourceUnavailable: true}}}
		},
		"registration not answered": func(m *h225.RasMessage) *h225.RasMessage {
			if m.GatekeeperRequest != nil {
				return confirm(m)
			}
			return nil
		},
	} {
		s := newSim(t)
		g := s.gatekeeper(second, nil)
		s.peer(gkAddr).reply = reply
		k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
		s.run(12 * time.Second)
		if len(g.Terminals()) != 1 || k.Status().Gatekeeper != second {
			t.Errorf("%s: %+v", name, k.Status())
		}
	}
}

// A gatekeeper that is used fails: the alternates that it named take over.
func TestFailover(t *testing.T) {
	s := newSim(t)
	second := addr(5, 1719)
	g := s.gatekeeper(second, nil)
	gk := s.peer(gkAddr)
	gk.reply = func(m *h225.RasMessage) *h225.RasMessage {
		switch {
		case m.GatekeeperRequest != nil:
			return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(gkAddr)}}
		case m.RegistrationRequest != nil:
			return &h225.RasMessage{RegistrationConfirm: &h225.RegistrationConfirm{RequestSeqNum: m.RegistrationRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: "e",
				TimeToLive: new(uint32(60)), AlternateGatekeeper: []h225.AlternateGK{{RASAddress: *h225.NewTransportAddress(second)}}}}
		}
		return nil
	}
	k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
	s.run(time.Minute)
	if !k.Status().Registered || k.Status().Gatekeeper != gkAddr {
		t.Fatalf("%+v", k.Status())
	}
	s.remove(gkAddr)
	s.run(time.Minute)
	if !k.Status().Registered || k.Status().Gatekeeper != second || len(g.Terminals()) != 1 {
		t.Errorf("%+v", k.Status())
	}
}

// Without a configured gatekeeper the one that answers the multicast is used.
func TestDiscovery(t *testing.T) {
	s := newSim(t)
	var g *Gatekeeper
	s.nodes[DiscoveryGroup] = group{func() *Gatekeeper { return g }}
	g = s.gatekeeper(gkAddr, nil)
	for id, want := range map[string]bool{"": true, "gk": true, "another": false} {
		k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Gatekeeper, c.ID, c.Aliases = netip.AddrPort{}, id, []string{"gateway"} })
		s.run(30 * time.Second)
		if st := k.Status(); st.Registered != want || want && (st.Gatekeeper != gkAddr || st.GatekeeperID != "gk") {
			t.Errorf("looking for %q: %+v", id, st)
		}
	}
	// Asked for directly, another one says that it is another one.
	p := s.peer(addr(3, 1719))
	grq := &h225.RasMessage{GatekeeperRequest: &h225.GatekeeperRequest{ProtocolIdentifier: h225.Version, GatekeeperIdentifier: new("another"),
		RASAddress: *h225.NewTransportAddress(p.at), EndpointType: h225.EndpointType{Terminal: &h225.TerminalInfo{}}}}
	if got := describe(p.send(gkAddr, grq)); got != "gatekeeperReject terminalExcluded" {
		t.Error(got)
	}
}

// group stands for the multicast group.
type group struct{ g func() *Gatekeeper }

func (m group) Receive(now time.Time, from netip.AddrPort, data []byte) {
	m.g().Discover(now, from, data)
}
func (m group) Expire(time.Time)    {}
func (m group) Deadline() time.Time { return time.Time{} }
func (m group) Output() []Packet    { return m.g().Output() }
