package ras

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
	"github.com/roombridge/roombridge/h323/per"
)

// Who knows the password registers, in either way; who does not is refused, and so is
// who claims a protected alias without a word.
func TestPasswords(t *testing.T) {
	for _, c := range []struct {
		name     string
		security Security
		user     string
		password string
		aliases  []string
		closed   bool
		want     bool
	}{
		{"md5", SecurityMD5, "", "geheim", []string{"1001"}, false, true},
		{"md5, Vietnamese", SecurityMD5, "Phòng Họp", "mật khẩu", []string{"Phòng Họp"}, false, true},
		{"md5, wrong", SecurityMD5, "", "wrong", []string{"1001"}, false, false},
		{"hmac", SecurityH2351, "", "geheim", []string{"1001"}, false, true},
		{"hmac, wrong", SecurityH2351, "", "wrong", []string{"1001"}, false, false},
		{"what is asked for", SecurityAuto, "", "geheim", []string{"1001"}, false, true},
		{"no password", SecurityNone, "", "", []string{"1001"}, false, false},
		{"another alias, open", SecurityNone, "", "", []string{"1002"}, false, true},
		{"another alias, closed", SecurityNone, "", "", []string{"1002"}, true, false},
		{"no alias, closed", SecurityNone, "", "", nil, true, false},
		{"two aliases of one password", SecurityMD5, "1001", "geheim", []string{"1001", "room"}, true, true},
		{"an alias of another password", SecurityH2351, "1001", "geheim", []string{"1001", "Phòng Họp"}, false, false},
		{"one alias too many, closed", SecurityMD5, "1001", "geheim", []string{"1001", "1002"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSim(t)
			g := s.gatekeeper(gkAddr, func(k *GatekeeperConfig) {
				k.Passwords = map[string]string{"1001": "geheim", "Room": "geheim", "phòng họp": "mật khẩu"}
				k.Closed, k.TTL = c.closed, time.Minute
			})
			at := addr(2, 1719)
			k := s.client(at, func(k *ClientConfig) {
				k.Aliases, k.User, k.Password, k.Security = c.aliases, c.user, c.password, c.security
			})
			s.run(10 * time.Minute)
			list := g.Terminals()
			if len(list) == 1 != c.want || k.Status().Registered != c.want {
				t.Fatalf("registered %v, %+v", list, k.Status())
			}
			if !c.want {
				if g.Stats().Denied == 0 {
					t.Error("not counted as denied")
				}
				return
			}
			if c.password != "" && (list[0].User == "" || list[0].Security == SecurityNone) {
				t.Errorf("proved by nobody: %+v", list[0])
			}
			if c.security == SecurityAuto && list[0].Security != SecurityH2351 {
				t.Errorf("proved by %s", list[0].Security)
			}
			s.use(at, k.Close)
			s.run(time.Second)
			if len(g.Terminals()) != 0 {
				t.Error("it could not unregister")
			}
		})
	}
}

// Passwords that are found when they are asked for guard aliases like those of the
// configuration, which go before them.
func TestPasswordsThatChange(t *testing.T) {
	s := newSim(t)
	words := map[string]string{"2001": "geheim", "1001": "other"}
	g := s.gatekeeper(gkAddr, func(k *GatekeeperConfig) {
		k.Passwords, k.TTL = map[string]string{"1001": "first"}, time.Minute
		k.Closed = true
		k.Credentials = func(alias, _ string, _ netip.Addr) []Credential {
			if w, ok := words[alias]; ok {
				return []Credential{{Password: w}}
			}
			return nil
		}
	})
	register := func(host byte, alias, password string, want bool) *Client {
		t.Helper()
		k := s.client(addr(host, 1719), func(k *ClientConfig) { k.Aliases, k.Password, k.Security = []string{alias}, password, SecurityMD5 })
		s.run(2 * time.Minute)
		if k.Status().Registered != want {
			t.Errorf("%s with %s: %+v", alias, password, k.Status())
		}
		return k
	}
	register(2, "2001", "geheim", true)
	register(3, "1001", "other", false)
	register(4, "1001", "first", true)
	late := register(5, "3001", "new", false)
	words["3001"] = "new"
	s.run(10 * time.Minute)
	if !late.Status().Registered {
		t.Errorf("after it was given a password: %+v", late.Status())
	}
	if list := g.Terminals(); len(list) != 3 {
		t.Errorf("%+v", list)
	}
}

