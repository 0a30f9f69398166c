package sip

import (
	"context"
	"net/netip"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// Place calls a terminal: bridge.FrontEnd.
func (e *Endpoint) Place(ctx context.Context, c *bridge.Call, t bridge.Target) error {
	return e.place(ctx, coreCall{c}, t)
}

func (e *Endpoint) place(ctx context.Context, c call, t bridge.Target) error {
	to, err := e.aim(ctx, t)
	if err != nil {
		return err
	}
	l, err := e.prepare(ctx, c, t, to)
	if err != nil {
		return err
	}
	result := l.out.result
	if err := e.add(l); err != nil {
		l.setFlow(flow{})
		return err
	}
	c.Attach(l)
	l.box.Post(l.place)
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		r := &bridge.Refusal{Cause: bridge.CauseCancelled, Reason: "the call was given up"}
		l.Hangup(r.Cause, r.Reason)
		return r
	}
}

// aim is whom a call goes to, and by which way when that is known.
type aim struct {
	uri sipgo.Uri
	f   flow // of a terminal that is registered with us, or by which we are registered at a trunk; invalid of others
}

// aim finds a terminal that is registered, or else reads the address.
func (e *Endpoint) aim(ctx context.Context, t bridge.Target) (aim, error) {
	if name, ok := e.reg.named(t); ok {
		return e.reg.aim(ctx, t, name)
	}
	uri, err := targetURI(t.URI)
	if err != nil || t.Trunk == "" {
		return aim{uri: uri}, err
	}
	return aim{uri, e.trunkWay(t.Trunk, uri)}, nil
}

// prepare resolves the target, makes the offer, and finds the way.
func (e *Endpoint) prepare(ctx context.Context, c call, t bridge.Target, to aim) (*leg, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	unreachable := func(err error) error {
		return &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: "the terminal cannot be reached: " + err.Error()}
	}
	uri, f, err := to.uri, to.f, error(nil)
	proto, explicit := protocolOf(uri)
	var addrs []netip.AddrPort
	if f.valid() {
		proto, explicit, addrs = f.network(), true, []netip.AddrPort{f.remote}
	} else if addrs, err = e.resolve(ctx, uri, proto); err != nil {
		return nil, unreachable(err)
	}
	m, err := e.openMedia(c, addrs[0].Addr(), proto == "udp")
	if err != nil {
		return nil, bridge.AsRefusal(err)
	}
	offer, err := m.offer()
	if err != nil {
		return nil, bridge.AsRefusal(err)
	}
	if proto == "udp" && !explicit && len(offer)+inviteHead > maxDatagram {
		// RFC 3261 18.1.1: a request this long goes by TCP, and by UDP after all when nobody listens there.
		quick, cancel := context.WithTimeout(ctx, reachTime/3)
		f, _ = e.reachAny(quick, "tcp", addrs, uri.Host)
		cancel()
	}
	if !f.valid() {
		if f, err = e.reachAny(ctx, proto, addrs, trimBrackets(uri.Host)); err != nil {
			return nil, unreachable(err)
		}
	}
	l := newLeg(e, e.outgoingDialog(t, uri, f), f)
	l.state, l.rport = stateCalling, to.f.valid() && t.Trunk == "" // whoever registered is spoken to by that way
	l.out = &placing{target: t, offer: offer, forks: make(map[string]*fork), result: make(chan error, 1)}
	l.media = m
	l.attach(c)
	return l, nil
}

// Sizes of RFC 3261 18.1.1, bytes.
const (
	maxDatagram = 1300
	inviteHead  = 700 // about what an INVITE has before its body
)

func (e *Endpoint) outgoingDialog(t bridge.Target, uri sipgo.Uri, f flow) *dialog {
	host, _ := e.sentBy(f)
	from := sipgo.Uri{Scheme: "sip", User: escapeUser(t.From), Host: or(t.Domain, host)}
	to := uri
	to.UriParams, to.Headers = nil, nil
	callID := sipgo.GenerateTagN(24) + "@" + host
	return newUACDialog(callID, newTag(), party{quotable(t.Name), from}, party{"", to}, uri, firstCSeq())
}

