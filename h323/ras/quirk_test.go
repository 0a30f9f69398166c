package ras

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
	"github.com/roombridge/roombridge/h323/per"
)

func grqOf(p *peer, v vendor) *h225.RasMessage {
	return &h225.RasMessage{GatekeeperRequest: &h225.GatekeeperRequest{ProtocolIdentifier: "0.0.8.2250.0.4",
		RASAddress: *h225.NewTransportAddress(p.at), EndpointAlias: aliasesOf([]string{"1001"}),
		EndpointType: h225.EndpointType{Terminal: &h225.TerminalInfo{}, Vendor: &h225.VendorIdentifier{
			Vendor: h225.H221NonStandard{T35CountryCode: uint8(v[0]), T35Extension: uint8(v[1]), ManufacturerCode: v[2]}}}}}
}

// Avaya: some models take no GCF that names the gatekeeper.
func TestAvayaDiscovery(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	if m := p.send(gkAddr, grqOf(p, avaya)); m.GatekeeperConfirm == nil || m.GatekeeperConfirm.GatekeeperIdentifier != nil {
		t.Errorf("%+v", m.GatekeeperConfirm)
	}
	if m := p.send(gkAddr, grqOf(p, vendor{181, 0, 20560})); m.GatekeeperConfirm == nil || ptr(m.GatekeeperConfirm.GatekeeperIdentifier) != "gk" {
		t.Errorf("%+v", m.GatekeeperConfirm)
	}
}

// Huawei TE: names are UTF-8, octet by octet in 16 bit characters; product and version
// end in NUL, for which other gatekeepers refuse the registration.
func TestHuaweiNames(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	var octets []rune
	for _, b := range []byte("Phòng họp") {
		octets = append(octets, rune(b))
	}
	r := p.rrq(string(octets), "1001")
	r.EndpointVendor = h225.VendorIdentifier{Vendor: h225.H221NonStandard{T35CountryCode: 38, T35Extension: 21, ManufacturerCode: 555},
		ProductId: per.Octets("HUAWEI TEx0\x00"), VersionId: per.Octets("Release 19.0.920\x00")}
	m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: r})
	if m.RegistrationConfirm == nil || len(m.RegistrationConfirm.TerminalAlias) != 2 || m.RegistrationConfirm.TerminalAlias[0].Text() != string(octets) {
		t.Errorf("%s: %+v", describe(m), m.RegistrationConfirm)
	}
	d := g.Terminals()[0]
	if !slices.Equal(d.Aliases, []string{"Phòng họp", "1001"}) || d.Maker != "Huawei" || d.Product != "HUAWEI TEx0" || d.Version != "Release 19.0.920" {
		t.Errorf("%+v", d)
	}
	if _, ok := g.Find("phòng họp"); !ok {
		t.Error("nobody finds it by its name")
	}
}

// Our own product has no NUL.
func TestOurVendor(t *testing.T) {
	k := NewClient(ClientConfig{Product: "Roombridge", Version: "1"})
	if v := k.vendor(); string(v.ProductId) != "Roombridge" || string(v.VersionId) != "1" {
		t.Errorf("%+v", v)
	}
}

// Old products write their names in Latin-1; control characters go.
func TestProductText(t *testing.T) {
	for in, want := range map[string]string{"Caf\xe9\x00": "Café", "\x01VSX 7000\r\n": "VSX 7000", strings.Repeat("x", 300): strings.Repeat("x", 64)} {
		if got := productText([]byte(in)); got != want {
			t.Errorf("%q reads %q", in, got)
		}
	}
}

// Polycom Group keeps address translators awake by empty datagrams.
func TestEmptyDatagram(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	k := s.client(addr(2, 1719), nil)
	s.run(time.Second)
	sent := s.sent
	s.use(gkAddr, func(now time.Time) { g.Receive(now, addr(3, 1719), nil) })
	s.use(addr(2, 1719), func(now time.Time) { k.Receive(now, gkAddr, []byte{}) })
	if s.sent != sent || g.Stats().Broken != 0 {
		t.Errorf("%d datagrams in answer, %+v", s.sent-sent, g.Stats())
	}
}

