package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

// connected gives an answered and acknowledged call over TCP, and the core's side of it.
func connected(t *testing.T, extra string) (*siptest.Call, *fakeCall, *Endpoint) {
	t.Helper()
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Invite(extra)
	call := b.call(t)
	call.untilConnected(t)
	return c, call, e
}

func TestHoldAndResume(t *testing.T) {
	base := siptest.SDP(2, "sendrecv")
	for _, x := range []struct {
		name, body string
		audio      media.Direction
		line       string
	}{
		{"sendonly", siptest.SDP(2, "sendonly"), media.Recv, "a=recvonly"},
		{"recvonly", siptest.SDP(2, "recvonly"), media.Send, "a=sendonly"},
		{"inactive", siptest.SDP(2, "inactive"), media.Inactive, "a=inactive"},
		{"c=0.0.0.0", strings.Replace(base, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 1), media.Inactive, "m=audio 3000"},
		{"video port 0", strings.Replace(base, "m=video 40002", "m=video 0", 1), media.SendRecv, "m=video 0 RTP/AVP"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c, call, _ := connected(t, "")
			c.Send("INVITE", "", x.body)
			ok := c.Expect("200")
			if !strings.Contains(ok.Body, x.line) {
				t.Errorf("no %s in:\n%s", x.line, ok.Body)
			}
			c.Send("ACK", "", "")
			s := call.session()
			if got := s.Streams[0].Direction; x.name != "c=0.0.0.0" && got != x.audio || x.name == "c=0.0.0.0" && got.Sends() {
				t.Errorf("direction %v, want %v", got, x.audio)
			}
			c.Send("INVITE", "", siptest.SDP(3, "sendrecv"))
			if ok := c.Expect("200"); !strings.Contains(ok.Body, "m=video 30002") || strings.Contains(ok.Body, "only") {
				t.Errorf("not resumed:\n%s", ok.Body)
			}
			c.Send("ACK", "", "")
			if got := call.session().Streams[0].Direction; got != media.SendRecv {
				t.Errorf("resumed as %v", got)
			}
			c.Hangup()
		})
	}
}

func TestReinviteWithoutBody(t *testing.T) {
	c, call, _ := connected(t, "")
	c.Send("INVITE", "", "")
	ok := c.Expect("200")
	if !strings.Contains(ok.Body, "m=audio 30000") || !strings.Contains(ok.Body, "m=video 30002") {
		t.Fatalf("no full current offer:\n%s", ok.Raw)
	}
	before := get(call, func() int { return len(call.applied) })
	// An offer that meets ours: 491.
	c2 := *c
	c2.Send("INVITE", "", siptest.SDP(5, "sendonly"))
	c.Expect("491")
	c2.Write(c2.Again("ACK", "", ""))
	c.Seq, c2.Seq = c2.Seq, c.Seq
	ackSeq := c.Seq
	c.Seq = ok.CSeq()
	c.Send("ACK", "", strings.Replace(answerTo(ok.Body), "a=rtpmap", "a=sendonly\r\na=rtpmap", 1))
	c.Seq = ackSeq
	until(t, "the answer in ACK is applied", func() bool { return get(call, func() int { return len(call.applied) }) == before+1 })
	c.Hangup()
}

// An INVITE without an offer may connect us to somebody else behind a B2BUA,
// who must not be told keys that packets were sealed with before.
func TestReinviteWithoutBodyHasNewKeys(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", strings.Replace(siptest.SDP(1, "sendrecv"), "a=rtpmap:9",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\na=rtpmap:9", 1))
	first := c.Expect("200")
	c.Learn(first)
	c.Send("ACK", "", "")
	b.call(t).untilConnected(t)
	c.Send("INVITE", "", "")
	again := c.Expect("200")
	old, now := inlineKey(first.Body), inlineKey(again.Body)
	if old == "" || now == "" || old == now {
		t.Errorf("keys %q, then %q", old, now)
	}
	c.Send("ACK", "", answerTo(again.Body))
	c.Hangup()
}

// inlineKey finds the first SDES key of a description.
func inlineKey(body string) string {
	_, rest, _ := strings.Cut(body, "inline:")
	key, _, _ := strings.Cut(rest, "\r")
	return key
}

func TestReinviteRefusedKeepsTheCall(t *testing.T) {
	c, call, _ := connected(t, "")
	before := get(call, func() int { return len(call.applied) })
	c.Send("INVITE", "", strings.ReplaceAll(strings.Replace(siptest.SDP(2, "sendrecv"), "9 0 101", "18", 1), "RTP/AVP 97", "RTP/AVP 31"))
	if m := c.Expect("488"); m.Get("warning") == "" {
		t.Errorf("no warning:\n%s", m.Raw)
	}
	c.Write(c.Again("ACK", "", ""))
	c.Send("INVITE", "Content-Type: text/plain", "x")
	c.Expect("415")
	c.Write(c.Again("ACK", "", ""))
	if get(call, func() int { return len(call.applied) }) != before {
		t.Error("a refused offer changed the media")
	}
	c.Send("UPDATE", "", siptest.SDP(2, "sendonly"))
	c.Expect("200")
	c.Hangup()
	call.untilEnded(t, bridge.CauseNormal)
}

