package ras

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

// sim is a network in virtual time between machines, which loses and doubles datagrams.
type sim struct {
	t     *testing.T
	now   time.Time
	nodes map[netip.AddrPort]machine
	queue []flight
	rand  *rand.Rand

	loss, double float64
	latency      time.Duration
	sent         int
	watch        func(from, to netip.AddrPort, m *h225.RasMessage) // sees what is delivered
	tap          func(flight)                                      // and its octets
}

type flight struct {
	at       time.Time
	from, to netip.AddrPort
	data     []byte
}

func newSim(t *testing.T) *sim {
	return &sim{t: t, now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), nodes: map[netip.AddrPort]machine{},
		rand: rand.New(rand.NewPCG(1, 2)), latency: 10 * time.Millisecond}
}

// addr is a host of the network.
func addr(host byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 1, host}), port)
}

var gkAddr = addr(1, 1719)

// collect takes what a machine has to say.
func (s *sim) collect(at netip.AddrPort, m machine) {
	for _, p := range m.Output() {
		s.sent++
		msg := &h225.RasMessage{}
		if err := per.Unmarshal(p.Data, msg); err != nil {
			s.t.Errorf("%v sends %x: %v", at, p.Data, err)
		}
		for n := 1; n <= 2; n++ {
			if n == 2 && s.rand.Float64() >= s.double || s.rand.Float64() < s.loss {
				continue
			}
			s.queue = append(s.queue, flight{s.now.Add(s.latency * time.Duration(n)), at, p.To, p.Data})
		}
	}
}

// use calls a machine and takes what it says.
func (s *sim) use(at netip.AddrPort, f func(now time.Time)) {
	f(s.now)
	if m := s.nodes[at]; m != nil {
		s.collect(at, m)
	}
}

// run lets time pass.
func (s *sim) run(d time.Duration) {
	end := s.now.Add(d)
	for steps := 0; ; steps++ {
		if steps > 1_000_000 {
			s.t.Fatal("the machines never rest")
		}
		next := end
		for _, f := range s.queue {
			if f.at.Before(next) {
				next = f.at
			}
		}
		for _, m := range s.nodes {
			if d := m.Deadline(); !d.IsZero() && d.Before(next) {
				next = d
			}
		}
		if !next.Before(end) {
			s.now = end
			return
		}
		if next.After(s.now) {
			s.now = next
		}
		s.deliver()
		for _, at := range slices.SortedFunc(maps.Keys(s.nodes), netip.AddrPort.Compare) {
			m := s.nodes[at]
			if d := m.Deadline(); !d.IsZero() && !s.now.Before(d) {
				s.use(at, m.Expire)
			}
		}
	}
}

func (s *sim) deliver() {
	var due []flight
	s.queue = slices.DeleteFunc(s.queue, func(f flight) bool {
		if f.at.After(s.now) {
			return false
		}
		due = append(due, f)
		return true
	})
	for _, f := range due {
		m := s.nodes[f.to]
		if m == nil {
			continue
		}
		if s.watch != nil {
			msg := &h225.RasMessage{}
			_ = per.Unmarshal(f.data, msg)
			s.watch(f.from, f.to, msg)
		}
		if s.tap != nil {
			s.tap(f)
		}
		s.use(f.to, func(now time.Time) { m.Receive(now, f.from, f.data) })
	}
}

// gatekeeper puts a gatekeeper on the network.
func (s *sim) gatekeeper(at netip.AddrPort, change func(*GatekeeperConfig)) *Gatekeeper {
	c := GatekeeperConfig{ID: "gk", RAS: func(netip.Addr) netip.AddrPort { return at },
		Signal: func(netip.Addr) netip.AddrPort { return netip.AddrPortFrom(at.Addr(), 1720) }}
	if change != nil {
		change(&c)
	}
	g := NewGatekeeper(c)
	s.nodes[at] = g
	return g
}

// client puts a client on the network and starts it.
func (s *sim) client(at netip.AddrPort, change func(*ClientConfig)) *Client {
	c := ClientConfig{Gatekeeper: gkAddr, Product: "Roombridge", RAS: func(netip.Addr) netip.AddrPort { return at },
		Signal: func(netip.Addr) netip.AddrPort { return netip.AddrPortFrom(at.Addr(), 1720) }}
	if change != nil {
		change(&c)
	}
	k := NewClient(c)
	s.nodes[at] = k
	s.use(at, k.Start)
	return k
}

// remove takes a machine off the network, as when its power fails.
func (s *sim) remove(at netip.AddrPort) { delete(s.nodes, at) }

// count counts messages that are delivered, by their names.
func (s *sim) count() map[string]int {
	n := map[string]int{}
	s.watch = func(_, _ netip.AddrPort, m *h225.RasMessage) { n[per.Alternative(m)]++ }
	return n
}

