package sip

import (
	"hash/maphash"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/sip/registrar"
)

// inbound is a request with its server transaction.
type inbound struct {
	x      *transactions
	req    *sipgo.Request
	f      flow // where the request came by
	key    string
	tx     *sipgo.ServerTx // nil: answered without one
	tag    string          // our To tag, when the request has none
	status atomic.Int32
	merged bool                // the same request is here by another way
	leg    atomic.Pointer[leg] // of the INVITE that made it, for a CANCEL
	who    registrar.Caller    // of an INVITE, when terminals register with us
	trunk  string              // by which an INVITE comes; "" is none
	number string              // what is called, where the Request-URI does not say it
}

// answered is the status of the final answer, 0 before.
func (in *inbound) answered() int { return int(in.status.Load()) }

// reply answers with a status and headers.
func (in *inbound) reply(status int, extra ...sipgo.Header) {
	res := in.response(status)
	for _, h := range extra {
		res.AppendHeader(h)
	}
	_ = in.send(res)
}

// send gives a response to the transaction. A second final answer is dropped,
// but for the repetition of a 2xx to INVITE (RFC 3261 13.3.1.4).
func (in *inbound) send(res *sipgo.Response) error {
	if res.StatusCode >= 200 {
		if !in.status.CompareAndSwap(0, int32(res.StatusCode)) && !(in.req.IsInvite() && res.IsSuccess()) {
			return nil
		}
	}
	if res.ContentLength() == nil {
		res.SetBody(res.Body())
	}
	if in.tx == nil {
		return in.x.t.write(replyFlow(in.f, in.req), res)
	}
	return in.tx.Respond(res)
}

// response builds an answer as RFC 3261 8.2.6.2 has it.
func (in *inbound) response(status int) *sipgo.Response {
	req := in.req
	res := sipgo.NewResponse(status, phrase(status))
	for i, h := range req.GetHeaders("via") {
		if v, ok := h.(*sipgo.ViaHeader); ok && i == 0 {
			res.AppendHeader(receivedVia(v, in.f.remote))
			continue
		}
		res.AppendHeader(sipgo.HeaderClone(h))
	}
	to := sipgo.HeaderClone(req.To()).(*sipgo.ToHeader)
	if !to.Params.Has("tag") && status > 100 {
		to.Params.Add("tag", in.tag)
	}
	res.AppendHeader(sipgo.HeaderClone(req.From()))
	res.AppendHeader(to)
	res.AppendHeader(sipgo.HeaderClone(req.CallID()))
	res.AppendHeader(sipgo.HeaderClone(req.CSeq()))
	if status == 100 {
		sipgo.CopyHeaders("Timestamp", req, res)
	} else if status < 300 && req.Method != sipgo.CANCEL {
		sipgo.CopyHeaders("Record-Route", req, res)
	}
	if ua := in.x.ua; ua != "" {
		res.AppendHeader(sipgo.NewHeader("Server", ua))
	}
	res.SetTransport(req.Transport())
	return res
}

// receivedVia notes where the request really came from (RFC 3261 18.2.1,
// RFC 3581 4).
func receivedVia(v *sipgo.ViaHeader, from netip.AddrPort) *sipgo.ViaHeader {
	v = v.Clone()
	_, rport := v.Params.Get("rport")
	if rport {
		v.Params.Add("rport", strconv.Itoa(int(from.Port())))
	}
	if rport || !sameHost(v.Host, from.Addr()) {
		v.Params.Add("received", from.Addr().String())
	}
	return v
}

func sameHost(host string, addr netip.Addr) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap() == addr.Unmap()
}

// replyFlow says where answers to a request go. On a connection: back on it.
// By UDP: to the source with rport (RFC 3581), and also without it when the
// Via names another host, which then is behind a NAT; to the port of the Via
// when the host is the source itself (RFC 3261 18.2.2: terminals that send
// from one port and listen on 5060).
func replyFlow(f flow, req *sipgo.Request) flow {
	v := req.Via()
	if f.reliable() || v.Params.Has("rport") || !sameHost(v.Host, f.remote.Addr()) {
		return f
	}
	port := v.Port
	if port <= 0 || port > 65535 {
		port = 5060
	}
	return flow{f.socket, netip.AddrPortFrom(f.remote.Addr(), uint16(port))}
}

func newTag() string { return sipgo.GenerateTagN(16) }

// statelessTag is a tag for an answer of which nothing is remembered: the same
// for each copy of the request (RFC 3261 8.2.7).
func statelessTag(key string) string {
	return strconv.FormatUint(maphash.String(tagSeed, key), 36)
}

var tagSeed = maphash.MakeSeed()

// phrase is the reason phrase of a status.
func phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 4:
		return "Bad Request"
	case 5:
		return "Server Internal Error"
	}
	return "Decline"
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	407: "Proxy Authentication Required", 408: "Request Timeout",
	413: "Request Entity Too Large", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	423: "Interval Too Brief", 422: "Session Interval Too Small", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 483: "Too Many Hops", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
	503: "Service Unavailable", 504: "Server Time-out", 603: "Decline",
}