func TestUpdate(t *testing.T) {
	c, call, _ := connected(t, "")
	c.Send("UPDATE", "Supported: timer\nSession-Expires: 900;refresher=uac", "")
	ok := c.Expect("200")
	if ok.Body != "" || ok.Get("session-expires") != "900;refresher=uac" || ok.Get("require") != "timer" || ok.Get("contact") == "" {
		t.Errorf("odd answer:\n%s", ok.Raw)
	}
	c.Send("UPDATE", "", siptest.SDP(2, "sendonly"))
	if ok := c.Expect("200"); !strings.Contains(ok.Body, "a=recvonly") {
		t.Errorf("odd answer:\n%s", ok.Raw)
	}
	if d := call.session().Streams[0].Direction; d != media.Recv {
		t.Errorf("direction %v", d)
	}
	c.Send("UPDATE", "Supported: timer\nSession-Expires: 30", "")
	if m := c.Expect("422"); m.Get("min-se") != "90" {
		t.Errorf("Min-SE %q", m.Get("min-se"))
	}
	c.Hangup()
}

// TestReinviteBeforeAck: Poly asks again 61 ms after our answer (INTEROP 2.3).
func TestReinviteBeforeAck(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Learn(c.Expect("200"))
	c.Send("INVITE", "", siptest.SDP(2, "sendrecv"))
	ok := c.Expect("200")
	if ok.CSeq() != c.Seq {
		t.Fatalf("the first answer again:\n%s", ok.Raw)
	}
	c.Send("ACK", "", "")
	c.Silence(700 * time.Millisecond) // nothing is repeated
	c.Hangup()
	b.call(t).untilEnded(t, bridge.CauseNormal)
}

func TestDigits(t *testing.T) {
	c, call, _ := connected(t, "")
	for _, x := range []struct{ typ, body string }{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160"},
		{"application/dtmf-relay", "Signal= 11\r\nDuration=250\r\n"},
		{"application/dtmf", "7"},
		{"application/vnd.nortelnetworks.digits", "p=Digit-Collection\r\ny=Digits\r\nd=12*\r\n"},
		{"Application/DTMF-Relay; charset=utf-8", "signal=a\n"},
	} {
		c.Send("INFO", "Content-Type: "+x.typ, x.body)
		if ok := c.Expect("200"); ok.Body != "" || ok.Get("content-length") != "0" {
			t.Errorf("%s: odd answer:\n%s", x.typ, ok.Raw)
		}
	}
	until(t, "digits 5#712*A", func() bool { return get(call, func() string { return call.digits }) == "5#712*A" })
	// The stream reports a key press that INFO reported already.
	call.stream('A')
	call.stream('9')
	until(t, "the digit of the stream", func() bool { return get(call, func() string { return call.digits }) == "5#712*A9" })
	c.Send("INFO", "Content-Type: application/dtmf", "9")
	c.Expect("200")
	c.Send("INFO", "", "")
	c.Expect("200")
	if got := get(call, func() string { return call.digits }); got != "5#712*A9" {
		t.Errorf("the same key press counts twice: %q", got)
	}
	c.Hangup()
}

func TestInfo(t *testing.T) {
	c, call, _ := connected(t, "")
	xml := `<?xml version="1.0" encoding="utf-8" ?><media_control><vc_primitive><to_encoder><picture_fast_update></picture_fast_update></to_encoder></vc_primitive></media_control>`
	c.Send("INFO", "Content-Type: application/media_control+xml", xml)
	c.Expect("200")
	until(t, "a keyframe is wanted", func() bool { return get(call, func() int { return call.keyframes }) == 1 })
	c.Send("INFO", "", "")
	c.Expect("200")
	c.Send("INFO", "Content-Type: application/x-strange", "x")
	if m := c.Expect("415"); !strings.Contains(m.Get("accept"), "dtmf-relay") {
		t.Errorf("accept %q", m.Get("accept"))
	}
	c.Hangup()
}

func TestKeyframeByInfo(t *testing.T) {
	c, call, _ := connected(t, "")
	call.leg.RequestKeyframe()
	call.leg.RequestKeyframe() // one is on its way
	info := c.Expect("INFO")
	if info.Get("content-type") != "application/media_control+xml" || !strings.Contains(info.Body, "<picture_fast_update/>") {
		t.Errorf("odd request:\n%s", info.Raw)
	}
	c.Write(info.Reply(200, "OK", "", "", ""))
	c.Silence(50 * time.Millisecond)
	time.Sleep(keyframeEvery)
	call.leg.RequestKeyframe()
	c.Write(c.Expect("INFO").Reply(415, "Unsupported Media Type", "", "", ""))
	time.Sleep(keyframeEvery + 50*time.Millisecond)
	call.leg.RequestKeyframe() // a terminal that refused is not asked again
	c.Silence(50 * time.Millisecond)
	c.Hangup()
}