// guid makes a call identifier.
func guid(n byte) h225.GloballyUniqueID { return append(make(h225.GloballyUniqueID, 15), n) }

// peer speaks raw RAS, as terminals do that this project did not write.
type peer struct {
	got []*h225.RasMessage
	raw [][]byte
	at  netip.AddrPort
	s   *sim
	out []Packet
	seq uint16
	// reply answers a request of the machine under test; nil stays silent.
	reply func(m *h225.RasMessage) *h225.RasMessage
}

func (s *sim) peer(at netip.AddrPort) *peer {
	p := &peer{at: at, s: s}
	s.nodes[at] = p
	return p
}

func (p *peer) Receive(_ time.Time, from netip.AddrPort, data []byte) {
	m := &h225.RasMessage{}
	if err := per.Unmarshal(data, m); err != nil {
		p.s.t.Errorf("%x: %v", data, err)
	}
	p.got, p.raw = append(p.got, m), append(p.raw, data)
	if p.reply == nil {
		return
	}
	if a := p.reply(m); a != nil {
		p.write(from, a)
	}
}

func (p *peer) write(to netip.AddrPort, m *h225.RasMessage) {
	b, err := per.Marshal(m)
	if err != nil {
		p.s.t.Fatal(err)
	}
	p.out = append(p.out, Packet{to, b})
}

func (p *peer) Expire(time.Time)    {}
func (p *peer) Deadline() time.Time { return time.Time{} }
func (p *peer) Output() []Packet    { o := p.out; p.out = nil; return o }

// send sends a message with the next number, and gives what came back within a second.
func (p *peer) send(to netip.AddrPort, m *h225.RasMessage) *h225.RasMessage {
	p.s.t.Helper()
	p.seq++
	h, _ := headerOf(m)
	*h.seq = p.seq
	n := len(p.got)
	p.write(to, m)
	p.s.use(p.at, func(time.Time) {})
	p.s.run(time.Second)
	if len(p.got) == n {
		return &h225.RasMessage{}
	}
	return p.got[len(p.got)-1]
}

// rrq is a registration as a terminal sends it.
func (p *peer) rrq(aliases ...string) *h225.RegistrationRequest {
	return &h225.RegistrationRequest{ProtocolIdentifier: "0.0.8.2250.0.4", DiscoveryComplete: true,
		CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(netip.AddrPortFrom(p.at.Addr(), 1720))},
		RASAddress:        []h225.TransportAddress{*h225.NewTransportAddress(p.at)},
		TerminalType:      h225.EndpointType{Terminal: &h225.TerminalInfo{}},
		TerminalAlias:     aliasesOf(aliases), EndpointVendor: h225.VendorIdentifier{}}
}

// register registers, and gives the endpoint identifier.
func (p *peer) register(aliases ...string) string {
	p.s.t.Helper()
	m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: p.rrq(aliases...)})
	if m.RegistrationConfirm == nil {
		p.s.t.Fatalf("%v %q: %s", p.at, aliases, describe(m))
	}
	return m.RegistrationConfirm.EndpointIdentifier
}

// arq asks to call an alias.
func arq(id string, call byte, to string) *h225.RasMessage {
	return &h225.RasMessage{AdmissionRequest: &h225.AdmissionRequest{CallType: h225.CallType{PointToPoint: true},
		EndpointIdentifier: id, DestinationInfo: aliasesOf([]string{to}), SrcInfo: []h225.AliasAddress{}, BandWidth: 7680,
		CallReferenceValue: uint16(call), ConferenceID: guid(call), CallIdentifier: &h225.CallIdentifier{GUID: guid(call)}}}
}

// describe names a message with its reason.
func describe(m *h225.RasMessage) string {
	name := per.Alternative(m)
	switch {
	case m.RegistrationReject != nil:
		name += " " + per.Alternative(m.RegistrationReject.RejectReason)
	case m.AdmissionReject != nil:
		name += " " + per.Alternative(m.AdmissionReject.RejectReason)
	case m.GatekeeperReject != nil:
		name += " " + per.Alternative(m.GatekeeperReject.RejectReason)
	case m.LocationReject != nil:
		name += " " + per.Alternative(m.LocationReject.RejectReason)
	case m.BandwidthReject != nil:
		name += " " + per.Alternative(m.BandwidthReject.RejectReason)
	case m.DisengageReject != nil:
		name += " " + per.Alternative(m.DisengageReject.RejectReason)
	case m.UnregistrationReject != nil:
		name += " " + per.Alternative(m.UnregistrationReject.RejectReason)
	case m.InfoRequestNak != nil:
		name += " " + per.Alternative(m.InfoRequestNak.NakReason)
	}
	return name
}
