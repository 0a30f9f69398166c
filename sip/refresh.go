package sip

import (
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// armTimer starts the session timer anew after a refresh.
func (l *leg) armTimer() {
	l.refreshAt.Stop()
	l.refreshAt = nil
	if d := l.timer.wait(); d > 0 {
		l.refreshAt = l.alarms.After(d, l.refreshDue)
	}
}

func (l *leg) refreshDue() {
	switch {
	case !l.up():
	case l.timer.ours:
		l.refresh()
	default:
		l.judge("the far end did not refresh the session")
	}
}

// judge decides by its media what becomes of a call whose signalling fell
// silent: it is asked again as long as media comes.
func (l *leg) judge(reason string) {
	if expired(time.Now(), l.call.MediaSeen(), l.e.cfg.MediaGrace) {
		l.bye(bridge.CauseSignalling, reason+", and no media arrives")
		return
	}
	l.log.Info("sip: kept because media arrives", "reason", reason)
	l.refreshAt.Stop()
	l.refreshAt = l.alarms.After(max(l.e.cfg.MediaGrace, time.Second), l.refreshDue)
}

// refresh says that the call lives: by UPDATE without body, or by re-INVITE
// when the far end knows none.
func (l *leg) refresh() {
	if !l.updates {
		l.reinvite()
		return
	}
	l.send(func() *sipgo.Request { return l.refreshing(sipgo.UPDATE) }, func(res *sipgo.Response, err error) {
		switch {
		case err == nil && res.IsProvisional():
		case err == nil && res.IsSuccess():
			l.dlg.retarget(res)
			l.timer.agreeUAC(res)
			l.armTimer()
		case err == nil && (res.StatusCode == 405 || res.StatusCode == 501):
			l.updates = false
			l.reinvite()
		default:
			l.refreshFailed(res, err)
		}
	})
}

// refreshing begins a re-INVITE or UPDATE.
func (l *leg) refreshing(m sipgo.RequestMethod) *sipgo.Request {
	req := l.dlg.request(m)
	req.AppendHeader(sipgo.NewHeader("Allow", allows))
	req.AppendHeader(sipgo.NewHeader("Supported", supports))
	if se, ok := l.timer.offer(0); ok {
		req.AppendHeader(sipgo.NewHeader("Session-Expires", se.String()))
		req.AppendHeader(sipgo.NewHeader("Min-SE", seconds(max(minSE, l.timer.minimum))))
	}
	return req
}

// refreshFailed is a re-INVITE or UPDATE of ours that the far end did not
// accept. res is nil when nobody answered.
func (l *leg) refreshFailed(res *sipgo.Response, err error) {
	switch {
	case !l.up():
	case res == nil:
		l.log.Info("sip: our request was not answered", "error", err)
		l.judge("the far end does not answer")
	case res.StatusCode == 481: // RFC 3261 12.2.1.2
		l.lost("the far end no longer knows the call")
	case res.StatusCode == 408:
		l.judge("the far end does not answer")
	case res.StatusCode == 422 && l.timer.raise(res):
		l.refresh()
	case res.StatusCode == 491:
		l.retryLater()
	default: // whoever refuses is there, and knows the call
		l.log.Info("sip: our request was refused", "status", res.StatusCode)
		l.armTimer()
	}
}
