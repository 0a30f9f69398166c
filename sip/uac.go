package sip

import (
	"bytes"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// inviteAnswered is each response to our INVITE. A 2xx comes again when its
// ACK was lost, and one from each fork that answered.
func (l *leg) inviteAnswered(res *sipgo.Response, err error) {
	switch {
	case err != nil:
		l.inviteLost(err)
	case res.IsProvisional():
		l.provisional(res)
	case res.IsSuccess():
		l.answeredBy(res)
	default:
		l.inviteRefused(res)
	}
}

// inviteLost is an INVITE that nobody answered.
func (l *leg) inviteLost(err error) {
	if l.out.final {
		return
	}
	l.out.final = true
	l.leave()
	reason := "the terminal does not answer"
	if err != errTimeout {
		reason = "the connection to the terminal broke"
	}
	l.end(bridge.CauseUnreachable, reason)
	l.state = stateGone
}

func (l *leg) provisional(res *sipgo.Response) {
	o := l.out
	if o.final {
		return
	}
	o.provisional = true
	if o.giveUp {
		l.sendCancel()
		return
	}
	fk := l.early(res)
	if fk == nil {
		return
	}
	seq, reliable, fresh := fk.rel.accept(res)
	if reliable && !fresh {
		return // out of order, or again: its PRACK is on its way
	}
	if reliable {
		l.prack(fk, res, seq)
	}
	if body, err := sessionBody(res); err == nil && body != nil && o.early == nil {
		l.earlyMedia(body)
	}
	if res.StatusCode == 180 || res.StatusCode == 183 {
		l.call.Ringing()
	}
}

// early gives the early dialog of a response; 100 makes none.
func (l *leg) early(res *sipgo.Response) *fork {
	tag := res.To().Params.GetOr("tag", "")
	if res.StatusCode == 100 || tag == "" {
		return nil
	}
	if fk := l.out.forks[tag]; fk != nil {
		return fk
	}
	if len(l.out.forks) >= maxForks {
		return nil
	}
	d := *l.dlg
	d.routes = nil
	d.establish(res)
	fk := &fork{dlg: &d}
	if len(l.out.forks) == 0 {
		l.dlg = &d // requests of the far end before its answer are in this one
	}
	l.out.forks[tag] = fk
	l.learn(res)
	return fk
}

// earlyMedia takes an answer that came before the call was answered.
func (l *leg) earlyMedia(body []byte) {
	if err := l.media.accept(body); err != nil {
		l.log.Info("sip: early media", "error", err)
		return
	}
	l.out.early = body
}

// prack acknowledges a reliable provisional response (RFC 3262 4).
func (l *leg) prack(fk *fork, res *sipgo.Response, rseq uint32) {
	cseq := res.CSeq()
	l.send(func() *sipgo.Request {
		req := fk.dlg.request(sipgo.PRACK)
		req.AppendHeader(sipgo.NewHeader("RAck", uitoa(rseq)+" "+uitoa(cseq.SeqNo)+" INVITE"))
		return req
	}, func(*sipgo.Response, error) {})
}

// answeredBy is a 2xx. The first wins; other forks are acknowledged and
// released (RFC 3261 13.2.2.4), as is one that answers after all when we
// have given up.
func (l *leg) answeredBy(res *sipgo.Response) {
	o := l.out
	tag := res.To().Params.GetOr("tag", "")
	if o.final {
		if tag == l.dlg.remoteTag && !o.giveUp {
			l.acknowledge(res)
		} else {
			l.release(res)
		}
		return
	}
	o.final = true
	if o.giveUp {
		l.release(res)
		l.state = stateGone
		return
	}
	if fk := o.forks[tag]; fk != nil {
		l.dlg = fk.dlg
		l.dlg.retarget(res)
	} else {
		if len(o.forks) > 0 {
			d := *l.dlg
			l.dlg = &d
		}
		l.dlg.establish(res)
	}
	l.learn(res)
	l.acknowledge(res)
	l.state = stateUp
	l.call.Describe(answererOf(res, l.f))
	l.log.Info("sip: answered by the terminal", "remote", l.f.remote.String(), "device", device(res), "sip_call", l.dlg.callID)
	if err := l.settle(res); err != nil {
		_, cause, _ := mediaRefusal(err, "")
		l.bye(cause, "the terminal's answer cannot be used: "+err.Error())
		return
	}
	l.timer.agreeUAC(res)
	l.armTimer()
	l.connect()
}

// settle takes the answer in the 2xx, unless an early one holds already.
func (l *leg) settle(res *sipgo.Response) error {
	body, err := sessionBody(res)
	early := l.out.early
	switch {
	case err != nil:
		return err
	case early != nil && (body == nil || bytes.Equal(body, early)):
		return nil
	case body == nil:
		return errNoAnswer
	case early != nil:
		// Another fork answered, or the terminal thought again: the same offer, a new answer.
		if _, err := l.media.offer(); err != nil {
			return err
		}
	}
	return l.media.accept(body)
}

// release acknowledges and ends a dialog that we do not want.
func (l *leg) release(res *sipgo.Response) {
	d := *l.dlg
	d.localSeq = l.out.request.req.CSeq().SeqNo
	d.establish(res)
	f := l.out.request.tx.conn.f
	ack, bye := d.numbered(sipgo.ACK, res.CSeq().SeqNo), d.request(sipgo.BYE)
	l.dress(ack, f)
	l.dress(bye, f)
	_ = l.e.t.write(f, ack)
	_, _ = l.e.x.start(bye, f, func(*sipgo.Response, error) {})
}

// inviteRefused is a final refusal. 3xx is not followed: a terminal that is
// called shall not send us elsewhere.
func (l *leg) inviteRefused(res *sipgo.Response) {
	o := l.out
	if o.final {
		return
	}
	if res.StatusCode == 422 && !o.giveUp && l.timer.raise(res) {
		o.request = l.send(l.invitation, l.inviteAnswered)
		return
	}
	o.final = true
	l.leave()
	r := refusalOf(res)
	l.log.Info("sip: refused by the terminal", "status", res.StatusCode, "reason", r.Reason)
	l.end(r.Cause, r.Reason)
	l.state = stateGone
}
