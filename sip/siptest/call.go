package siptest

import (
	"fmt"
	"strings"
	"sync/atomic"
)

var serial atomic.Int64

// Call writes the requests of one dialog.
type Call struct {
	*Peer
	To        string // Request-URI of the first request
	CallID    string
	LocalTag  string
	RemoteTag string
	Seq       int
	Target    string // from Contact
	Routes    []string
	ViaHost   string // instead of the peer's address
	NoRport   bool
	Contact   string // instead of the peer's address
	local     string // From or To of our side, without tag
	remote    string
	branch    string
}

// NewCall begins a call to a number at the endpoint.
func (p *Peer) NewCall(to string) *Call {
	n := serial.Add(1)
	return &Call{
		Peer: p, To: to, CallID: fmt.Sprintf("call-%d@terminal", n), LocalTag: fmt.Sprintf("tag%d", n), Seq: 100,
		local: `"Room 7" <sip:room7@127.0.0.1>`, remote: "<" + to + ">",
	}
}

// Called takes the role of the called side of an INVITE.
func (p *Peer) Called(invite *Message) *Call {
	n := serial.Add(1)
	c := &Call{
		Peer: p, CallID: invite.Get("call-id"), LocalTag: fmt.Sprintf("tag%d", n), RemoteTag: invite.Param("from", "tag"),
		Seq: 500, Target: invite.URI("contact"), Routes: invite.All("record-route"),
	}
	c.local = invite.Get("to")
	c.remote, _, _ = strings.Cut(invite.Get("from"), ";tag=")
	return c
}

// Request builds the next request; extra are header lines.
func (c *Call) Request(method, extra, body string) string {
	if method != "ACK" && method != "CANCEL" {
		c.Seq++
	}
	if method != "CANCEL" {
		c.branch = fmt.Sprintf("z9hG4bK-%d", serial.Add(1))
	}
	return c.Again(method, extra, body)
}

// Again builds a request with the branch and number of the one before.
func (c *Call) Again(method, extra, body string) string {
	uri := c.Target
	if uri == "" {
		uri = c.To
	}
	via := c.Addr()
	if c.ViaHost != "" {
		via = c.ViaHost
	}
	contact := c.Addr()
	if c.Contact != "" {
		contact = c.Contact
	}
	rport := ";rport"
	if c.NoRport {
		rport = ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s%s\r\n", method, uri, c.Proto, via, c.branch, rport)
	for _, r := range c.Routes {
		fmt.Fprintf(&b, "Route: %s\r\n", r)
	}
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: %s;tag=%s\r\n", c.local, c.LocalTag)
	to := c.remote
	if c.RemoteTag != "" {
		to += ";tag=" + c.RemoteTag
	}
	fmt.Fprintf(&b, "To: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", to, c.CallID, c.Seq, method)
	if !strings.Contains(extra, "Contact:") {
		fmt.Fprintf(&b, "Contact: <sip:room7@%s;transport=%s>\r\n", contact, strings.ToLower(c.Proto))
	}
	if body != "" && !strings.Contains(extra, "Content-Type:") {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	b.WriteString(lines(extra))
	b.WriteString(withBody(body))
	return b.String()
}

// Send writes the next request.
func (c *Call) Send(method, extra, body string) { c.Write(c.Request(method, extra, body)) }

// Learn takes the far end's tag, target and routes from a response.
func (c *Call) Learn(m *Message) {
	c.RemoteTag = m.Param("to", "tag")
	if t := m.URI("contact"); t != "" {
		c.Target = t
	}
	c.Routes = nil
	for _, r := range m.All("record-route") {
		c.Routes = append([]string{r}, c.Routes...)
	}
}

// Invite places the call with an offer, and acknowledges the answer, which it gives.
func (c *Call) Invite(extra string) *Message {
	c.t.Helper()
	c.Send("INVITE", extra, SDP(1, "sendrecv"))
	ok := c.Expect("200")
	c.Learn(ok)
	c.Send("ACK", "", "")
	return ok
}

// Hangup sends BYE and waits for its answer.
func (c *Call) Hangup() {
	c.t.Helper()
	c.Send("BYE", "", "")
	c.Expect("200")
}
