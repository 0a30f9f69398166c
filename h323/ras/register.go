package ras

import (
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
	"github.com/roombridge/roombridge/h323/per"
)

// Bounds of a registration.
const (
	leastTTL = 30 * time.Second
	graceTTL = 15 * time.Second // a keep-alive that is late
	fresh    = 10 * time.Second // who was heard within this time lives
	// probeTime is what an IRQ to a silent terminal takes, told to who waits for it.
	probeTime = 7 * time.Second
)

// discovery answers a GRQ (H.225.0 7.8).
func (g *Gatekeeper) discovery(in *incoming, r *h225.GatekeeperRequest) {
	to := place(in.from, r.RASAddress)
	aliases := texts(r.EndpointAlias)
	s := g.provedSigner(in, aliases)
	if id := r.GatekeeperIdentifier; id != nil && clean(*id, maxAlias) != g.cfg.ID {
		g.reject(in, to, refuseOther, s)
		return
	}
	c := &h225.GatekeeperConfirm{RequestSeqNum: in.seq, ProtocolIdentifier: h225.Version,
		GatekeeperIdentifier: &g.cfg.ID, RASAddress: *h225.NewTransportAddress(g.cfg.RAS(in.from.Addr()))}
	if vendorOf(r.EndpointType.Vendor) == avaya {
		c.GatekeeperIdentifier = nil // Avaya: some models take no GCF that names the gatekeeper
	}
	if guarded := g.cfg.Closed || slices.ContainsFunc(aliases, g.guarded); guarded || g.cfg.Asks() {
		oid, ok := preferred(r)
		if !ok && guarded {
			g.log.Warn("a terminal has no way to prove its password", "from", in.from, "aliases", aliases)
			g.reject(in, to, refuseSecurity, s)
			return
		}
		if oid != "" {
			c.AuthenticationMode, c.AlgorithmOID = &h235.AuthenticationMechanism{PwdHash: true}, &oid
		}
	}
	g.answer(in, to, &h225.RasMessage{GatekeeperConfirm: c}, s)
}

// provedSigner secures the answer to a request that is proved over the whole message but
// comes from nobody who is registered.
func (g *Gatekeeper) provedSigner(in *incoming, names []string) *signer {
	p := g.look(in, names, nil)
	if p.verdict != proofGood || p.how != SecurityH2351 {
		return nil
	}
	return g.signerFor(p.password, p.sender)
}

// preferred chooses how a terminal shall prove its password: over whole messages where
// it can. One that tells nothing is left alone.
func preferred(r *h225.GatekeeperRequest) (oid per.OID, ok bool) {
	if len(r.AuthenticationCapability) == 0 && len(r.AlgorithmOIDs) == 0 {
		return "", true
	}
	for _, want := range []per.OID{oidU, oidMD5} {
		for _, o := range r.AlgorithmOIDs {
			if o == want || want == oidU && sameOID(o, oidU) {
				return o, true
			}
		}
	}
	return "", false
}

// registration answers an RRQ (H.225.0 7.9).
func (g *Gatekeeper) registration(in *incoming, r *h225.RegistrationRequest) {
	if r.KeepAlive != nil && *r.KeepAlive {
		g.keepAlive(in, r)
		return
	}
	to := place(in.from, r.RASAddress...)
	if id := r.GatekeeperIdentifier; id != nil && clean(*id, maxAlias) != g.cfg.ID {
		g.reject(in, to, refuseOther, nil)
		return
	}
	t := &terminal{Terminal: Terminal{RAS: to, Signal: signalAddresses(in.from, r.CallSignalAddress), Aliases: texts(r.TerminalAlias),
		Since: g.now, Seen: g.now}, ttl: g.ttl(r), calls: make(map[callKey]*call)}
	if len(t.Signal) == 0 {
		g.reject(in, to, refuseAddress, nil)
		return
	}
	t.describe(&r.EndpointVendor, &r.TerminalType, r.ProtocolIdentifier)
	p, ok := g.claims(in, t.Aliases, ptr(r.EndpointIdentifier))
	if !ok {
		g.log.Warn("a registration is refused", "from", in.from, "aliases", t.Aliases, "reason", p.verdict.String())
		if p.verdict == proofSeveral {
			g.cfg.Ambiguous(in.from.Addr(), p.name)
		}
		g.reject(in, to, refuseSecurity, nil)
		return
	}
	if p.verdict == proofGood {
		t.Tenant, t.User, t.Security, t.password, t.sender = p.tenant, p.user, p.how, p.password, p.sender
	}
	if len(t.Prefixes) > 0 && !g.takesPrefixes(t, p.name) {
		g.log.Info("the prefixes of a gateway are not taken", "from", in.from, "aliases", t.Aliases, "user", t.User, "prefixes", t.Prefixes)
		t.Prefixes = nil
	}
	g.settle(in, t, ptr(r.EndpointIdentifier))
}

