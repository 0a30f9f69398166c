package ras

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

// Whom a terminal calls decides where its Setup goes.
func TestDestinations(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Gateways = []string{"*"} })
	caller, called, mcu := s.peer(addr(2, 1719)), s.peer(addr(3, 1719)), s.peer(addr(4, 1719))
	id := caller.register("1000")
	called.register("1001", "Phòng Họp")
	gateway := mcu.rrq("mcu")
	prefix := func(p string) h225.SupportedProtocols {
		return h225.SupportedProtocols{Voice: &h225.VoiceCaps{SupportedPrefixes: []h225.SupportedPrefix{{Prefix: AliasOf(p)}}}}
	}
	gateway.TerminalType = h225.EndpointType{Gateway: &h225.GatewayInfo{Protocol: []h225.SupportedProtocols{prefix("77"), prefix("7")}}}
	if m := mcu.send(gkAddr, &h225.RasMessage{RegistrationRequest: gateway}); m.RegistrationConfirm == nil {
		t.Fatal(describe(m))
	}
	us := addr(1, 1720)
	for to, want := range map[string]netip.AddrPort{
		"1001": addr(3, 1720), "phòng họp": addr(3, 1720), "7712": addr(4, 1720), "2005": us, "room": us,
	} {
		m := caller.send(gkAddr, arq(id, 9, to))
		if m.AdmissionConfirm == nil {
			t.Errorf("%s: %s", to, describe(m))
			continue
		}
		a, _ := m.AdmissionConfirm.DestCallSignalAddress.AddrPort()
		if a != want || !m.AdmissionConfirm.CallModel.Direct || m.AdmissionConfirm.BandWidth != 7680 {
			t.Errorf("%s leads to %v, want %v: %+v", to, a, want, m.AdmissionConfirm)
		}
	}
	byAddress := arq(id, 10, "x")
	byAddress.AdmissionRequest.DestinationInfo = nil
	byAddress.AdmissionRequest.DestCallSignalAddress = h225.NewTransportAddress(addr(99, 1720))
	if m := caller.send(gkAddr, byAddress); m.AdmissionConfirm == nil {
		t.Errorf("by address: %s", describe(m))
	}
	url := arq(id, 11, "x")
	url.AdmissionRequest.DestinationInfo = []h225.AliasAddress{{URLID: new("h323:1001@gk.example")}}
	if m := caller.send(gkAddr, url); m.AdmissionConfirm == nil {
		t.Errorf("by URL: %s", describe(m))
	} else if a, _ := m.AdmissionConfirm.DestCallSignalAddress.AddrPort(); a != addr(3, 1720) {
		t.Errorf("a URL leads to %v", a)
	}
}

// Prefixes count of users alone that are named for it, and take no room from us.
func TestWhosePrefixes(t *testing.T) {
	for _, c := range []struct {
		name     string
		gateways []string
		user     string
		to       string
		want     netip.AddrPort
	}{
		{"by default", nil, "mcu", "7712", netip.AddrPort{}},
		{"a user of that name", []string{"MCU"}, "mcu", "7712", addr(4, 1720)},
		{"another user", []string{"mcu"}, "other", "7712", netip.AddrPort{}},
		{"nobody proved", []string{"mcu", ""}, "", "7712", netip.AddrPort{}},
		{"everybody", []string{"*"}, "", "7712", addr(4, 1720)},
		{"a room", []string{"mcu"}, "mcu", "7700", addr(1, 1720)},
		{"a room and its MCU", []string{"mcu"}, "mcu", "mcu", addr(4, 1720)},
	} {
		s := newSim(t)
		g := s.gatekeeper(gkAddr, func(k *GatekeeperConfig) {
			k.Passwords, k.Gateways = map[string]string{"mcu": "geheim", "other": "geheim"}, c.gateways
			k.Owns = func(a string) bool { return a == "7700" }
		})
		s.client(addr(4, 1719), func(k *ClientConfig) {
			k.Aliases, k.Prefixes = []string{"4000"}, []string{"7", "77"}
			if c.user != "" {
				k.Aliases, k.Password, k.Security = []string{c.user}, "geheim", SecurityMD5
			}
		})
		s.run(time.Second)
		if len(g.Terminals()) != 1 {
			t.Fatalf("%s: %+v", c.name, g.Stats())
		}
		p := s.peer(addr(2, 1719))
		id := p.register("1000")
		var got, located netip.AddrPort
		if m := p.send(gkAddr, arq(id, 1, c.to)); m.AdmissionConfirm != nil {
			got, _ = m.AdmissionConfirm.DestCallSignalAddress.AddrPort()
		}
		m := p.send(gkAddr, &h225.RasMessage{LocationRequest: &h225.LocationRequest{DestinationInfo: aliasesOf([]string{c.to}),
			ReplyAddress: *h225.NewTransportAddress(p.at)}})
		if m.LocationConfirm != nil {
			located, _ = m.LocationConfirm.CallSignalAddress.AddrPort()
		}
		if got != c.want || located != c.want {
			t.Errorf("%s: %s leads to %v, is found at %v, want %v", c.name, c.to, got, located, c.want)
		}
	}
}

