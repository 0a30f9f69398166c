package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/siptest"
)

func TestOutOfDialog(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	p := siptest.Dial(t, e.Addrs()[0])
	for _, x := range []struct{ method, extra, status, header string }{
		{"OPTIONS", "", "200", "allow"},
		{"REGISTER", "", "405", "allow"},
		{"SUBSCRIBE", "Event: presence", "489", "allow-events"},
		{"PUBLISH", "Event: presence", "405", "allow"},
		{"MESSAGE", "", "405", "allow"},
		{"NOTIFY", "Event: x", "481", ""},
		{"REFER", "Refer-To: <sip:x@127.0.0.1>", "603", "warning"},
		{"BYE", "", "481", ""},
		{"INFO", "", "481", ""},
		{"UPDATE", "", "481", ""},
		{"PRACK", "", "481", ""},
		{"STRANGE", "", "405", "allow"},
		{"INVITE", "Require: 100rel, precondition\nRequire: foo", "420", "unsupported"},
		{"INVITE", "Supported: timer\nSession-Expires: 60", "422", "min-se"},
		{"INVITE", "Replaces: nothing@nowhere;to-tag=a;from-tag=b", "481", ""},
		{"INVITE", "Replaces: nothing@nowhere", "400", ""},
	} {
		c := p.NewCall("sip:1001@127.0.0.1")
		c.Send(x.method, x.extra, "")
		m := c.Expect(x.status)
		if x.header != "" && m.Get(x.header) == "" || m.Param("to", "tag") == "" || m.Get("server") == "" {
			t.Errorf("%s: odd answer:\n%s", x.method, m.Raw)
		}
		if x.status == "420" && m.Get("unsupported") != "precondition, foo" {
			t.Errorf("unsupported %q", m.Get("unsupported"))
		}
		if x.method == "INVITE" {
			c.Write(c.Again("ACK", "", ""))
		}
	}
	c := p.NewCall("sip:1001@127.0.0.1")
	c.RemoteTag = "unknown"
	for _, m := range []string{"INVITE", "BYE", "UPDATE", "OPTIONS"} {
		c.Send(m, "", "")
		c.Expect("481")
	}
	c.Send("ACK", "", "") // nobody answers an ACK
	p.Silence(50 * time.Millisecond)
}

func TestOptionsSaysEverything(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:127.0.0.1")
	c.Send("OPTIONS", "", "")
	m := c.Expect("200")
	if m.Get("allow") != allows || m.Get("supported") != supports || !strings.HasPrefix(m.Get("accept"), "application/sdp") {
		t.Errorf("odd answer:\n%s", m.Raw)
	}
}

func TestHopsAndScheme(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	p := siptest.Dial(t, e.Addrs()[1])
	c := p.NewCall("sip:1001@127.0.0.1")
	c.Write(strings.Replace(c.Request("INVITE", "", ""), "Max-Forwards: 70", "Max-Forwards: 0", 1))
	c.Expect("483")
	c = p.NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", strings.Repeat("Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx\n", 71), "")
	c.Expect("483")
	c = p.NewCall("http://127.0.0.1/")
	c.Send("INVITE", "", "")
	c.Expect("416")
}

func TestMerged(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	ok := c.Expect("200")
	c.Seq--
	d := *c
	d.Send("INVITE", "", siptest.SDP(1, "sendrecv")) // another branch, all else the same
	m := expectOf(t, d.Peer, 482, "INVITE")
	d.RemoteTag = m.Param("to", "tag")
	d.Write(d.Again("ACK", "", ""))
	c.Seq++
	c.Learn(ok)
	c.Send("ACK", "", "")
	b.call(t).untilConnected(t)
	c.Hangup()
}

func TestRateAndCapacity(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.MaxCalls, c.Rate, c.Burst = 1, 0.001, 3 })
	p := siptest.Dial(t, e.Addrs()[1])
	first := p.NewCall("sip:1001@127.0.0.1")
	first.Invite("")
	call := b.call(t)
	c := p.NewCall("sip:1002@127.0.0.1")
	c.Send("INVITE", "", siptest.SDP(1, "sendrecv"))
	if m := c.Expect("503"); m.Get("retry-after") == "" || !strings.Contains(m.Get("warning"), "as many calls") {
		t.Errorf("odd answer:\n%s", m.Raw)
	}
	c.Write(c.Again("ACK", "", ""))
	c = p.NewCall("sip:127.0.0.1")
	c.Send("OPTIONS", "", "")
	c.Expect("200")
	c.Send("OPTIONS", "", "")
	c.Expect("503")
	if e.Stats().Limited == 0 {
		t.Error("not counted")
	}
	first.Hangup() // what runs is not limited
	call.untilEnded(t, bridge.CauseNormal)
}

func TestReplaces(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.Dial(t, e.Addrs()[1])
	old := p.NewCall("sip:1001@127.0.0.1")
	old.Invite("")
	first := b.call(t)
	first.untilConnected(t)
	header := "Replaces: " + old.CallID + ";from-tag=" + old.LocalTag + ";to-tag=" + old.RemoteTag
	for extra, status := range map[string]string{
		strings.Replace(header, "from-tag="+old.LocalTag, "from-tag=x", 1): "481",
		header + ";early-only": "486",
		header + "\n" + header: "400",
	} {
		c := p.NewCall("sip:gateway@127.0.0.1")
		c.Send("INVITE", extra, siptest.SDP(1, "sendrecv"))
		c.Expect(status)
		c.Write(c.Again("ACK", "", ""))
	}
	q := siptest.Dial(t, e.Addrs()[1])
	c := q.NewCall("sip:gateway@127.0.0.1")
	c.Invite("Require: replaces\n" + header)
	second := b.call(t)
	second.untilConnected(t)
	if second.inv.Number != "1001" {
		t.Errorf("the new call is for %q", second.inv.Number)
	}
	p.Write(p.Expect("BYE").Reply(200, "OK", "", "", ""))
	first.untilEnded(t, bridge.CauseNormal)
	c.Hangup()
}