// Whole messages that are proved survive loss and doubling, and the gatekeeper's restart.
func TestHashedMessagesUnderLoss(t *testing.T) {
	s := newSim(t)
	s.loss, s.double = 0.15, 0.1
	config := func(c *GatekeeperConfig) {
		c.Passwords, c.TTL = map[string]string{"1001": "geheim"}, time.Minute
	}
	s.gatekeeper(gkAddr, config)
	k := s.client(addr(2, 1719), func(c *ClientConfig) {
		c.Aliases, c.Password, c.Security = []string{"1001"}, "geheim", SecurityH2351
	})
	s.run(time.Hour)
	g := s.gatekeeper(gkAddr, config)
	s.run(5 * time.Minute)
	s.loss = 0
	s.run(2 * time.Minute)
	if len(g.Terminals()) != 1 || !k.Status().Registered {
		t.Errorf("%v, %+v", g.Terminals(), k.Status())
	}
}

// What was recorded is not taken again, and tokens prove only the message that they are in.
func TestReplay(t *testing.T) {
	s := newSim(t)
	recorded := map[string][]byte{}
	s.tap = func(f flight) {
		m := &h225.RasMessage{}
		if f.to == gkAddr && per.Unmarshal(f.data, m) == nil {
			recorded[per.Alternative(m)] = f.data
		}
	}
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Passwords = map[string]string{"1001": "geheim"} })
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases, c.Password, c.Security = []string{"1001"}, "geheim", SecurityH2351 })
	s.run(time.Second)
	id := k.Status().EndpointID
	m := &h225.RasMessage{}
	if err := per.Unmarshal(recorded["registrationRequest"], m); err != nil {
		t.Fatal(err)
	}
	forged, err := per.Marshal(&h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{RequestSeqNum: 9, EndpointIdentifier: &id,
		CallSignalAddress: []h225.TransportAddress{}, CryptoTokens: m.RegistrationRequest.CryptoTokens}})
	if err != nil {
		t.Fatal(err)
	}
	s.use(gkAddr, func(now time.Time) { g.Receive(now, at, forged) })
	s.run(time.Second)
	if len(g.Terminals()) != 1 || g.Stats().Denied != 1 || !k.Status().Registered {
		t.Errorf("a forged URQ: %v, %+v", g.Terminals(), g.Stats())
	}
	s.use(at, k.Close)
	s.run(keepReply + time.Second)
	if len(g.Terminals()) != 0 {
		t.Fatal("still registered")
	}
	s.use(gkAddr, func(now time.Time) { g.Receive(now, at, recorded["registrationRequest"]) })
	if len(g.Terminals()) != 0 || g.Stats().Denied != 2 {
		t.Errorf("a recorded registration was taken: %+v", g.Stats())
	}
}

// An MD5 token is taken from the host alone that sent it first, in whatever message.
func TestTokenOfAnotherHost(t *testing.T) {
	s := newSim(t)
	recorded := map[string]*h225.RasMessage{}
	s.tap = func(f flight) {
		m := &h225.RasMessage{}
		if f.to == gkAddr && f.from == addr(2, 1719) && per.Unmarshal(f.data, m) == nil {
			recorded[per.Alternative(m)] = m
		}
	}
	g := s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Passwords = map[string]string{"1001": "geheim"} })
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases, c.Password, c.Security = []string{"1001"}, "geheim", SecurityMD5 })
	s.run(2 * time.Second)
	s.use(at, func(now time.Time) {
		k.Admit(now, Admission{CallID: guid(1), Conference: guid(1), To: aliasesOf([]string{"2000"})}, func(Admitted, error) {})
	})
	s.run(2 * time.Second)
	thief := s.peer(addr(66, 1719))
	for kind, tokens := range map[string][]h225.CryptoH323Token{
		"RRQ": recorded["registrationRequest"].RegistrationRequest.CryptoTokens,
		"ARQ": recorded["admissionRequest"].AdmissionRequest.CryptoTokens,
	} {
		if len(tokens) != 1 {
			t.Fatalf("%s: %d tokens", kind, len(tokens))
		}
		r := thief.rrq("1001")
		r.CryptoTokens = tokens
		if got := describe(thief.send(gkAddr, &h225.RasMessage{RegistrationRequest: r})); got != "registrationReject securityDenial" {
			t.Errorf("with the token of an %s: %s", kind, got)
		}
	}
	if list := g.Terminals(); len(list) != 1 || list[0].RAS != at || g.Stats().Denied != 2 {
		t.Errorf("%v, %+v", list, g.Stats())
	}
	s.run(10 * time.Minute)
	if !k.Status().Registered {
		t.Errorf("%+v", k.Status())
	}
}

