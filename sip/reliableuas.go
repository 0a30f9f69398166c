package sip

import (
	"strconv"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/sdp"
)

// progress sends 183 reliably to an INVITE that requires it (RFC 3262 3). It
// holds our answer or offer; the 2xx waits for the PRACK.
func (l *leg) progress() {
	in := l.uas.invite
	p := &l.uas.reliable
	*p = pendingReliable{rseq: uint32(randomID()&0x7fff) + 1, cseq: in.req.CSeq().SeqNo, waiting: true}
	res := in.response(183)
	res.AppendHeader(l.contact())
	res.AppendHeader(sipgo.NewHeader("Allow", allows))
	res.AppendHeader(sipgo.NewHeader("Require", "100rel"))
	res.AppendHeader(sipgo.NewHeader("RSeq", strconv.FormatUint(uint64(p.rseq), 10)))
	setSDP(res, l.uas.body)
	l.state = stateEarly
	_ = in.send(res)
	l.repeatReliable(res, sipgo.T1, 0)
}

func (l *leg) repeatReliable(res *sipgo.Response, wait, spent time.Duration) {
	l.alarms.After(wait, func() {
		if !l.uas.reliable.waiting || l.state != stateEarly {
			return
		}
		if spent += wait; spent >= timeout() {
			l.refuseWith(504, bridge.CauseProtocol, "no PRACK came")
			return
		}
		_ = l.uas.invite.send(res)
		l.repeatReliable(res, min(2*wait, timeout()-spent), spent)
	})
}

// onPrack acknowledges the reliable response; it may hold the answer to our
// offer, or a new offer.
func (l *leg) onPrack(in *inbound) {
	r, ok := parseRAck(in.req)
	if !ok {
		in.reply(400)
		return
	}
	if !l.uas.reliable.matches(r) {
		in.reply(481) // RFC 3262 3
		return
	}
	body, err := sessionBody(in.req)
	if err == nil && l.uas.late && body == nil {
		err = errNoAnswer
	}
	var reply []byte
	if err == nil {
		reply, err = l.prackBody(body)
	}
	if err != nil {
		status, cause, headers := mediaRefusal(err, l.e.cfg.UserAgent)
		in.reply(status, headers...)
		l.refuseWith(status, cause, err.Error(), headers...)
		return
	}
	l.uas.reliable.waiting = false
	res := in.response(200)
	if reply != nil {
		setSDP(res, reply)
	}
	_ = in.send(res)
	l.uas.body, l.uas.late = nil, false
	l.accept()
}

// prackBody takes what a PRACK says of the session and gives the answer to it.
func (l *leg) prackBody(body []byte) ([]byte, error) {
	switch {
	case body == nil:
		return nil, nil
	case l.uas.late:
		return nil, l.media.accept(body)
	}
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, err
	}
	return l.media.answer(offer)
}