// Icon: tokens of kinds that nobody asked for are skipped.
func TestForeignTokens(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Passwords = map[string]string{"1001": "geheim"} })
	p := s.peer(addr(2, 1719))
	foreign := h225.CryptoH323Token{NestedcryptoToken: &h235.CryptoToken{CryptoHashedToken: &h235.CryptoTokenCryptoHashedToken{
		TokenOID: "1.2.3", HashedVals: h235.ClearToken{TokenOID: "1.2.3"}, Token: h235.Hashed{AlgorithmOID: "1.2.3"}}}}
	r := p.rrq("2001")
	r.CryptoTokens = []h225.CryptoH323Token{foreign}
	r.Tokens = []h235.ClearToken{{TokenOID: "1.2.840.113548.10.1.2.1"}}
	if m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: r}); m.RegistrationConfirm == nil {
		t.Errorf("without need of a password: %s", describe(m))
	}
	proof, err := passwordToken("1001", "geheim", s.now)
	if err != nil {
		t.Fatal(err)
	}
	r = p.rrq("1001")
	r.CryptoTokens = []h225.CryptoH323Token{foreign, proof}
	if m := p.send(gkAddr, &h225.RasMessage{RegistrationRequest: r}); m.RegistrationConfirm == nil || g.Terminals()[0].User != "1001" {
		t.Errorf("beside the proof: %s", describe(m))
	}
}

// AudioCodes and Innovaphone name no receiver in their tokens of H.235.1.
func TestNoGeneralID(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Passwords = map[string]string{"1001": "geheim"} })
	p := s.peer(addr(2, 1719))
	sign := &signer{how: SecurityH2351, local: "1001", password: "geheim", random: new(int64)}
	r := p.rrq("1001")
	r.RequestSeqNum = 77
	b, err := sign.encode(s.now, &h225.RasMessage{RegistrationRequest: r})
	if err != nil {
		t.Fatal(err)
	}
	s.use(gkAddr, func(now time.Time) { g.Receive(now, p.at, b) })
	s.run(time.Second)
	if len(g.Terminals()) != 1 || len(p.got) != 1 || hashed(p.got[0].RegistrationConfirm.CryptoTokens) == nil {
		t.Fatalf("%v, %v", g.Terminals(), p.got)
	}
	if to := hashed(p.got[0].RegistrationConfirm.CryptoTokens).HashedVals.GeneralID; ptr(to) != g.Terminals()[0].ID {
		t.Errorf("the RCF is for %q, not for the identifier that it gives", ptr(to)) // H.323Plus refuses it then
	}
	if !provesMessage(p.raw[0], hashed(p.got[0].RegistrationConfirm.CryptoTokens), "geheim") {
		t.Error("the answer is not proved")
	}
}

// Tandberg VCS offers H.460.18 to who did not ask, twice with the same call.
func TestServiceControl(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	at := addr(2, 1719)
	k := s.client(at, nil)
	s.run(time.Second)
	vcs := s.peer(gkAddr)
	for range 2 {
		m := vcs.send(at, &h225.RasMessage{ServiceControlIndication: &h225.ServiceControlIndication{}})
		if r := m.ServiceControlResponse; r == nil || r.Result == nil || !r.Result.NeededFeatureNotSupported {
			t.Errorf("answered by %s", describe(m))
		}
	}
	if m := vcs.send(at, &h225.RasMessage{LocationRequest: &h225.LocationRequest{DestinationInfo: []h225.AliasAddress{},
		ReplyAddress: *h225.NewTransportAddress(gkAddr)}}); m.UnknownMessageResponse == nil {
		t.Errorf("an LRQ to a gateway is answered by %s", describe(m))
	}
	if !k.Status().Registered || len(g.Terminals()) != 1 {
		t.Errorf("%+v", k.Status())
	}
}

// Terminals of version 1 have no call identifier.
func TestVersion1Call(t *testing.T) {
	s := newSim(t)
	g := s.gatekeeper(gkAddr, nil)
	p := s.peer(addr(2, 1719))
	id := p.register("1000")
	for i := range byte(2) {
		m := arq(id, 1+i, "2000")
		m.AdmissionRequest.CallIdentifier = nil
		if m := p.send(gkAddr, m); m.AdmissionConfirm == nil {
			t.Fatal(describe(m))
		}
	}
	m := p.send(gkAddr, &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: id, ConferenceID: guid(1),
		CallReferenceValue: 1, DisengageReason: h225.DisengageReason{NormalDrop: true}}})
	if m.DisengageConfirm == nil || g.Terminals()[0].Calls != 1 {
		t.Errorf("%s, %d calls", describe(m), g.Terminals()[0].Calls)
	}
}

// Behind an address translator the source counts, not what the terminal says.
func TestPlace(t *testing.T) {
	from := addr(2, 40000)
	for _, c := range []struct{ say, want string }{
		{"127.0.1.2:1719", "127.0.1.2:1719"}, {"10.0.0.7:1719", from.String()}, {"127.0.1.2:0", from.String()}, {"0.0.0.0:1719", from.String()},
	} {
		a := h225.NewTransportAddress(mustAddr(c.say))
		if got := place(from, *a); got.String() != c.want {
			t.Errorf("%s from %v leads to %v", c.say, from, got)
		}
	}
}
