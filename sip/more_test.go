package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

// TestHeldCallWithLostAck: media keeps a call whose re-INVITE was never
// acknowledged, also one in which we made the offer.
func TestLostAckToReinvite(t *testing.T) {
	for _, body := range []string{siptest.SDP(2, "sendonly"), ""} {
		bubble(t, "", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
			c.Send("INVITE", "", body)
			patiently(t, c.Peer, time.Second, "100")
			patiently(t, c.Peer, time.Second, "200")
			time.Sleep(time.Millisecond)
			call.note(func() { call.seen = time.Now() })
			for m := c.Next(40 * time.Second); m != nil; m = c.Next(40 * time.Second) {
				if m.Status() != 200 {
					t.Fatalf("unexpected:\n%s", m.Raw)
				}
			}
			c.Send("UPDATE", "", siptest.SDP(3, "sendrecv")) // no offer of ours is open any more
			patiently(t, c.Peer, time.Second, "200")
			c.Send("INVITE", "", body)
			patiently(t, c.Peer, time.Second, "100")
			patiently(t, c.Peer, time.Second, "200")
			for m := c.Next(40 * time.Second); ; m = c.Next(40 * time.Second) {
				if m == nil {
					t.Fatal("neither ACK nor media, and no BYE")
				}
				if m.Method() == "BYE" {
					c.Write(m.Reply(200, "OK", "", "", ""))
					break
				}
			}
			call.untilEnded(t, bridge.CauseSignalling)
		})
	}
}

// TestRefreshRefused: whoever refuses is there; the call goes on.
func TestRefreshRefused(t *testing.T) {
	bubble(t, "Supported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
		for range 3 {
			re := patiently(t, c.Peer, time.Hour, "INVITE")
			c.Write(re.Reply(488, "Not Acceptable Here", "", "", ""))
			patiently(t, c.Peer, time.Second, "ACK")
		}
		c.Hangup()
		call.untilEnded(t, bridge.CauseNormal)
	})
}

// TestEndlessGlare: the far end answers 491 for ever.
func TestEndlessGlare(t *testing.T) {
	bubble(t, "Supported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
		n := 0
		for {
			m := c.Next(time.Hour)
			if m == nil {
				t.Fatal("nothing comes any more")
			}
			switch m.Method() {
			case "INVITE":
				n++
				c.Write(m.Reply(491, "Request Pending", "", "", ""))
			case "BYE":
				if n != maxGlare+1 {
					t.Errorf("tried %d times", n)
				}
				c.Write(m.Reply(200, "OK", "", "", ""))
				call.untilEnded(t, bridge.CauseSignalling)
				return
			}
		}
	})
}

// TestBadAnswerToReinvite: what was agreed before goes on.
func TestBadAnswerToReinvite(t *testing.T) {
	bubble(t, "Supported: timer\nSession-Expires: 1800;refresher=uas", func(t *testing.T, c *siptest.Call, call *fakeCall, _ *Endpoint) {
		applied := get(call, func() int { return len(call.applied) })
		for _, body := range []string{"", "nonsense"} {
			re := patiently(t, c.Peer, time.Hour, "INVITE")
			c.Write(re.Reply(200, "OK", "", "Contact: <sip:room7@127.0.0.1:7060>\nContent-Type: application/sdp\nSession-Expires: 1800;refresher=uac", body))
			patiently(t, c.Peer, time.Second, "ACK")
		}
		synctest.Wait()
		if get(call, func() int { return len(call.applied) }) != applied {
			t.Error("the media changed")
		}
		c.Send("INVITE", "", siptest.SDP(2, "sendonly"))
		patiently(t, c.Peer, time.Second, "100")
		patiently(t, c.Peer, time.Second, "200")
		c.Send("ACK", "", "")
		c.Hangup()
	})
}

