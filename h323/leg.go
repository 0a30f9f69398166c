package h323

import (
	"context"
	"log/slog"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/control"
	"github.com/roombridge/roombridge/h323/h225"
)

// state is where a leg stands.
type state uint8

const (
	stateRouting    state = iota // Setup came, the core is asked
	stateCalling                 // our Setup is out
	stateProceeding              // it was answered by CallProceeding
	stateRinging                 // by Alerting
	stateUp                      // Connect went one way or the other
	stateGone
)

// q931 is a leg's state in the numbers of Q.931 2.1.
func (l *leg) q931() byte {
	switch {
	case l.state == stateUp:
		return 10 // active
	case l.state == stateGone:
		return 0 // null
	case l.state == stateRouting:
		return 9 // incoming call proceeding
	case l.state == stateProceeding:
		return 3 // outgoing call proceeding
	case l.state == stateRinging:
		return 4 // call delivered
	}
	return 1 // call initiated
}

// leg is our end of one call. Everything but the methods of bridge.Leg runs on its
// goroutine, from its mailbox.
type leg struct {
	e      *Endpoint
	box    *mailbox
	log    *slog.Logger
	ctx    context.Context // of routing and dialling; done when the leg is
	cancel context.CancelFunc

	state  state
	id     identity
	sig    *conn
	call   call
	in     *message // the Setup that made it; nil in calls of ours
	out    *placing // nil in theirs
	ended  bool     // the core was told
	alarms *front.Alarms

	ctl       session
	h245      h245Transport
	expiry    *front.Alarm
	expiresAt time.Time
	failure   *farewell // what ends the call as soon as the message in hand is done
	admitted  *Admission
	digits    front.KeyFilter
}

// identity is how a call is named in its messages.
type identity struct {
	reference  uint16
	answer     bool // we are the called side: our messages carry the flag of Q.931 4.3
	call       h225.GloballyUniqueID
	conference h225.ConferenceIdentifier
}

// farewell says why a call ends.
type farewell struct {
	cause  bridge.Cause
	reason string
}

func newLeg(e *Endpoint, s *conn, id identity) *leg {
	l := &leg{
		e: e, box: newMailbox(), sig: s, id: id,
		log: e.log.With("h323_call", id.call.String()),
	}
	l.alarms = front.NewAlarms(l.box.Mailbox)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// run is the leg's goroutine.
func (l *leg) run() {
	l.box.run(l.settle, func() bool { return l.state == stateGone })
	l.cancel()
	l.end(bridge.CauseInternal, "the leg ended") // nothing is left behind, whatever happened
	l.leave()
	l.e.remove(l)
}

// abandon ends the leg without a word, at the end of shutdown.
func (l *leg) abandon() {
	l.box.Post(func() {
		l.end(bridge.CauseShutdown, "the gateway is going down")
		l.state = stateGone
	})
}

// settle follows each piece of work: what H.245 has to say goes out, its timer is
// set, and what failed meanwhile ends the call.
func (l *leg) settle() {
	if f := l.failure; f != nil && l.state != stateGone {
		l.failure = nil
		l.hangup(f.cause, f.reason)
	}
	if l.state == stateGone || l.ctl == nil {
		return
	}
	l.pump()
	l.setExpiry()
}

// setExpiry has the H.245 engine's timer run out on time.
func (l *leg) setExpiry() {
	at := l.ctl.Deadline()
	if at.Equal(l.expiresAt) {
		return
	}
	l.expiry.Stop()
	l.expiry, l.expiresAt = nil, at
	if !at.IsZero() {
		l.expiry = l.alarms.After(time.Until(at), func() {
			l.expiresAt = time.Time{}
			l.ctl.Expire(time.Now())
		})
	}
}

// fail ends the call when the message in hand is done.
func (l *leg) fail(cause bridge.Cause, reason string) {
	if l.failure == nil {
		l.failure = &farewell{cause, reason}
	}
}

// attach joins the core's call.
func (l *leg) attach(c call) {
	l.call = c
	l.log = c.Log()
}

// openMedia takes the call's ports and begins its H.245 engine.
func (l *leg) openMedia(device func() string) error {
	list, err := l.call.ports()
	if err != nil {
		return bridge.AsRefusal(err)
	}
	l.call.onStreamDigit(func(d rune) { l.box.Offer(func() { l.pressed(d, true) }) })
	l.ctl = l.e.control(control.Config{
		Caps: l.call.Capabilities(), Local: list, AddressFor: l.call.LocalAddr, Remote: l.sig.remote.Addr(),
		Caller: l.out != nil, Device: device, MediaTimeout: l.e.cfg.MediaTimeout, Log: l.log,
	}, user{l})
	return nil
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
	if l.admitted != nil {
		l.e.cfg.Gatekeeper.Released(*l.admitted, cause)
	}
}

// pressed passes a key on, once for each press.
func (l *leg) pressed(d rune, stream bool) {
	if l.call != nil && l.digits.Admit(d, stream, time.Now()) {
		l.call.Digit(d)
	}
}

// Hangup implements bridge.Leg.
func (l *leg) Hangup(c bridge.Cause, reason string) { l.box.Post(func() { l.hangup(c, reason) }) }

// RequestKeyframe implements bridge.Leg, by videoFastUpdatePicture.
func (l *leg) RequestKeyframe() {
	l.box.Offer(func() {
		if l.ctl != nil && l.state == stateUp {
			l.ctl.RequestKeyframe(time.Now())
		}
	})
}

// LimitBitrate implements bridge.Leg, by flowControlCommand.
func (l *leg) LimitBitrate(bps int) {
	l.box.Offer(func() {
		if l.ctl != nil && l.state == stateUp {
			l.ctl.LimitBitrate(time.Now(), bps)
		}
	})
}

// releaseGrace is how long ReleaseComplete, which says why, may come after the end of
// H.245 that announced it (H.323 8.5).
const releaseGrace = 500 * time.Millisecond

// user hears the H.245 engine of a leg, on the leg's goroutine.
type user struct{ l *leg }

var _ control.User = user{}

func (u user) MediaChanged(s media.Session) {
	if err := u.l.call.Apply(s); err != nil {
		r := bridge.AsRefusal(err)
		u.l.fail(r.Cause, r.Reason)
	}
}

func (u user) Established() {
	u.l.h245.established = true
	u.l.h245.patience.Stop()
	u.l.log.Debug("h323: H.245 is established", "status", u.l.ctl.Status())
}

func (u user) EndSession(reason string) {
	u.l.log.Debug("h323: the terminal ended H.245", "reason", reason)
	u.l.alarms.After(releaseGrace, func() { u.l.hangup(bridge.CauseNormal, "the terminal hung up") })
}

func (u user) Digit(d rune)                          { u.l.pressed(d, false) }
func (u user) KeyframeWanted()                       { u.l.call.KeyframeWanted() }
func (u user) BitrateLimit(media.Kind, int)          {} // MediaChanged has it
func (u user) Failed(cause bridge.Cause, why string) { u.l.fail(cause, why) }
