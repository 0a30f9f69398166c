package ras

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
)

// granted is what the gatekeeper allows without being asked (H.225.0 7.9.2).
type granted struct {
	make, answer bool
	every        time.Duration // how often it wants an IRR of such a call; 0 is never
}

// clientCall is a call that the gatekeeper admitted.
type clientCall struct {
	Admission
	bitrate  int
	every    time.Duration // how often the gatekeeper wants an IRR; 0 is never
	reportAt time.Time
}

// Admit asks the gatekeeper whether a call may be placed or answered (H.225.0 7.11). done
// hears the outcome once; the error is a *bridge.Refusal. Without a gatekeeper calls whose
// address is known go on: it went away, and terminals are still there.
func (c *Client) Admit(now time.Time, a Admission, done func(Admitted, error)) {
	c.now = now
	c.admit(a, true, done)
}

func (c *Client) admit(a Admission, again bool, done func(Admitted, error)) {
	switch {
	case again && (c.state == stateRegistering || c.state == stateDiscovering) && c.await(func(time.Time) { c.admit(a, false, done) }):
		return
	case c.state != stateRegistered:
		c.without(a, c.status.Reason, done)
		return
	case a.Answer && c.granted.answer, !a.Answer && c.granted.make && a.Signal.IsValid():
		c.enter(a, a.Bitrate, c.granted.every)
		done(Admitted{}, nil)
		return
	}
	c.ask(kindARQ, c.status.Gatekeeper, c.admissionRequest(a), func(_ time.Time, m *h225.RasMessage) { c.decided(a, again, m, done) })
}

// without decides about a call that no gatekeeper can be asked for.
func (c *Client) without(a Admission, reason string, done func(Admitted, error)) {
	if a.Answer || a.Signal.IsValid() {
		done(Admitted{}, nil)
		return
	}
	if reason == "" {
		reason = "not registered"
	}
	done(Admitted{}, refuse(bridge.CauseUnreachable, "no gatekeeper knows the way: "+reason))
}

func (c *Client) admissionRequest(a Admission) *h225.RasMessage {
	r := &h225.AdmissionRequest{CallType: h225.CallType{PointToPoint: true}, CallModel: &h225.CallModel{Direct: true},
		EndpointIdentifier: c.status.EndpointID, DestinationInfo: a.To, SrcInfo: a.From, BandWidth: h225.BandWidth(a.Bitrate / perUnit),
		CallReferenceValue: a.Reference, ConferenceID: a.Conference, AnswerCall: a.Answer, CanMapAlias: new(true),
		CallIdentifier: &h225.CallIdentifier{GUID: a.CallID}, WillSupplyUUIEs: new(false)}
	if r.SrcInfo == nil {
		r.SrcInfo = aliasesOf(c.cfg.Aliases)
	}
	own := h225.NewTransportAddress(c.cfg.Signal(c.status.Gatekeeper.Addr()))
	if a.Answer {
		r.DestCallSignalAddress = own
		if a.Signal.IsValid() {
			r.SrcCallSignalAddress = h225.NewTransportAddress(a.Signal)
		}
	} else {
		r.SrcCallSignalAddress = own
		if a.Signal.IsValid() {
			r.DestCallSignalAddress = h225.NewTransportAddress(a.Signal)
		}
	}
	if c.status.GatekeeperID != "" {
		r.GatekeeperIdentifier = &c.status.GatekeeperID
	}
	return &h225.RasMessage{AdmissionRequest: r}
}

// decided takes the answer to an ARQ.
func (c *Client) decided(a Admission, again bool, m *h225.RasMessage, done func(Admitted, error)) {
	var f *h225.AdmissionConfirm
	switch {
	case m == nil:
		if c.state == stateRegistered {
			c.at = c.now // see whether it is there at all
		}
		c.without(a, "the gatekeeper does not answer", done)
		return
	case m.AdmissionReject != nil && unregistered(&m.AdmissionReject.RejectReason) && again:
		c.reregister(func(time.Time) { c.admit(a, false, done) })
		return
	case m.AdmissionReject != nil:
		done(Admitted{}, admissionRefusal(&m.AdmissionReject.RejectReason))
		return
	case m.AdmissionConfirm != nil:
		f = m.AdmissionConfirm
	case len(m.AdmissionConfirmSequence) > 0:
		f = &m.AdmissionConfirmSequence[0]
	default: // XRS
		c.without(a, "the gatekeeper does not understand", done)
		return
	}
	l := c.enter(a, int(f.BandWidth)*perUnit, time.Duration(ptr(f.IrrFrequency))*time.Second)
	out := Admitted{To: f.DestinationInfo}
	if s, ok := f.DestCallSignalAddress.AddrPort(); ok && s.Port() != 0 && !s.Addr().IsUnspecified() {
		out.Signal = s
	}
	done(out, nil)
	if l.bitrate < a.Bitrate {
		c.cfg.Limited(a.CallID, l.bitrate)
	}
}

