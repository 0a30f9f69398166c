package ras

import (
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// perUnit is the unit of bandwidth in RAS, bit/s.
const perUnit = 100

// admission answers an ARQ (H.225.0 7.11). Calls are direct: the answer says where Setup
// goes.
func (g *Gatekeeper) admission(in *incoming, r *h225.AdmissionRequest) {
	t, ok := g.sender(in, r.EndpointIdentifier, refuseUnregistered)
	if !ok {
		return
	}
	to, ok := g.destination(t, r)
	if !ok {
		g.log.Info("a call is not admitted", "from", t.Aliases, "to", dialled(r.DestinationInfo), "reason", "nobody has the alias")
		g.reject(in, t.RAS, refuseUnknown, g.signer(t))
		return
	}
	bitrate := g.allowed(r.BandWidth)
	c := &call{g.now, bitrate, r.CallIdentifier, r.ConferenceID, r.CallReferenceValue}
	t.admit(callOf(c.id, c.conference, c.reference, r.AnswerCall), c, g.cfg.MaxCalls)
	g.stats.Admitted++
	g.answer(in, t.RAS, &h225.RasMessage{AdmissionConfirm: &h225.AdmissionConfirm{RequestSeqNum: in.seq,
		BandWidth: h225.BandWidth(bitrate / perUnit), CallModel: h225.CallModel{Direct: true},
		DestCallSignalAddress: *h225.NewTransportAddress(to), WillRespondToIRR: new(true), UuiesRequested: &h225.UUIEsRequested{},
	}}, g.signer(t))
}

// destination is where a terminal's call goes, or where it is taken.
func (g *Gatekeeper) destination(t *terminal, r *h225.AdmissionRequest) (netip.AddrPort, bool) {
	if r.AnswerCall {
		return t.signal(t.RAS.Addr()), true
	}
	names := texts(r.DestinationInfo)
	if a, ok := g.exact(g.reach(t.Tenant), names, t.RAS.Addr()); ok {
		return a, true
	}
	if a, ok := r.DestCallSignalAddress.AddrPort(); ok && a.Port() != 0 && !a.Addr().IsUnspecified() {
		return a, true // dialled by address
	}
	return g.ours(names, t.RAS.Addr(), true)
}

// exact is where calls to one of the aliases go that one of the tenants has: a terminal, a room, or
// else a gateway by its prefix, which so takes no room from us.
func (g *Gatekeeper) exact(tenants, names []string, remote netip.Addr) (netip.AddrPort, bool) {
	if d := g.table.named(tenants, names); d != nil {
		return d.signal(remote), true
	}
	if a := g.cfg.Signal(remote); a.IsValid() && g.owns(names) {
		return a, true
	}
	if d := g.table.prefixed(tenants, names); d != nil {
		return d.signal(remote), true
	}
	return netip.AddrPort{}, false
}

// owns tells whether we are known to have one of the aliases.
func (g *Gatekeeper) owns(names []string) bool {
	return g.cfg.Owns != nil && slices.ContainsFunc(names, g.cfg.Owns)
}

// ours is our own call signalling address if calls to one of the aliases come to us.
func (g *Gatekeeper) ours(names []string, remote netip.Addr, any bool) (netip.AddrPort, bool) {
	a := g.cfg.Signal(remote)
	if !a.IsValid() {
		return a, false
	}
	if g.cfg.Owns == nil {
		return a, any
	}
	return a, g.owns(names) || len(names) == 0 && any // no alias leads to reception
}

// allowed is what a call may have of what is asked for, bit/s.
func (g *Gatekeeper) allowed(b h225.BandWidth) int {
	n := int(b) * perUnit
	if g.cfg.MaxBitrate > 0 {
		n = min(n, g.cfg.MaxBitrate)
	}
	return n
}

// callOf names a call. Terminals of version 1 have no call identifier.
func callOf(id *h225.CallIdentifier, conference h225.ConferenceIdentifier, reference h225.CallReferenceValue, answer bool) callKey {
	if id != nil {
		return callKey{string(id.GUID), answer}
	}
	return callKey{string(conference) + string([]byte{byte(reference >> 8), byte(reference)}), answer}
}

// admit notes a call. Terminals that never say that a call is over lose the oldest.
func (t *terminal) admit(k callKey, c *call, most int) {
	if len(t.calls) >= most && t.calls[k] == nil {
		var oldest callKey
		var since time.Time
		for k, c := range t.calls {
			if since.IsZero() || c.since.Before(since) {
				oldest, since = k, c.since
			}
		}
		delete(t.calls, oldest)
	}
	t.calls[k] = c
}

// find gives a call of a terminal, whichever side it is on when the message does not say.
func (t *terminal) find(k callKey, answered *bool) (callKey, bool) {
	k.answer = ptr(answered)
	if t.calls[k] == nil && answered == nil {
		k.answer = true
	}
	return k, t.calls[k] != nil
}

// bandwidth answers a BRQ (H.225.0 7.12).
func (g *Gatekeeper) bandwidth(in *incoming, r *h225.BandwidthRequest) {
	t, ok := g.sender(in, r.EndpointIdentifier, refuseUnregistered)
	if !ok {
		return
	}
	k, ok := t.find(callOf(r.CallIdentifier, r.ConferenceID, r.CallReferenceValue, false), r.AnsweredCall)
	if !ok {
		g.reject(in, t.RAS, refuseCall, g.signer(t))
		return
	}
	if n := g.allowed(r.BandWidth); n < int(r.BandWidth)*perUnit {
		g.stats.Refused++
		g.answer(in, t.RAS, &h225.RasMessage{BandwidthReject: &h225.BandwidthReject{RequestSeqNum: in.seq,
			RejectReason:     h225.BandRejectReason{InsufficientResources: true},
			AllowedBandWidth: h225.BandWidth(n / perUnit)}}, g.signer(t))
		return
	}
	t.calls[k].bitrate = int(r.BandWidth) * perUnit
	g.answer(in, t.RAS, &h225.RasMessage{BandwidthConfirm: &h225.BandwidthConfirm{RequestSeqNum: in.seq, BandWidth: r.BandWidth}}, g.signer(t))
}

// disengage answers a DRQ (H.225.0 7.13). That a call is over is true even of calls that
// nobody knows.
func (g *Gatekeeper) disengage(in *incoming, r *h225.DisengageRequest) {
	t, ok := g.sender(in, r.EndpointIdentifier, refuseUnregistered)
	if !ok {
		return
	}
	if k, ok := t.find(callOf(r.CallIdentifier, r.ConferenceID, r.CallReferenceValue, false), r.AnsweredCall); ok {
		delete(t.calls, k)
	}
	g.answer(in, t.RAS, &h225.RasMessage{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: in.seq}}, g.signer(t))
}