// Without a way the caller hears so.
func TestNotAdmitted(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Owns = func(a string) bool { return a == "2000" } })
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	for _, c := range []struct {
		m    *h225.RasMessage
		want string
	}{
		{arq(id, 1, "1001"), "admissionReject calledPartyNotRegistered"},
		{arq(id, 2, "2000"), "admissionConfirm"},
		{arq("nobody", 3, "2000"), "admissionReject callerNotRegistered"},
		{&h225.RasMessage{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: "nobody", ConferenceID: guid(1),
			DisengageReason: h225.DisengageReason{NormalDrop: true}}}, "disengageReject notRegistered"},
		{&h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{EndpointIdentifier: id, ConferenceID: guid(9)}}, "bandwidthReject invalidConferenceID"},
		{&h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{EndpointIdentifier: new("nobody"),
			CallSignalAddress: []h225.TransportAddress{}}}, "unregistrationReject notCurrentlyRegistered"},
	} {
		if got := describe(p.send(gkAddr, c.m)); got != c.want {
			t.Errorf("%s: %s, want %s", per.Alternative(c.m), got, c.want)
		}
	}
	// The identifier of another host's terminal is worth nothing.
	other := s.peer(addr(3, 1719))
	if got := describe(other.send(gkAddr, arq(id, 4, "2000"))); got != "admissionReject callerNotRegistered" {
		t.Errorf("with a stolen identifier: %s", got)
	}
	if g.Stats().Refused != 6 || g.Stats().Admitted != 1 {
		t.Errorf("%+v", g.Stats())
	}
}

// A PIN that is dialled behind a number is not written anywhere.
func TestPINsAreMasked(t *testing.T) {
	var log bytes.Buffer
	s := newSim(t)
	s.gatekeeper(gkAddr, func(c *GatekeeperConfig) {
		c.Owns = func(string) bool { return false }
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	for i, to := range []string{"1001##4321", "1001#4321", "#1001#4321#", "##1001##4321", "10.0.0.5##1001##4321", "gw.example##1001#4321", "1001#43#21"} {
		p.send(gkAddr, arq(id, byte(i+1), to))
	}
	url := arq(id, 9, "x")
	url.AdmissionRequest.DestinationInfo = []h225.AliasAddress{{URLID: new("h323:1001##4321@gk.example")}}
	p.send(gkAddr, url)
	calls, pin := 0, regexp.MustCompile(` to=.*(43|21)`)
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "1001#") {
			calls++
		}
		if pin.MatchString(line) {
			t.Errorf("a PIN in %s", line)
		}
	}
	if calls != 8 {
		t.Errorf("%d calls in\n%s", calls, log.String())
	}
	for _, plain := range []string{"1001", "1001#", "##1001", "10.0.0.5##1001", "Phòng Họp", ""} {
		if got := masked(plain); got != plain {
			t.Errorf("%q is shown as %q", plain, got)
		}
	}
}