// enter notes a call, of which the gatekeeper may now ask and say something.
func (c *Client) enter(a Admission, bitrate int, every time.Duration) *clientCall {
	l := &clientCall{Admission: a, bitrate: bitrate, every: every}
	if l.every > 0 {
		l.reportAt = c.now.Add(l.every)
	}
	c.calls[string(a.CallID)] = l
	return l
}

// Released tells the gatekeeper that a call is over (H.225.0 7.13).
func (c *Client) Released(now time.Time, id h225.GloballyUniqueID, forced bool) {
	c.now = now
	l := c.calls[string(id)]
	if l == nil {
		return
	}
	delete(c.calls, string(id))
	if c.state != stateRegistered {
		return
	}
	r := &h225.DisengageRequest{EndpointIdentifier: c.status.EndpointID, ConferenceID: l.Conference, CallReferenceValue: l.Reference,
		DisengageReason: h225.DisengageReason{NormalDrop: !forced, ForcedDrop: forced},
		CallIdentifier:  &h225.CallIdentifier{GUID: l.CallID}, AnsweredCall: &l.Answer}
	if c.status.GatekeeperID != "" {
		r.GatekeeperIdentifier = &c.status.GatekeeperID
	}
	c.ask(kindDRQ, c.status.Gatekeeper, &h225.RasMessage{DisengageRequest: r}, func(time.Time, *h225.RasMessage) {})
}

// Bandwidth asks for another bitrate of a call (H.225.0 7.12), bit/s in both directions.
// done hears what it may have.
func (c *Client) Bandwidth(now time.Time, id h225.GloballyUniqueID, bitrate int, done func(allowed int)) {
	c.now = now
	l := c.calls[string(id)]
	if l == nil || c.state != stateRegistered {
		done(bitrate)
		return
	}
	r := &h225.BandwidthRequest{EndpointIdentifier: c.status.EndpointID, ConferenceID: l.Conference, CallReferenceValue: l.Reference,
		BandWidth: h225.BandWidth(bitrate / perUnit), CallIdentifier: &h225.CallIdentifier{GUID: l.CallID}, AnsweredCall: &l.Answer}
	c.ask(kindBRQ, c.status.Gatekeeper, &h225.RasMessage{BandwidthRequest: r}, func(_ time.Time, m *h225.RasMessage) {
		switch {
		case m == nil:
		case m.BandwidthConfirm != nil:
			l.bitrate = int(m.BandwidthConfirm.BandWidth) * perUnit
		case m.BandwidthReject != nil && m.BandwidthReject.AllowedBandWidth > 0:
			l.bitrate = max(l.bitrate, int(m.BandwidthReject.AllowedBandWidth)*perUnit)
		}
		done(l.bitrate)
	})
}

// Locate asks the gatekeeper where an alias is called (H.225.0 7.14).
func (c *Client) Locate(now time.Time, alias string, done func(netip.AddrPort, error)) {
	c.now = now
	if c.state != stateRegistered {
		done(netip.AddrPort{}, refuse(bridge.CauseUnreachable, "not registered with a gatekeeper"))
		return
	}
	to := c.status.Gatekeeper
	r := &h225.LocationRequest{EndpointIdentifier: &c.status.EndpointID, DestinationInfo: []h225.AliasAddress{AliasOf(alias)},
		ReplyAddress: *h225.NewTransportAddress(c.cfg.RAS(to.Addr())), SourceInfo: aliasesOf(c.cfg.Aliases)}
	c.ask(kindLRQ, to, &h225.RasMessage{LocationRequest: r}, func(_ time.Time, m *h225.RasMessage) {
		if m != nil && m.LocationConfirm != nil {
			if a, ok := m.LocationConfirm.CallSignalAddress.AddrPort(); ok && a.Port() != 0 {
				done(a, nil)
				return
			}
		}
		done(netip.AddrPort{}, refuse(bridge.CauseNoRoute, "the gatekeeper knows nobody of that name"))
	})
}
