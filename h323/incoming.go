package h323

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// answer reads an accepted connection: what comes before a Setup, then the call that
// the Setup begins. A connection carries one call (H.225.0 7.3, multipleCalls).
func (e *Endpoint) answer(s *conn) {
	for {
		b, err := s.next()
		if err != nil {
			return
		}
		if len(b) == 0 {
			continue // keep-alive; it buys no time
		}
		m, err := parseMessage(b)
		if err != nil {
			e.unreadable(s, err)
			return
		}
		e.stats.message(false, m.q.Type)
		l, over := e.first(s, m)
		switch {
		case l != nil:
			s.patient()
			l.box.Post(l.invited)
			l.readSignalling()
			return
		case over:
			s.finish()
			s.drain()
			return
		}
	}
}

// first takes a message that came before there is a call. It gives the leg of the
// call that it begins, or says that the connection is of no more use.
func (e *Endpoint) first(s *conn, m *message) (l *leg, over bool) {
	switch m.q.Type {
	case wire.Setup:
	case wire.StatusInquiry:
		e.reply(s, nullStatus(m))
		return nil, false
	case wire.ReleaseComplete, wire.Status:
		return nil, false
	default: // Q.931 5.8.3.2
		e.refuse(s, m, outcome{q850InvalidReference, h225.ReleaseCompleteReason{UndefinedReason: true}}, "there is no such call")
		return nil, true
	}
	if o, why := e.unfit(s, m); why != "" {
		e.refuse(s, m, o, why)
		return nil, true
	}
	setup := m.body().Setup
	l = newLeg(e, s, identity{
		reference: m.q.Reference, answer: true, call: or16(m.callID()), conference: or16(setup.ConferenceID),
	})
	l.in = m
	l.h245.offered = m.tunnels() && !e.cfg.NoTunnelling
	l.h245.tunnel = l.h245.offered
	l.h245.inFacility = needsBody(&setup.SourceInfo)
	if err := e.add(l); err != nil {
		r := bridge.AsRefusal(err)
		e.refuse(s, m, outcomeOf(r.Cause), r.Reason)
		return nil, true
	}
	return l, false
}

// unfit says why a Setup begins no call.
func (e *Endpoint) unfit(s *conn, m *message) (outcome, string) {
	setup := m.body().Setup
	switch {
	case !e.rates.Allow(s.remote.Addr(), time.Now()):
		e.stats.limited()
		return outcomeOf(bridge.CauseCapacity), "too many calls from this address"
	case m.q.Reference > 0x7fff: // two octets in H.225.0, and a bit of them is the flag (Q.931 4.3)
		return outcome{q850InvalidReference, h225.ReleaseCompleteReason{UndefinedReason: true}}, "the call reference is too long"
	case m.uiErr == errNoPayload:
		return outcome{q850Missing, h225.ReleaseCompleteReason{UndefinedReason: true}}, "Setup without H.225.0 information"
	case m.uiErr != nil || setup == nil:
		e.stats.parseError()
		e.log.Info("h323: unreadable Setup", "remote", s.remote.String(), "error", m.uiErr)
		return outcome{q850Protocol, h225.ReleaseCompleteReason{UndefinedReason: true}}, "Setup cannot be read"
	case setup.ConferenceGoal.CapabilityNegotiation || setup.ConferenceGoal.CallIndependentSupplementaryService:
		return outcome{q850Facility, h225.ReleaseCompleteReason{UndefinedReason: true}}, "calls without media are not served"
	}
	return outcome{}, ""
}

// nullStatus answers a StatusInquiry about a call that there is not.
func nullStatus(m *message) *message {
	out := &message{
		q: &wire.Message{Type: wire.Status, Reference: m.q.Reference & 0x7fff, Answer: !m.q.Answer},
		ui: h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: h225.MessageBody{
			Status: &h225.StatusUUIE{ProtocolIdentifier: h225.Version, CallIdentifier: h225.CallIdentifier{GUID: or16(m.callID())}},
		}}},
	}
	out.q.Add(wire.Cause, wire.CauseValue{Value: q850StatusEnquiry}.Bytes())
	out.q.Add(wire.CallState, []byte{0})
	return out
}

// or16 gives an identifier of ours where the far end has none.
func or16(id per.Octets) per.Octets {
	if len(id) == 16 {
		return id
	}
	b := make(per.Octets, 16)
	_, _ = rand.Read(b)
	return b
}

// routeTime bounds the decision of the core and of a gatekeeper.
const routeTime = 30 * time.Second

// alertAfter is when a caller hears that we are still there: T310 of terminals, the time
// from CallProceeding on, may be 10 s.
const alertAfter = 2 * time.Second

// invited asks the core what becomes of the call. CallProceeding goes out at once:
// terminals give up after 4 s without an answer (T303).
func (l *leg) invited() {
	setup := l.in.body().Setup
	d := dialledIn(l.in.q, setup)
	inv := bridge.Invite{
		Protocol: "h323", Transport: "tcp", Number: d.number, PIN: d.pin, Caller: callerOf(l.in.q, setup, l.sig.remote),
	}
	l.log.Info("h323: Setup received", "remote", l.sig.remote.String(), "number", inv.Dialled(), "device", inv.Caller.Device,
		"tunnelling", l.in.tunnels(), "fast_connect", len(setup.FastStart) > 0)
	l.trace("received", l.in)
	l.hold(l.in)
	if err := l.sendCallProceeding(); err != nil {
		l.fail(bridge.CauseSignalling, "the Setup could not be answered")
		return
	}
	l.alarms.After(alertAfter, func() {
		if l.state == stateRouting {
			_ = l.sendAlerting()
		}
	})
	l.e.running.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, routeTime)
		defer cancel()
		a, err := l.e.admitIncoming(ctx, l, setup)
		var c call
		if err == nil {
			c, err = l.e.board.incoming(ctx, inv, l)
		}
		if !l.box.Post(func() { l.routed(c, a, err) }) {
			l.e.unwanted(c, a, err)
		}
	})
}

