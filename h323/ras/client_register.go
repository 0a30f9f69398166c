package ras

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h235"
	"github.com/roombridge/roombridge/h323/per"
)

// discover sends a GRQ (H.225.0 7.8).
func (c *Client) discover(to netip.AddrPort) {
	c.state, c.at, c.looked = stateDiscovering, time.Time{}, true
	c.status.Gatekeeper = to
	r := &h225.GatekeeperRequest{ProtocolIdentifier: h225.Version, RASAddress: *h225.NewTransportAddress(c.cfg.RAS(to.Addr())),
		EndpointType: *c.endpointType(), EndpointAlias: aliasesOf(c.cfg.Aliases), SupportsAltGK: true}
	if c.cfg.ID != "" {
		r.GatekeeperIdentifier = &c.cfg.ID
	}
	if c.cfg.Security != SecurityNone {
		r.AuthenticationCapability = []h235.AuthenticationMechanism{{PwdHash: true}}
		r.AlgorithmOIDs = c.algorithms()
	}
	c.ask(kindGRQ, to, &h225.RasMessage{GatekeeperRequest: r}, c.discovered)
}

func (c *Client) algorithms() []per.OID {
	switch c.cfg.Security {
	case SecurityMD5:
		return []per.OID{oidMD5}
	case SecurityH2351:
		return []per.OID{oidU}
	}
	return []per.OID{oidU, oidMD5}
}

func (c *Client) discovered(_ time.Time, m *h225.RasMessage) {
	to := c.status.Gatekeeper
	switch {
	case c.state == stateClosed:
	case m == nil && to.Addr().IsMulticast():
		c.next("no gatekeeper answers")
	case m == nil || m.UnknownMessageResponse != nil:
		c.register(false) // some that are configured are not there to be discovered
	case m.GatekeeperReject != nil:
		if a := m.GatekeeperReject.AltGKInfo; a != nil {
			c.learn(a.AlternateGatekeeper)
		}
		c.next("the gatekeeper refuses: " + per.Alternative(m.GatekeeperReject.RejectReason))
	case m.GatekeeperConfirm != nil:
		c.confirmed(m.GatekeeperConfirm)
	}
}

// confirmed goes on with the gatekeeper that answered a GRQ.
func (c *Client) confirmed(g *h225.GatekeeperConfirm) {
	if id := ptr(g.GatekeeperIdentifier); c.cfg.ID != "" && id != "" && clean(id, maxAlias) != c.cfg.ID {
		c.next("another gatekeeper answers: " + clean(id, maxAlias))
		return
	}
	if a, ok := g.RASAddress.AddrPort(); ok && a.Port() != 0 && !a.Addr().IsUnspecified() {
		c.status.Gatekeeper = a
	}
	c.status.GatekeeperID = ptr(g.GatekeeperIdentifier)
	c.signer.remote = c.status.GatekeeperID
	c.learn(g.AlternateGatekeeper)
	if c.cfg.Security == SecurityAuto {
		c.signer.how = SecurityMD5
		if oid := ptr(g.AlgorithmOID); oid == oidU || len(oid) == len(oidU) && sameOID(oid, oidU) {
			c.signer.how = SecurityH2351
		}
	}
	c.register(false)
}

// learn notes alternate gatekeepers, the most wanted first (H.225.0 7.2.6). We register
// with them whether they ask for it or not.
func (c *Client) learn(list []h225.AlternateGK) {
	var out []alternate
	for i := range list {
		a := &list[i]
		ras, ok := a.RASAddress.AddrPort()
		if !ok || ras.Port() == 0 || ras.Addr().IsUnspecified() || ras.Addr().IsMulticast() || len(out) == maxAlternates {
			continue
		}
		out = append(out, alternate{ras, a.Priority})
	}
	if out != nil {
		slices.SortStableFunc(out, func(x, y alternate) int { return cmp.Compare(x.priority, y.priority) })
		c.alternates = out
	}
}

// register sends an RRQ, a light one to renew the registration (H.225.0 7.9).
func (c *Client) register(light bool) {
	to := c.status.Gatekeeper
	if to.Addr().IsMulticast() {
		c.next("no gatekeeper answers")
		return
	}
	ttl := h225.TimeToLive(c.cfg.TTL / time.Second)
	r := &h225.RegistrationRequest{ProtocolIdentifier: h225.Version, DiscoveryComplete: c.status.GatekeeperID != "",
		CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(c.cfg.Signal(to.Addr()))},
		RASAddress:        []h225.TransportAddress{*h225.NewTransportAddress(c.cfg.RAS(to.Addr()))},
		TerminalType:      *c.endpointType(), EndpointVendor: *c.vendor(), TimeToLive: &ttl, KeepAlive: &light,
		WillSupplyUUIEs: new(false), MaintainConnection: new(false)}
	if c.status.GatekeeperID != "" {
		r.GatekeeperIdentifier = &c.status.GatekeeperID
	}
	if light {
		r.EndpointIdentifier = &c.status.EndpointID
	} else {
		c.state = stateRegistering
		c.signer.local = c.cfg.User
		r.TerminalAlias, r.SupportsAltGK = aliasesOf(c.cfg.Aliases), true
	}
	c.ask(kindRRQ, to, &h225.RasMessage{RegistrationRequest: r}, func(_ time.Time, m *h225.RasMessage) { c.registered(light, m) })
}

func (c *Client) registered(light bool, m *h225.RasMessage) {
	switch {
	case c.state == stateClosed:
	case m == nil || m.UnknownMessageResponse != nil:
		c.lost("the gatekeeper does not answer")
	case m.RegistrationConfirm != nil:
		c.welcome(light, m.RegistrationConfirm)
	case m.RegistrationReject != nil:
		c.rejected(light, m.RegistrationReject)
	}
}