// What is remembered of MD5 tokens is bounded: what is too old to count goes first, then
// the oldest.
func TestUsedTokensAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	v := verifier{}
	host, other := addr(2, 1).Addr(), addr(3, 1).Addr()
	for i := range uint32(2 * maxHosts) {
		if got := v.first(now, host, "1001", uint32(now.Unix())-maxHosts+i); got != proofGood && i < maxHosts {
			t.Fatalf("token %d: %v", i, got)
		}
	}
	if n := len(v.used["1001"]); n != maxHosts {
		t.Errorf("%d are remembered", n)
	}
	if got := v.first(now, other, "1001", uint32(now.Unix())+5); got != proofReplay {
		t.Errorf("one of the last: %v", got)
	}
	now = now.Add(5 * time.Hour)
	if got := v.first(now, other, "1001", uint32(now.Unix())); got != proofGood || len(v.used["1001"]) != 1 {
		t.Errorf("hours later: %v, %d are remembered", got, len(v.used["1001"]))
	}
}

// The client believes nothing that is not proved once that was agreed.
func TestForgedGatekeeper(t *testing.T) {
	s := newSim(t)
	s.gatekeeper(gkAddr, func(c *GatekeeperConfig) { c.Passwords = map[string]string{"1001": "geheim"} })
	at := addr(2, 1719)
	k := s.client(at, func(c *ClientConfig) { c.Aliases, c.Password, c.Security = []string{"1001"}, "geheim", SecurityH2351 })
	s.run(time.Second)
	id := k.Status().EndpointID
	b, err := per.Marshal(&h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{RequestSeqNum: 1, EndpointIdentifier: &id,
		CallSignalAddress: []h225.TransportAddress{}}})
	if err != nil {
		t.Fatal(err)
	}
	s.use(at, func(now time.Time) { k.Receive(now, gkAddr, b) })
	if !k.Status().Registered {
		t.Error("a URQ without proof was believed")
	}
	own := &signer{how: SecurityH2351, password: "geheim", local: id, random: new(int64)}
	if b, err = own.encode(s.now, &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{RequestSeqNum: 2, EndpointIdentifier: &id,
		CallSignalAddress: []h225.TransportAddress{}}}); err != nil {
		t.Fatal(err)
	}
	s.use(at, func(now time.Time) { k.Receive(now, gkAddr, b) })
	if !k.Status().Registered {
		t.Error("our own message was believed when it was sent back")
	}
}

// A gatekeeper that asks for H.235.1 and does not prove its own messages is taken where
// that is left to it, and not where H.235.1 is demanded (seen with a GnuGk that was built
// without H.235).
func TestSilentlyAskingGatekeeper(t *testing.T) {
	for how, want := range map[Security]bool{SecurityAuto: true, SecurityH2351: false} {
		s := newSim(t)
		gk := s.peer(gkAddr)
		gk.reply = func(m *h225.RasMessage) *h225.RasMessage {
			switch {
			case m.GatekeeperRequest != nil:
				return &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: m.GatekeeperRequest.RequestSeqNum,
					ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(gkAddr),
					AuthenticationMode: &h235.AuthenticationMechanism{PwdHash: true}, AlgorithmOID: new(oidU)}}
			case m.RegistrationRequest != nil && hashed(m.RegistrationRequest.CryptoTokens) != nil:
				return &h225.RasMessage{RegistrationConfirm: &h225.RegistrationConfirm{RequestSeqNum: m.RegistrationRequest.RequestSeqNum,
					ProtocolIdentifier: h225.Version, CallSignalAddress: []h225.TransportAddress{}, EndpointIdentifier: "e"}}
			}
			return nil
		}
		k := s.client(addr(2, 1719), func(c *ClientConfig) { c.Aliases, c.Password, c.Security = []string{"1001"}, "geheim", how })
		s.run(10 * time.Second)
		if k.Status().Registered != want {
			t.Errorf("%s: %+v", how, k.Status())
		}
	}
}

