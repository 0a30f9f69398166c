package h323

import (
	"errors"
	"io"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// readSignalling reads the call's connection to its end.
func (l *leg) readSignalling() {
	s := l.sig
	for {
		b, err := s.next()
		if err != nil {
			l.box.Post(func() { l.lost(err) })
			return
		}
		if len(b) == 0 {
			continue
		}
		m, err := parseMessage(b)
		if err != nil {
			l.e.unreadable(s, err)
			continue
		}
		l.e.stats.message(false, m.q.Type)
		if m.uiErr != nil && m.uiErr != errNoPayload {
			l.e.stats.parseError()
		}
		if !l.box.deliver(func() { l.received(m) }) {
			s.drain()
			return
		}
	}
}

// received takes one call signalling message of the call.
func (l *leg) received(m *message) {
	if l.state == stateGone {
		return
	}
	l.trace("received", m)
	if m.q.Reference != l.id.reference && m.q.Reference != 0 {
		l.stray(m)
		return
	}
	switch m.q.Type {
	case wire.ReleaseComplete:
		l.onRelease(m)
		return
	case wire.Disconnect, wire.Release: // of ISDN; H.225.0 7.1 has neither
		value, _ := causeValue(m.q)
		l.hangup(refusedOrEnded(value, l.state == stateUp), "the terminal hung up")
		return
	case wire.StatusInquiry:
		_ = l.sendStatus()
	case wire.Information:
		l.onInformation(m)
	case wire.Facility:
		l.onFacility(m)
	case wire.Notify, wire.Status, wire.UserInformation:
		// Nothing is said to these: RealPresence answers each Status with another.
	}
	if l.out != nil {
		l.answered(m)
	}
	l.heardControl(m)
}

// stray is a message of another call on the call's connection.
func (l *leg) stray(m *message) {
	if m.q.Type == wire.Setup {
		l.e.refuse(l.sig, m, outcome{q850Resources, h225.ReleaseCompleteReason{NewConnectionNeeded: true}}, "one call for each connection")
	}
}

// heardControl takes what any message can say of H.245.
func (l *leg) heardControl(m *message) {
	if l.state == stateGone {
		return
	}
	if l.ctl == nil {
		l.hold(m)
		return
	}
	if body := m.body(); body.Facility != nil && len(m.ui.H323UUPDU.H245Control) > 0 {
		l.h245.inFacility = true
	}
	if at := m.offered().address; at != nil && m.q.Type != wire.Setup && !l.fastPending() && l.wanted(m) {
		l.dialControl(at)
	}
	l.tunnelled(m.ui.H323UUPDU.H245Control)
}

// wanted tells whether an address for H.245 is to be used: where H.245 is tunnelled
// only a request for a connection is one (H.323 8.2.3). Some tell an address all the
// same.
func (l *leg) wanted(m *message) bool {
	f := m.body().Facility
	return !l.h245.tunnel || f != nil && f.Reason.StartH245
}

// onRelease is the far end's last word.
func (l *leg) onRelease(m *message) {
	cause, reason := released(m.q, m.body().ReleaseComplete, l.state == stateUp)
	if l.in != nil && l.state == stateRouting {
		cause, reason = bridge.CauseCancelled, "the caller gave up"
	}
	l.log.Info("h323: ReleaseComplete received", "reason", reason)
	l.end(cause, reason)
	l.state = stateGone
}

func refusedOrEnded(value uint8, up bool) bridge.Cause {
	if up {
		return endOf(value)
	}
	return refusalOf(value)
}

// onInformation takes keys that a terminal sends by Q.931.
func (l *leg) onInformation(m *message) {
	data, ok := m.q.Find(wire.Keypad)
	if !ok || l.state != stateUp {
		return
	}
	for _, d := range front.Keys(wire.Text(data)) {
		l.pressed(d, false)
	}
}

// onFacility: a Facility may ask for H.245, and may send a call of ours elsewhere,
// where we do not follow.
func (l *leg) onFacility(m *message) {
	f := m.body().Facility
	if f == nil {
		return
	}
	switch r := f.Reason; {
	case r.StartH245 && f.H245Address == nil && l.state == stateUp:
		l.inviteControl()
	case (r.CallForwarded || r.RouteCallToGatekeeper || r.RouteCallToMC) && l.out != nil && l.state != stateUp:
		l.hangup(bridge.CauseNoRoute, "the terminal sends callers elsewhere: "+per.Alternative(&f.Reason))
	}
}

// lost is the end of the call's connection. A call whose H.245 has its own goes on:
// gatekeepers that routed its Setup may leave (H.323 7.3.1).
func (l *leg) lost(err error) {
	if l.state == stateGone {
		return
	}
	if l.state == stateUp && l.h245.sep != nil && l.h245.established && errors.Is(err, io.EOF) {
		l.log.Info("h323: call signalling ended, H.245 goes on")
		return
	}
	cause, reason := bridge.CauseSignalling, "the connection to the terminal broke"
	switch {
	case l.state == stateUp:
	case l.in != nil:
		cause, reason = bridge.CauseCancelled, "the caller gave up"
	default:
		cause = bridge.CauseUnreachable
	}
	l.log.Info("h323: connection lost", "error", err)
	l.end(cause, reason)
	l.state = stateGone
}