func TestRefusedInDialog(t *testing.T) {
	c, _, _ := connected(t, "")
	for _, x := range []struct{ method, extra, status, header string }{
		{"REFER", "Refer-To: <sip:x@127.0.0.1>", "603", "warning"},
		{"SUBSCRIBE", "Event: conference", "489", "allow-events"},
		{"NOTIFY", "Event: refer", "481", ""},
		{"MESSAGE", "", "405", "allow"},
		{"STRANGE", "", "405", "allow"},
		{"OPTIONS", "", "200", "accept"},
		{"UPDATE", "Require: precondition", "420", "unsupported"},
		{"PRACK", "RAck: 1 1 INVITE", "481", ""},
		{"PRACK", "RAck: x", "400", ""},
	} {
		c.Send(x.method, x.extra, "")
		if m := c.Expect(x.status); x.header != "" && m.Get(x.header) == "" {
			t.Errorf("%s: no %s:\n%s", x.method, x.header, m.Raw)
		}
	}
	c.Seq -= 5
	c.Send("INFO", "", "")
	c.Expect("500") // out of order
	c.Seq += 10
	c.Send("INFO", "", "")
	c.Expect("200")
	tag := c.LocalTag
	c.LocalTag = "another"
	c.Send("BYE", "", "")
	c.Expect("481")
	c.LocalTag = tag
	c.Hangup()
	c.Send("INFO", "", "")
	c.Expect("481")
}

// TestSameConnection: our requests go out on the connection the INVITE came
// in on, whatever Contact says (INTEROP 2.4); when it is gone, to Contact.
func TestSameConnection(t *testing.T) {
	addr, accept := siptest.Listen(t)
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.Dial(t, e.Addrs()[1])
	c := p.NewCall("sip:1001@127.0.0.1")
	c.Contact = addr
	c.Invite("")
	call := b.call(t)
	call.untilConnected(t)
	call.leg.RequestKeyframe()
	c.Write(c.Expect("INFO").Reply(200, "OK", "", "", ""))
	p.Close()
	until(t, "the connection is gone", func() bool { return e.Stats().Connections == 0 })
	call.leg.Hangup(bridge.CauseRemoved, "")
	back := accept()
	bye := back.Expect("BYE")
	if !strings.Contains(bye.First, addr) {
		t.Errorf("Request-URI %q", bye.First)
	}
	back.Write(bye.Reply(200, "OK", "", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

// TestComesBack: a terminal that lost its connection goes on over another.
func TestComesBack(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.Dial(t, e.Addrs()[1])
	c := p.NewCall("sip:1001@127.0.0.1")
	c.Invite("")
	call := b.call(t)
	call.untilConnected(t)
	p.Close()
	until(t, "the connection is gone", func() bool { return e.Stats().Connections == 0 })
	c.Peer = siptest.Dial(t, e.Addrs()[1])
	c.Send("UPDATE", "", "")
	c.Expect("200")
	call.leg.RequestKeyframe()
	c.Write(c.Expect("INFO").Reply(200, "OK", "", "", ""))
	c.Hangup()
}

func TestRecordRoute(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	routes := "Record-Route: <sip:10.0.0.1;lr>, <sip:10.0.0.2:5070;lr;x=\"a,b\">\nRecord-Route: <sip:10.0.0.3;lr>"
	ok := c.Invite(routes)
	if got := strings.Join(ok.All("record-route"), "|"); got != `<sip:10.0.0.1;lr>, <sip:10.0.0.2:5070;lr;x="a,b">|<sip:10.0.0.3;lr>` {
		t.Errorf("Record-Route came back as %s", got)
	}
	call := b.call(t)
	call.untilConnected(t)
	call.leg.Hangup(bridge.CauseNormal, "")
	bye := c.Expect("BYE")
	if got := strings.Join(bye.All("route"), "|"); !strings.HasPrefix(got, "<sip:10.0.0.1;lr>|<sip:10.0.0.2:5070;lr") || !strings.HasSuffix(got, "|<sip:10.0.0.3;lr>") {
		t.Errorf("Route %s", got)
	}
	c.Write(bye.Reply(200, "OK", "", "", ""))
}

func TestByeReason(t *testing.T) {
	c, call, _ := connected(t, "")
	c.Send("BYE", `Reason: SIP;cause=408;text="Request timeout"`, "")
	c.Expect("200")
	call.untilEnded(t, bridge.CauseSignalling)
	if r := get(call, func() string { return call.reason }); !strings.Contains(r, "408") {
		t.Errorf("reason %q", r)
	}
}
