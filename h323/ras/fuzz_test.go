package ras

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

// seeds are messages of every kind, for fuzz targets that feed machines.
func seeds(f *testing.F) (list [][]byte) {
	f.Helper()
	at, id := *h225.NewTransportAddress(addr(2, 1719)), "e1"
	p := &peer{at: addr(2, 1719)}
	light := p.rrq("1001")
	light.KeepAlive, light.EndpointIdentifier = new(true), &id
	call := &h225.CallIdentifier{GUID: guid(1)}
	a := arq(id, 1, "1002")
	for i, m := range []*h225.RasMessage{
		{GatekeeperRequest: &h225.GatekeeperRequest{ProtocolIdentifier: h225.Version, RASAddress: at}},
		{GatekeeperConfirm: &h225.GatekeeperConfirm{ProtocolIdentifier: h225.Version, RASAddress: at,
			AlternateGatekeeper: []h225.AlternateGK{{RASAddress: at}}}},
		{GatekeeperReject: &h225.GatekeeperReject{ProtocolIdentifier: h225.Version, RejectReason: h225.GatekeeperRejectReason{UndefinedReason: true}}},
		{RegistrationRequest: p.rrq("1001", "room")}, {RegistrationRequest: light},
		{RegistrationConfirm: &h225.RegistrationConfirm{ProtocolIdentifier: h225.Version, CallSignalAddress: []h225.TransportAddress{},
			EndpointIdentifier: id, TimeToLive: new(uint32(60)), PreGrantedARQ: &h225.RegistrationConfirmPreGrantedARQ{}}},
		{RegistrationReject: &h225.RegistrationReject{ProtocolIdentifier: h225.Version, RejectReason: h225.RegistrationRejectReason{DiscoveryRequired: true}}},
		{UnregistrationRequest: &h225.UnregistrationRequest{CallSignalAddress: []h225.TransportAddress{at}, EndpointIdentifier: &id}},
		{UnregistrationConfirm: &h225.UnregistrationConfirm{}}, a,
		{AdmissionConfirm: &h225.AdmissionConfirm{CallModel: h225.CallModel{Direct: true}, DestCallSignalAddress: at, IrrFrequency: new(uint16(1))}},
		{AdmissionReject: &h225.AdmissionReject{RejectReason: h225.AdmissionRejectReason{CallerNotRegistered: true}}},
		{BandwidthRequest: &h225.BandwidthRequest{EndpointIdentifier: id, ConferenceID: guid(1), CallIdentifier: call, BandWidth: 100}},
		{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: id, ConferenceID: guid(1), CallIdentifier: call,
			DisengageReason: h225.DisengageReason{NormalDrop: true}}},
		{LocationRequest: &h225.LocationRequest{DestinationInfo: aliasesOf([]string{"1001"}), ReplyAddress: at}},
		{InfoRequest: &h225.InfoRequest{}}, {RequestInProgress: &h225.RequestInProgress{Delay: 1}},
		{InfoRequestResponse: &h225.InfoRequestResponse{EndpointIdentifier: id, RASAddress: at, CallSignalAddress: []h225.TransportAddress{},
			NeedResponse: new(true)}},
		{ResourcesAvailableIndicate: &h225.ResourcesAvailableIndicate{ProtocolIdentifier: h225.Version, EndpointIdentifier: id,
			Protocols: []h225.SupportedProtocols{}}},
		{ServiceControlIndication: &h225.ServiceControlIndication{ServiceControl: []h225.ServiceControlSession{}}},
		{UnknownMessageResponse: &h225.UnknownMessageResponse{}},
	} {
		h, _ := headerOf(m)
		*h.seq = uint16(1 + i%5)
		b, err := per.Marshal(m)
		if err != nil {
			f.Logf("%s is no seed: %v", per.Alternative(m), err)
			continue
		}
		list = append(list, b)
	}
	if len(list) < 15 {
		f.Fatalf("%d seeds", len(list))
	}
	return list
}

// datagrams cuts a fuzzer's input into datagrams; the first octet of each says how long it
// is, from whom it comes and how much time passes before.
func datagrams(b []byte, each func(from netip.AddrPort, pass time.Duration, data []byte)) {
	for n := 0; len(b) > 2 && n < 32; n++ {
		size := int(b[0])<<2 | int(b[1])&3
		from, pass := addr(1+b[1]>>2&3, 1719), time.Duration(b[1]>>4)*10*time.Second
		b = b[2:]
		size = min(size, len(b))
		each(from, pass, b[:size])
		b = b[size:]
	}
}

// joined puts datagrams together for datagrams.
func joined(list ...[]byte) []byte {
	var out []byte
	for i, b := range list {
		out = append(out, byte(len(b)>>2), byte(len(b)&3)|2<<2|byte(i%8)<<4)
		out = append(out, b...)
	}
	return out
}

