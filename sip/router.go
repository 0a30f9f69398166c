package sip

import (
	"strconv"
	"strings"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// What we understand, for Allow, Supported and Accept.
const (
	allows   = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE"
	supports = "100rel, replaces, timer"
	accepts  = typeSDP + ", " + typeDTMFRelay + ", " + typeDTMF + ", " + typeNortel + ", " + typeControl
)

// onRequest takes every new request but ACK and CANCEL, on the reading
// goroutine of its socket: requests of one connection reach their leg in order.
func (e *Endpoint) onRequest(in *inbound) {
	if tag := in.req.To().Params.GetOr("tag", ""); tag != "" {
		e.inDialog(in, tag)
		return
	}
	if !e.rates.Allow(in.f.remote.Addr(), time.Now()) {
		e.stats.limited()
		in.reply(503, sipgo.NewHeader("Retry-After", strconv.Itoa(retryAfter)))
		return
	}
	if in.merged { // RFC 3261 8.2.2.2: the same request came by another way
		in.reply(482)
		return
	}
	if bad := unsupported(in.req); bad != "" {
		in.reply(420, sipgo.NewHeader("Unsupported", bad))
		return
	}
	switch in.req.Method {
	case sipgo.INVITE:
		e.onInvite(in)
	case sipgo.OPTIONS:
		e.options(in)
	case sipgo.REGISTER:
		e.register(in)
	default:
		refuseMethod(in)
	}
}

// inDialog gives a request to its leg.
func (e *Endpoint) inDialog(in *inbound, tag string) {
	l := e.find(string(*in.req.CallID()), tag)
	if l == nil {
		in.reply(481)
		return
	}
	if !l.box.Offer(func() { l.onRequest(in) }) {
		in.reply(481)
	}
}

// onInvite checks an invitation (RFC 3261 8.2) and makes a leg of it.
func (e *Endpoint) onInvite(in *inbound) {
	if status, headers := e.objection(in.req); status != 0 {
		e.stats.refused(status)
		in.reply(status, headers...)
		return
	}
	var contact bool
	if in.trunk, contact = e.trunk(in); contact {
		in.number = numberBy(in.req)
	}
	if in.trunk == "" && e.reg != nil && !e.reg.passes(in) {
		return
	}
	r, present, ok := parseReplaces(in.req)
	switch {
	case present && !ok:
		e.stats.refused(400)
		in.reply(400)
	case present:
		e.replace(in, r)
	default:
		e.admit(in, nil)
	}
}

// objection is the status with which an invitation is refused before anybody
// is asked; 0 is none.
func (e *Endpoint) objection(req *sipgo.Request) (int, []sipgo.Header) {
	switch s := req.Recipient.Scheme; {
	case s != "sip" && s != "sips" && s != "tel":
		return 416, nil
	case hopsUsed(req):
		return 483, nil
	case e.isClosing():
		o := outcomeOf(bridge.CauseShutdown)
		return o.status, o.explain(e.cfg.UserAgent, "the gateway is going down")
	case tooSmall(req):
		return 422, []sipgo.Header{sipgo.NewHeader("Min-SE", strconv.Itoa(int(minSE/time.Second)))}
	}
	if _, err := sessionBody(req); err != nil {
		status, _, headers := mediaRefusal(err, e.cfg.UserAgent)
		return status, headers
	}
	return 0, nil
}

// hopsUsed tells whether the request has no hop left, or as many behind it as
// only a loop has.
func hopsUsed(req *sipgo.Request) bool {
	if len(req.GetHeaders("via")) > 70 {
		return true
	}
	v, ok := header(req, "Max-Forwards")
	n, good := number(v, 1<<31)
	return ok && good && n == 0
}

// admit makes a leg for an invitation that takes the place of old, if any.
func (e *Endpoint) admit(in *inbound, old *leg) {
	l := newUASLeg(e, in, old)
	in.leg.Store(l)
	if err := e.add(l); err != nil {
		r := bridge.AsRefusal(err)
		o := outcomeOf(r.Cause)
		e.stats.refused(o.status)
		in.reply(o.status, o.explain(e.cfg.UserAgent, r.Reason)...)
		return
	}
	in.reply(100)
	l.box.Post(l.invited)
}

// replace finds the dialog that an invitation wants to take over, RFC 3891 3.
func (e *Endpoint) replace(in *inbound, r replaces) {
	old := e.find(r.callID, r.toTag)
	if old == nil || !old.box.Offer(func() { old.replacedBy(in, r) }) {
		e.stats.refused(481)
		in.reply(481)
	}
}

// onCancel hears of a CANCEL that matched an INVITE; it is answered already.
func (e *Endpoint) onCancel(invite, _ *inbound) {
	if l := invite.leg.Load(); l != nil {
		l.box.Post(func() { l.cancelled(invite) })
	}
}

func (e *Endpoint) onAck(req *sipgo.Request, f flow) {
	tag := req.To().Params.GetOr("tag", "")
	if l := e.find(string(*req.CallID()), tag); l != nil {
		l.box.Post(func() { l.onAck(req, f) })
	}
}

func (e *Endpoint) options(in *inbound) {
	if e.isClosing() {
		in.reply(503, sipgo.NewHeader("Retry-After", strconv.Itoa(retryAfter)))
		return
	}
	h := optionsHeaders()
	if e.reg != nil {
		h[0] = sipgo.NewHeader("Allow", allows+", REGISTER")
	}
	in.reply(200, h...)
}

func optionsHeaders() []sipgo.Header {
	return []sipgo.Header{
		sipgo.NewHeader("Allow", allows), sipgo.NewHeader("Accept", accepts),
		sipgo.NewHeader("Accept-Encoding", "identity"), sipgo.NewHeader("Supported", supports),
	}
}

// refuseMethod refuses what the gateway does not do, each with the status
// that makes the sender stop asking.
func refuseMethod(in *inbound) {
	switch in.req.Method {
	case sipgo.BYE, sipgo.INFO, sipgo.UPDATE, sipgo.PRACK, sipgo.NOTIFY:
		in.reply(481) // without a dialog, or without a subscription of ours
	case sipgo.SUBSCRIBE:
		in.reply(489, sipgo.NewHeader("Allow-Events", "none")) // RFC 6665 4.2.1.1: no event is served
	case sipgo.REFER:
		in.reply(603, warning(399, in.x.ua, "calls cannot be transferred by the terminal"))
	default:
		in.reply(405, sipgo.NewHeader("Allow", allows))
	}
}

// unsupported lists the required extensions that we lack (RFC 3261 8.2.2.3).
func unsupported(req *sipgo.Request) string {
	var bad []string
	for _, t := range list(req, "Require") {
		switch strings.ToLower(t) {
		case "100rel", "replaces", "timer":
		default:
			bad = append(bad, clean(t, 64))
		}
	}
	return strings.Join(bad, ", ")
}
