package ras

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// A client registers, its light keep-alives hold the registration, and closing ends it.
func TestRegistration(t *testing.T) {
	s := newSim(t)
	n := s.count()
	var changes []string
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) {
		c.TTL, c.Gateways = time.Minute, []string{"*"}
		c.Changed = func(t Terminal, online bool, reason string) {
			changes = append(changes, fmt.Sprintf("%v %v %s", t.Aliases, online, reason))
		}
	})
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) {
		c.Aliases, c.Prefixes, c.Version = []string{"gateway", "900"}, []string{"8"}, "1.0"
	})
	s.run(time.Second)
	list := g.Terminals()
	if len(list) != 1 || !k.Status().Registered {
		t.Fatalf("%d registered, %+v", len(list), k.Status())
	}
	d := list[0]
	if !slices.Equal(d.Aliases, []string{"gateway", "900"}) || !slices.Equal(d.Prefixes, []string{"8"}) || d.Kind != "gateway" ||
		d.Product != "Roombridge" || d.Version != "1.0" || d.Protocol != "7" || d.RAS != at || d.Signal[0] != addr(2, 1720) || d.ID != k.Status().EndpointID {
		t.Errorf("%+v", d)
	}
	s.run(10 * time.Minute)
	if len(g.Terminals()) != 1 || n["registrationRequest"] < 10 || n["registrationRequest"] > 16 || n["registrationReject"] > 0 {
		t.Errorf("after ten minutes %v, messages %v", g.Terminals(), n)
	}
	if n["gatekeeperRequest"] != 1 {
		t.Errorf("%d discoveries", n["gatekeeperRequest"])
	}
	s.use(at, k.Close)
	s.run(time.Second)
	if len(g.Terminals()) != 0 || !k.Deadline().IsZero() || k.Status().Registered {
		t.Errorf("after closing: %v, %+v", g.Terminals(), k.Status())
	}
	want := []string{"[gateway 900] true registered", "[gateway 900] false it unregistered"}
	if !slices.Equal(changes, want) {
		t.Errorf("heard %q, want %q", changes, want)
	}
}

// A terminal that falls silent is asked, and forgotten when it does not answer; one that
// answers stays, as those of version 1 know no time to live.
func TestSilentTerminals(t *testing.T) {
	s := newSim(t)
	n := s.count()
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.TTL = time.Minute })
	dead, old := s.peer(addr(2, 1719)), s.peer(addr(3, 1719))
	dead.register("dead")
	id := old.register("old")
	old.reply = func(m *h225.RasMessage) *h225.RasMessage {
		if m.InfoRequest == nil {
			return nil
		}
		return &h225.RasMessage{InfoRequestResponse: &h225.InfoRequestResponse{RequestSeqNum: m.InfoRequest.RequestSeqNum,
			EndpointType: h225.EndpointType{Terminal: &h225.TerminalInfo{}}, EndpointIdentifier: id,
			RASAddress: *h225.NewTransportAddress(old.at), CallSignalAddress: []h225.TransportAddress{}}}
	}
	s.run(74 * time.Second)
	if len(g.Terminals()) != 2 {
		t.Errorf("gone before its time: %v", g.Terminals())
	}
	s.run(10 * time.Minute)
	list := g.Terminals()
	if len(list) != 1 || list[0].Aliases[0] != "old" {
		t.Errorf("left are %v", list)
	}
	if n["infoRequest"] < 8 {
		t.Errorf("messages %v", n)
	}
	last := dead.got[len(dead.got)-1].UnregistrationRequest
	if last == nil || last.Reason == nil || !last.Reason.TtlExpired {
		t.Errorf("the dead terminal was not told: %v", dead.got)
	}
}

// Ten terminals come, go, lose their power and come back on a network that loses and
// doubles datagrams. In the end exactly those are registered that are there.
func TestTenTerminals(t *testing.T) {
	s := newSim(t)
	s.loss, s.double = 0.15, 0.1
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.TTL = time.Minute; c.Rate = 1000 })
	clients := map[int]*Client{}
	place := func(i int) netip.AddrPort { return addr(byte(10+i), 1719) }
	start := func(i int) {
		clients[i] = s.client(place(i), func(c *ClientConfig) { c.Aliases = []string{fmt.Sprint(1000 + i), fmt.Sprintf("Phòng %d", i)} })
	}
	for i := range 10 {
		start(i)
	}
	come, went, power := 0, 0, 0
	for range 400 {
		s.run(time.Duration(s.rand.IntN(20)) * time.Second)
		i := s.rand.IntN(10)
		switch c := clients[i]; {
		case c == nil:
			start(i)
			come++
		case s.rand.IntN(2) == 0:
			s.use(place(i), c.Close)
			s.run(7 * time.Second) // its URQ may be repeated
			s.remove(place(i))
			delete(clients, i)
			went++
		default:
			s.remove(place(i))
			delete(clients, i)
			power++
		}
	}
	s.run(4 * time.Minute)
	s.loss, s.double = 0, 0
	s.run(2 * time.Minute)
	names := map[string]bool{}
	for _, d := range g.Terminals() {
		names[d.Aliases[0]] = true
	}
	for i := range 10 {
		if c := clients[i]; names[fmt.Sprint(1000+i)] != (c != nil) || c != nil && !c.Status().Registered {
			t.Errorf("terminal %d: there %v, registered %v", i, c != nil, names[fmt.Sprint(1000+i)])
		}
	}
	if len(names) != len(clients) || len(g.table.byAlias) != 2*len(clients) || len(g.table.byRAS) != len(clients) {
		t.Errorf("%d terminals, %d aliases, %d addresses for %d", len(names), len(g.table.byAlias), len(g.table.byRAS), len(clients))
	}
	t.Logf("%d came, %d went, %d lost power, %d there at the end; %d datagrams, %d repeated to the gatekeeper", come, went, power, len(clients), s.sent, g.Stats().Repeated)
}