// hold keeps the H.245 that comes before the call has its media.
func (l *leg) hold(m *message) {
	uu := &m.ui.H323UUPDU
	if s := uu.H323MessageBody.Setup; s != nil {
		l.h245.hold(s.ParallelH245Control)
	}
	l.h245.hold(uu.H245Control)
}

// admitIncoming asks the gatekeeper, if there is one.
func (e *Endpoint) admitIncoming(ctx context.Context, l *leg, s *h225.SetupUUIE) (*Admission, error) {
	if e.cfg.Gatekeeper == nil {
		return nil, nil
	}
	a := Admission{
		CallID: l.id.call, Conference: l.id.conference, Reference: l.id.reference, Answer: true,
		From: s.SourceAddress, To: s.DestinationAddress, Signal: l.sig.remote,
		Bitrate: 2 * e.cfg.Bitrate,
	}
	if _, err := e.cfg.Gatekeeper.Admit(ctx, a); err != nil {
		return nil, err
	}
	return &a, nil
}

// unwanted gives back what a call got that is over.
func (e *Endpoint) unwanted(c call, a *Admission, err error) {
	if a != nil {
		e.cfg.Gatekeeper.Released(*a, bridge.CauseCancelled)
	}
	if err == nil && c != nil {
		c.End(bridge.CauseCancelled, "the caller gave up")
	}
}

// routed is the core's decision.
func (l *leg) routed(c call, a *Admission, err error) {
	if l.state != stateRouting {
		l.e.unwanted(c, a, err)
		return
	}
	l.admitted = a
	if err == nil {
		l.attach(c)
		err = l.openMedia(func() string { return deviceOf(&l.in.body().Setup.SourceInfo) })
	}
	if err != nil {
		r := bridge.AsRefusal(err)
		l.hangup(r.Cause, r.Reason)
		return
	}
	l.accept()
}

// accept answers the call. Where H.245 is tunnelled it begins in Connect itself,
// unless channels were opened by fast connect, whose answer has to come first.
func (l *leg) accept() {
	fast, refused := l.fastAnswer(l.in.body().Setup.FastStart)
	if l.h245.tunnel && fast == nil {
		l.startControl()
		l.release()
		l.collect()
	}
	var at *h225.TransportAddress
	if !l.h245.tunnel {
		at = l.expectControl(l.in.body().Setup.H245Address)
	}
	if err := l.sendConnect(fast, refused, at); err != nil {
		l.fail(bridge.CauseSignalling, "the answer could not be sent")
		return
	}
	l.log.Info("h323: answered", "remote", l.sig.remote.String(), "tunnelling", l.h245.tunnel, "fast_connect", fast != nil)
	l.state = stateUp
	if l.h245.tunnel && fast != nil {
		l.startControl()
		l.release()
	}
	l.awaitControl()
	l.connect()
}

// release gives the H.245 engine what came before it was there.
func (l *leg) release() {
	early := l.h245.early
	l.h245.early = nil
	l.tunnelled(early)
}

// maxProposals bounds the channels of a fast connect.
const maxProposals = 64

// fastAnswer answers the channels that a Setup proposes (H.323 8.1.7.1). refused says
// that there were some and none is taken.
func (l *leg) fastAnswer(proposed []per.Octets) (answer []per.Octets, refused bool) {
	if len(proposed) == 0 {
		return nil, false
	}
	if l.e.cfg.FastConnect == FastConnectOff {
		return nil, true
	}
	chosen := l.ctl.FastAnswer(time.Now(), l.channels(proposed))
	if len(chosen) == 0 {
		return nil, true
	}
	l.e.stats.fastConnect()
	return encodeChannels(chosen), false
}

// channels reads proposals, those that can be read.
func (l *leg) channels(list []per.Octets) []*h245.OpenLogicalChannel {
	var out []*h245.OpenLogicalChannel
	for _, b := range list[:min(len(list), maxProposals)] {
		c := new(h245.OpenLogicalChannel)
		if err := per.Unmarshal(b, c); err != nil {
			l.e.stats.parseError()
			continue
		}
		out = append(out, c)
	}
	return out
}

func encodeChannels(list []*h245.OpenLogicalChannel) []per.Octets {
	var out []per.Octets
	for _, c := range list {
		if b, err := per.Marshal(c); err == nil {
			out = append(out, b)
		}
	}
	return out
}

// connect takes the seat.
func (l *leg) connect() {
	c := l.call
	l.e.running.Go(func() {
		err := c.Connected()
		l.box.Post(func() { l.connected(err) })
	})
}

func (l *leg) connected(err error) {
	if l.ended {
		return
	}
	if err != nil {
		r := bridge.AsRefusal(err)
		l.hangup(r.Cause, r.Reason)
		return
	}
	if l.out != nil {
		l.out.finish(nil)
	}
}
