package sip

import (
	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// ourOffer is a re-INVITE of ours on its way.
type ourOffer struct {
	abandoned bool // the far end's offer went first
}

// yield gives our offer on its way up in favour of the far end's, and makes
// it again later. RFC 3261 14.2 would answer 491; terminals that re-INVITE at
// once do not all come back after one (INTEROP 2.3).
func (l *leg) yield() {
	if l.offered == nil || l.offered.abandoned {
		return
	}
	l.offered.abandoned = true
	l.media.rollback()
	l.retryLater()
}

// retryLater makes our offer again after the time of RFC 3261 14.1.
func (l *leg) retryLater() {
	d, ok := l.glare.retry(l.dlg.uac)
	if !ok {
		l.log.Warn("sip: the far end lets no offer of ours through")
		l.glare.done()
		if l.timer.interval > 0 {
			l.judge("the far end lets no refresh through")
		}
		return
	}
	l.retryAt.Stop()
	l.retryAt = l.alarms.After(d, l.reinvite)
}

// reinvite sends our full current offer.
func (l *leg) reinvite() {
	if l.state != stateUp || l.answer != nil || l.offered != nil {
		if l.up() {
			l.retryLater()
		}
		return
	}
	body, err := l.media.offer()
	if err != nil {
		l.log.Warn("sip: making an offer", "error", err)
		return
	}
	o := &ourOffer{}
	l.offered = o
	l.send(func() *sipgo.Request {
		req := l.refreshing(sipgo.INVITE)
		setSDP(req, body)
		return req
	}, func(res *sipgo.Response, err error) { l.reinvited(o, res, err) })
}

// reinvited is what came to our re-INVITE; a 2xx may come more than once.
func (l *leg) reinvited(o *ourOffer, res *sipgo.Response, err error) {
	if err == nil && res.IsProvisional() {
		return
	}
	if err == nil && res.IsSuccess() {
		l.dlg.retarget(res)
		if l.acknowledge(res) {
			return // a repetition
		}
	}
	if l.offered != o {
		return // the call is leaving
	}
	l.offered = nil
	if o.abandoned {
		return // ours is made again later; nothing of this answer reaches the media
	}
	switch {
	case err == nil && res.IsSuccess():
		l.glare.done()
		l.learn(res)
		l.timer.agreeUAC(res)
		l.armTimer()
		l.takeAnswer(res)
	default:
		l.media.rollback()
		l.refreshFailed(res, err)
	}
}

func (l *leg) takeAnswer(res *sipgo.Response) {
	body, err := sessionBody(res)
	if err == nil && body == nil {
		err = errNoAnswer
	}
	if err == nil {
		err = l.media.accept(body)
	}
	if err != nil { // what was agreed before goes on
		l.media.rollback()
		l.log.Warn("sip: answer to our re-INVITE", "error", err)
	}
}

// acknowledge sends the ACK to a 2xx (RFC 3261 13.2.2.4). It tells whether it
// was a repetition.
func (l *leg) acknowledge(res *sipgo.Response) (again bool) {
	seq := res.CSeq().SeqNo
	ack, again := l.acks[seq]
	if !again {
		if len(l.acks) > 16 {
			clear(l.acks)
		}
		ack = l.dlg.numbered(sipgo.ACK, seq)
		l.acks[seq] = ack
	}
	l.way(func(f flow, err error) {
		if err != nil {
			l.log.Warn("sip: sending ACK", "error", err)
			return
		}
		if ack.Via() == nil {
			l.dress(ack, f)
		}
		_ = l.e.t.write(f, ack)
	})
	return again
}

// lost ends a call whose dialog the far end no longer knows.
func (l *leg) lost(reason string) { l.bye(bridge.CauseSignalling, reason) }
