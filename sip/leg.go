package sip

import (
	"context"
	"log/slog"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// state is where a leg stands.
type state uint8

const (
	stateRouting  state = iota // INVITE came, the core is asked
	stateEarly                 // a reliable provisional response is out
	stateCalling               // our INVITE is out
	stateAnswered              // our 2xx is out, its ACK is awaited
	stateUp                    // confirmed
	stateLeaving               // BYE or CANCEL is out, the call is over
	stateGone
)

// leg is our end of one dialog. Everything but the methods of bridge.Leg runs
// on its goroutine, from its mailbox.
type leg struct {
	e      *Endpoint
	box    *mailbox
	log    *slog.Logger
	dlg    *dialog
	id     dialogKey
	ctx    context.Context // of routing and dialling; done when the leg is
	cancel context.CancelFunc

	state  state
	f      flow // by which the far end was last heard
	rport  bool // the far end asked for symmetric answers (RFC 3581)
	call   call
	media  legMedia
	ended  bool // the core was told
	alarms map[*alarm]struct{}

	uas     uasState
	answer  *answering // our 2xx that awaits its ACK
	out     *placing   // outgoing calls
	offered *ourOffer  // our re-INVITE or UPDATE on its way
	acks    map[uint32]*sipgo.Request

	updates   bool // the far end allows UPDATE
	timer     sessionTimer
	refreshAt *alarm
	glare     glare
	retryAt   *alarm
	digits    digitFilter
	keyframes keyframeAsker
	byeAfter  *farewell // hang up as soon as the ACK is here
}

func newLeg(e *Endpoint, dlg *dialog, f flow) *leg {
	l := &leg{
		e: e, box: newMailbox(), dlg: dlg, id: dialogKey{dlg.callID, dlg.localTag},
		alarms: make(map[*alarm]struct{}), acks: make(map[uint32]*sipgo.Request),
		log: e.log.With("sip_call", clean(dlg.callID, 64)),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.setFlow(f)
	return l
}

func (l *leg) key() dialogKey { return l.id }

// run is the leg's goroutine.
func (l *leg) run() {
	l.box.run(func() bool { return l.state == stateGone })
	l.cancel()
	for a := range l.alarms {
		a.stop()
	}
	l.end(bridge.CauseInternal, "the leg ended") // nothing is left behind, whatever happened
	l.setFlow(flow{})
	l.e.remove(l)
	if in := l.uas.invite; in != nil {
		in.leg.Store(nil) // the transaction outlives the call by 32 s, what the call knew need not
	}
}

// abandon ends the leg without a word, at the end of shutdown.
func (l *leg) abandon() {
	l.box.post(func() {
		l.end(bridge.CauseShutdown, "the gateway is going down")
		l.state = stateGone
	})
}

// setFlow notes by which way the far end is heard, and keeps its connection open.
func (l *leg) setFlow(f flow) {
	if f == l.f {
		return
	}
	if l.f.valid() {
		l.f.hold(-1)
	}
	if f.valid() {
		f.hold(1)
	}
	l.f = f
}

// attach joins the core's call.
func (l *leg) attach(c call) {
	l.call = c
	l.log = c.Log()
	c.onStreamDigit(func(d rune) { l.box.post(func() { l.pressed(d, true) }) })
}

// end tells the core that the call is over. Only the first time counts.
func (l *leg) end(cause bridge.Cause, reason string) {
	if l.ended {
		return
	}
	l.ended = true
	l.e.stats.ended(cause.String())
	if l.call != nil {
		l.call.End(cause, reason)
	}
	if l.out != nil {
		l.out.finish(&bridge.Refusal{Cause: cause, Reason: reason})
	}
}

// up tells whether requests can be sent in the dialog.
func (l *leg) up() bool { return l.state == stateUp || l.state == stateAnswered }

// alarm runs a function on the leg's goroutine after a while.
type alarm struct {
	l       *leg
	timer   *time.Timer
	stopped bool
}

func (l *leg) after(d time.Duration, f func()) *alarm {
	a := &alarm{l: l}
	l.alarms[a] = struct{}{}
	a.timer = time.AfterFunc(d, func() {
		l.box.post(func() {
			if !a.stopped {
				a.stop()
				f()
			}
		})
	})
	return a
}

// stop is safe on nil and more than once.
func (a *alarm) stop() {
	if a == nil || a.stopped {
		return
	}
	a.stopped = true
	a.timer.Stop()
	delete(a.l.alarms, a)
}

// Hangup implements bridge.Leg.
func (l *leg) Hangup(c bridge.Cause, reason string) { l.box.post(func() { l.hangup(c, reason) }) }

// RequestKeyframe implements bridge.Leg.
func (l *leg) RequestKeyframe() { l.box.post(l.requestKeyframe) }

// LimitBitrate implements bridge.Leg. SIP has no way to say it that does not
// disturb the call: a re-INVITE with a lower b= makes several terminals close
// and open their picture again. RTCP (TMMBR, REMB) does it where it is
// understood; where it is not, the b= of our answer stays the bound.
func (l *leg) LimitBitrate(int) {}
