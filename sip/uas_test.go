package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

func TestAnswerAndHangup(t *testing.T) {
	for _, proto := range []string{"udp", "tcp", "tls"} {
		t.Run(proto, func(t *testing.T) {
			b := newFakeBoard()
			e := serve(t, b, func(c *Config) { c.Listen = []string{proto + "://127.0.0.1:0"} })
			c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
			c.Send("INVITE", "User-Agent: TANDBERG/529 (ce9.1.4)", siptest.SDP(1, "sendrecv"))
			c.Expect("100")
			ok := c.Expect("200")
			if ok.Param("to", "tag") == "" || ok.Get("content-type") != "application/sdp" || !strings.Contains(ok.Body, "m=video 30002") {
				t.Errorf("odd answer:\n%s", ok.Raw)
			}
			if uri := ok.URI("contact"); !strings.HasPrefix(uri, "sip:1001@"+strings.TrimPrefix(e.Addrs()[0], proto+"://")) ||
				proto != "udp" && !strings.Contains(uri, "transport="+proto) {
				t.Errorf("contact %q at %s", uri, e.Addrs()[0])
			}
			c.Learn(ok)
			c.Send("ACK", "", "")
			call := b.call(t)
			call.untilConnected(t)
			if call.inv.Number != "1001" || call.inv.Transport != proto || call.inv.Encrypted != (proto == "tls") ||
				call.inv.Caller.Device != "TANDBERG/529 (ce9.1.4)" || call.inv.Caller.Name != "Room 7" || call.inv.Caller.Alias != "room7@127.0.0.1" {
				t.Errorf("invite %+v", call.inv)
			}
			s := call.session()
			if len(s.Streams) != 2 || s.Streams[1].Direction != media.SendRecv || s.Streams[1].Remote.Port() != 40002 {
				t.Errorf("session %+v", s)
			}
			c.Hangup()
			call.untilEnded(t, bridge.CauseNormal)
		})
	}
}

func TestWeHangUp(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Invite("")
	call := b.call(t)
	call.untilConnected(t)
	call.leg.Hangup(bridge.CauseRemoved, "an administrator ended the call")
	bye := c.Expect("BYE")
	if r := bye.Get("reason"); !strings.Contains(r, "Q.850;cause=16") || !strings.Contains(r, "administrator") {
		t.Errorf("reason %q", r)
	}
	if bye.Param("to", "tag") != c.LocalTag || bye.Param("from", "tag") != c.RemoteTag {
		t.Errorf("tags:\n%s", bye.Raw)
	}
	call.untilEnded(t, bridge.CauseRemoved) // without waiting for the answer
	c.Write(bye.Reply(200, "OK", "", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

func TestLateOffer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", "")
	ok := c.Expect("200")
	if !strings.Contains(ok.Body, "m=audio 30000") || !strings.Contains(ok.Body, "m=video 30002") {
		t.Fatalf("no full offer:\n%s", ok.Raw)
	}
	call := b.call(t)
	if n := get(call, func() int { return call.connects }); n != 0 {
		t.Error("seated before the answer came")
	}
	// Media may be faster than the ACK (INTEROP 2.2).
	if s := call.session(); len(s.Streams) != 2 || len(s.Streams[0].Recv) == 0 || s.Streams[0].RecvDTMF == 0 || s.Streams[0].Direction != media.Recv {
		t.Errorf("not ready before the ACK: %+v", s)
	}
	c.Learn(ok)
	c.Send("ACK", "", answerTo(ok.Body))
	call.untilConnected(t)
	if s := call.session(); s.Streams[0].Remote.Port() != 40000 {
		t.Errorf("session %+v", s)
	}
	c.Hangup()
}

// answerTo answers an offer of ours: what the terminal knows of it.
func answerTo(offer string) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=room 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n")
	for _, m := range strings.Split(offer, "\r\nm=")[1:] {
		f := strings.Fields(m)
		port := map[string]string{"audio": "40000", "video": "40002"}[f[0]]
		proto := "RTP/AVP"
		b.WriteString("m=" + f[0] + " " + port + " " + proto + " " + f[3] + "\r\n")
		for l := range strings.SplitSeq(m, "\r\n") {
			if strings.HasPrefix(l, "a=rtpmap:"+f[3]+" ") || strings.HasPrefix(l, "a=fmtp:"+f[3]+" ") {
				b.WriteString(l + "\r\n")
			}
		}
	}
	return b.String()
}

func TestLateOfferWithoutAnswer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", "")
	c.Learn(c.Expect("200"))
	c.Send("ACK", "", "")
	bye := c.Expect("BYE")
	c.Write(bye.Reply(200, "OK", "", "", ""))
	b.call(t).untilEnded(t, bridge.CauseProtocol)
}

