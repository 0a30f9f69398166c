package h323

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

// place sends the Setup.
func (l *leg) place() {
	if l.state != stateCalling {
		return
	}
	if err := l.openMedia(func() string { return l.out.device }); err != nil {
		r := bridge.AsRefusal(err)
		l.end(r.Cause, r.Reason)
		l.state = stateGone
		return
	}
	l.log.Info("h323: Setup sent", "remote", l.sig.remote.String())
	if err := l.send(l.setup()); err != nil {
		l.end(bridge.CauseUnreachable, "the terminal cannot be reached: "+err.Error())
		l.state = stateGone
		return
	}
	l.patiently(l.e.cfg.SetupTimeout, "the terminal does not answer")
}

// patiently gives the far end time for its next step.
func (l *leg) patiently(d time.Duration, otherwise string) {
	l.out.timer.Stop()
	l.out.timer = l.alarms.After(d, func() { l.hangup(bridge.CauseNoAnswer, otherwise) })
}

// setup is our Setup. destCallSignalAddress has to be there: Polycom m100 crashes
// without.
func (l *leg) setup() *message {
	u := &h225.SetupUUIE{
		ProtocolIdentifier: h225.Version, SourceAddress: l.sourceAliases(), SourceInfo: l.e.ourEndpoint(),
		DestinationAddress: l.out.to, DestCallSignalAddress: h225.NewTransportAddress(l.sig.remote),
		ConferenceID: l.id.conference, ConferenceGoal: h225.ConferenceGoal{Create: true},
		CallType: h225.CallType{PointToPoint: true}, SourceCallSignalAddress: l.e.signalAddress(l.sig),
		CallIdentifier: l.callIdentifier(), MediaWaitForConnect: new(false), CanOverlapSend: new(false),
		MultipleCalls: new(false), MaintainConnection: new(false),
	}
	if l.e.cfg.FastConnect == FastConnectOffer {
		u.FastStart = encodeChannels(l.ctl.FastOffer())
		l.out.fast = len(u.FastStart) > 0
	}
	m := l.message(wire.Setup, h225.MessageBody{Setup: u})
	m.q.Add(wire.BearerCapability, bearer(l.out.bitrate).Bytes())
	addDisplay(m.q, l.out.name)
	if d := digitsOf(l.out.from); d != "" {
		m.q.Add(wire.CallingPartyNumber, wire.Number{Plan: wire.E164, Digits: d}.Calling())
	}
	if d := digitsOf(l.out.to); d != "" {
		m.q.Add(wire.CalledPartyNumber, wire.Number{Plan: wire.E164, Digits: d}.Called())
	}
	return m
}

// bearer is a call as wide as video may be, in channels of 64 kbit/s.
func bearer(bitrate int) wire.Bearer {
	n := min(max((bitrate+63_999)/64_000, 1), 127)
	return wire.Bearer{Capability: wire.Unrestricted, Rate: uint8(n), Protocol: wire.H221}
}

// sourceAliases is who calls: the number, and the name that is shown.
func (l *leg) sourceAliases() []h225.AliasAddress {
	list := l.out.from
	if name := clean(l.out.name, maxName); name != "" && !isDigits(name) {
		list = append(list[:len(list):len(list)], h225.AliasAddress{H323ID: new(bmp(name, 256))})
	}
	return list
}

// signalAddress is where we are called: the port that we listen on.
func (e *Endpoint) signalAddress(s *conn) *h225.TransportAddress {
	at := s.local
	for _, l := range e.listeners {
		a := addrPort(l.Addr())
		if a.Addr().IsUnspecified() || a.Addr() == at.Addr() {
			return h225.NewTransportAddress(e.announced(netip.AddrPortFrom(at.Addr(), a.Port())))
		}
	}
	return h225.NewTransportAddress(e.announced(at))
}

func digitsOf(list []h225.AliasAddress) string {
	for _, a := range list {
		if a.DialledDigits != nil {
			return *a.DialledDigits
		}
	}
	return ""
}

// answered takes what a message says to a Setup of ours.
func (l *leg) answered(m *message) {
	switch {
	case m.tunnels() && l.h245.offered:
		l.h245.tunnel = true
	case m.denies() && !l.h245.started: // a gatekeeper may have answered before
		l.h245.tunnel = false
	}
	if d := m.destination(); d != nil {
		l.h245.inFacility = l.h245.inFacility || needsBody(d)
		l.out.device = or(deviceOf(d), l.out.device)
	}
	l.heardFast(m.offered())
	if l.state == stateUp {
		return
	}
	switch m.q.Type {
	case wire.CallProceeding, wire.SetupAck:
		if l.state == stateCalling {
			l.state = stateProceeding
			l.patiently(l.e.cfg.ProceedTimeout, "the terminal does not ring")
		}
	case wire.Progress:
		if !l.out.progress { // once: a far end does not hold us up for ever
			l.out.progress = true
			l.patiently(l.e.cfg.RingTimeout, "nobody answered in time")
		}
	case wire.Alerting:
		if l.state != stateRinging {
			l.state = stateRinging
			l.patiently(l.e.cfg.RingTimeout, "nobody answered in time")
			l.call.Ringing()
		}
	case wire.Connect:
		l.onConnect(m)
	}
}

// onConnect is the answer.
func (l *leg) onConnect(m *message) {
	l.out.timer.Stop()
	l.state = stateUp
	c := m.body().Connect
	if c == nil {
		c = &h225.ConnectUUIE{}
	}
	who := answererOf(m.q, c, l.sig.remote)
	l.call.Describe(who)
	l.fastOver()
	if !l.h245.tunnel {
		l.h245.offered = false
	}
	l.log.Info("h323: answered by the terminal", "remote", l.sig.remote.String(), "device", who.Device, "tunnelling", l.h245.tunnel)
	l.beginControl(m.offered().address)
	l.awaitControl()
	l.connect()
}

// beginControl has H.245 begin after Connect: within call signalling, else on a
// connection to where the terminal waits, else to where we do.
func (l *leg) beginControl(at *h225.TransportAddress) {
	if at == nil {
		at = l.out.control
	}
	switch {
	case l.h245.started || l.h245.dialling:
	case l.h245.tunnel:
		l.startControl()
	case at != nil && l.dialControl(at):
	default:
		l.inviteControl()
	}
}

// fastPending tells whether channels of ours are proposed and nothing was said of
// them. H.245 does not begin before (H.323 8.1.7.2).
func (l *leg) fastPending() bool { return l.out != nil && l.out.fast }

// heardFast takes what the called side says of the channels that we proposed. It may
// do so in any message up to Connect.
func (l *leg) heardFast(o offered) {
	if !l.fastPending() {
		return
	}
	if o.address != nil {
		l.out.control = o.address
	}
	switch {
	case len(o.fastStart) > 0:
		l.out.fast = false
		if err := l.ctl.FastAnswered(time.Now(), l.channels(o.fastStart)); err != nil {
			l.log.Info("h323: fast connect failed, H.245 opens the channels", "error", err)
			return
		}
		l.e.stats.fastConnect()
	case o.refused:
		l.fastOver()
	}
}

// fastOver gives fast connect up.
func (l *leg) fastOver() {
	if !l.fastPending() {
		return
	}
	l.out.fast = false
	if err := l.ctl.FastAnswered(time.Now(), nil); err != nil {
		l.log.Debug("h323: fast connect given up", "error", err)
	}
}
