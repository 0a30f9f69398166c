package sip

import (
	"context"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/sdp"
)

// uasState is what a leg remembers of the INVITE that made it.
type uasState struct {
	invite   *inbound
	offer    *sdp.Description
	number   string
	old      *leg // whose seat it takes (RFC 3891)
	reliable pendingReliable
	body     []byte // of the 2xx, when a reliable response has to be acknowledged first
	late     bool   // our 2xx or reliable response holds an offer
}

func newUASLeg(e *Endpoint, in *inbound, old *leg) *leg {
	l := newLeg(e, newUASDialog(in.req, in.tag, firstCSeq()), in.f)
	l.uas.invite, l.uas.old = in, old
	l.rport = in.req.Via().Params.Has("rport")
	l.learn(in.req)
	l.uas.number = or(in.number, dialled(in.req))
	if old != nil {
		l.uas.number = old.room()
	}
	return l
}

// room is the number by which a caller reaches the room of this leg.
func (l *leg) room() string {
	if l.out != nil && l.call != nil {
		return l.call.Room()
	}
	return l.uas.number
}

// learn notes what the far end can.
func (l *leg) learn(m headerSource) { l.updates = l.updates || hasToken(m, "Allow", "update") }

// routeTime bounds the core's decision.
const routeTime = 30 * time.Second

// invited asks the core what becomes of the call.
func (l *leg) invited() {
	req := l.uas.invite.req
	body, err := sessionBody(req)
	if err == nil && body != nil {
		l.uas.offer, err = sdp.Parse(body)
	}
	if err != nil {
		l.mediaFailed(err)
		return
	}
	inv := bridge.Invite{
		Protocol: "sip", Transport: l.f.network(), Number: l.uas.number,
		Caller: callerOf(req, l.f, l.uas.offer), Encrypted: l.f.network() == "tls",
		Host: clean(trimBrackets(req.Recipient.Host), maxAlias), Local: l.f.local(), Trunk: l.uas.invite.trunk,
	}
	if who := l.uas.invite.who; who.Registered {
		inv.Registered, inv.Tenant, inv.Caller.Terminal = true, who.Tenant, clean(who.Device, maxName)
		inv.Caller.Name = or(inv.Caller.Name, inv.Caller.Terminal)
	}
	l.log.Info("sip: INVITE received", "transport", inv.Transport, "remote", l.f.remote.String(),
		"number", inv.Dialled(), "device", inv.Caller.Device, "offer", l.uas.offer != nil)
	l.e.running.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, routeTime)
		defer cancel()
		c, err := l.e.board.incoming(ctx, inv, l)
		if !l.box.Post(func() { l.routed(c, err) }) && err == nil {
			c.End(bridge.CauseCancelled, "the caller gave up")
		}
	})
}

// routed is the core's decision.
func (l *leg) routed(c call, err error) {
	if l.state != stateRouting {
		if err == nil {
			c.End(bridge.CauseCancelled, "the caller gave up")
		}
		return
	}
	if err != nil {
		r := bridge.AsRefusal(err)
		l.refuse(r.Cause, r.Reason)
		return
	}
	l.attach(c)
	if l.media, err = l.e.openMedia(c, l.f.remote.Addr(), !l.f.reliable()); err == nil {
		l.uas.body, err = l.describe()
	}
	if err != nil {
		l.mediaFailed(err)
		return
	}
	if hasToken(l.uas.invite.req, "Require", "100rel") {
		l.progress()
		return
	}
	l.accept()
}

// describe makes our body: the answer to the offer, or an offer of ours when
// the INVITE had none.
func (l *leg) describe() ([]byte, error) {
	if l.uas.offer == nil {
		l.uas.late = true
		body, err := l.media.offer()
		if err == nil {
			err = l.media.ready() // before the ACK: media may be faster (INTEROP 2.2)
		}
		return body, err
	}
	return l.media.answer(l.uas.offer)
}

// mediaFailed refuses a call whose media cannot be agreed on.
func (l *leg) mediaFailed(err error) {
	status, cause, headers := mediaRefusal(err, l.e.cfg.UserAgent)
	l.refuseWith(status, cause, err.Error(), headers...)
}

// accept answers the INVITE. A body that went out reliably before is not
// repeated (RFC 6337 3.1.1).
func (l *leg) accept() {
	in := l.uas.invite
	res := l.success(in)
	late := false
	if l.uas.body != nil {
		setSDP(res, l.uas.body)
		late = l.uas.late
	}
	l.state = stateAnswered
	if !l.confirm(in, res, late, true) {
		l.leave()
		l.end(bridge.CauseSignalling, "the answer could not be sent")
		l.state = stateGone
		return
	}
	l.log.Info("sip: answered", "remote", l.f.remote.String(), "late_offer", late, "sip_call", clean(l.dlg.callID, 64))
	if !late {
		l.connect()
	}
}

// connect seats the terminal. The room may take a moment; messages of the
// dialog go on meanwhile.
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
	if old := l.uas.old; old != nil {
		l.uas.old = nil
		old.Hangup(bridge.CauseNormal, "another call took its place")
	}
}

// success begins a 2xx to INVITE or UPDATE: it refreshes target and session
// timer, and says what we can.
func (l *leg) success(in *inbound) *sipgo.Response {
	res := in.response(200)
	res.AppendHeader(l.contact())
	res.AppendHeader(sipgo.NewHeader("Allow", allows))
	res.AppendHeader(sipgo.NewHeader("Supported", supports))
	if se, require, ok := l.timer.agreeUAS(in.req); ok {
		if require {
			res.AppendHeader(sipgo.NewHeader("Require", "timer"))
		}
		res.AppendHeader(sipgo.NewHeader("Session-Expires", se.String()))
	}
	l.armTimer()
	return res
}

// firstCSeq is where our own numbering in a dialog starts.
func firstCSeq() uint32 { return uint32(randomID()&0x7fff) + 1 }

// replacedBy is a Replaces that names this leg, RFC 3891 3.
func (l *leg) replacedBy(in *inbound, r replaces) {
	status := 0
	switch {
	case l.dlg.remoteTag != r.fromTag:
		status = 481
	case l.state == stateLeaving || l.state == stateGone:
		status = 603
	case l.up() && r.earlyOnly:
		status = 486
	case !l.up() && l.state != stateCalling: // early, and not ours to replace
		status = 481
	}
	if status != 0 {
		l.e.stats.refused(status)
		in.reply(status)
		return
	}
	l.e.admit(in, l)
}

// transaction timing of RFC 3261 17, as sipgo runs it.
func timeout() time.Duration { return 64 * sipgo.T1 }