func TestCancelBeforeAnswer(t *testing.T) {
	b := newFakeBoard()
	b.hold = make(chan struct{})
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Expect("100")
	c.Write(c.Again("CANCEL", "", ""))
	ok, refused := c.Expect("200"), c.Expect("487")
	if ok.Method() != "CANCEL" || ok.Param("to", "tag") != refused.Param("to", "tag") {
		t.Errorf("CANCEL and INVITE are answered with different tags:\n%s%s", ok.Raw, refused.Raw)
	}
	c.Write(c.Again("CANCEL", "", "")) // the answer was lost
	if again := c.Expect("200"); again.Raw != ok.Raw {
		t.Errorf("answered otherwise:\n%s%s", ok.Raw, again.Raw)
	}
	c.RemoteTag = refused.Param("to", "tag")
	c.Write(c.Again("ACK", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
	close(b.hold)
}

func TestCancelAfterAnswer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	ok := c.Expect("200")
	c.Write(c.Again("CANCEL", "", ""))
	if m := c.Expect("200"); m.Method() != "CANCEL" {
		t.Errorf("not the answer to CANCEL:\n%s", m.Raw)
	}
	c.Learn(ok)
	c.Send("ACK", "", "")
	b.call(t).untilConnected(t)
	c.Hangup()
}

// The transaction of an INVITE stays to answer repetitions; the leg shall not
// stay with it.
func TestTransactionLetsLegGo(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Learn(c.Expect("200"))
	c.Send("ACK", "", "")
	c.Hangup()
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
	until(t, "the transaction lets it go", func() bool {
		e.x.mu.Lock()
		defer e.x.mu.Unlock()
		for _, in := range e.x.server {
			if in.leg.Load() != nil {
				return false
			}
		}
		return len(e.x.server) > 0
	})
}

func TestCancelOfNothing(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Request("INVITE", "", "")
	cancel := c.Again("CANCEL", "", "")
	c.Write(cancel)
	first := c.Expect("481")
	c.Write(cancel)
	if again := c.Expect("481"); again.Raw != first.Raw {
		t.Errorf("a copy is answered otherwise:\n%s%s", first.Raw, again.Raw)
	}
}

func TestRefusals(t *testing.T) {
	for _, x := range []struct {
		cause  bridge.Cause
		status string
		q850   string
	}{
		{bridge.CauseNoRoute, "404", "cause=1;"},
		{bridge.CauseForbidden, "403", "cause=21;"},
		{bridge.CauseBusy, "486", "cause=17;"},
		{bridge.CauseDeclined, "603", "cause=21;"},
		{bridge.CauseCapacity, "503", "cause=42;"},
		{bridge.CauseEncryption, "488", "cause=88;"},
		{bridge.CauseShutdown, "503", "cause=41;"},
		{bridge.CauseInternal, "500", "cause=38;"},
	} {
		t.Run(x.cause.String(), func(t *testing.T) {
			b := newFakeBoard()
			b.refuse = &bridge.Refusal{Cause: x.cause, Reason: `no room has the number "1001"`}
			e := serve(t, b, nil)
			c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
			c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
			m := c.Expect(x.status)
			if !strings.Contains(m.Get("reason"), x.q850) || m.Get("warning") != `399 Roombridge "no room has the number '1001'"` {
				t.Errorf("reason %q warning %q", m.Get("reason"), m.Get("warning"))
			}
			if (m.Get("retry-after") != "") != (x.status == "503") {
				t.Errorf("Retry-After %q", m.Get("retry-after"))
			}
			c.RemoteTag = m.Param("to", "tag")
			c.Write(c.Again("ACK", "", ""))
			if e.Stats().Refused[x.status] != 1 {
				t.Errorf("stats %+v", e.Stats())
			}
		})
	}
}

func TestMediaRefusals(t *testing.T) {
	for _, x := range []struct{ name, extra, body, status string }{
		{"nothing in common", "", strings.Replace(strings.Replace(siptest.SDP(1, "sendrecv"), "9 0 101", "18", 1), "RTP/AVP 97", "RTP/AVP 31", 1), "488"},
		{"no description", "", "hello", "400"},
		{"another type", "Content-Type: text/plain", "hello", "415"},
		{"compressed", "Content-Type: application/sdp\nContent-Encoding: gzip", "xx", "415"},
	} {
		t.Run(x.name, func(t *testing.T) {
			e := serve(t, newFakeBoard(), nil)
			c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
			c.Send("INVITE", x.extra, x.body)
			m := c.Expect(x.status)
			if x.status != "415" && m.Get("warning") == "" || x.status == "415" && m.Get("accept") == "" {
				t.Errorf("no explanation:\n%s", m.Raw)
			}
			c.Write(c.Again("ACK", "", ""))
			until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
		})
	}
}

func TestEncryptionRequired(t *testing.T) {
	b := newFakeBoard()
	b.caps.Encryption = media.EncryptionRequire
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	if m := c.Expect("488"); !strings.Contains(strings.ToLower(m.Raw), "encrypt") {
		t.Errorf("no warning says why:\n%s", m.Raw)
	}
	b.call(t).untilEnded(t, bridge.CauseEncryption)
	c.Write(c.Again("ACK", "", ""))
}

func TestMultipartOffer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	body := "--x\r\nContent-Type: application/x-q931\r\n\r\nabc\r\n--x\r\nContent-Type: application/sdp\r\n\r\n" + siptest.SDP(1, "sendrecv") + "\r\n--x--\r\n"
	c.Send("INVITE", `Content-Type: multipart/mixed;boundary="x"`, body)
	c.Learn(c.Expect("200"))
	c.Send("ACK", "", "")
	b.call(t).untilConnected(t)
	c.Hangup()
}