// takesPrefixes tells whether calls may be drawn by prefixes to a terminal, which has proved a password by a name.
func (g *Gatekeeper) takesPrefixes(t *terminal, name string) bool {
	return slices.ContainsFunc(g.cfg.Gateways, func(u string) bool {
		return u == "*" || t.User != "" && (key(u) == key(t.User) || key(u) == key(name))
	})
}

// keepAlive answers a lightweight RRQ (H.225.0 7.9.1), which renews a registration.
func (g *Gatekeeper) keepAlive(in *incoming, r *h225.RegistrationRequest) {
	t, ok := g.sender(in, ptr(r.EndpointIdentifier), refuseLightweight)
	if !ok {
		return
	}
	t.ttl = g.ttl(r)
	g.heard(t)
	t.Expires = g.now.Add(t.ttl + graceTTL)
	g.answer(in, t.RAS, g.confirmed(in, t, nil), g.signer(t))
}

func (g *Gatekeeper) ttl(r *h225.RegistrationRequest) time.Duration {
	if r.TimeToLive == nil {
		return g.cfg.TTL
	}
	return min(max(time.Duration(*r.TimeToLive)*time.Second, leastTTL), g.cfg.TTL)
}

// signalAddresses are where a terminal takes calls. One that does not know its own
// address means where it is heard from.
func signalAddresses(from netip.AddrPort, list []h225.TransportAddress) []netip.AddrPort {
	var out []netip.AddrPort
	for i := range list {
		a, ok := list[i].AddrPort()
		if !ok || a.Port() == 0 || a.Addr().IsMulticast() || len(out) == 4 {
			continue
		}
		if a.Addr().IsUnspecified() {
			a = netip.AddrPortFrom(from.Addr(), a.Port())
		}
		out = append(out, a)
	}
	return out
}

// claims checks the tokens of a request that claims aliases, and bears the identifier of a terminal or none.
func (g *Gatekeeper) claims(in *incoming, aliases []string, id string) (proof, bool) {
	again := g.table.byID[id]
	if again != nil && again.RAS.Addr() != in.from.Addr() {
		again = nil
	}
	p := g.look(in, aliases, again)
	if p.verdict == proofTime || p.verdict == proofReplay || p.verdict == proofSeveral {
		return p, false // the password is right, and it may be anybody
	}
	known := false
	for _, a := range aliases {
		its, ok := g.mayClaim(a, &p)
		if !ok {
			return p, false
		}
		known = known || its
	}
	return p, known || !g.cfg.Closed
}

// proved checks the tokens of a message of a registered terminal.
func (g *Gatekeeper) proved(in *incoming, t *terminal) proof {
	return g.verifier.check(g.now, in.from.Addr(), in.raw, in.m, []string{t.User}, func(name string) []Credential {
		if t.sender != "" && name == t.ID {
			return []Credential{{Tenant: t.Tenant, Device: t.User, Password: t.password}} // H.235.1 7.1: later messages come from the endpoint identifier
		}
		if w, ok := g.password(t.Tenant, name); ok {
			return []Credential{{Tenant: t.Tenant, Password: w}}
		}
		return nil
	})
}

