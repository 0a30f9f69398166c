package sip

import (
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
)

// answering is a 2xx to INVITE that is sent again until its ACK comes
// (RFC 3261 13.3.1.4), over connections too.
type answering struct {
	in    *inbound
	res   *sipgo.Response
	late  bool // it holds our offer, the ACK holds the answer
	first bool // it answers the INVITE that made the dialog
	wait  time.Duration
	spent time.Duration
	again *front.Alarm
	since time.Time
}

// confirm sends a 2xx and repeats it. It tells whether it could be sent.
func (l *leg) confirm(in *inbound, res *sipgo.Response, late, first bool) bool {
	if err := in.send(res); err != nil {
		l.log.Warn("sip: sending the answer", "error", err)
		return false
	}
	l.answer = &answering{in: in, res: res, late: late, first: first, wait: sipgo.T1, since: time.Now()}
	l.repeatLater()
	return true
}

func (l *leg) repeatLater() {
	a := l.answer
	a.again = l.alarms.After(a.wait, func() {
		if l.answer != a {
			return
		}
		a.spent += a.wait
		if a.spent >= timeout() {
			l.unacknowledged()
			return
		}
		_ = a.in.send(a.res)
		a.wait = min(2*a.wait, sipgo.T2, timeout()-a.spent)
		l.repeatLater()
	})
}

// unacknowledged is a 2xx whose ACK never came. Some application gateways lose
// ACKs (INTEROP 2.7, 2.10): media that arrives keeps the call.
func (l *leg) unacknowledged() {
	a := l.answer
	if l.call.MediaSeen().After(a.since) && !(a.first && a.late) {
		l.log.Warn("sip: no ACK came; the call is kept because media arrives")
		l.media.rollback() // of an offer of ours that the ACK had to answer
		l.acknowledged()
		return
	}
	l.bye(bridge.CauseSignalling, "the terminal never acknowledged the answer")
}

// acknowledged ends the repetition.
func (l *leg) acknowledged() {
	l.answer.again.Stop()
	if l.answer.in.f.reliable() {
		l.answer.in.tx.Terminate() // no copy of the INVITE is under way that it would have to absorb
	}
	l.answer = nil
	if l.state == stateAnswered {
		l.state = stateUp
	}
	if w := l.byeAfter; w != nil {
		l.bye(w.cause, w.reason)
	}
}

// onAck is an ACK in the dialog. Those to refusals end in their transaction
// and never come here.
func (l *leg) onAck(req *sipgo.Request, f flow) {
	a := l.answer
	if a == nil || !l.dlg.matches(req) || req.CSeq().SeqNo != a.in.req.CSeq().SeqNo {
		return
	}
	l.hear(f)
	l.acknowledged()
	if !l.up() || !a.late {
		return
	}
	body, err := sessionBody(req)
	if err == nil && body == nil {
		err = errNoAnswer
	}
	if err == nil {
		err = l.media.accept(body)
	}
	switch {
	case err != nil && a.first:
		_, cause, _ := mediaRefusal(err, l.e.cfg.UserAgent)
		l.bye(cause, "the terminal's answer cannot be used: "+err.Error())
	case err != nil: // what was agreed before goes on
		l.media.rollback()
		l.log.Warn("sip: answer in ACK", "error", err)
	case a.first:
		l.connect()
	}
}
