package sip

import (
	"errors"

	sipgo "github.com/emiago/sipgo/sip"
)

// dialog holds the state of RFC 3261 12: identifiers, sequence numbers,
// remote target and route set. It does no input or output.
type dialog struct {
	callID    string
	localTag  string
	remoteTag string

	local  party // us, as From and To say
	remote party

	target sipgo.Uri   // remote target, from Contact
	routes []sipgo.Uri // route set, first hop first

	localSeq  uint32 // of our last request
	remoteSeq uint32 // of the far end's last request
	heard     bool   // remoteSeq is set
	uac       bool   // we sent the INVITE, so we own the Call-ID
	sips      bool   // the INVITE asked for security on every hop
}

// party is a name and address in From or To.
type party struct {
	name string
	uri  sipgo.Uri
}

// errOldCSeq is a request that was overtaken by a later one (RFC 3261 12.2.2).
var errOldCSeq = errors.New("sip: CSeq is lower than that of an earlier request")

// newUASDialog is RFC 3261 12.1.1.
func newUASDialog(req *sipgo.Request, tag string, seq uint32) *dialog {
	from, to := req.From(), req.To()
	d := &dialog{
		callID: string(*req.CallID()), localTag: tag, remoteTag: from.Params.GetOr("tag", ""),
		local:    party{to.DisplayName, to.Address},
		remote:   party{from.DisplayName, from.Address},
		routes:   recordRoutes(req, false),
		localSeq: seq, remoteSeq: req.CSeq().SeqNo, heard: true,
		sips: req.Recipient.Scheme == "sips",
	}
	d.target = from.Address
	d.retarget(req)
	return d
}

// newUACDialog is a dialog of a request that we are about to send. The remote
// half comes with the first response that has a To tag.
func newUACDialog(callID, tag string, local, remote party, target sipgo.Uri, seq uint32) *dialog {
	return &dialog{callID: callID, localTag: tag, local: local, remote: remote, target: target, localSeq: seq, uac: true}
}

// establish is RFC 3261 12.1.2: a response of the far end makes the dialog.
func (d *dialog) establish(res *sipgo.Response) {
	d.remoteTag = res.To().Params.GetOr("tag", "")
	d.routes = recordRoutes(res, true)
	d.retarget(res)
}

// retarget takes the Contact of a request or response that refreshes the
// target (RFC 3261 12.2.1.2); one that cannot be read is ignored.
func (d *dialog) retarget(m headerSource) {
	if uri, ok := contactURI(m); ok {
		d.target = uri
	}
}

// accept checks the order of a request from the far end and notes it. ACK and
// CANCEL bear the number of their INVITE.
func (d *dialog) accept(req *sipgo.Request) error {
	seq := req.CSeq().SeqNo
	if req.IsAck() || req.IsCancel() {
		return nil
	}
	if d.heard && seq <= d.remoteSeq {
		return errOldCSeq
	}
	d.remoteSeq, d.heard = seq, true
	return nil
}

// matches tells whether a request of the far end belongs to the dialog.
func (d *dialog) matches(req *sipgo.Request) bool {
	return d.remoteTag == req.From().Params.GetOr("tag", "")
}

// request builds the next request in the dialog (RFC 3261 12.2.1.1). Via and
// Contact are added where it is sent.
func (d *dialog) request(method sipgo.RequestMethod) *sipgo.Request {
	if method != sipgo.ACK && method != sipgo.CANCEL {
		d.localSeq++
	}
	return d.numbered(method, d.localSeq)
}

// numbered builds a request with a given sequence number, for ACK and CANCEL.
func (d *dialog) numbered(method sipgo.RequestMethod, seq uint32) *sipgo.Request {
	uri, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") {
		// A strict router (RFC 2543) wants itself in the Request-URI and the target last.
		uri = routes[0]
		routes = append(append([]sipgo.Uri(nil), routes[1:]...), d.target)
	}
	uri.Headers = nil
	req := sipgo.NewRequest(method, *uri.Clone())
	from := &sipgo.FromHeader{DisplayName: d.local.name, Address: *d.local.uri.Clone()}
	from.Params.Add("tag", d.localTag)
	to := &sipgo.ToHeader{DisplayName: d.remote.name, Address: *d.remote.uri.Clone()}
	if d.remoteTag != "" {
		to.Params.Add("tag", d.remoteTag)
	}
	callID, hops := sipgo.CallIDHeader(d.callID), sipgo.MaxForwardsHeader(70)
	for _, r := range routes {
		req.AppendHeader(&sipgo.RouteHeader{Address: *r.Clone()})
	}
	req.AppendHeader(&hops)
	req.AppendHeader(from)
	req.AppendHeader(to)
	req.AppendHeader(&callID)
	req.AppendHeader(&sipgo.CSeqHeader{SeqNo: seq, MethodName: method})
	return req
}

// nextHop is where a request goes when no connection of the far end is left.
func (d *dialog) nextHop() sipgo.Uri {
	if len(d.routes) > 0 {
		return d.routes[0]
	}
	return d.target
}

// contactURI reads the first Contact.
func contactURI(m headerSource) (sipgo.Uri, bool) {
	l := list(m, "Contact")
	if len(l) == 0 {
		return sipgo.Uri{}, false
	}
	return addressURI(l[0])
}

// recordRoutes reads the route set; a response has it in reverse. A route that
// cannot be read ends the set: half a route leads nowhere.
func recordRoutes(m headerSource, reverse bool) []sipgo.Uri {
	var uris []sipgo.Uri
	for _, v := range list(m, "Record-Route") {
		uri, ok := addressURI(v)
		if !ok {
			return nil
		}
		uris = append(uris, uri)
	}
	if reverse {
		for i, j := 0, len(uris)-1; i < j; i, j = i+1, j-1 {
			uris[i], uris[j] = uris[j], uris[i]
		}
	}
	return uris
}

// addressURI reads name-addr or addr-spec. Only SIP URIs can be sent to.
func addressURI(s string) (sipgo.Uri, bool) {
	var uri sipgo.Uri
	if _, err := sipgo.ParseAddressValue(s, &uri, &sipgo.HeaderParams{}); err != nil {
		return sipgo.Uri{}, false
	}
	if uri.Scheme != "sip" && uri.Scheme != "sips" || uri.Host == "" || uri.Wildcard {
		return sipgo.Uri{}, false
	}
	return uri, true
}

// secure tells whether the dialog was set up with sips.
func (d *dialog) secure() bool {
	return d.sips || d.target.Scheme == "sips" || len(d.routes) > 0 && d.routes[0].Scheme == "sips"
}