// A call from admission to its end, at both ends, with bandwidth in between.
func TestCallsOfGatekeeper(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.MaxBitrate = 512_000; c.MaxCalls = 3 })
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	m := p.send(gkAddr, arq(id, 1, "2000"))
	if m.AdmissionConfirm == nil || m.AdmissionConfirm.BandWidth != 5120 {
		t.Fatalf("%s, %+v", describe(m), m.AdmissionConfirm)
	}
	in := arq(id, 2, "1000")
	in.AdmissionRequest.AnswerCall = true
	if m := p.send(gkAddr, in); m.AdmissionConfirm == nil {
		t.Fatal(describe(m))
	} else if a, _ := m.AdmissionConfirm.DestCallSignalAddress.AddrPort(); a != addr(2, 1720) {
		t.Errorf("an incoming call is taken at %v", a)
	}
	if n := g.Terminals()[0].Calls; n != 2 {
		t.Errorf("%d calls", n)
	}
	brq := func(n uint32) string {
		m := p.send(gkAddr, &h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{EndpointIdentifier: id, ConferenceID: guid(2),
			CallIdentifier: &h225.CallIdentifier{GUID: guid(2)}, BandWidth: n}})
		if r := m.BandwidthReject; r != nil && r.AllowedBandWidth != 5120 {
			t.Errorf("%d allowed", r.AllowedBandWidth)
		}
		return describe(m)
	}
	if got := brq(1280); got != "bandwidthConfirm" {
		t.Error(got)
	}
	if got := brq(6000); got != "bandwidthReject insufficientResources" {
		t.Error(got)
	}
	for range 2 { // that it is over is true the second time too
		if got := describe(p.send(gkAddr, &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: id, ConferenceID: guid(2),
			CallIdentifier: &h225.CallIdentifier{GUID: guid(2)}, DisengageReason: h225.DisengageReason{NormalDrop: true}}})); got != "disengageConfirm" {
			t.Error(got)
		}
	}
	if n := g.Terminals()[0].Calls; n != 1 {
		t.Errorf("%d calls", n)
	}
	for i := range 20 { // a terminal that never says that a call is over
		if m := p.send(gkAddr, arq(id, byte(100+i), "2000")); m.AdmissionConfirm == nil {
			t.Error(describe(m))
		}
	}
	if n := g.Terminals()[0].Calls; n != 3 {
		t.Errorf("%d calls are remembered", n)
	}
}

// Other gatekeepers find our terminals, and nobody else; Cisco VCS asks for aliases that
// nobody has to see whether we live.
func TestLocation(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	s.peer(addr(3, 1719)).register("1001")
	vcs := s.peer(addr(9, 1719))
	lrq := func(to string) *h225.RasMessage {
		return vcs.send(gkAddr, &h225.RasMessage{LocationRequest: &h225.LocationRequest{DestinationInfo: aliasesOf([]string{to}),
			ReplyAddress: *h225.NewTransportAddress(vcs.at)}})
	}
	m := lrq("1001")
	if m.LocationConfirm == nil {
		t.Fatal(describe(m))
	}
	if a, _ := m.LocationConfirm.CallSignalAddress.AddrPort(); a != addr(3, 1720) {
		t.Errorf("found at %v", a)
	}
	if got := describe(lrq("ping")); got != "locationReject requestDenied" {
		t.Errorf("a ping is answered by %s", got)
	}
}

// Our client and our gatekeeper, from the question to the end of the call.
func TestClientCalls(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.MaxBitrate = 512_000 })
	s.peer(addr(3, 1719)).register("1001")
	at := addr(2, 1719)
	limit := 0
	k := s.client(at, func(c *ClientConfig) {
		c.Aliases = []string{"gateway"}
		c.Limited = func(_ h225.GloballyUniqueID, n int) { limit = n }
	})
	s.run(time.Second)
	a := Admission{CallID: guid(1), Conference: guid(1), Reference: 7, To: aliasesOf([]string{"1001"}), Bitrate: 768_000}
	admit := func(a Admission) (out Admitted, err error) {
		err = errors.New("nothing heard")
		s.use(at, func(now time.Time) { k.Admit(now, a, func(d Admitted, e error) { out, err = d, e }) })
		s.run(30 * time.Second)
		return out, err
	}
	got, err := admit(a)
	if err != nil || got.Signal != addr(3, 1720) || limit != 512_000 || k.Status().Calls != 1 {
		t.Errorf("%+v, %v, limit %d, %+v", got, err, limit, k.Status())
	}
	var allowed int
	s.use(at, func(now time.Time) { k.Bandwidth(now, guid(1), 400_000, func(n int) { allowed = n }) })
	s.run(time.Second)
	if allowed != 400_000 {
		t.Errorf("%d allowed", allowed)
	}
	s.use(at, func(now time.Time) { k.Released(now, guid(1), false) })
	s.run(time.Second)
	if k.Status().Calls != 0 || g.table.find([]string{""}, []string{"gateway"}).public().Calls != 0 {
		t.Error("the call is not over")
	}
	var found netip.AddrPort
	s.use(at, func(now time.Time) { k.Locate(now, "1001", func(a netip.AddrPort, e error) { found, err = a, e }) })
	s.run(time.Second)
	if found != addr(3, 1720) || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	// No gatekeeper: what has an address goes on, and so do incoming calls.
	s.remove(gkAddr)
	var refusal *bridge.Refusal
	if _, err := admit(a); !errors.As(err, &refusal) || refusal.Cause != bridge.CauseUnreachable {
		t.Errorf("by alias without a gatekeeper: %v", err)
	}
	s.run(time.Minute)
	if k.Status().Registered {
		t.Error("the loss of the gatekeeper was not noticed by the call")
	}
	for _, a := range []Admission{{CallID: guid(2), Signal: addr(3, 1720)}, {CallID: guid(3), Answer: true}} {
		if out, err := admit(a); err != nil || out.Signal.IsValid() {
			t.Errorf("%+v, %v", out, err)
		}
	}
}