// Tokens of clocks that differ by more than summer time are refused.
func TestClocks(t *testing.T) {
	secret := func(string) []Credential { return []Credential{{Password: "geheim"}} }
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for _, how := range []Security{SecurityMD5, SecurityH2351} {
		for off, want := range map[time.Duration]verdict{0: proofGood, time.Hour: proofGood, -2 * time.Hour: proofGood, 3 * time.Hour: proofTime, -3 * time.Hour: proofTime} {
			s := &signer{how: how, user: "1001", local: "1001", password: "geheim", random: new(int64)}
			m := &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{RequestSeqNum: 1, ProtocolIdentifier: h225.Version,
				RASAddress: *h225.NewTransportAddress(gkAddr)}}
			b, err := s.encode(now.Add(off), m)
			if err != nil {
				t.Fatal(err)
			}
			got := &h225.RasMessage{}
			if err := per.Unmarshal(b, got); err != nil {
				t.Fatal(err)
			}
			v := verifier{}
			if p := v.check(now, gkAddr.Addr(), b, got, nil, secret); p.verdict != want || p.how != how || p.user != "1001" && want == proofGood {
				t.Errorf("%s, off by %v: %+v, want %v", how, off, p, want)
			}
			if p := v.check(now, gkAddr.Addr(), b, got, nil, secret); how == SecurityH2351 && want == proofGood && p.verdict != proofReplay {
				t.Errorf("the second time: %v", p.verdict)
			}
		}
	}
}

// Every octet of a message is under the hash of H.235.1.
func TestHashCoversEverything(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	s := &signer{how: SecurityH2351, local: "1001", remote: "gk", password: "geheim", random: new(int64)}
	request := arq("endpoint", 1, "1002")
	request.AdmissionRequest.RequestSeqNum = 1
	b, err := s.encode(now, request)
	if err != nil {
		t.Fatal(err)
	}
	check := func(b []byte) verdict {
		m := &h225.RasMessage{}
		if per.Unmarshal(b, m) != nil {
			return proofWrong
		}
		v := verifier{}
		return v.check(now, gkAddr.Addr(), b, m, nil, func(string) []Credential { return []Credential{{Password: "geheim"}} }).verdict
	}
	if v := check(b); v != proofGood {
		t.Fatalf("unchanged: %v", v)
	}
	for i := range b {
		for bit := range 8 {
			c := bytes.Clone(b)
			c[i] ^= 1 << bit
			if check(c) == proofGood {
				t.Errorf("octet %d, bit %d of %x does not count", i, bit, b)
			}
		}
	}
}

// The MD5 token hashes a ClearToken as X.691 has it written, here by hand: {0 0}, time,
// password and user, both with a NUL.
func TestPasswordTokenOctets(t *testing.T) {
	const clear = "6100" + // no additions; timeStamp, password and generalID are there
		"0100" + "c06a137cff" + // {0 0}; four octets of the seconds, less one
		"04006300640000" + "04006100620000" // "cd" and "ab", three characters each
	b, err := hex.DecodeString(clear)
	if err != nil {
		t.Fatal(err)
	}
	want := md5.Sum(b)
	now := time.Unix(0x6a137d00, 0)
	token, err := passwordToken("ab", "cd", now)
	if err != nil || !bytes.Equal(token.CryptoEPPwdHash.Token.Hash.Bytes, want[:]) {
		t.Errorf("%v, %v, want %x", token, err, want)
	}
	if !provesPassword(token.CryptoEPPwdHash, "cd") || provesPassword(token.CryptoEPPwdHash, "ce") {
		t.Error("it proves something else")
	}
	// The standard's own form, without NUL, counts as well.
	hash, err := passwordHash("ab", "cd", unix(now))
	if err != nil {
		t.Fatal(err)
	}
	token.CryptoEPPwdHash.Token.Hash.Bytes = hash
	if !provesPassword(token.CryptoEPPwdHash, "cd") {
		t.Error("without NUL it is not believed")
	}
}
