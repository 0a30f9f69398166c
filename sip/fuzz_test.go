package sip

import (
	"bytes"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/sip/siptest"
)

func seeds(f *testing.F) {
	p := siptest.NewPeer(f, "TCP", siptest.NewPort("127.0.0.1:1").To(siptest.NewPort("127.0.0.1:2")))
	c := p.NewCall("sip:1001@127.0.0.1")
	f.Add([]byte(c.Request("INVITE", "Session-Expires: 90;refresher=uac\nReplaces: a;to-tag=b;from-tag=c\nRAck: 1 2 INVITE\nRSeq: 7\nRequire: 100rel", siptest.SDP(1, "sendrecv"))))
	f.Add([]byte(c.Request("INFO", "Content-Type: application/dtmf-relay", "Signal=5\r\nDuration=160")))
	f.Add([]byte(c.Request("INFO", "Content-Type: application/media_control+xml", keyframeBody)))
	f.Add([]byte("\r\n\r\nSIP/2.0 200 OK\nv: SIP/2.0/UDP [::1];branch=z9hG4bKx\nf: <tel:1>\nt: <sip:x>\ni: 1\nCSeq: 1 INVITE\nl: 0\n\n"))
}

// FuzzMessage feeds whole messages to everything that reads them before a
// call exists.
func FuzzMessage(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseMessage(raw)
		_ = mask(raw)
		if err != nil {
			if pe, ok := err.(*parseError); ok && pe.reply != nil && !bytes.HasSuffix(pe.reply, []byte("\r\n\r\n")) {
				t.Errorf("the refusal is no message: %q", pe.reply)
			}
			return
		}
		switch m := m.(type) {
		case *sipgo.Request:
			readRequest(t, m)
		case *sipgo.Response:
			var r reliableUAC
			r.accept(m)
			refusalOf(m)
			recordRoutes(m, true)
			new(sessionTimer).agreeUAC(m)
		}
	})
}

func readRequest(t *testing.T, req *sipgo.Request) {
	if n := dialled(req); len(n) > maxNumber || strings.ContainsAny(n, "\r\n\x00") {
		t.Errorf("number %q", n)
	}
	c := callerOf(req, flow{}, nil)
	if len(c.Name) > maxName || len(c.Alias) > maxAlias || len(c.Device) > maxDevice || strings.ContainsAny(c.Name+c.Alias+c.Device, "\r\n") {
		t.Errorf("caller %+v", c)
	}
	if new(sessionTimer).agreeUAS(req); tooSmall(req) {
		parseMinSE(req)
	}
	parseRAck(req)
	parseReplaces(req)
	byeCause(req)
	unsupported(req)
	hopsUsed(req)
	if body, err := sessionBody(req); err == nil && len(body) > maxMessage {
		t.Error("a part larger than the whole")
	}
	d := newUASDialog(req, "tag", 1)
	out := d.request(sipgo.BYE)
	out.SetBody(nil)
	if s := out.String(); strings.Count(s, "\r\n\r\n") != 1 {
		t.Errorf("what the far end wrote splits our message: %q", s)
	}
}

// FuzzFramer: however a stream is cut, the messages are the same.
func FuzzFramer(f *testing.F) {
	seeds(f)
	f.Add([]byte("\r\n\r\n\x00\x00A: b\r\nContent-Length: 3\r\n\r\nabcX\nl:0\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, wholePings, err1 := frames(raw, len(raw)+1)
		parts, partPings, err2 := frames(raw, 1)
		if len(raw) < maxHead && (strings.Join(whole, "\x01") != strings.Join(parts, "\x01") || wholePings != partPings || (err1 == nil) != (err2 == nil)) {
			t.Errorf("%q %d %v\n%q %d %v", whole, wholePings, err1, parts, partPings, err2)
		}
	})
}

func frames(raw []byte, step int) (all []string, pings int, err error) {
	var f framer
	for len(raw) > 0 {
		n := min(step, len(raw))
		f.push(raw[:n])
		raw = raw[n:]
		for {
			msg, p, err := f.next()
			pings += p
			if err != nil {
				return all, pings, err
			}
			if msg == nil {
				break
			}
			all = append(all, string(msg))
		}
	}
	return all, pings, nil
}

func FuzzInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal= 11\r\nDuration=1"))
	f.Add("application/dtmf", []byte("5"))
	f.Add("application/vnd.nortelnetworks.digits", []byte("d=1*#"))
	f.Add("application/media_control+xml", []byte(keyframeBody))
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		wantsKeyframe(body)
		d := parseDigits(typ, body)
		if len(d) > front.MaxKeys {
			t.Errorf("%d digits", len(d))
		}
		var filter front.KeyFilter
		for i, r := range d {
			if !strings.ContainsRune("0123456789*#ABCD", r) {
				t.Errorf("digit %q", r)
			}
			filter.Admit(r, i%2 == 0, time.Unix(int64(i), 0))
		}
	})
}

func FuzzUser(f *testing.F) {
	for _, s := range []string{"1001", "+84 (24) 1001;ext=5", "%31%00", "%", "ph%C3%B2ng", ";x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := undress(s)
		if len(n) > maxNumber || strings.ContainsAny(n, "\r\n\x00") {
			t.Errorf("%q gives %q", s, n)
		}
		if e := escapeUser(n); strings.ContainsAny(e, "@<>; \r\n") {
			t.Errorf("%q is escaped %q", n, e)
		}
		if uri, err := targetURI("sip:" + s); err == nil && strings.ContainsAny(uri.String(), "\r\n<>\" ") {
			t.Errorf("%q can be called", s)
		}
	})
}
