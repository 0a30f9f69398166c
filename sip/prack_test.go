package sip

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

func TestReliableAnswer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "Require: 100rel", siptest.SDP(1, "sendrecv"))
	inviteSeq := c.Seq
	pr := c.Expect("183")
	if pr.Get("require") != "100rel" || pr.Get("rseq") == "" || !strings.Contains(pr.Body, "m=audio 30000") {
		t.Fatalf("odd response:\n%s", pr.Raw)
	}
	c.Learn(pr)
	again := c.Expect("183") // until the PRACK is here
	if again.Get("rseq") != pr.Get("rseq") {
		t.Errorf("RSeq %s, then %s", pr.Get("rseq"), again.Get("rseq"))
	}
	c.Send("PRACK", "RAck: 1 1 INVITE", "")
	expectOf(t, c.Peer, 481, "PRACK")
	c.Send("PRACK", "RAck: "+pr.Get("rseq")+" 101 INVITE", siptest.SDP(2, "sendonly"))
	ok := expectOf(t, c.Peer, 200, "PRACK")
	if !strings.Contains(ok.Body, "a=recvonly") {
		t.Errorf("the offer in PRACK is not answered:\n%s", ok.Raw)
	}
	final := expectOf(t, c.Peer, 200, "INVITE")
	if final.Body != "" {
		t.Errorf("the answer is said twice:\n%s", final.Raw)
	}
	c.Seq = inviteSeq
	c.Send("ACK", "", "")
	c.Seq += 3
	call := b.call(t)
	call.untilConnected(t)
	if d := call.session().Streams[0].Direction; d != media.Recv {
		t.Errorf("direction %v", d)
	}
	c.Hangup()
}

// expectOf passes over repetitions of earlier responses.
func expectOf(t *testing.T, p *siptest.Peer, status int, method string) *siptest.Message {
	t.Helper()
	for range 20 {
		m := p.Next(siptest.Patience)
		if m == nil {
			break
		}
		if m.Status() == status && m.Method() == method {
			return m
		}
		if m.Status() >= 200 {
			t.Fatalf("expected %d to %s, got:\n%s", status, method, m.Raw)
		}
	}
	t.Fatalf("no %d to %s came", status, method)
	return nil
}

func TestReliableOffer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "Require: 100rel", "")
	pr := c.Expect("183")
	c.Learn(pr)
	c.Send("PRACK", "RAck: "+pr.Get("rseq")+" 101 INVITE", answerTo(pr.Body))
	expectOf(t, c.Peer, 200, "PRACK")
	expectOf(t, c.Peer, 200, "INVITE")
	c.Seq--
	c.Send("ACK", "", "")
	c.Seq++
	b.call(t).untilConnected(t)
	c.Hangup()
}

func TestReliableOfferWithoutAnswer(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "Require: 100rel", "")
	pr := c.Expect("183")
	c.Learn(pr)
	c.Send("PRACK", "RAck: "+pr.Get("rseq")+" 101 INVITE", "")
	expectOf(t, c.Peer, 400, "PRACK")
	expectOf(t, c.Peer, 400, "INVITE")
	b.call(t).untilEnded(t, bridge.CauseProtocol)
}

func TestCancelWhileReliable(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "Require: 100rel", siptest.SDP(1, "sendrecv"))
	c.Expect("183")
	c.Write(c.Again("CANCEL", "", ""))
	expectOf(t, c.Peer, 200, "CANCEL")
	expectOf(t, c.Peer, 487, "INVITE")
	b.call(t).untilEnded(t, bridge.CauseCancelled)
}
