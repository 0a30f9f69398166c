package sip

import (
	"errors"
	"strconv"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/sip/sdp"
)

// errNoAnswer is a message that had to hold the answer to our offer.
var errNoAnswer = &sdp.SyntaxError{Text: "the answer is missing"}

// onRequest is a request of the far end in the dialog.
func (l *leg) onRequest(in *inbound) {
	switch {
	case !l.dlg.matches(in.req) || l.state == stateGone:
		in.reply(481)
		return
	case l.dlg.accept(in.req) != nil:
		in.reply(500, sipgo.NewHeader("Retry-After", "0")) // RFC 3261 12.2.2
		return
	}
	if bad := unsupported(in.req); bad != "" {
		in.reply(420, sipgo.NewHeader("Unsupported", bad))
		return
	}
	l.hear(in.f)
	if l.state == stateLeaving && in.req.Method != sipgo.BYE {
		in.reply(481)
		return
	}
	switch in.req.Method {
	case sipgo.INVITE:
		l.onReinvite(in)
	case sipgo.UPDATE:
		l.onUpdate(in)
	case sipgo.BYE:
		l.onBye(in)
	case sipgo.INFO:
		l.onInfo(in)
	case sipgo.PRACK:
		l.onPrack(in)
	case sipgo.OPTIONS:
		in.reply(200, optionsHeaders()...)
	default:
		refuseMethod(in)
	}
}

// hear notes by which way the far end speaks now: one that lost its
// connection comes back on another.
func (l *leg) hear(f flow) {
	if l.f.reliable() || f.reliable() || f.socket != l.f.socket {
		l.setFlow(f)
		return
	}
	l.f.remote = f.remote
}

// onReinvite is a new offer of the far end, or a request for ours.
func (l *leg) onReinvite(in *inbound) {
	switch {
	case !l.up() && l.state != stateCalling: // RFC 3261 14.2: the first INVITE is not finished
		in.reply(500, sipgo.NewHeader("Retry-After", strconv.Itoa(1+int(randomID()%9))))
		return
	case l.state == stateCalling, l.answer != nil && l.answer.late:
		in.reply(491) // an offer of ours is on its way
		return
	case tooSmall(in.req):
		in.reply(422, sipgo.NewHeader("Min-SE", strconv.Itoa(int(minSE/time.Second))))
		return
	}
	if l.answer != nil {
		// Poly asks again 61 ms after our answer (INTEROP 2.3). Whoever does
		// has our answer: the ACK is late or lost.
		l.acknowledged()
		if !l.up() {
			in.reply(481)
			return
		}
	}
	in.reply(100)
	body, late, err := l.renegotiate(in.req)
	if err != nil {
		status, _, headers := mediaRefusal(err, l.e.cfg.UserAgent)
		l.log.Info("sip: re-INVITE refused", "status", status, "reason", err.Error())
		in.reply(status, headers...)
		return
	}
	l.refreshed(in.req)
	res := l.success(in)
	setSDP(res, body)
	l.log.Info("sip: re-INVITE answered", "late_offer", late)
	l.confirm(in, res, late, false)
}

// renegotiate answers the offer of a request, or makes ours when it has none.
// An offer of ours on its way yields to the far end's and is made again later.
func (l *leg) renegotiate(req *sipgo.Request) (body []byte, late bool, err error) {
	offer, err := offerOf(req)
	if err != nil {
		return nil, false, err
	}
	l.yield()
	if offer == nil { // perhaps for somebody else than the far end so far
		l.media.neg.Restart()
		body, err = l.media.offer()
		return body, true, err
	}
	body, err = l.media.answer(offer)
	return body, false, err
}

func offerOf(req *sipgo.Request) (*sdp.Description, error) {
	body, err := sessionBody(req)
	if err != nil || body == nil {
		return nil, err
	}
	return sdp.Parse(body)
}

// refreshed takes what every target refresh brings.
func (l *leg) refreshed(req *sipgo.Request) {
	l.dlg.retarget(req)
	l.learn(req)
	l.glare.done()
}

// onUpdate is RFC 3311. Without a body it refreshes the session and is
// answered at once: unanswered, trunks kill the call (INTEROP 2.5).
func (l *leg) onUpdate(in *inbound) {
	if tooSmall(in.req) {
		in.reply(422, sipgo.NewHeader("Min-SE", strconv.Itoa(int(minSE/time.Second))))
		return
	}
	offer, err := offerOf(in.req)
	var body []byte
	if err == nil && offer != nil {
		body, err = l.updateOffer(offer)
	}
	if errors.Is(err, errBusy) { // RFC 3311 5.2
		in.reply(500, sipgo.NewHeader("Retry-After", strconv.Itoa(1+int(randomID()%9))))
		return
	}
	if err != nil {
		status, _, headers := mediaRefusal(err, l.e.cfg.UserAgent)
		in.reply(status, headers...)
		return
	}
	l.refreshed(in.req)
	res := l.success(in)
	if body != nil {
		setSDP(res, body)
	}
	_ = in.send(res)
}

// errBusy is an offer that came while another of the far end is open.
var errBusy = errors.New("sip: an offer of the far end is not answered yet")

func (l *leg) updateOffer(offer *sdp.Description) ([]byte, error) {
	switch {
	case l.state == stateRouting:
		return nil, errBusy
	case l.state == stateEarly && l.uas.late, l.state == stateCalling && l.media.neg.Pending(), l.answer != nil && l.answer.late:
		return nil, sdp.ErrOfferPending
	}
	l.yield()
	return l.media.answer(offer)
}
