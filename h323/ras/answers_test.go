package ras

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// stubborn is a gatekeeper that answers every discovery and, to every registration, what
// it is told to.
func stubborn(reason func(r *h225.RegistrationRequest) *h225.RegistrationRejectReason) func(*h225.RasMessage) *h225.RasMessage {
	return func(m *h225.RasMessage) *h225.RasMessage {
		switch {
		case m.GatekeeperRequest != nil:
			return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, GatekeeperIdentifier: new("gk"), RASAddress: *h225.NewTransportAddress(gkAddr)}}
		case m.RegistrationRequest != nil:
			if r := reason(m.RegistrationRequest); r != nil {
				return &h225.RasMessage{RegistrationReject: &h225.RegistrationReject{RequestSeqNum: m.RegistrationRequest.RequestSeqNum,
					ProtocolIdentifier: h225.Version, RejectReason: *r}}
			}
			return &h225.RasMessage{RegistrationConfirm: &h225.RegistrationConfirm{RequestSeqNum: m.RegistrationRequest.RequestSeqNum,
				ProtocolIdentifier: h225.Version, CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: "e", TimeToLive: new(uint32(1))}}
		}
		return nil
	}
}

// Whatever a gatekeeper refuses with, it is not flooded.
func TestStubbornGatekeeper(t *testing.T) {
	for name, reason := range map[string]h225.RegistrationRejectReason{
		"discovery required": {DiscoveryRequired: true}, "full registration required": {FullRegistrationRequired: true},
		"duplicate alias": {DuplicateAlias: []h225.AliasAddress{AliasOf("gateway")}}, "security": {SecurityDenial: true}, "nothing": {},
	} {
		s := newSim(t)
		n := s.count()
		if name == "nothing" {
			reason.UndefinedReason = true
		}
		s.peer(gkAddr).reply = stubborn(func(*h225.RegistrationRequest) *h225.RegistrationRejectReason { return &reason })
		k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
		s.run(10 * time.Minute)
		if n["registrationRequest"] < 5 || n["registrationRequest"] > 20 || n["gatekeeperRequest"] > 20 || k.Status().Registered || k.Status().Reason == "" {
			t.Errorf("%s: %v, %+v", name, n, k.Status())
		}
	}
	// Nor one that confirms for a second only, or wants to be discovered at each keep-alive.
	for _, light := range []*h225.RegistrationRejectReason{nil, {DiscoveryRequired: true}, {FullRegistrationRequired: true}} {
		s := newSim(t)
		n := s.count()
		s.peer(gkAddr).reply = stubborn(func(r *h225.RegistrationRequest) *h225.RegistrationRejectReason {
			if ptr(r.KeepAlive) {
				return light
			}
			return nil
		})
		k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Aliases = []string{"gateway"} })
		s.run(10 * time.Minute)
		if n["registrationRequest"] < 50 || n["registrationRequest"] > 260 || !k.Status().Registered {
			t.Errorf("%+v: %v, %+v", light, n, k.Status())
		}
	}
}

// Reports and indications of terminals are acknowledged where they ask for it.
func TestReports(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	irr := func(id string) string {
		return describe(p.send(gkAddr, &h225.RasMessage{InfoRequestResponse: &h225.InfoRequestResponse{EndpointIdentifier: id,
			EndpointType: h225.EndpointType{Terminal: &h225.TerminalInfo{}}, RASAddress: *h225.NewTransportAddress(p.at),
			CallSignalAddress: []h225.TransportAddress{}, NeedResponse: new(true), Unsolicited: new(true)}}))
	}
	if got := irr(id); got != "infoRequestAck" {
		t.Error(got)
	}
	if got := irr("nobody"); got != "infoRequestNak notRegistered" {
		t.Error(got)
	}
	rai := func(id string) *h225.RasMessage {
		return p.send(gkAddr, &h225.RasMessage{ResourcesAvailableIndicate: &h225.ResourcesAvailableIndicate{ProtocolIdentifier: h225.Version,
			EndpointIdentifier: id, Protocols: []h225.SupportedProtocols{}, AlmostOutOfResources: true}})
	}
	if m := rai(id); m.ResourcesAvailableConfirm == nil {
		t.Error(describe(m))
	}
	if m := rai("nobody"); m.ResourcesAvailableConfirm != nil {
		t.Error(describe(m))
	}
	if m := p.send(gkAddr, &h225.RasMessage{InfoRequest: &h225.InfoRequest{}}); m.UnknownMessageResponse == nil {
		t.Errorf("an IRQ to a gatekeeper is answered by %s", describe(m))
	}
}

// A terminal is told to end its calls.
func TestHangUp(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	hang := func() (ok bool) {
		s.use(gkAddr, func(now time.Time) { ok = g.HangUp(now, "1000") })
		s.run(time.Second)
		return ok
	}
	if hang() {
		t.Error("there was no call")
	}
	p.send(gkAddr, arq(id, 1, "2000"))
	if !hang() || g.Terminals()[0].Calls != 0 {
		t.Error("the call is still there")
	}
	if d := p.got[len(p.got)-1].DisengageRequest; d == nil || !d.DisengageReason.ForcedDrop || string(d.CallIdentifier.GUID) != string(guid(1)) {
		t.Errorf("told %+v", p.got[len(p.got)-1])
	}
}

// Prefixes are found whatever protocol a gateway has them for.
func TestPrefixes(t *testing.T) {
	list := []h225.SupportedPrefix{{Prefix: AliasOf("7")}}
	for name, p := range map[string]h225.SupportedProtocols{
		"voice": {Voice: &h225.VoiceCaps{SupportedPrefixes: list}}, "h323": {H323: &h225.H323Caps{SupportedPrefixes: list}},
		"h320": {H320: &h225.H320Caps{SupportedPrefixes: list}}, "h310": {H310: &h225.H310Caps{SupportedPrefixes: list}},
		"h321": {H321: &h225.H321Caps{SupportedPrefixes: list}}, "h322": {H322: &h225.H322Caps{SupportedPrefixes: list}},
		"h324": {H324: &h225.H324Caps{SupportedPrefixes: list}}, "t120": {T120Only: &h225.T120OnlyCaps{SupportedPrefixes: list}},
		"sip": {SIP: &h225.SIPCaps{SupportedPrefixes: list}}, "other": {NonStandardProtocol: &h225.NonStandardProtocol{SupportedPrefixes: list}},
	} {
		if got := prefixes(&h225.GatewayInfo{Protocol: []h225.SupportedProtocols{p, p}}); !slices.Equal(got, []string{"7"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What we are reached at is the local address towards whoever asks, unless it is announced.
func TestOwnAddress(t *testing.T) {
	s := serve(t, Config{Listen: netip.MustParseAddrPort("0.0.0.0:0"), Signal: signalAt(1720)})
	port := s.Addr().Port()
	if a := s.addresses(s.server)(loopback.Addr()); a != netip.AddrPortFrom(loopback.Addr(), port) {
		t.Errorf("%v", a)
	}
	s.cfg.Announce = netip.MustParseAddr("192.0.2.1")
	if a := s.addresses(s.server)(loopback.Addr()); a != netip.AddrPortFrom(s.cfg.Announce, port) {
		t.Errorf("%v", a)
	}
}
