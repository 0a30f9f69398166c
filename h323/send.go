package h323

import (
	"net/netip"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// ourEndpoint describes us. We have no manufacturer's code: 255 is T.35's escape.
func (e *Endpoint) ourEndpoint() h225.EndpointType {
	return h225.EndpointType{
		Vendor: &h225.VendorIdentifier{
			Vendor:    h225.H221NonStandard{T35CountryCode: 255},
			ProductId: octets(e.cfg.Product), VersionId: octets(e.cfg.Version),
		},
		Gateway: &h225.GatewayInfo{},
	}
}

// octets is an OCTET STRING of at most 256, or none.
func octets(s string) per.Octets {
	if s == "" {
		return nil
	}
	return per.Octets(shorten(s, 256))
}

// announced is an address of ours as far ends shall know it.
func (e *Endpoint) announced(local netip.AddrPort) netip.AddrPort {
	if a := e.cfg.announced(); a.IsValid() {
		return netip.AddrPortFrom(a, local.Port())
	}
	return local
}

// message begins a message of the call.
func (l *leg) message(t wire.Type, body h225.MessageBody) *message {
	return &message{
		q:  &wire.Message{Type: t, Reference: l.id.reference, Answer: l.id.answer},
		ui: h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: body}},
	}
}

// send writes a message, with the H.245 that waits to be tunnelled.
func (l *leg) send(m *message) error {
	uu := &m.ui.H323UUPDU
	uu.H245Tunnelling = new(l.h245.offers())
	uu.H245Control = l.h245.takeWaiting()
	b, err := m.encode()
	if err != nil {
		l.log.Error("h323: message not encoded", "type", m.q.Type.String(), "error", err)
		return err
	}
	l.e.stats.message(true, m.q.Type)
	l.trace("sent", m)
	return l.sig.write(b)
}

func (l *leg) callIdentifier() *h225.CallIdentifier { return &h225.CallIdentifier{GUID: l.id.call} }

func (l *leg) sendCallProceeding() error {
	return l.send(l.message(wire.CallProceeding, h225.MessageBody{CallProceeding: &h225.CallProceedingUUIE{
		ProtocolIdentifier: h225.Version, DestinationInfo: l.e.ourEndpoint(), CallIdentifier: l.callIdentifier(),
		MultipleCalls: new(false), MaintainConnection: new(false),
	}}))
}

func (l *leg) sendAlerting() error {
	return l.send(l.message(wire.Alerting, h225.MessageBody{Alerting: &h225.AlertingUUIE{
		ProtocolIdentifier: h225.Version, DestinationInfo: l.e.ourEndpoint(), CallIdentifier: l.callIdentifier(),
		MultipleCalls: new(false), MaintainConnection: new(false),
	}}))
}

// sendConnect answers the call. It has no bearer capability and no displayName of
// version 7, which Codian does not take.
func (l *leg) sendConnect(fast []per.Octets, refused bool, h245 *h225.TransportAddress) error {
	return l.send(l.message(wire.Connect, h225.MessageBody{Connect: &h225.ConnectUUIE{
		ProtocolIdentifier: h225.Version, DestinationInfo: l.e.ourEndpoint(), CallIdentifier: l.callIdentifier(),
		ConferenceID: l.id.conference, MultipleCalls: new(false), MaintainConnection: new(false),
		FastStart: fast, FastConnectRefused: refused, H245Address: h245,
	}}))
}

// sendTunnelled sends H.245 that waits: in the form in which the far end tunnels, the
// empty one until it has (H.323 8.2.1), and never to those that do not take it.
func (l *leg) sendTunnelled() error {
	if !l.h245.inFacility {
		return l.send(l.message(wire.Facility, h225.MessageBody{Empty: true}))
	}
	return l.sendFacility(h225.FacilityUUIE{Reason: h225.FacilityReason{TransportedInformation: true}})
}

func (l *leg) sendFacility(f h225.FacilityUUIE) error {
	f.ProtocolIdentifier, f.CallIdentifier = h225.Version, l.callIdentifier()
	return l.send(l.message(wire.Facility, h225.MessageBody{Facility: &f}))
}

// sendStatus answers a StatusInquiry (Q.931 5.8.10).
func (l *leg) sendStatus() error {
	m := l.message(wire.Status, h225.MessageBody{Status: &h225.StatusUUIE{
		ProtocolIdentifier: h225.Version, CallIdentifier: *l.callIdentifier(),
	}})
	m.q.Add(wire.Cause, wire.CauseValue{Value: q850StatusEnquiry}.Bytes())
	m.q.Add(wire.CallState, []byte{l.q931()})
	return l.send(m)
}

// sendRelease ends the call.
func (l *leg) sendRelease(o outcome, reason string) error {
	m := l.message(wire.ReleaseComplete, h225.MessageBody{ReleaseComplete: &h225.ReleaseCompleteUUIE{
		ProtocolIdentifier: h225.Version, Reason: &o.reason, CallIdentifier: l.callIdentifier(),
	}})
	m.q.Add(wire.Cause, wire.CauseValue{Value: o.q850}.Bytes())
	addDisplay(m.q, reason)
	return l.send(m)
}

// maxDisplay is the longest Display (H.225.0 7.2.2).
const maxDisplay = 82

func addDisplay(q *wire.Message, text string) {
	if text = shorten(clean(text, maxName), maxDisplay); text != "" {
		q.Add(wire.Display, []byte(text))
	}
}

// refuse releases a call that got no leg.
func (e *Endpoint) refuse(s *conn, m *message, o outcome, reason string) {
	rc := &h225.ReleaseCompleteUUIE{ProtocolIdentifier: h225.Version, Reason: &o.reason}
	if id := m.callID(); id != nil {
		rc.CallIdentifier = &h225.CallIdentifier{GUID: id}
	}
	out := &message{
		q:  &wire.Message{Type: wire.ReleaseComplete, Reference: m.q.Reference & 0x7fff, Answer: !m.q.Answer},
		ui: h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: h225.MessageBody{ReleaseComplete: rc}}},
	}
	out.q.Add(wire.Cause, wire.CauseValue{Value: o.q850}.Bytes())
	addDisplay(out.q, reason)
	e.reply(s, out)
}

// reply sends a message that belongs to no leg.
func (e *Endpoint) reply(s *conn, m *message) {
	b, err := m.encode()
	if err != nil {
		e.log.Error("h323: message not encoded", "type", m.q.Type.String(), "error", err)
		return
	}
	e.stats.message(true, m.q.Type)
	_ = s.write(b)
}