// targetURI reads what is to be called.
func targetURI(s string) (sipgo.Uri, error) {
	s = strings.TrimSpace(s)
	uri, ok := addressURI("<" + s + ">")
	if !ok || strings.ContainsAny(s, "\r\n<>\" ") {
		return uri, errTarget
	}
	uri.Password, uri.Headers = "", nil
	return uri, nil
}

var errTarget = &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "this is no SIP address that can be called"}

// placing is a call of ours until it is answered.
type placing struct {
	target      bridge.Target
	offer       []byte
	request     *outgoing
	provisional bool
	giveUp      bool // CANCEL as soon as it may be sent
	cancelled   bool
	final       bool
	forks       map[string]*fork // early dialogs, by To tag
	early       []byte           // the answer that a provisional response held
	result      chan error
}

// fork is one of the dialogs that an INVITE of ours may make (RFC 3261 13.2.2.4).
type fork struct {
	dlg *dialog
	rel reliableUAC
}

// maxForks bounds the early dialogs of one INVITE.
const maxForks = 8

// finish tells Place how the call went. Only the first time counts.
func (o *placing) finish(err error) {
	select {
	case o.result <- err:
	default:
	}
}

// stop gives the INVITE up without another word.
func (o *placing) stop() {
	if o.request != nil && o.request.tx != nil {
		o.request.tx.stop()
	}
}

// place sends the INVITE.
func (l *leg) place() {
	if l.state != stateCalling {
		return
	}
	l.log.Info("sip: INVITE sent", "transport", l.f.network(), "remote", l.f.remote.String())
	l.out.request = l.send(l.invitation, l.inviteAnswered)
	l.alarms.After(l.e.cfg.RingTimeout, func() {
		if l.state == stateCalling {
			l.hangup(bridge.CauseNoAnswer, "nobody answered in time")
		}
	})
}

func (l *leg) invitation() *sipgo.Request {
	req := l.dlg.request(sipgo.INVITE)
	req.AppendHeader(sipgo.NewHeader("Allow", allows))
	req.AppendHeader(sipgo.NewHeader("Supported", supports))
	if se, ok := l.timer.offer(l.e.cfg.SessionExpires); ok {
		req.AppendHeader(sipgo.NewHeader("Session-Expires", se.String()))
		req.AppendHeader(sipgo.NewHeader("Min-SE", seconds(max(minSE, l.timer.minimum))))
	}
	setSDP(req, l.out.offer)
	return req
}

// giveUp ends a call that was not answered: CANCEL once a provisional
// response came (RFC 3261 9.1), BYE if the answer comes all the same.
func (l *leg) giveUp(cause bridge.Cause, reason string) {
	if l.out.giveUp {
		return
	}
	l.log.Info("sip: giving up", "cause", cause.String(), "reason", reason)
	l.state = stateLeaving
	l.out.giveUp = true
	l.alarms.After(timeout(), func() { // RFC 3261 9.1: no final answer comes any more
		l.out.stop()
		l.state = stateGone
	})
	l.sendCancel()
}

func (l *leg) sendCancel() {
	o := l.out
	if !o.giveUp || !o.provisional || o.cancelled || o.final {
		return
	}
	o.cancelled = true
	invite := o.request.req
	req := sipgo.NewRequest(sipgo.CANCEL, *invite.Recipient.Clone())
	for _, name := range []string{"Via", "Route", "Max-Forwards", "From", "To", "Call-ID"} {
		sipgo.CopyHeaders(name, invite, req)
	}
	req.AppendHeader(&sipgo.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sipgo.CANCEL})
	req.AppendHeader(sipgo.NewHeader("User-Agent", l.e.cfg.UserAgent))
	req.SetBody(nil)
	req.SetTransport(invite.Transport())
	_, _ = l.e.x.start(req, o.request.tx.conn.f, func(*sipgo.Response, error) {})
}

var _ bridge.FrontEnd = (*Endpoint)(nil)