// location answers an LRQ of a terminal or of another gatekeeper (H.225.0 7.14). Cisco VCS
// sends them for aliases that nobody has to see whether its neighbour lives.
func (g *Gatekeeper) location(in *incoming, r *h225.LocationRequest) {
	to := place(in.from, r.ReplyAddress)
	var s *signer
	tenant := "" // who is not registered is nobody's
	if r.EndpointIdentifier != nil {
		t, ok := g.sender(in, *r.EndpointIdentifier, refuseUnregistered)
		if !ok {
			return
		}
		s, tenant = g.signer(t), t.Tenant
	}
	names := texts(r.DestinationInfo)
	a, ok := g.exact(g.reach(tenant), names, in.from.Addr())
	if !ok {
		a, ok = g.ours(names, in.from.Addr(), r.EndpointIdentifier != nil)
	}
	if !ok {
		g.reject(in, to, refuseUnknown, s)
		return
	}
	g.answer(in, to, &h225.RasMessage{LocationConfirm: &h225.LocationConfirm{RequestSeqNum: in.seq,
		CallSignalAddress: *h225.NewTransportAddress(a), RASAddress: *h225.NewTransportAddress(g.cfg.RAS(in.from.Addr())),
		DestinationInfo: r.DestinationInfo[:min(1, len(r.DestinationInfo))]}}, s)
}

// report takes an IRR that was not asked for, or was too late (H.225.0 7.15).
func (g *Gatekeeper) report(in *incoming, r *h225.InfoRequestResponse) {
	t := g.table.byID[r.EndpointIdentifier]
	needs := r.NeedResponse != nil && *r.NeedResponse
	if t == nil || !g.trusted(in, t) {
		if needs {
			g.stats.Refused++
			g.answer(in, in.from, &h225.RasMessage{InfoRequestNak: &h225.InfoRequestNak{RequestSeqNum: in.seq,
				NakReason: h225.InfoRequestNakReason{NotRegistered: t == nil, SecurityDenial: t != nil}}}, g.signer(t))
		}
		return
	}
	g.heard(t)
	if needs {
		g.answer(in, t.RAS, &h225.RasMessage{InfoRequestAck: &h225.InfoRequestAck{RequestSeqNum: in.seq}}, g.signer(t))
	}
}

// resources answers a RAI (H.225.0 7.16): gateways say so when they are nearly full, and
// get calls all the same, as there is nobody else to take them.
func (g *Gatekeeper) resources(in *incoming, r *h225.ResourcesAvailableIndicate) {
	t := g.table.byID[r.EndpointIdentifier]
	if t == nil || !g.trusted(in, t) {
		return // there is no reject
	}
	g.heard(t)
	g.answer(in, t.RAS, &h225.RasMessage{ResourcesAvailableConfirm: &h225.ResourcesAvailableConfirm{RequestSeqNum: in.seq,
		ProtocolIdentifier: h225.Version}}, g.signer(t))
}

// heard notes that a terminal lives.
func (g *Gatekeeper) heard(t *terminal) {
	t.Seen = g.now
	if e := g.now.Add(t.ttl + graceTTL); e.After(t.Expires) {
		t.Expires = e
	}
}