// Whatever comes, the gatekeeper's tables agree with each other, what it sends can be
// read, and it never sends more datagrams than a few for each that came.
func FuzzGatekeeper(f *testing.F) {
	list := seeds(f)
	for i := range list {
		f.Add(joined(list[i]))
		f.Add(joined(list[3], list[i], list[4], list[i]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Unix(1_800_000_000, 0)
		g := NewGatekeeper(GatekeeperConfig{TTL: time.Minute, MaxTerminals: 4, Passwords: map[string]string{"secret": "geheim"},
			RAS:    func(netip.Addr) netip.AddrPort { return gkAddr },
			Signal: func(netip.Addr) netip.AddrPort { return netip.AddrPortFrom(gkAddr.Addr(), 1720) }})
		came, sent := 0, 0
		check := func() {
			for _, p := range g.Output() {
				sent++
				if err := per.Unmarshal(p.Data, &h225.RasMessage{}); err != nil || !p.To.IsValid() {
					t.Fatalf("sends %x to %v: %v", p.Data, p.To, err)
				}
			}
			consistent(t, g.table)
		}
		datagrams(b, func(from netip.AddrPort, pass time.Duration, data []byte) {
			for end := now.Add(pass); !g.Deadline().IsZero() && g.Deadline().Before(end); {
				now = later(now, g.Deadline())
				g.Expire(now)
			}
			came++
			g.Receive(now, from, data)
			check()
		})
		for range 1000 {
			if g.Deadline().IsZero() {
				break
			}
			now = later(now, g.Deadline())
			g.Expire(now)
			check()
		}
		if len(g.Terminals()) > 0 || len(g.requests.open) > 0 {
			t.Fatalf("%v never go, %d open", g.Terminals(), len(g.requests.open))
		}
		if sent > 8*came+16 {
			t.Fatalf("%d datagrams sent for %d", sent, came)
		}
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func consistent(t *testing.T, b *table) {
	t.Helper()
	for a, x := range b.byAlias {
		if b.byID[x.ID] != x || !slices.ContainsFunc(x.Aliases, func(s string) bool { return x.holds(s) == a }) {
			t.Fatalf("alias %q leads to %+v", a, x.Terminal)
		}
	}
	for id, x := range b.byID {
		if x.ID != id || b.byRAS[x.RAS] != x || len(x.Signal) == 0 {
			t.Fatalf("%q is %+v", id, x.Terminal)
		}
		for _, a := range x.Aliases {
			if b.byAlias[x.holds(a)] != x {
				t.Fatalf("%q of %+v leads elsewhere", a, x.Terminal)
			}
		}
	}
	if len(b.byRAS) != len(b.byID) {
		t.Fatalf("%d addresses of %d terminals", len(b.byRAS), len(b.byID))
	}
}

// Whatever a gatekeeper sends, the client goes on, keeps a deadline, and does not flood it.
func FuzzClient(f *testing.F) {
	list := seeds(f)
	for i := range list {
		f.Add(joined(list[1], list[5], list[10], list[i]))
		f.Add(joined(list[i]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Unix(1_800_000_000, 0)
		k := NewClient(ClientConfig{Gatekeeper: gkAddr, Aliases: []string{"1001"},
			RAS:    func(netip.Addr) netip.AddrPort { return addr(2, 1719) },
			Signal: func(netip.Addr) netip.AddrPort { return addr(2, 1720) }})
		k.Start(now)
		k.requests.last = 0 // so that the seeds' numbers fit
		asked, heard := 0, 0
		check := func() {
			for _, p := range k.Output() {
				if err := per.Unmarshal(p.Data, &h225.RasMessage{}); err != nil || !p.To.IsValid() {
					t.Fatalf("sends %x to %v: %v", p.Data, p.To, err)
				}
			}
			if k.Deadline().IsZero() {
				t.Fatalf("nothing will ever happen: %+v", k.Status())
			}
		}
		check()
		datagrams(b, func(_ netip.AddrPort, pass time.Duration, data []byte) {
			end := now.Add(pass)
			for n := 0; k.Deadline().Before(end); n++ {
				if n > 10_000 {
					t.Fatal("time stands still")
				}
				now = later(now, k.Deadline())
				k.Expire(now)
				check()
			}
			asked++
			k.Admit(now, Admission{CallID: guid(byte(asked)), Conference: guid(1), Reference: 1, To: aliasesOf([]string{"1"})},
				func(Admitted, error) { heard++ })
			// The answer is for whatever is open.
			for n := range k.requests.open {
				if len(data) > 4 {
					m := &h225.RasMessage{}
					if per.Unmarshal(data, m) != nil {
						break
					}
					if h, ok := headerOf(m); ok {
						*h.seq = n
						if c, err := per.Marshal(m); err == nil {
							data = c
						}
					}
				}
				break
			}
			k.Receive(now, gkAddr, bytes.Clone(data))
			check()
		})
		k.Close(now)
		for range 10 {
			if d := k.Deadline(); !d.IsZero() {
				now = later(now, d)
				k.Expire(now)
			}
		}
		if heard != asked || !k.Deadline().IsZero() {
			t.Fatalf("%d of %d admissions were answered; deadline %v", heard, asked, k.Deadline())
		}
	})
}

// Tokens of any shape are refused without harm.
func FuzzTokens(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	for _, how := range []Security{SecurityMD5, SecurityH2351} {
		s := &signer{how: how, user: "1001", local: "1001", password: "other", random: new(int64)}
		m := arq("e", 1, "1")
		m.AdmissionRequest.RequestSeqNum = 1
		b, err := s.encode(now, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &h225.RasMessage{}
		if per.Unmarshal(b, m) != nil {
			return
		}
		before := bytes.Clone(b)
		v := verifier{}
		p := v.check(now, gkAddr.Addr(), b, m, []string{"1001", "e"}, func(string) []Credential { return []Credential{{Password: "geheim"}} })
		if p.verdict == proofGood {
			t.Fatalf("%x proves a password that it does not know", b)
		}
		if !bytes.Equal(b, before) {
			t.Fatal("the message was changed")
		}
	})
}
