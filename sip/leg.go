package sip

import (
	"context"
	"log/slog"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
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

// maxMail bounds the requests that wait for a leg. Answers and timers are
// bounded by what the leg itself started.
const maxMail = 64

// leg is our end of one dialog. Everything but the methods of bridge.Leg runs
// on its goroutine, from its mailbox.
type leg struct {
	e      *Endpoint
	box    *front.Mailbox
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
	alarms *front.Alarms

	uas     uasState
	answer  *answering // our 2xx that awaits its ACK
	out     *placing   // outgoing calls
	offered *ourOffer  // our re-INVITE or UPDATE on its way
	acks    map[uint32]*sipgo.Request

	updates   bool // the far end allows UPDATE
	timer     sessionTimer
	refreshAt *front.Alarm
	glare     glare
	retryAt   *front.Alarm
	digits    front.KeyFilter
	keyframes keyframeAsker
	byeAfter  *farewell // hang up as soon as the ACK is here
}

func newLeg(e *Endpoint, dlg *dialog, f flow) *leg {
	l := &leg{
		e: e, box: front.NewMailbox(maxMail), dlg: dlg, id: dialogKey{dlg.callID, dlg.localTag},
		acks: make(map[uint32]*sipgo.Request),
		log:  e.log.With("sip_call", clean(dlg.callID, 64)),
	}
	l.alarms = front.NewAlarms(l.box)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.setFlow(f)
	return l
}

func (l *leg) key() dialogKey { return l.id }

// run is the leg's goroutine.
func (l *leg) run() {
	l.box.Run(nil, func() bool { return l.state == stateGone })
	l.cancel()
	l.alarms.Stop()
	l.end(bridge.CauseInternal, "the leg ended") // nothing is left behind, whatever happened
	l.setFlow(flow{})
	l.e.remove(l)
	if in := l.uas.invite; in != nil {
		in.leg.Store(nil) // the transaction outlives the call by 32 s, what the call knew need not
	}
}

// abandon ends the leg without a word, at the end of shutdown.
func (l *leg) abandon() {
	l.box.Post(func() {
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
	c.onStreamDigit(func(d rune) { l.box.Post(func() { l.pressed(d, true) }) })
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

// Hangup implements bridge.Leg.
func (l *leg) Hangup(c bridge.Cause, reason string) { l.box.Post(func() { l.hangup(c, reason) }) }

// RequestKeyframe implements bridge.Leg.
func (l *leg) RequestKeyframe() { l.box.Post(l.requestKeyframe) }

// LimitBitrate implements bridge.Leg. SIP has no way to say it that does not
// disturb the call: a re-INVITE with a lower b= makes several terminals close
// and open their picture again. RTCP (TMMBR, REMB) does it where it is
// understood; where it is not, the b= of our answer stays the bound.
func (l *leg) LimitBitrate(int) {}