// A gatekeeper that does not answer delays a call by six seconds, whether it has just
// gone, is looked for, or is registered with anew.
func TestSilentGatekeeper(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
	s.run(time.Second)
	s.remove(gkAddr)
	admit := func(n byte) {
		t.Helper()
		begin, heard := s.now, time.Duration(-1)
		s.use(at, func(now time.Time) {
			k.Admit(now, Admission{CallID: guid(n), Conference: guid(n), Signal: addr(3, 1720)}, func(_ Admitted, err error) {
				if err != nil {
					t.Error(err)
				}
				heard = s.now.Sub(begin)
			})
		})
		s.run(6*time.Second + time.Millisecond)
		if heard < 0 || heard > 6*time.Second {
			t.Errorf("call %d, in state %d: decided after %v", n, k.state, heard)
		}
	}
	seen := map[state]bool{}
	for n := range byte(40) {
		seen[k.state] = true
		admit(n)
		s.run(time.Second)
	}
	for _, st := range []state{stateRegistered, stateDiscovering, stateRegistering, stateWaiting} {
		if !seen[st] {
			t.Errorf("no call in state %d", st)
		}
	}
}

// Calls that the gatekeeper allows beforehand are placed without an ARQ, and it may ask for
// them, limit and end them all the same. A new registration takes the allowance back.
func TestPreGranted(t *testing.T) {
	s := newSim(t)
	n := s.count()
	gk := s.peer(gkAddr)
	allowed := &h225.RegistrationConfirmPreGrantedARQ{MakeCall: true, AnswerCall: true, IrrFrequencyInCall: new(uint16(10))}
	gk.reply = func(m *h225.RasMessage) *h225.RasMessage {
		switch {
		case m.GatekeeperRequest != nil:
			return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(gkAddr)}}
		case m.RegistrationRequest != nil:
			c := &h225.RegistrationConfirm{RequestSeqNum: m.RegistrationRequest.RequestSeqNum, ProtocolIdentifier: h225.Version,
				CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: "e1", TimeToLive: new(uint32(300))}
			if !ptr(m.RegistrationRequest.KeepAlive) {
				c.PreGrantedARQ = allowed
			}
			return &h225.RasMessage{RegistrationConfirm: c}
		case m.AdmissionRequest != nil:
			return &h225.RasMessage{AdmissionReject: &h225.AdmissionReject{RequestSeqNum: m.AdmissionRequest.RequestSeqNum,
				RejectReason: h225.AdmissionRejectReason{SecurityDenial: true}}}
		}
		return nil
	}
	at := addr(2, 1719)
	ended, limit := "", 0
	k := s.client(at, func(c *ClientConfig) {
		c.Aliases = []string{"gateway"}
		c.Disengaged = func(id h225.GloballyUniqueID, _ string) { ended = id.String() }
		c.Limited = func(_ h225.GloballyUniqueID, n int) { limit = n }
	})
	s.run(4 * time.Minute) // a keep-alive, which is confirmed without a word of it
	admit := func(a Admission) (err error) {
		err = errors.New("nothing heard")
		s.use(at, func(now time.Time) { k.Admit(now, a, func(_ Admitted, e error) { err = e }) })
		s.run(time.Second)
		return err
	}
	for _, a := range []Admission{
		{CallID: guid(1), Conference: guid(1), Reference: 1, Signal: addr(3, 1720), Bitrate: 768_000},
		{CallID: guid(2), Conference: guid(2), Reference: 2, Answer: true, Bitrate: 768_000},
	} {
		if err := admit(a); err != nil || n["admissionRequest"] != 0 {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if k.Status().Calls != 2 {
		t.Errorf("%+v", k.Status())
	}
	gk.got = nil
	s.run(12 * time.Second)
	if n["infoRequestResponse"] != 2 {
		t.Errorf("%v reports of two calls", n["infoRequestResponse"])
	}
	m := gk.send(at, &h225.RasMessage{InfoRequest: &h225.InfoRequest{}})
	if r := m.InfoRequestResponse; r == nil || len(r.PerCallInfo) != 2 || r.PerCallInfo[0].BandWidth != 7680 {
		t.Errorf("%s: %+v", describe(m), r)
	}
	m = gk.send(at, &h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{EndpointIdentifier: "e1", ConferenceID: guid(1), BandWidth: 3840}})
	if m.BandwidthConfirm == nil || limit != 384_000 {
		t.Errorf("%s, limit %d", describe(m), limit)
	}
	m = gk.send(at, &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: "e1", ConferenceID: guid(1),
		CallIdentifier: &h225.CallIdentifier{GUID: guid(1)}, DisengageReason: h225.DisengageReason{ForcedDrop: true}}})
	if m.DisengageConfirm == nil || ended != guid(1).String() || k.Status().Calls != 1 {
		t.Errorf("%s, ended %q", describe(m), ended)
	}
	s.use(at, func(now time.Time) { k.Released(now, guid(2), false) })
	s.run(time.Second)
	if n["disengageRequest"] != 2 || k.Status().Calls != 0 {
		t.Errorf("the end of the call is not told: %v", n)
	}
	allowed = nil
	gk.send(at, &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{CallSignalAddress: []h225.TransportAddress{},
		Reason: &h225.UnregRequestReason{ReregistrationRequired: true}}})
	s.run(time.Second)
	if err := admit(Admission{CallID: guid(3), Conference: guid(3), Signal: addr(3, 1720)}); err == nil || n["admissionRequest"] != 1 {
		t.Errorf("after a registration that allows nothing: %v, %v", err, n)
	}
}

