package ras

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// maxReported bounds the calls in one IRR, so that it fits into a datagram.
const maxReported = 8

// serve answers a request of our gatekeeper.
func (c *Client) serve(in *incoming) {
	m := in.m
	switch {
	case m.UnregistrationRequest != nil:
		c.dismissed(in, m.UnregistrationRequest)
	case m.DisengageRequest != nil:
		c.disengage(in, m.DisengageRequest)
	case m.BandwidthRequest != nil:
		c.limit(in, m.BandwidthRequest)
	case m.InfoRequest != nil:
		c.inform(in, m.InfoRequest)
	case m.ServiceControlIndication != nil:
		// H.460.18: Tandberg VCS asks for it and repeats itself. We did not offer it.
		c.answer(in, in.from, &h225.RasMessage{ServiceControlResponse: &h225.ServiceControlResponse{RequestSeqNum: in.seq,
			Result: &h225.ServiceControlResponseResult{NeededFeatureNotSupported: true}}})
	default:
		if _, ok := requestKind(m); ok && m.NonStandardMessage == nil {
			c.answer(in, in.from, &h225.RasMessage{UnknownMessageResponse: &h225.UnknownMessageResponse{RequestSeqNum: in.seq}})
		}
	}
}

// dismissed takes a URQ (H.225.0 7.10): we come back, at once if that is asked for.
func (c *Client) dismissed(in *incoming, r *h225.UnregistrationRequest) {
	id := ptr(r.EndpointIdentifier)
	if c.state != stateRegistered || id != "" && id != c.status.EndpointID {
		c.answer(in, in.from, &h225.RasMessage{UnregistrationReject: &h225.UnregistrationReject{RequestSeqNum: in.seq,
			RejectReason: h225.UnregRejectReason{NotCurrentlyRegistered: true}}})
		return
	}
	c.answer(in, in.from, &h225.RasMessage{UnregistrationConfirm: &h225.UnregistrationConfirm{RequestSeqNum: in.seq}})
	c.learn(r.AlternateGatekeeper)
	reason := "the gatekeeper unregistered this gateway"
	c.log.Warn(reason, "gatekeeper", c.status.Gatekeeper)
	c.at = time.Time{}
	c.set(false, reason)
	w := ptr(r.Reason)
	switch {
	case len(c.alternates) > 0 && !w.ReregistrationRequired && !w.TtlExpired:
		c.list, c.tried = []netip.AddrPort{c.status.Gatekeeper}, 0
		c.next(reason)
	case r.Reason == nil, w.ReregistrationRequired, w.TtlExpired:
		c.register(false)
	default:
		c.wait(reason)
	}
}

// disengage ends a call that the gatekeeper wants ended.
func (c *Client) disengage(in *incoming, r *h225.DisengageRequest) {
	c.answer(in, in.from, &h225.RasMessage{DisengageConfirm: &h225.DisengageConfirm{RequestSeqNum: in.seq}})
	if l := c.find(r.CallIdentifier, r.ConferenceID); l != nil {
		delete(c.calls, string(l.CallID))
		c.cfg.Disengaged(l.CallID, "the gatekeeper ended the call")
	}
}

// limit takes a BRQ, by which a gatekeeper sets the bitrate of a call.
func (c *Client) limit(in *incoming, r *h225.BandwidthRequest) {
	l := c.find(r.CallIdentifier, r.ConferenceID)
	if l == nil {
		c.answer(in, in.from, &h225.RasMessage{BandwidthReject: &h225.BandwidthReject{RequestSeqNum: in.seq,
			RejectReason: h225.BandRejectReason{InvalidConferenceID: true}}})
		return
	}
	l.bitrate = int(r.BandWidth) * perUnit
	c.answer(in, in.from, &h225.RasMessage{BandwidthConfirm: &h225.BandwidthConfirm{RequestSeqNum: in.seq, BandWidth: r.BandWidth}})
	c.cfg.Limited(l.CallID, l.bitrate)
}

func (c *Client) find(id *h225.CallIdentifier, conference h225.ConferenceIdentifier) *clientCall {
	if id != nil {
		return c.calls[string(id.GUID)]
	}
	for _, l := range c.calls {
		if string(l.Conference) == string(conference) {
			return l
		}
	}
	return nil
}

// inform answers an IRQ (H.225.0 7.15). A call reference of zero asks for all calls.
func (c *Client) inform(in *incoming, r *h225.InfoRequest) {
	to := in.from
	if r.ReplyAddress != nil {
		to = place(in.from, *r.ReplyAddress)
	}
	m := c.report(in.seq)
	for _, l := range c.calls {
		asked := r.CallReferenceValue == 0 || r.CallReferenceValue == l.Reference
		if r.CallIdentifier != nil && r.CallReferenceValue != 0 {
			asked = string(r.CallIdentifier.GUID) == string(l.CallID)
		}
		if asked && len(m.PerCallInfo) < maxReported {
			m.PerCallInfo = append(m.PerCallInfo, c.callInfo(l))
		}
	}
	c.answer(in, to, &h225.RasMessage{InfoRequestResponse: m})
}

func (c *Client) report(n h225.RequestSeqNum) *h225.InfoRequestResponse {
	gk := c.status.Gatekeeper.Addr()
	return &h225.InfoRequestResponse{RequestSeqNum: n, EndpointType: *c.endpointType(), EndpointIdentifier: c.status.EndpointID,
		RASAddress:        *h225.NewTransportAddress(c.cfg.RAS(gk)),
		CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(c.cfg.Signal(gk))},
		EndpointAlias:     aliasesOf(c.cfg.Aliases), NeedResponse: new(false), Unsolicited: new(false)}
}

func (c *Client) callInfo(l *clientCall) h225.InfoRequestResponsePerCallInfo {
	info := h225.InfoRequestResponsePerCallInfo{CallReferenceValue: l.Reference, ConferenceID: l.Conference, Originator: new(!l.Answer),
		CallType: h225.CallType{PointToPoint: true}, BandWidth: h225.BandWidth(l.bitrate / perUnit), CallModel: h225.CallModel{Direct: true},
		CallIdentifier: &h225.CallIdentifier{GUID: l.CallID}}
	if l.Signal.IsValid() {
		info.CallSignalling.SendAddress = h225.NewTransportAddress(l.Signal)
	}
	return info
}

// reportDue sends the IRRs that the gatekeeper wants of running calls. Nothing hangs on
// one of them, so they are not acknowledged.
func (c *Client) reportDue() {
	if c.state != stateRegistered {
		return
	}
	for _, l := range c.calls {
		if l.reportAt.IsZero() || c.now.Before(l.reportAt) {
			continue
		}
		l.reportAt = c.now.Add(l.every)
		n, ok := c.requests.number()
		if !ok {
			continue
		}
		m := c.report(n)
		m.Unsolicited = new(true)
		m.PerCallInfo = []h225.InfoRequestResponsePerCallInfo{c.callInfo(l)}
		if b, err := c.signer.encode(c.now, &h225.RasMessage{InfoRequestResponse: m}); err == nil {
			c.out = append(c.out, Packet{c.status.Gatekeeper, b})
		}
	}
}