// lost goes on without the gatekeeper that was used. Running calls stay.
func (c *Client) lost(reason string) {
	c.status.GatekeeperID, c.signer.remote = "", ""
	if c.status.Registered {
		c.list, c.tried = []netip.AddrPort{c.status.Gatekeeper}, 0
		c.backoff = 0
		c.set(false, reason)
	}
	c.next(reason)
}

// welcome notes what the gatekeeper confirmed.
func (c *Client) welcome(light bool, r *h225.RegistrationConfirm) {
	news := !c.status.Registered || c.status.EndpointID != r.EndpointIdentifier
	c.state, c.backoff, c.tried, c.looked = stateRegistered, 0, 0, false
	c.status.EndpointID = r.EndpointIdentifier
	if id := ptr(r.GatekeeperIdentifier); id != "" {
		c.status.GatekeeperID = id
	}
	c.signer.local, c.signer.remote = c.status.EndpointID, c.status.GatekeeperID
	c.learn(r.AlternateGatekeeper)
	if !light {
		c.granted = granted{} // what was allowed before, perhaps by another one, counts no longer
	}
	if p := r.PreGrantedARQ; p != nil {
		c.granted = granted{
			make:   p.MakeCall && !p.UseGKCallSignalAddressToMakeCall,
			answer: p.AnswerCall && !p.UseGKCallSignalAddressToAnswer,
			every:  time.Duration(ptr(p.IrrFrequencyInCall)) * time.Second,
		}
	}
	c.ttl = c.cfg.TTL
	if t := ptr(r.TimeToLive); t > 0 {
		c.ttl = max(min(time.Duration(t)*time.Second, c.cfg.TTL), leastRenewal)
	}
	// Three tries of three seconds fit into the last quarter, or what is longer.
	c.at = c.now.Add(max(min(c.ttl*3/4, c.ttl-leastRenewal), c.ttl/2))
	if news {
		c.log.Info("registered with the gatekeeper", "gatekeeper", c.status.Gatekeeper, "id", clean(c.status.GatekeeperID, maxAlias),
			"aliases", texts(r.TerminalAlias), "ttl", c.ttl, "security", string(c.signer.how))
		c.set(true, "")
	}
	c.resume(all)
}

// rejected does what the reason asks for.
func (c *Client) rejected(light bool, r *h225.RegistrationReject) {
	reason := "the gatekeeper refuses: " + per.Alternative(r.RejectReason)
	if r.AltGKInfo != nil {
		c.learn(r.AltGKInfo.AlternateGatekeeper)
		c.lost(reason)
		return
	}
	switch {
	case light:
		// The gatekeeper forgot us, as after its restart (H.225.0 7.9.1).
		c.log.Info("the gatekeeper asks to register anew", "gatekeeper", c.status.Gatekeeper, "reason", reason)
		c.set(false, reason)
		if r.RejectReason.DiscoveryRequired {
			c.discover(c.status.Gatekeeper)
			return
		}
		c.register(false)
	case r.RejectReason.DiscoveryRequired && !c.looked:
		c.discover(c.status.Gatekeeper)
	default:
		c.next(reason)
	}
}

// reregister begins anew because the gatekeeper forgot us. f is called when that is done,
// with or without success.
func (c *Client) reregister(f func(now time.Time)) {
	room := c.await(f)
	if c.state == stateRegistered {
		c.at = time.Time{}
		c.set(false, "the gatekeeper forgot this gateway")
		c.register(false)
	}
	if !room {
		f(c.now)
	}
}

// Close gives the registration up (H.225.0 7.10). It is done when Deadline is zero.
func (c *Client) Close(now time.Time) {
	c.now = now
	was := c.state
	c.state, c.at = stateClosed, time.Time{}
	clear(c.calls)
	for _, q := range c.requests.abandon() {
		q.done(now, nil)
	}
	c.resume(all)
	if was != stateRegistered {
		return
	}
	to := c.status.Gatekeeper
	r := &h225.UnregistrationRequest{CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(c.cfg.Signal(to.Addr()))},
		EndpointIdentifier: &c.status.EndpointID}
	if c.status.GatekeeperID != "" {
		r.GatekeeperIdentifier = &c.status.GatekeeperID
	}
	c.ask(kindURQ, to, &h225.RasMessage{UnregistrationRequest: r}, func(time.Time, *h225.RasMessage) { c.set(false, "closed") })
}

// endpointType says that we are a gateway, and for which numbers.
func (c *Client) endpointType() *h225.EndpointType {
	var prefixes []h225.SupportedPrefix
	for _, p := range c.cfg.Prefixes {
		prefixes = append(prefixes, h225.SupportedPrefix{Prefix: AliasOf(p)})
	}
	return &h225.EndpointType{Vendor: c.vendor(), Gateway: &h225.GatewayInfo{Protocol: []h225.SupportedProtocols{
		{Voice: &h225.VoiceCaps{SupportedPrefixes: prefixes}}}}}
}

// vendor says what we are. The texts have no NUL at the end, for which gatekeepers
// refuse a registration (seen with Huawei terminals).
func (c *Client) vendor() *h225.VendorIdentifier {
	v := &h225.VendorIdentifier{Vendor: h225.H221NonStandard{T35CountryCode: 0xb5}}
	if c.cfg.Product != "" {
		v.ProductId = per.Octets(c.cfg.Product)
	}
	if c.cfg.Version != "" {
		v.VersionId = per.Octets(c.cfg.Version)
	}
	return v
}