// Every reason of an ARJ becomes a cause.
func TestAdmissionRefusals(t *testing.T) {
	for _, c := range []struct {
		r    h225.AdmissionRejectReason
		want bridge.Cause
	}{
		{h225.AdmissionRejectReason{CalledPartyNotRegistered: true}, bridge.CauseUnreachable},
		{h225.AdmissionRejectReason{IncompleteAddress: true}, bridge.CauseNoRoute},
		{h225.AdmissionRejectReason{UnallocatedNumber: true}, bridge.CauseNoRoute},
		{h225.AdmissionRejectReason{ResourceUnavailable: true}, bridge.CauseCapacity},
		{h225.AdmissionRejectReason{ExceedsCallCapacity: true}, bridge.CauseCapacity},
		{h225.AdmissionRejectReason{SecurityDenial: true}, bridge.CauseForbidden},
		{h225.AdmissionRejectReason{RouteCallToGatekeeper: true}, bridge.CauseForbidden},
		{h225.AdmissionRejectReason{CallerNotRegistered: true}, bridge.CauseUnreachable},
		{h225.AdmissionRejectReason{}, bridge.CauseForbidden},
	} {
		if got := bridge.AsRefusal(admissionRefusal(&c.r)); got.Cause != c.want || got.Reason == "" {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
}

// A gatekeeper ends a call, limits it, and asks what runs.
func TestGatekeeperInCalls(t *testing.T) {
	s := newSim(t)
	gk := s.peer(gkAddr)
	gk.reply = func(m *h225.RasMessage) *h225.RasMessage {
		switch {
		case m.GatekeeperRequest != nil:
			return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, GatekeeperIdentifier: new("other"), RASAddress: *h225.NewTransportAddress(gkAddr)}}
		case m.RegistrationRequest != nil:
			return &h225.RasMessage{RegistrationConfirm: &h225.RegistrationConfirm{RequestSeqNum: m.RegistrationRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: "e1"}}
		case m.AdmissionRequest != nil:
			return &h225.RasMessage{AdmissionConfirm: &h225.AdmissionConfirm{RequestSeqNum: m.AdmissionRequest.RequestSeqNum,
				BandWidth: m.AdmissionRequest.BandWidth, CallModel: h225.CallModel{GatekeeperRouted: true}, IrrFrequency: new(uint16(10)),
				DestCallSignalAddress: *h225.NewTransportAddress(addr(1, 1721)), DestinationInfo: aliasesOf([]string{"mapped"})}}
		}
		return nil
	}
	at := addr(2, 1719)
	var ended string
	limit := 0
	k := s.client(at, func(c *ClientConfig) {
		c.Aliases = []string{"gateway"}
		c.Disengaged = func(id h225.GloballyUniqueID, _ string) { ended = id.String() }
		c.Limited = func(_ h225.GloballyUniqueID, n int) { limit = n }
	})
	s.run(time.Second)
	var got Admitted
	s.use(at, func(now time.Time) {
		k.Admit(now, Admission{CallID: guid(1), Conference: guid(2), Reference: 5, Signal: addr(3, 1720), Bitrate: 768_000},
			func(a Admitted, _ error) { got = a })
	})
	s.run(time.Second)
	if got.Signal != addr(1, 1721) || len(got.To) != 1 || got.To[0].Text() != "mapped" {
		t.Errorf("%+v", got)
	}
	if a := gk.got[len(gk.got)-1].AdmissionRequest; a == nil || a.EndpointIdentifier != "e1" || ptr(a.GatekeeperIdentifier) != "other" {
		t.Errorf("the request was %+v", a)
	}
	gk.got = nil
	s.run(35 * time.Second)
	reports := 0
	for _, m := range gk.got {
		if r := m.InfoRequestResponse; r != nil && len(r.PerCallInfo) == 1 && r.PerCallInfo[0].CallReferenceValue == 5 && ptr(r.Unsolicited) {
			reports++
		}
	}
	if reports != 3 {
		t.Errorf("%d reports in 35 s, asked for one each 10 s", reports)
	}
	k.calls[string(guid(1))].reportAt = time.Time{} // no more, so that the last message is the answer
	for _, c := range []struct {
		asked uint16
		calls int
	}{{0, 1}, {5, 1}, {6, 0}} {
		m := gk.send(at, &h225.RasMessage{InfoRequest: &h225.InfoRequest{CallReferenceValue: c.asked}})
		if r := m.InfoRequestResponse; r == nil || len(r.PerCallInfo) != c.calls || r.EndpointIdentifier != "e1" {
			t.Errorf("IRQ %d: %+v", c.asked, r)
		}
	}
	m := gk.send(at, &h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{EndpointIdentifier: "e1", ConferenceID: guid(2), BandWidth: 3840}})
	if m.BandwidthConfirm == nil || limit != 384_000 {
		t.Errorf("%s, limit %d", describe(m), limit)
	}
	m = gk.send(at, &h225.RasMessage{BandwidthRequest: &h225.BandwidthRequest{EndpointIdentifier: "e1", ConferenceID: guid(9)}})
	if got := describe(m); got != "bandwidthReject invalidConferenceID" {
		t.Error(got)
	}
	m = gk.send(at, &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: "e1", ConferenceID: guid(2),
		CallIdentifier: &h225.CallIdentifier{GUID: guid(1)}, DisengageReason: h225.DisengageReason{ForcedDrop: true}}})
	if m.DisengageConfirm == nil || ended != guid(1).String() || k.Status().Calls != 0 {
		t.Errorf("%s, ended %q", describe(m), ended)
	}
	// Somebody else's wishes count for nothing.
	stranger := s.peer(addr(66, 1719))
	if m := stranger.send(at, &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{
		CallSignalAddress: []h225.TransportAddress{}}}); m.UnregistrationConfirm != nil || !k.Status().Registered {
		t.Errorf("a stranger unregistered us: %s", describe(m))
	}
}