func TestNoPorts(t *testing.T) {
	b := newFakeBoard()
	b.noPorts = true
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Expect("503")
	b.call(t).untilEnded(t, bridge.CauseCapacity)
	c.Write(c.Again("ACK", "", ""))
}

func TestNoSeat(t *testing.T) {
	b := newFakeBoard()
	b.noSeat = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	call := b.call(t)
	c.Learn(c.Expect("200"))
	c.Send("ACK", "", "")
	bye := c.Expect("BYE")
	if !strings.Contains(bye.Get("reason"), "the room is full") {
		t.Errorf("reason %q", bye.Get("reason"))
	}
	c.Write(bye.Reply(200, "OK", "", "", ""))
	call.untilEnded(t, bridge.CauseCapacity)
}

// TestHangupBeforeAck: BYE may not overtake the ACK (RFC 3261 15).
func TestHangupBeforeAck(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Learn(c.Expect("200"))
	call := b.call(t)
	call.leg.Hangup(bridge.CauseRemoved, "")
	call.untilEnded(t, bridge.CauseRemoved)
	c.Silence(50 * time.Millisecond)
	c.Send("ACK", "", "")
	c.Write(c.Expect("BYE").Reply(200, "OK", "", "", ""))
}

func TestReceptionAndNames(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.Dial(t, e.Addrs()[0])
	c := p.NewCall("sip:127.0.0.1")
	// INTEROP 2.1: Poly sends no user in From; its name is in o=.
	req := strings.Replace(c.Request("INVITE", "", siptest.SDP(1, "sendrecv")), `"Room 7" <sip:room7@127.0.0.1>`, "<sip:127.0.0.1>", 1)
	c.Write(req)
	c.Learn(c.Expect("200"))
	call := b.call(t)
	if call.inv.Number != "" || call.inv.Caller.Name != "room" || call.inv.Caller.Alias != "127.0.0.1" {
		t.Errorf("invite %+v", call.inv)
	}
	c.Write(strings.Replace(c.Request("ACK", "", ""), `"Room 7" <sip:room7@127.0.0.1>`, "<sip:127.0.0.1>", 1))
	c.Hangup()
}