// The gatekeeper restarts and knows nobody: keep-alives are answered so that everybody
// registers anew, within a keep-alive's time.
func TestGatekeeperRestart(t *testing.T) {
	s := newSim(t)
	n := s.count()
	s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.TTL = time.Minute })
	var clients []*Client
	for i := range 10 {
		clients = append(clients, s.client(addr(byte(10+i), 1719), func(c *ClientConfig) { c.Aliases = []string{fmt.Sprint(i)} }))
	}
	s.run(100 * time.Second)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.TTL = time.Minute })
	s.run(50 * time.Second)
	if len(g.Terminals()) != 10 || n["registrationReject"] != 10 || n["gatekeeperRequest"] != 10 {
		t.Errorf("%d registered, messages %v", len(g.Terminals()), n)
	}
	// Now it is away for ten minutes, and they find it again within a minute and a bit.
	s.remove(gkAddr)
	s.run(10 * time.Minute)
	for _, c := range clients {
		if st := c.Status(); st.Registered || st.Reason == "" {
			t.Fatalf("%+v without a gatekeeper", st)
		}
	}
	before := s.sent
	s.run(10 * time.Minute)
	if rate := float64(s.sent-before) / 100; rate > 10 {
		t.Errorf("%.1f datagrams a minute from each while nobody answers", rate)
	}
	g = s.gatekeeper(gkAddr, nil)
	s.run(mostBackoff + mostBackoff/4 + 6*time.Second) // the last repetition may just have been in vain
	if len(g.Terminals()) != 10 {
		t.Errorf("%d came back", len(g.Terminals()))
	}
}

// A call asks a gatekeeper that has forgotten us: we register anew and ask again, and the
// call hears nothing of it.
func TestRestartSeenByCall(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
	s.run(time.Second)
	g := s.gatekeeper(gkAddr, nil)
	s.peer(addr(3, 1719)).register("1001")
	var got Admitted
	err := fmt.Errorf("no answer")
	s.use(at, func(now time.Time) {
		k.Admit(now, Admission{CallID: guid(1), Conference: guid(1), Reference: 1, To: aliasesOf([]string{"1001"}), Bitrate: 768000},
			func(a Admitted, e error) { got, err = a, e })
	})
	s.run(time.Second)
	if err != nil || got.Signal != addr(3, 1720) {
		t.Errorf("%v, %v", got, err)
	}
	if len(g.Terminals()) != 2 || !k.Status().Registered || k.Status().Calls != 1 {
		t.Errorf("%v, %+v", g.Terminals(), k.Status())
	}
}

// A terminal that the gatekeeper unregisters comes back at once.
func TestUnregisteredByGatekeeper(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
	s.run(time.Second)
	first := k.Status().EndpointID
	s.use(gkAddr, func(now time.Time) {
		g.now = now
		g.unregister(g.table.find([]string{""}, []string{"gateway"}), "for a test", h225.UnregRequestReason{ReregistrationRequired: true})
	})
	s.run(time.Second)
	if st := k.Status(); !st.Registered || st.EndpointID == first || len(g.Terminals()) != 1 {
		t.Errorf("%+v, %v", st, g.Terminals())
	}
	// When the gatekeeper closes it comes back later, to the next one. Some come back at
	// once, and are not heard.
	p := s.peer(addr(3, 1719))
	p.register("1001")
	s.use(gkAddr, g.Close)
	if m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: p.rrq("1001")}); m.RegistrationConfirm != nil || len(g.Terminals()) != 0 {
		t.Errorf("registered with a gatekeeper that goes away: %s", describe(m))
	}
	s.run(6 * time.Second) // the peer does not answer the URQ
	if k.Status().Registered || len(g.requests.open) != 0 {
		t.Errorf("%+v, %d open", k.Status(), len(g.requests.open))
	}
	g = s.gatekeeper(gkAddr, nil)
	s.run(10 * time.Second)
	if len(g.Terminals()) != 1 {
		t.Errorf("%v", g.Terminals())
	}
}