// trusted tells whether a message comes from the terminal: from its host, and proved if it
// proves whole messages.
func (g *Gatekeeper) trusted(in *incoming, t *terminal) bool {
	if in.from.Addr() != t.RAS.Addr() {
		return false
	}
	if t.Security != SecurityH2351 && t.Security != SecurityMD5 {
		return true
	}
	p := g.proved(in, t)
	if t.Security == SecurityMD5 {
		return true // its token proves no message; it was noted, so that nobody else registers with it
	}
	if p.verdict != proofGood || p.password != t.password {
		g.log.Warn("a message is refused", "from", in.from, "aliases", t.Aliases, "reason", p.verdict.String())
		return false
	}
	t.sender = p.sender
	return true
}

// sender finds the terminal that a request comes from, or rejects the request.
func (g *Gatekeeper) sender(in *incoming, id string, unknown refusal) (*terminal, bool) {
	t := g.table.byID[id]
	if t == nil || in.from.Addr() != t.RAS.Addr() {
		g.reject(in, in.from, unknown, nil)
		return nil, false
	}
	if !g.trusted(in, t) {
		g.reject(in, t.RAS, refuseSecurity, g.signer(t))
		return nil, false
	}
	t.Seen = g.now
	return t, true
}

// confirmed is the RCF, with the aliases that were taken when some were asked for.
func (g *Gatekeeper) confirmed(in *incoming, t *terminal, aliases []string) *h225.RasMessage {
	ttl := h225.TimeToLive(t.ttl / time.Second)
	c := &h225.RegistrationConfirm{RequestSeqNum: in.seq, ProtocolIdentifier: h225.Version,
		CallSignalAddress: []h225.TransportAddress{}, TerminalAlias: aliasesOf(aliases), GatekeeperIdentifier: &g.cfg.ID,
		EndpointIdentifier: t.ID, TimeToLive: &ttl, WillRespondToIRR: new(true)}
	if r := in.m.RegistrationRequest; r != nil && len(aliases) > 0 {
		c.TerminalAlias = own(r.TerminalAlias, aliases)
	}
	if a := g.cfg.Signal(t.RAS.Addr()); a.IsValid() {
		c.CallSignalAddress = append(c.CallSignalAddress, *h225.NewTransportAddress(a))
	}
	return &h225.RasMessage{RegistrationConfirm: c}
}

// own gives the aliases as the terminal wrote them.
func own(list []h225.AliasAddress, taken []string) []h225.AliasAddress {
	var out []h225.AliasAddress
	for i := range list {
		if t := aliasText(&list[i]); t != "" && slices.Contains(taken, t) {
			out = append(out, list[i])
		}
	}
	return out
}

// unregistration answers a URQ (H.225.0 7.10). One that names some aliases gives up only
// those.
func (g *Gatekeeper) unregistration(in *incoming, r *h225.UnregistrationRequest) {
	id := ptr(r.EndpointIdentifier)
	if id == "" { // version 1 has none
		t := g.table.byRAS[in.from]
		if signal := signalAddresses(in.from, r.CallSignalAddress); t == nil && len(signal) > 0 {
			t = g.table.same(in.from, "", signal)
		}
		if t != nil && t.Security != SecurityH2351 { // which is of later versions: nobody shall try passwords here
			id = t.ID
		}
	}
	t, ok := g.sender(in, id, refuseUnregistered)
	if !ok {
		return
	}
	s := g.signer(t)
	given := texts(r.EndpointAlias)
	left := slices.DeleteFunc(slices.Clone(t.Aliases), func(a string) bool { return slices.Contains(given, a) })
	if len(given) == 0 || len(left) == 0 {
		g.forget(t, "it unregistered")
		g.replies.keep(in.reply)
	} else {
		g.table.withdraw(t, given)
		t.Aliases = left
		g.cfg.Changed(t.public(), true, "it gave up aliases")
	}
	g.answer(in, t.RAS, &h225.RasMessage{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: in.seq}}, s)
}

// ptr gives what a pointer points to, or nothing.
func ptr[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
