package sip

import (
	"fmt"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// farewell is a hang-up that has to wait.
type farewell struct {
	cause  bridge.Cause
	reason string
}

// ackPatience is how long a hang-up waits for the ACK to our 2xx: BYE may not
// be sent before it (RFC 3261 15), but a shutdown cannot wait for ever.
const ackPatience = time.Second

// hangup ends the call from our side, whatever its state.
func (l *leg) hangup(cause bridge.Cause, reason string) {
	switch l.state {
	case stateRouting, stateEarly:
		l.refuse(cause, reason)
	case stateCalling:
		l.giveUp(cause, reason)
	case stateAnswered:
		if l.byeAfter == nil {
			l.byeAfter = &farewell{cause, reason}
			l.alarms.After(ackPatience, func() { l.bye(cause, reason) })
		}
	case stateUp:
		l.bye(cause, reason)
	}
	l.end(cause, reason)
}

// bye releases an answered call. The call is over at once; the leg stays for
// the answer, at most one transaction timeout.
func (l *leg) bye(cause bridge.Cause, reason string) {
	if !l.up() {
		return
	}
	l.leave()
	l.log.Info("sip: BYE sent", "cause", cause.String(), "reason", reason)
	o := outcomeOf(cause)
	l.send(func() *sipgo.Request {
		req := l.dlg.request(sipgo.BYE)
		req.AppendHeader(sipgo.NewHeader("Reason", fmt.Sprintf(`Q.850;cause=%d;text="%s"`, o.q850, quotable(or(reason, o.text)))))
		return req
	}, func(res *sipgo.Response, err error) {
		if err != nil || !res.IsProvisional() {
			l.state = stateGone
		}
	})
	l.end(cause, reason)
}

// leave stops everything that an ended call no longer needs.
func (l *leg) leave() {
	l.state = stateLeaving
	l.media.rollback()
	l.offered = nil
	l.alarms.Stop()
	if l.answer != nil {
		l.answer = nil
	}
}

// onBye is the far end's hang-up.
func (l *leg) onBye(in *inbound) {
	in.reply(200)
	if l.state == stateLeaving { // the two BYE crossed
		return
	}
	cause, reason := byeCause(in.req)
	l.log.Info("sip: BYE received", "reason", reason)
	if inv := l.uas.invite; inv != nil && inv.answered() == 0 {
		inv.reply(487)
	}
	if l.out != nil && !l.out.final {
		l.out.stop()
	}
	l.leave()
	l.end(cause, reason)
	l.state = stateGone
}

// refuse answers an INVITE that was not answered yet with a refusal.
func (l *leg) refuse(cause bridge.Cause, reason string) {
	o := outcomeOf(cause)
	l.refuseWith(o.status, cause, reason, o.explain(l.e.cfg.UserAgent, reason)...)
}

func (l *leg) refuseWith(status int, cause bridge.Cause, reason string, headers ...sipgo.Header) {
	in := l.uas.invite
	if in == nil || in.answered() != 0 {
		return
	}
	l.e.stats.refused(status)
	l.log.Info("sip: refused", "status", status, "cause", cause.String(), "reason", reason)
	in.reply(status, headers...)
	l.leave()
	l.end(cause, reason)
	l.state = stateGone
}

// cancelled is the far end's CANCEL. After our 2xx it means nothing: the far
// end acknowledges and hangs up (RFC 3261 9.2).
func (l *leg) cancelled(invite *inbound) {
	if invite != l.uas.invite || invite.answered() != 0 {
		return
	}
	l.refuseWith(487, bridge.CauseCancelled, "the caller gave up")
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
