package sip

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

// calling places a call to a scripted terminal and gives the outcome.
func calling(e *Endpoint, b *fakeBoard, ctx context.Context, uri string) (*fakeCall, <-chan error) {
	c := &fakeCall{board: b}
	done := make(chan error, 1)
	go func() {
		done <- e.place(ctx, c, bridge.Target{Scheme: "sip", URI: uri, From: "1001", Name: "Room 1001"})
	}()
	return c, done
}

func outcomeIs(t *testing.T, done <-chan error, cause bridge.Cause) *bridge.Refusal {
	t.Helper()
	select {
	case err := <-done:
		var r *bridge.Refusal
		if !errors.As(err, &r) || r.Cause != cause {
			t.Fatalf("ended with %v, want %v", err, cause)
		}
		return r
	case <-time.After(siptest.Patience):
		t.Fatal("Place does not return")
	}
	return nil
}

func placed(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(siptest.Patience):
		t.Fatal("Place does not return")
	}
}

const answerHeaders = "Contact: <sip:room7@127.0.0.1:9>\nContent-Type: application/sdp\nAllow: INVITE, UPDATE\nServer: Yealink VC400 30.23.0.20"

func TestPlace(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.ListenUDP(t)
	call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	if !strings.HasPrefix(inv.First, "INVITE sip:room7@"+p.Addr()) || !strings.Contains(inv.Get("from"), `"Room 1001" <sip:1001@127.0.0.1>`) ||
		inv.Get("supported") != supports || inv.Get("session-expires") != "1800" || !strings.Contains(inv.Body, "m=video 30002") {
		t.Errorf("odd INVITE:\n%s", inv.Raw)
	}
	p.Write(inv.Reply(100, "Trying", "", "", ""))
	p.Write(inv.Reply(180, "Ringing", "t1", "Contact: <sip:room7@"+p.Addr()+">", ""))
	until(t, "it rings", func() bool { return get(call, func() int { return call.rings }) == 1 })
	ok := inv.Reply(200, "OK", "t1", strings.Replace(answerHeaders, "127.0.0.1:9", p.Addr(), 1), answerTo(inv.Body))
	p.Write(ok)
	ack := p.Expect("ACK")
	if ack.CSeq() != inv.CSeq() || ack.Param("to", "tag") != "t1" || ack.Param("via", "branch") == inv.Param("via", "branch") {
		t.Errorf("odd ACK:\n%s", ack.Raw)
	}
	placed(t, done)
	p.Write(ok) // the ACK was lost
	if again := p.Expect("ACK"); again.Raw != ack.Raw {
		t.Errorf("another ACK:\n%s", again.Raw)
	}
	if call.connects != 1 || call.described.Device != "Yealink VC400 30.23.0.20" || call.session().Streams[1].Remote != netip.MustParseAddrPort("127.0.0.1:40002") {
		t.Errorf("call %+v", call)
	}
	c := p.Called(inv)
	c.LocalTag = "t1"
	c.Send("INVITE", "", siptest.SDP(2, "sendonly"))
	c.Expect("200")
	c.Send("ACK", "", "")
	call.leg.Hangup(bridge.CauseNormal, "")
	bye := c.Expect("BYE")
	if bye.CSeq() != inv.CSeq()+1 {
		t.Errorf("CSeq %d after %d", bye.CSeq(), inv.CSeq())
	}
	c.Write(bye.Reply(200, "OK", "", "", ""))
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

func TestPlaceRefused(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	for _, x := range []struct {
		status int
		cause  bridge.Cause
	}{
		{302, bridge.CauseNoRoute}, {403, bridge.CauseForbidden}, {401, bridge.CauseForbidden}, {404, bridge.CauseNoRoute},
		{480, bridge.CauseNoAnswer}, {486, bridge.CauseBusy}, {488, bridge.CauseMedia}, {503, bridge.CauseUnreachable}, {603, bridge.CauseDeclined},
	} {
		p := siptest.ListenUDP(t)
		call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
		inv := p.Expect("INVITE")
		p.Write(inv.Reply(x.status, "No", "t1", "Contact: <sip:evil@127.0.0.1>\nWarning: 399 x \"in a meeting\"", ""))
		ack := p.Expect("ACK")
		if ack.Param("via", "branch") != inv.Param("via", "branch") {
			t.Errorf("odd ACK:\n%s", ack.Raw)
		}
		if r := outcomeIs(t, done, x.cause); !strings.Contains(r.Reason, "in a meeting") {
			t.Errorf("reason %q", r.Reason)
		}
		call.untilEnded(t, x.cause)
		p.Write(inv.Reply(x.status, "No", "t1", "", "")) // the ACK was lost
		if again := p.Expect("ACK"); again.Raw != ack.Raw {
			t.Errorf("another ACK:\n%s", again.Raw)
		}
	}
}

func TestPlaceCancelled(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.ListenUDP(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, done := calling(e, b, ctx, "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	cancel()
	outcomeIs(t, done, bridge.CauseCancelled)
	p.Silence(100 * time.Millisecond) // RFC 3261 9.1: not before a provisional response
	p.Write(inv.Reply(180, "Ringing", "t1", "", ""))
	cnl := p.Expect("CANCEL")
	if cnl.Get("via") != inv.Get("via") || cnl.CSeq() != inv.CSeq() || cnl.Get("to") != inv.Get("to") {
		t.Errorf("odd CANCEL:\n%s", cnl.Raw)
	}
	p.Write(cnl.Reply(200, "OK", "t1", "", ""))
	p.Write(inv.Reply(487, "Request Terminated", "t1", "", ""))
	p.Expect("ACK")
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

// TestAnsweredAfterCancel: the answer crossed our CANCEL.
func TestAnsweredAfterCancel(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.ListenUDP(t)
	call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	p.Write(inv.Reply(180, "Ringing", "t1", "", ""))
	until(t, "it rings", func() bool { return get(call, func() int { return call.rings }) == 1 })
	call.leg.Hangup(bridge.CauseRemoved, "")
	outcomeIs(t, done, bridge.CauseRemoved)
	cnl := p.Expect("CANCEL")
	p.Write(inv.Reply(200, "OK", "t1", answerHeaders, answerTo(inv.Body)))
	p.Write(cnl.Reply(200, "OK", "t1", "", ""))
	p.Expect("ACK")
	p.Write(p.Expect("BYE").Reply(200, "OK", "", "", ""))
	if call.connects != 0 {
		t.Error("a call that was given up is seated")
	}
	until(t, "the leg goes", func() bool { return e.Stats().Dialogs == 0 })
}

func TestForking(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.ListenUDP(t)
	call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	h := strings.Replace(answerHeaders, "127.0.0.1:9", p.Addr(), 1)
	p.Write(inv.Reply(183, "Session Progress", "a", h, answerTo(inv.Body)))
	until(t, "early media", func() bool { return get(call, func() int { return len(call.applied) }) == 1 })
	p.Write(inv.Reply(180, "Ringing", "b", "", ""))
	p.Write(inv.Reply(200, "OK", "b", h, strings.Replace(answerTo(inv.Body), "40000", "41000", 1)))
	ack := p.Expect("ACK")
	placed(t, done)
	if ack.Param("to", "tag") != "b" || call.session().Streams[0].Remote.Port() != 41000 {
		t.Errorf("the second fork answered, session %+v", call.session())
	}
	p.Write(inv.Reply(200, "OK", "a", h, answerTo(inv.Body))) // the other answers, too
	ack, bye := p.Expect("ACK"), p.Expect("BYE")
	if ack.Param("to", "tag") != "a" || bye.Param("to", "tag") != "a" {
		t.Errorf("the loser is not released:\n%s%s", ack.Raw, bye.Raw)
	}
	p.Write(bye.Reply(200, "OK", "", "", ""))
	c := p.Called(inv)
	c.LocalTag = "b"
	c.Hangup()
	call.untilEnded(t, bridge.CauseNormal)
}

func TestPlaceReliable(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.ListenUDP(t)
	call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	h := strings.Replace(answerHeaders, "127.0.0.1:9", p.Addr(), 1)
	pr := inv.Reply(183, "Session Progress", "a", h+"\nRequire: 100rel\nRSeq: 7", answerTo(inv.Body))
	p.Write(pr)
	pk := p.Expect("PRACK")
	if pk.Get("rack") != "7 "+strings.Fields(inv.Get("cseq"))[0]+" INVITE" || pk.Body != "" {
		t.Errorf("odd PRACK:\n%s", pk.Raw)
	}
	p.Write(pr) // a repetition is not acknowledged again by another PRACK
	p.Write(inv.Reply(180, "Ringing", "a", "Require: 100rel\nRSeq: 9", ""))
	p.Silence(100 * time.Millisecond)
	p.Write(pk.Reply(200, "OK", "", "", ""))
	c := p.Called(inv)
	c.LocalTag = "a"
	c.Send("UPDATE", "", siptest.SDP(2, "sendonly")) // in the early dialog
	c.Expect("200")
	p.Write(inv.Reply(200, "OK", "a", h, ""))
	p.Expect("ACK")
	placed(t, done)
	call.leg.Hangup(bridge.CauseNormal, "")
	p.Write(p.Expect("BYE").Reply(200, "OK", "", "", ""))
}

func TestPlaceChallenged(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) {
		c.Credentials = func(t bridge.Target, realm string) (string, string, bool) { return "gw", "secret", realm == "pbx" }
	})
	p := siptest.ListenUDP(t)
	_, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	p.Write(inv.Reply(407, "Proxy Authentication Required", "t1",
		"Proxy-Authenticate: Digest realm=\"other\", nonce=\"x\"\nProxy-Authenticate: Digest realm=\"pbx\", nonce=\"abc\", algorithm=md5, qop=\"auth\"", ""))
	p.Expect("ACK")
	again := p.Expect("INVITE")
	auth := again.Get("proxy-authorization")
	if !strings.Contains(auth, `username="gw"`) || !strings.Contains(auth, "nc=00000001") || strings.Contains(auth, "secret") ||
		again.CSeq() != inv.CSeq()+1 || again.Get("call-id") != inv.Get("call-id") {
		t.Errorf("odd second INVITE:\n%s", again.Raw)
	}
	p.Write(again.Reply(407, "Proxy Authentication Required", "t2", "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"abd\"", ""))
	p.Expect("ACK")
	outcomeIs(t, done, bridge.CauseForbidden)
}

func TestPlaceRaisesInterval(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.ListenUDP(t)
	_, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
	inv := p.Expect("INVITE")
	p.Write(inv.Reply(422, "Session Interval Too Small", "t1", "Min-SE: 3600", ""))
	p.Expect("ACK")
	inv = p.Expect("INVITE")
	if inv.Get("session-expires") != "3600" || inv.Get("min-se") != "3600" {
		t.Errorf("odd second INVITE:\n%s", inv.Raw)
	}
	p.Write(inv.Reply(422, "Session Interval Too Small", "t1", "Min-SE: 3600", ""))
	p.Expect("ACK")
	outcomeIs(t, done, bridge.CauseProtocol)
}

// TestPlaceLargeByTCP: an INVITE above 1300 bytes goes by TCP when the
// terminal listens there, and by UDP when it does not.
func TestPlaceLargeByTCP(t *testing.T) {
	b := newFakeBoard()
	for mode := range uint8(2) {
		for _, profile := range []uint8{66, 77, 100} {
			b.caps.Video = append(b.caps.Video, media.Format{
				Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: profile, Level: 31, Mode: mode, MaxFS: 8160, MaxMBPS: 245760},
			})
		}
	}
	e := serve(t, b, nil)
	addr, accept := siptest.Listen(t)
	_, done := calling(e, b, t.Context(), "sip:room7@"+addr)
	p := accept()
	inv := p.Expect("INVITE")
	if !strings.HasPrefix(inv.Get("via"), "SIP/2.0/TCP") || !strings.Contains(inv.URI("contact"), ";transport=tcp") {
		t.Errorf("odd INVITE:\n%s", inv.Raw)
	}
	p.Write(inv.Reply(486, "Busy Here", "t1", "", ""))
	p.Expect("ACK")
	outcomeIs(t, done, bridge.CauseBusy)

	u := siptest.ListenUDP(t)
	_, done = calling(e, b, t.Context(), "sip:room7@"+u.Addr())
	inv = u.Expect("INVITE")
	u.Write(inv.Reply(486, "Busy Here", "t1", "", ""))
	u.Expect("ACK")
	outcomeIs(t, done, bridge.CauseBusy)
}

func TestPlaceNowhere(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	for uri, cause := range map[string]bridge.Cause{
		"sip:": bridge.CauseNoRoute, "tel:123": bridge.CauseNoRoute, "sip:a b@127.0.0.1": bridge.CauseNoRoute,
		"sip:x@127.0.0.1:1;transport=tcp": bridge.CauseUnreachable, "sip:x@[::1]:1;transport=udp": bridge.CauseUnreachable,
	} {
		_, done := calling(e, b, t.Context(), uri)
		outcomeIs(t, done, cause)
	}
}

func TestBadAnswer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	for name, body := range map[string]string{"none": "", "nonsense": "hello"} {
		p := siptest.ListenUDP(t)
		call, done := calling(e, b, t.Context(), "sip:room7@"+p.Addr()+";transport=udp")
		inv := p.Expect("INVITE")
		p.Write(inv.Reply(200, "OK", "t1", strings.Replace(answerHeaders, "127.0.0.1:9", p.Addr(), 1), body))
		p.Expect("ACK")
		p.Write(p.Expect("BYE").Reply(200, "OK", "", "", ""))
		if r := outcomeIs(t, done, bridge.CauseProtocol); r.Reason == "" {
			t.Errorf("%s: no reason", name)
		}
		call.untilEnded(t, bridge.CauseProtocol)
	}
}

func TestNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		e, p := virtual(t, b, nil)
		// No response at all: the transaction ends after 32 s.
		call, done := calling(e, b, t.Context(), "sip:room7@127.0.0.1:7060;transport=udp")
		start := time.Now()
		n := 0
		for m := p.Next(33 * time.Second); m != nil; m = p.Next(33 * time.Second) {
			n++
		}
		var r *bridge.Refusal
		if err := <-done; !errors.As(err, &r) || r.Cause != bridge.CauseUnreachable || n != 7 {
			t.Errorf("after %v and %d INVITE: %v", time.Since(start), n, err)
		}
		call.untilEnded(t, bridge.CauseUnreachable)

		// It rings for ever.
		call, done = calling(e, b, t.Context(), "sip:room7@127.0.0.1:7060;transport=udp")
		inv := p.Expect("INVITE")
		p.Write(inv.Reply(180, "Ringing", "t1", "", ""))
		cnl := patiently(t, p, 2*time.Minute, "CANCEL")
		if err := <-done; !errors.As(err, &r) || r.Cause != bridge.CauseNoAnswer {
			t.Errorf("ended with %v", err)
		}
		call.untilEnded(t, bridge.CauseNoAnswer)
		p.Write(cnl.Reply(200, "OK", "t1", "", ""))
		time.Sleep(40 * time.Second) // no 487 comes
		if d := e.Stats().Dialogs; d != 0 {
			t.Errorf("%d legs left", d)
		}
	})
}

// TestGlareOwner: we own the Call-ID, so our offer waits 2.1 to 4 s.
func TestGlareOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBoard()
		e, p := virtual(t, b, nil)
		_, done := calling(e, b, t.Context(), "sip:room7@127.0.0.1:7060;transport=udp")
		inv := p.Expect("INVITE")
		h := "Contact: <sip:room7@127.0.0.1:7060>\nContent-Type: application/sdp\nSupported: timer\nSession-Expires: 1800;refresher=uac"
		p.Write(inv.Reply(200, "OK", "t1", h, answerTo(inv.Body)))
		p.Expect("ACK")
		placed(t, done)
		re := patiently(t, p, time.Hour, "INVITE")
		start := time.Now()
		p.Write(re.Reply(491, "Request Pending", "", "", ""))
		patiently(t, p, time.Second, "ACK")
		re = patiently(t, p, 5*time.Second, "INVITE")
		if d := time.Since(start); d < 2100*time.Millisecond || d > 4*time.Second {
			t.Errorf("again after %v", d)
		}
		p.Write(re.Reply(200, "OK", "", h, answerTo(re.Body)))
		patiently(t, p, time.Second, "ACK")
		c := p.Called(inv)
		c.LocalTag = "t1"
		c.Hangup()
	})
}