func TestCrossingByes(t *testing.T) {
	c, call, e := connected(t, "")
	c.Send("INFO", "", "") // the ACK is through
	c.Expect("200")
	call.leg.Hangup(bridge.CauseRemoved, "")
	bye := c.Expect("BYE")
	c.Send("INFO", "", "")
	c.Expect("481")
	c.Send("BYE", "", "")
	c.Expect("200")
	c.Write(bye.Reply(481, "Gone", "", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
	if n := get(call, func() int { return len(call.ended) }); n != 1 {
		t.Errorf("ended %d times", n)
	}
}

// TestConnectionBreaks: nothing waits 32 s for an answer on a lost connection.
func TestConnectionBreaks(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	addr, accept := siptest.Listen(t)
	call, done := calling(e, b, t.Context(), "sip:room7@"+addr+";transport=tcp")
	p := accept()
	p.Expect("INVITE")
	p.Close()
	outcomeIs(t, done, bridge.CauseUnreachable)
	call.untilEnded(t, bridge.CauseUnreachable)
}

func TestUpdateWhileRouting(t *testing.T) {
	b := newFakeBoard()
	b.hold = make(chan struct{})
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Expect("100")
	e.mu.Lock()
	for _, l := range e.legs {
		c.RemoteTag = l.dlg.localTag
	}
	e.mu.Unlock()
	c.Send("UPDATE", "", siptest.SDP(1, "sendrecv"))
	if m := c.Expect("500"); m.Get("retry-after") == "" {
		t.Errorf("no Retry-After:\n%s", m.Raw)
	}
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	if m := c.Expect("500"); m.Get("retry-after") == "" {
		t.Errorf("no Retry-After:\n%s", m.Raw)
	}
	c.Send("BYE", "", "")
	m1, m2 := c.Expect("200"), c.Expect("487")
	if m1.Method() != "BYE" || m2.Method() != "INVITE" {
		t.Errorf("%s%s", m1.Raw, m2.Raw)
	}
	close(b.hold)
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

func TestUpdateMeetsOurOffer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", "")
	ok := c.Expect("200")
	c.Learn(ok)
	inviteSeq := c.Seq
	c.Send("UPDATE", "", siptest.SDP(1, "sendrecv"))
	c.Expect("491")
	next := c.Seq
	c.Seq = inviteSeq
	c.Send("ACK", "", answerTo(ok.Body))
	c.Seq = next
	call := b.call(t)
	call.untilConnected(t)
	c.Send("UPDATE", "", siptest.SDP(2, "inactive"))
	c.Expect("200")
	if d := call.session().Streams[0].Direction; d != media.Inactive {
		t.Errorf("direction %v", d)
	}
	c.Hangup()
}

// TestRetarget: a re-INVITE moves the Contact.
func TestRetarget(t *testing.T) {
	l := siptest.ListenUDP(t)
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.NoRport = true
	c.Invite("")
	call := b.call(t)
	call.untilConnected(t)
	c.Contact = l.Addr()
	c.Send("UPDATE", "", "")
	c.Expect("200")
	call.leg.Hangup(bridge.CauseNormal, "")
	bye := l.Expect("BYE")
	if !strings.Contains(bye.First, l.Addr()) {
		t.Errorf("Request-URI %q", bye.First)
	}
	l.Write(bye.Reply(200, "OK", "", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

// TestFullTables: what cannot be kept is refused without being kept.
func TestFullTables(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	e.x.mu.Lock()
	for i := range maxTransactions {
		e.x.server[string(rune(i))+"x"] = nil
	}
	e.x.mu.Unlock()
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:127.0.0.1")
	c.Send("OPTIONS", "", "")
	if m := c.Expect("503"); m.Get("retry-after") == "" {
		t.Errorf("odd answer:\n%s", m.Raw)
	}
	e.x.mu.Lock()
	clear(e.x.server)
	e.x.mu.Unlock()
	c.Send("OPTIONS", "", "")
	c.Expect("200")
}

func TestTooSlowRouting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		b.hold = make(chan struct{})
		_, p := virtual(t, b, nil)
		c := p.NewCall("sip:1001@127.0.0.1")
		c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
		c.Expect("100")
		m := patiently(t, p, routeTime+time.Second, "487")
		c.RemoteTag = m.Param("to", "tag")
		c.Write(c.Again("ACK", "", ""))
	})
}

// TestAckWithTheBranchOfTheInvite: stacks of RFC 2543 days reuse it.
func TestAckWithTheBranchOfTheInvite(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	c.Learn(c.Expect("200"))
	c.Write(c.Again("ACK", "", ""))
	c.Silence(700 * time.Millisecond) // the answer is not repeated
	b.call(t).untilConnected(t)
	c.Hangup()
}

func TestInDialogChallenge(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) {
		c.Credentials = func(bridge.Target, string) (string, string, bool) { return "gw", "secret", true }
	})
	p := siptest.ListenUDP(t)
	call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	p.Write(inv.Reply(200, "OK", "t1", strings.Replace(answerHeaders, "127.0.0.1:9", p.Addr(), 1), answerTo(inv.Body)))
	p.Expect("ACK")
	placed(t, done)
	call.leg.Hangup(bridge.CauseNormal, "")
	bye := p.Expect("BYE")
	p.Write(bye.Reply(401, "Unauthorized", "", `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"`, ""))
	again := p.Expect("BYE")
	if !strings.Contains(again.Get("authorization"), "SHA-256") || again.CSeq() != bye.CSeq()+1 {
		t.Errorf("odd second BYE:\n%s", again.Raw)
	}
	p.Write(again.Reply(200, "OK", "", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

func TestBitrateByNoMeans(t *testing.T) {
	c, call, _ := connected(t, "")
	call.leg.LimitBitrate(64000) // see the method: SIP has no quiet way
	c.Silence(50 * time.Millisecond)
	c.Hangup()
}

func TestErrors(t *testing.T) {
	e := malformed([]byte("ACK sip:x SIP/2.0\r\n\r\n"), errNoLength)
	if e.reply != nil || e.Error() != errNoLength.Error() || e.Unwrap() != errNoLength {
		t.Errorf("%+v", e)
	}
	c := &txConn{f: flow{newUDPSocket(siptest.NewPort("127.0.0.1:1")), addrPort(nil)}}
	if c.LocalAddr().String() != "127.0.0.1:1" || c.Ref(1) != 1 || c.Close() != nil {
		t.Error("what sipgo asks of a connection")
	}
	for _, h := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		s := strings.Replace(aRequest, "\n"+h+":", "\nX:", 1)
		if _, err := parseMessage([]byte(strings.ReplaceAll(s, "\n", "\r\n") + "\r\n")); err == nil {
			t.Errorf("without %s", h)
		}
	}
	var _ sipgo.Connection = c
}
