package h323

import (
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// hangup ends the call from our side, whatever its state (H.323 8.5): H.245's end of
// session, then ReleaseComplete. Nobody answers it, so the leg is gone at once; its
// connections stay for a moment, for the far end to read them.
func (l *leg) hangup(cause bridge.Cause, reason string) {
	if l.state == stateGone {
		return
	}
	if l.in != nil && l.state == stateRouting {
		l.e.stats.refused(cause.String())
		l.log.Info("h323: refused", "cause", cause.String(), "reason", reason)
	} else {
		l.log.Info("h323: hanging up", "cause", cause.String(), "reason", reason)
	}
	if l.ctl != nil && l.h245.started {
		l.ctl.End(time.Now())
		l.collect()
	}
	_ = l.sendRelease(outcomeOf(cause), reason)
	l.end(cause, reason)
	l.state = stateGone
}

// leave gives everything back that the call held.
func (l *leg) leave() {
	l.alarms.Stop()
	l.h245.leave()
	l.sig.finish()
}
