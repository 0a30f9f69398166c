package sip

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// reachTime bounds finding and dialling a far end.
const reachTime = 5 * time.Second

// outgoing is a request of ours in the dialog, with its second try when the
// far end wants credentials.
type outgoing struct {
	l          *leg
	build      func() *sipgo.Request
	on         func(*sipgo.Response, error)
	challenged bool
	req        *sipgo.Request
	tx         *clientTx
}

// send sends a request and reports its responses on the leg's goroutine, and
// once an error when none is final. build gives it a fresh CSeq for each try.
func (l *leg) send(build func() *sipgo.Request, on func(*sipgo.Response, error)) *outgoing {
	o := &outgoing{l: l, build: build, on: on}
	o.start(nil)
	return o
}

func (o *outgoing) start(credentials sipgo.Header) {
	l := o.l
	o.req = o.build()
	if credentials != nil {
		o.req.AppendHeader(credentials)
	}
	l.way(func(f flow, err error) {
		if err == nil {
			l.dress(o.req, f)
			o.tx, err = l.e.x.start(o.req, f, func(res *sipgo.Response, err error) {
				l.box.Post(func() { o.got(res, err) })
			})
		}
		if err != nil {
			l.box.Post(func() { o.got(nil, err) })
		}
	})
}

func (o *outgoing) got(res *sipgo.Response, err error) {
	if err == nil && (res.StatusCode == 401 || res.StatusCode == 407) && !o.challenged {
		o.challenged = true
		if h, ok := o.l.credentials(o.req, res); ok {
			o.start(h)
			return
		}
	}
	o.on(res, err)
}

// way finds the flow to the far end: the one it speaks by, and when that is
// gone, a new connection to its route or Contact.
func (l *leg) way(f func(flow, error)) {
	if d := l.destination(); d.alive() {
		f(d, nil)
		return
	}
	hop := l.dlg.nextHop()
	l.e.running.Go(func() {
		ctx, cancel := context.WithTimeout(l.ctx, reachTime)
		defer cancel()
		d, err := l.e.reach(ctx, hop)
		l.box.Post(func() {
			if err == nil {
				l.setFlow(d)
			}
			f(d, err)
		})
	})
}

// destination is where in-dialog requests go while the flow lives. On a
// connection: back on it, whatever Contact says. By UDP: to the route or
// Contact, unless that cannot be reached from here: it is a name or a private
// address behind a NAT, or the far end asked for symmetric answers.
func (l *leg) destination() flow {
	if !l.f.valid() || l.f.reliable() {
		return l.f
	}
	hop := l.dlg.nextHop()
	addr, err := netip.ParseAddr(trimBrackets(hop.Host))
	source := l.f.remote.Addr()
	switch {
	case err != nil, addr.Unmap().Is4() != source.Is4(), addr.IsUnspecified(), addr.IsMulticast():
		return l.f
	case !public(addr) && public(source), addr.IsLoopback() != source.IsLoopback():
		return l.f
	case l.rport && len(l.dlg.routes) == 0:
		return l.f
	}
	return flow{l.f.socket, netip.AddrPortFrom(addr.Unmap(), portOf(hop, 5060))}
}

func public(a netip.Addr) bool {
	return !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !a.IsUnspecified()
}

func portOf(u sipgo.Uri, standard uint16) uint16 {
	if u.Port > 0 && u.Port <= 65535 {
		return uint16(u.Port)
	}
	return standard
}

// dress completes a request for the flow that it goes out by.
func (l *leg) dress(req *sipgo.Request, f flow) {
	switch req.Method {
	case sipgo.INVITE, sipgo.UPDATE:
		req.AppendHeader(l.contactOn(f))
	}
	l.e.stamp(req, f)
}

// stamp gives a request what all of ours have.
func (e *Endpoint) stamp(req *sipgo.Request, f flow) {
	host, port := e.sentBy(f)
	via := &sipgo.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: sipgo.NetworkToUpper(f.network()),
		Host: host, Port: int(port),
	}
	via.Params.Add("branch", sipgo.GenerateBranch())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	req.AppendHeader(sipgo.NewHeader("User-Agent", e.cfg.UserAgent))
	if req.ContentLength() == nil {
		req.SetBody(req.Body())
	}
	req.SetTransport(via.Transport)
}

// contact is where the far end reaches us: per transport and per far end.
func (l *leg) contact() sipgo.Header { return l.contactOn(l.f) }

func (l *leg) contactOn(f flow) sipgo.Header {
	host, port := l.e.sentBy(f)
	uri := sipgo.Uri{Scheme: "sip", User: l.dlg.local.uri.User, Host: host, Port: int(port)}
	switch {
	case f.network() == "tls" && l.dlg.secure():
		uri.Scheme = "sips" // RFC 3261 12.1.1
	case f.network() != "udp":
		uri.UriParams.Add("transport", f.network())
	}
	return &sipgo.ContactHeader{Address: uri}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
