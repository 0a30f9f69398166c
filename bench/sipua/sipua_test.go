package sipua

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
)

// answerer is the far end of a scripted call: it answers each request by
// script and sends a request of its own into the call.
type answerer struct {
	conn net.PacketConn
	from net.Addr
	got  chan *message
}

func newAnswerer(t *testing.T, script func(a *answerer, m *message)) *answerer {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &answerer{conn: c, got: make(chan *message, 20)}
	done := make(chan struct{})
	t.Cleanup(func() { _ = c.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, maxMessage)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			m, err := parse(b[:n])
			if err != nil {
				t.Errorf("%v in %q", err, b[:n])
				continue
			}
			a.from = from
			a.got <- m
			script(a, m)
		}
	}()
	return a
}

func (a *answerer) say(b []byte) { _, _ = a.conn.WriteTo(b, a.from) }

func (a *answerer) dial(t *testing.T) *UA {
	t.Helper()
	u, err := Dial("udp", "127.0.0.1", a.conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u
}

func TestCall(t *testing.T) {
	asked := make(chan *message, 1)
	var ok []byte
	a := newAnswerer(t, func(a *answerer, m *message) {
		switch m.method() {
		case "INVITE":
			if m.status() != 0 { // the answer to our own
				asked <- m
				return
			}
			a.say(m.reply("100 Trying", "x", "", ""))
			ok = m.reply("200 OK", "far", "<sip:room@127.0.0.1:9>", "v=0\r\n")
			a.say(ok)
		case "BYE":
			a.say(m.reply("200 OK", "far", "", ""))
		case "ACK":
			if ok != nil { // as if it was lost
				a.say(ok)
				ok = nil
				return
			}
			invite := strings.Join([]string{
				"INVITE sip:bench@127.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK7", "i: " + m.get("call-id"),
				"From: " + m.get("to"), "To: " + m.get("from"), "CSeq: 1 INVITE", "Content-Length: 0", "", "",
			}, "\r\n")
			a.say([]byte(invite))
		}
	})
	u := a.dial(t)
	c, answer, err := u.Invite(context.Background(), "sip:1001@gateway", "v=0\r\no=x\r\n")
	if err != nil || answer != "v=0\r\n" {
		t.Fatalf("%q, %v", answer, err)
	}
	invite := <-a.got
	if invite.body != "v=0\r\no=x\r\n" || invite.first != "INVITE sip:1001@gateway SIP/2.0" {
		t.Errorf("INVITE is %+v", invite)
	}
	ack := <-a.got
	if ack.first != "ACK sip:room@127.0.0.1:9 SIP/2.0" || ack.tag("to") != "far" || ack.get("cseq") != "1 ACK" {
		t.Errorf("ACK is %+v", ack)
	}
	if r := <-asked; r.status() != 200 || r.body != "v=0\r\no=x\r\n" || r.tag("to") == "" {
		t.Errorf("a new offer got %+v", r)
	}
	if err := c.Hangup(context.Background()); err != nil {
		t.Error(err)
	}
	<-c.Ended()
	acks := 1
	for len(a.got) > 0 {
		if m := <-a.got; m.method() == "ACK" {
			acks++
		}
	}
	if acks != 2 {
		t.Errorf("%d ACKs for a 200 that came twice", acks)
	}
}

func TestRefusal(t *testing.T) {
	a := newAnswerer(t, func(a *answerer, m *message) {
		if m.method() == "INVITE" {
			a.say(m.reply("486 Busy Here", "far", "", ""))
		}
	})
	_, _, err := a.dial(t).Invite(context.Background(), "sip:1001@gateway", "v=0\r\n")
	if err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("a refusal is %v", err)
	}
	invite, ack := <-a.got, <-a.got
	if ack.method() != "ACK" || ack.get("via") != invite.get("via") || ack.tag("to") != "far" {
		t.Errorf("a refusal was acknowledged with %+v", ack)
	}
}

func TestHangupOfTheFarEnd(t *testing.T) {
	a := newAnswerer(t, func(a *answerer, m *message) {
		switch m.method() {
		case "INVITE":
			a.say(m.reply("200 OK", "far", "<sip:room@127.0.0.1:9>", "v=0\r\n"))
		case "ACK":
			a.say([]byte("BYE sip:bench@127.0.0.1 SIP/2.0\r\nCall-ID: " + m.get("call-id") + "\r\nTo: " + m.get("from") + "\r\nCSeq: 1 BYE\r\n\r\n"))
		}
	})
	c, _, err := a.dial(t).Invite(context.Background(), "sip:1001@gateway", "v=0\r\n")
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	if err := c.Hangup(context.Background()); err != nil {
		t.Errorf("hanging up what is over: %v", err)
	}
}

func TestStream(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("\r\n\r\nSIP/2.0 200 OK\r\nl: 4\r\nCSeq: 3 BYE\r\n\r\nabcdBYE sip:x SIP/2.0\r\nCSeq: 4 BYE\r\n\r\n"))
	m, err := read(r)
	if err != nil || m.status() != 200 || m.method() != "BYE" || m.body != "abcd" {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = read(r)
	if err != nil || m.status() != 0 || m.method() != "BYE" || m.body != "" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err = read(r); err == nil {
		t.Error("the end of the stream is a message")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: x\r\nTo: <sip:a>;tag=5\r\nContact: <sip:b>\r\nCSeq: 1 INVITE\r\n\r\nbody"))
	f.Add([]byte("INFO sip:x SIP/2.0\r\ni: 7\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			return
		}
		_, _, _, _ = m.status(), m.method(), m.tag("to"), m.target()
		if _, err := parse(m.reply("200 OK", "t", "<sip:c>", "")); err != nil {
			t.Errorf("the reply to %q cannot be read", b)
		}
	})
}
