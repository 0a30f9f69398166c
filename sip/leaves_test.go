package sip

import (
	"errors"
	"math/rand"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
)

// parsed reads a request or response that is given with LF line ends.
func parsed[T sipgo.Message](t testing.TB, s string) T {
	t.Helper()
	m, err := parseMessage([]byte(strings.ReplaceAll(strings.TrimSpace(s), "\n", "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return m.(T)
}

const aRequest = `INVITE sip:1001@gw SIP/2.0
Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa
From: "A \"B\"" <sip:a@h>;tag=ft
To: <sip:1001@gw>
Call-ID: c1
CSeq: 7 INVITE
`

func TestNumber(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:1001@gw":                             "1001",
		"sip:gw":                                  "",
		"sip:+84-24-3825(1001)@gw;user=phone":     "+8424382510" + "01",
		"sip:1001;phone-context=example.com@gw":   "1001",
		"sip:%31%30%30%31@gw":                     "1001",
		"sip:1.2.3@gw":                            "123",
		"sip:board-room.1@gw":                     "board-room.1",
		"sip:ph%C3%B2ng%20h%E1%BB%8Dp@gw":         "phòng họp",
		"sip:*77%23@gw":                           "*77#",
		"sip:1001:secret@gw":                      "1001",
		"tel:+1-201-555-0123;phone-context=x":     "+12015550123",
		"sip:%00%0d%0a1001@gw":                    "1001",
		"sip:%zz@gw":                              "%zz",
		"sip:" + strings.Repeat("9", 200) + "@gw": strings.Repeat("9", maxNumber),
	} {
		req := parsed[*sipgo.Request](t, strings.Replace(aRequest, "sip:1001@gw", uri, 1))
		req.To().Address.User = ""
		if got := dialled(req); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	req := parsed[*sipgo.Request](t, strings.Replace(aRequest, "INVITE sip:1001@gw", "INVITE sip:gw", 1))
	if got := dialled(req); got != "1001" {
		t.Errorf("the user of To: %q", got)
	}
	if got := escapeUser("phòng họp;1"); got != "ph%C3%B2ng%20h%E1%BB%8Dp%3B1" || undress(got) != "phòng họp" {
		t.Errorf("escaped %q", got)
	}
}

func TestSessionTimer(t *testing.T) {
	for _, x := range []struct {
		headers  string
		answer   string
		require  bool
		ours     bool
		wait     time.Duration
		tooSmall bool
	}{
		{"", "", false, false, 0, false},
		{"Supported: timer", "", false, false, 0, false},
		{"Supported: timer\nSession-Expires: 1800", "1800;refresher=uac", true, false, 1768 * time.Second, false},
		{"k: timer\nx: 180;refresher=UAC", "180;refresher=uac", true, false, 148 * time.Second, false},
		{"Require: timer\nSession-Expires: 900 ; refresher=uas", "900;refresher=uas", false, true, 450 * time.Second, false},
		{"Session-Expires: 900;refresher=uac", "900;refresher=uas", false, true, 450 * time.Second, false},
		{"Supported: timer\nSession-Expires: 90", "90;refresher=uac", true, false, 60 * time.Second, false},
		{"Supported: timer\nSession-Expires: 89", "90;refresher=uac", true, false, 60 * time.Second, true},
		{"Session-Expires: 30", "90;refresher=uas", false, true, 45 * time.Second, false},
		{"Supported: timer\nSession-Expires: 100\nMin-SE: 300", "300;refresher=uac", true, false, 268 * time.Second, false},
		{"Supported: timer\nSession-Expires: 99999999999", "", false, false, 0, false},
		{"Supported: timer\nSession-Expires: 4000000000", "86400;refresher=uac", true, false, 86368 * time.Second, false},
		{"Supported: timer\nSession-Expires: soon", "", false, false, 0, false},
		{"Supported: timer\nSession-Expires: 1800;refresher=me", "1800;refresher=uac", true, false, 1768 * time.Second, false},
	} {
		req := parsed[*sipgo.Request](t, aRequest+x.headers)
		if got := tooSmall(req); got != x.tooSmall {
			t.Errorf("%q: too small %v", x.headers, got)
		}
		var st sessionTimer
		se, require, ok := st.agreeUAS(req)
		answer := ""
		if ok {
			answer = se.String()
		}
		if answer != x.answer || require != x.require || st.ours != x.ours || st.wait() != x.wait {
			t.Errorf("%q: %q require %v ours %v wait %v", x.headers, answer, require, st.ours, st.wait())
		}
	}
}

func TestSessionTimerUAC(t *testing.T) {
	var st sessionTimer
	if se, ok := st.offer(0); ok {
		t.Errorf("offered %v", se)
	}
	if se, _ := st.offer(30 * time.Minute); se.String() != "1800" {
		t.Errorf("offered %v", se)
	}
	res := func(h string) *sipgo.Response {
		return parsed[*sipgo.Response](t, strings.Replace(aRequest, "INVITE sip:1001@gw SIP/2.0", "SIP/2.0 200 OK", 1)+h)
	}
	if !st.raise(res("Min-SE: 3600")) || st.raise(res("Min-SE: 3600")) {
		t.Error("an interval can be raised once to one value")
	}
	if se, _ := st.offer(30 * time.Minute); se.String() != "3600" {
		t.Errorf("offered %v", se)
	}
	st.agreeUAC(res("Session-Expires: 3600;refresher=uac"))
	if se, _ := st.offer(0); se.String() != "3600;refresher=uac" || st.wait() != 30*time.Minute {
		t.Errorf("offered %v, wait %v", se, st.wait())
	}
	st.agreeUAC(res("Session-Expires: 3600;refresher=uas"))
	if se, _ := st.offer(0); se.String() != "3600;refresher=uas" || st.wait() != 3568*time.Second {
		t.Errorf("offered %v, wait %v", se, st.wait())
	}
	st.agreeUAC(res(""))
	if st.wait() != 0 {
		t.Error("no Session-Expires is no timer")
	}
	now := time.Now()
	if expired(now, now.Add(-time.Second), time.Minute) || !expired(now, now.Add(-time.Hour), time.Minute) || !expired(now, time.Time{}, time.Minute) {
		t.Error("media does not judge")
	}
}

func TestGlareDelay(t *testing.T) {
	intn := rand.New(rand.NewSource(1)).Intn
	var least, most time.Duration = time.Hour, 0
	for range 5000 {
		d := glareDelay(true, intn)
		least, most = min(least, d), max(most, d)
		if o := glareDelay(false, intn); o < 0 || o > 2*time.Second {
			t.Fatalf("other side waits %v", o)
		}
	}
	if least != 2100*time.Millisecond || most != 4*time.Second {
		t.Errorf("owner waits %v to %v", least, most)
	}
	var g glare
	for range maxGlare {
		if _, ok := g.retry(true); !ok {
			t.Error("given up too early")
		}
	}
	if _, ok := g.retry(true); ok {
		t.Error("never given up")
	}
	if g.done(); g.tries != 0 {
		t.Error("not forgotten")
	}
}

func TestParseDigits(t *testing.T) {
	for _, x := range []struct{ typ, body, want string }{
		{typeDTMFRelay, "Signal=5\r\nDuration=160", "5"},
		{typeDTMFRelay, "Signal= 5\r\nDuration= 160\r\n", "5"},
		{typeDTMFRelay, "Duration=160\nSIGNAL = *\n", "*"},
		{typeDTMFRelay, "Signal=10", "*"}, {typeDTMFRelay, "Signal=11", "#"}, {typeDTMFRelay, "Signal=12", "A"}, {typeDTMFRelay, "Signal=15", "D"},
		{typeDTMFRelay, "Signal=16", ""}, {typeDTMFRelay, "Signal=d", "D"}, {typeDTMFRelay, "Signal=", ""}, {typeDTMFRelay, "", ""},
		{typeDTMF, "#", "#"}, {typeDTMF, " 7\r\n", "7"}, {typeDTMF, "x", ""}, {typeDTMF, "11", "#"},
		{typeNortel, "p=Digit-Collection\ny=Digits\nd=123#\n", "123#"},
		{typeDTMF, strings.Repeat("1", 9999), strings.Repeat("1", front.MaxKeys)},
		{"text/plain", "1", ""},
	} {
		if got := string(parseDigits(x.typ, []byte(x.body))); got != x.want {
			t.Errorf("%s %q: %q, want %q", x.typ, x.body, got, x.want)
		}
	}
}

func TestWantsKeyframe(t *testing.T) {
	for body, want := range map[string]bool{
		keyframeBody: true,
		"<media_control><vc_primitive><to_encoder><picture_fast_update></picture_fast_update></to_encoder></vc_primitive></media_control>":   true,
		`<?xml version="1.0" encoding="ISO-8859-1"?><media_control><vc_primitive><stream_id>1</stream_id><to_encoder><picture_fast_update/>`: true,
		"<media_control><general_error>no</general_error></media_control>":                                                                   false,
		"<media_control><vc_primitive><picture_fast_update/>":                                                                                false,
		"": false, "<": false, "nothing": false,
		strings.Repeat("<a>", 5000) + "<to_encoder><picture_fast_update/>": false,
		`<!DOCTYPE x [<!ENTITY a "b">]><media_control>&a;`:                 false,
	} {
		if got := wantsKeyframe([]byte(body)); got != want {
			t.Errorf("%.60q: %v", body, got)
		}
	}
}

func TestKeyframeAsker(t *testing.T) {
	now := time.Now()
	var k keyframeAsker
	if !k.ask(now) || k.ask(now.Add(time.Hour)) {
		t.Error("one may be on its way")
	}
	k.answered(200)
	if k.ask(now.Add(100*time.Millisecond)) || !k.ask(now.Add(keyframeEvery)) {
		t.Error("one in half a second")
	}
	for _, status := range []int{0, 408, 491, 503} {
		if k.answered(status); k.refused {
			t.Errorf("%d is no refusal for ever", status)
		}
	}
	for _, status := range []int{400, 405, 415, 488, 501} {
		k = keyframeAsker{}
		k.ask(now)
		if k.answered(status); !k.refused || k.ask(now.Add(time.Hour)) {
			t.Errorf("%d is asked again", status)
		}
	}
}

func TestRAckAndRSeq(t *testing.T) {
	for h, want := range map[string]rack{
		"RAck: 776656 1 INVITE":     {776656, 1, "INVITE"},
		"rack:  7   8   invite ":    {7, 8, "INVITE"},
		"RAck: 0 1 INVITE":          {},
		"RAck: 1 INVITE":            {},
		"RAck: 9999999999 1 INVITE": {},
		"RAck: -1 1 INVITE":         {},
		"X: y":                      {},
	} {
		got, ok := parseRAck(parsed[*sipgo.Request](t, aRequest+h))
		if ok != (want != rack{}) || ok && got != want {
			t.Errorf("%q: %+v %v", h, got, ok)
		}
	}
	p := pendingReliable{rseq: 5, cseq: 7, waiting: true}
	if !p.matches(rack{5, 7, "INVITE"}) || p.matches(rack{5, 8, "INVITE"}) || p.matches(rack{6, 7, "INVITE"}) || p.matches(rack{5, 7, "UPDATE"}) {
		t.Error("matching")
	}
}

func TestReliableUAC(t *testing.T) {
	res := func(status, h string) *sipgo.Response {
		return parsed[*sipgo.Response](t, strings.Replace(aRequest, "INVITE sip:1001@gw SIP/2.0", "SIP/2.0 "+status+" X", 1)+h)
	}
	var r reliableUAC
	for _, x := range []struct {
		status, h       string
		reliable, fresh bool
	}{
		{"100", "Require: 100rel\nRSeq: 1", false, false},
		{"180", "", false, false},
		{"183", "Require: 100rel", true, false},
		{"183", "Require: 100rel\nRSeq: 41", true, true},
		{"183", "Require: 100rel\nRSeq: 41", true, false},
		{"180", "Require: 100rel\nRSeq: 43", true, false},
		{"180", "Require: 100REL\nRSeq: 42", true, true},
	} {
		if _, reliable, fresh := r.accept(res(x.status, x.h)); reliable != x.reliable || fresh != x.fresh {
			t.Errorf("%s %q: %v %v", x.status, x.h, reliable, fresh)
		}
	}
}

func TestParseReplaces(t *testing.T) {
	for h, want := range map[string]replaces{
		"Replaces: a@b;to-tag=t;from-tag=f":                                {"a@b", "t", "f", false},
		"Replaces: a@b;from-tag=f;to-tag=t;early-only":                     {"a@b", "t", "f", true},
		"Replaces: a@b;to-tag=t":                                           {},
		"Replaces: ;to-tag=t;from-tag=f":                                   {},
		"Replaces: a;to-tag=t;from-tag=f\nReplaces: b;to-tag=t;from-tag=f": {},
		"Replaces: a;to-tag=t;from-tag=f, b;to-tag=t;from-tag=f":           {},
	} {
		got, present, ok := parseReplaces(parsed[*sipgo.Request](t, aRequest+h))
		if !present || ok != (want != replaces{}) || ok && got != want {
			t.Errorf("%q: %+v %v", h, got, ok)
		}
	}
	if _, present, _ := parseReplaces(parsed[*sipgo.Request](t, aRequest)); present {
		t.Error("none is one")
	}
}

func TestHeaders(t *testing.T) {
	req := parsed[*sipgo.Request](t, aRequest+`Supported: X-cisco-a, timer
k: Replaces
Allow: INVITE, Update
Contact: "A, B" <sip:a@b;x=1,2>;+sip.instance="<urn:x,y>", <sip:c@d>`)
	if !hasToken(req, "Supported", "replaces") || !hasToken(req, "Supported", "timer") || !hasToken(req, "Allow", "update") || hasToken(req, "Require", "x") {
		t.Error("tokens")
	}
	if l := list(req, "Contact"); len(l) != 2 || l[1] != "<sip:c@d>" {
		t.Errorf("contacts %q", l)
	}
	if uri, ok := contactURI(req); !ok || uri.User != "a" || uri.Host != "b" {
		t.Errorf("contact %v", uri)
	}
	if got := splitOutside(`a, "b\",c" ,,<d,e>,`, ','); strings.Join(got, "|") != `a|"b\",c"|<d,e>` {
		t.Errorf("split %q", got)
	}
	first, p := params(`1800 ; Refresher="uac";x`)
	if first != "1800" || p["refresher"] != "uac" {
		t.Errorf("params %q %v", first, p)
	}
	if got := clean("\x00 Ph\u00f2ng\r\n\xff 1\u202e ", 8); got != "Phòng 1" {
		t.Errorf("clean %q", got)
	}
	if got := clean("ééééé", 5); got != "éé" {
		t.Errorf("cut %q", got)
	}
	if got := quotable("a\"b\\c\r\nd"); got != "a'bcd" {
		t.Errorf("quotable %q", got)
	}
	if _, ok := number("18446744073709551616", 1<<62); ok {
		t.Error("too large a number")
	}
}

func TestCausesAndStatuses(t *testing.T) {
	for c := bridge.CauseNormal; c <= bridge.CauseInternal; c++ {
		o, ok := outcomes[c]
		if !ok || o.status < 400 || o.q850 == 0 || phrase(o.status) == "" {
			t.Errorf("%v: %+v", c, o)
		}
		if _, ok := phrases[o.status]; !ok {
			t.Errorf("%d has no phrase", o.status)
		}
	}
	if outcomeOf(200) != outcomes[bridge.CauseInternal] {
		t.Error("an unknown cause is our own fault")
	}
	for status, want := range map[int]bridge.Cause{
		302: bridge.CauseNoRoute, 400: bridge.CauseProtocol, 404: bridge.CauseNoRoute, 408: bridge.CauseNoAnswer, 415: bridge.CauseMedia,
		430: bridge.CauseNoAnswer, 486: bridge.CauseBusy, 487: bridge.CauseCancelled, 494: bridge.CauseEncryption, 500: bridge.CauseUnreachable,
		504: bridge.CauseUnreachable, 600: bridge.CauseBusy, 603: bridge.CauseDeclined, 606: bridge.CauseMedia, 699: bridge.CauseUnreachable,
	} {
		if got := causeOf(status); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
	if phrase(199) == "" || phrase(299) != "OK" || phrase(499) != "Bad Request" || phrase(599) == "" || phrase(699) != "Decline" {
		t.Error("phrases")
	}
	bye := parsed[*sipgo.Request](t, aRequest+`Reason: Q.850;cause=34;text="no circuit", SIP;cause=200`)
	if c, why := byeCause(bye); c != bridge.CauseNormal || !strings.Contains(why, "no circuit") {
		t.Errorf("%v %q", c, why)
	}
}

func TestDialog(t *testing.T) {
	req := parsed[*sipgo.Request](t, aRequest+`Contact: <sip:a@10.0.0.1:5062;transport=tcp?X=y>
Record-Route: <sip:p1>, <sip:p2;lr>`)
	d := newUASDialog(req, "lt", 10)
	if d.accept(req) != errOldCSeq {
		t.Error("the same number is taken twice")
	}
	next := parsed[*sipgo.Request](t, strings.ReplaceAll(aRequest, "INVITE", "BYE"))
	next.CSeq().SeqNo = 9
	if d.accept(next) != nil || d.remoteSeq != 9 || !d.matches(next) {
		t.Error("a later number is not taken")
	}
	// p1 is a strict router (RFC 3261 12.2.1.1).
	out := d.request(sipgo.BYE)
	var routes []string
	for _, h := range out.GetHeaders("Route") {
		routes = append(routes, h.Value())
	}
	if out.Recipient.Host != "p1" || strings.Join(routes, ",") != "<sip:p2;lr>,<sip:a@10.0.0.1:5062;transport=tcp?X=y>" || out.CSeq().SeqNo != 11 {
		t.Errorf("strict: %s %s", out.Recipient.String(), routes)
	}
	if hop := d.nextHop(); hop.Host != "p1" {
		t.Errorf("next hop %v", hop)
	}
	if ack := d.numbered(sipgo.ACK, 3); ack.CSeq().SeqNo != 3 || d.localSeq != 11 {
		t.Error("ACK takes a number of its own")
	}
	res := parsed[*sipgo.Response](t, strings.Replace(aRequest, "INVITE sip:1001@gw SIP/2.0", "SIP/2.0 200 OK", 1)+"Record-Route: <sip:p1;lr>, <sip:p2;lr>\nContact: <tel:1>")
	res.To().Params.Add("tag", "rt")
	u := newUACDialog("c", "lt", party{}, party{}, sipgo.Uri{Scheme: "sip", Host: "t"}, 1)
	u.establish(res)
	if u.remoteTag != "rt" || u.routes[0].Host != "p2" || u.target.Host != "t" || u.secure() {
		t.Errorf("dialog %+v", u)
	}
	broken := parsed[*sipgo.Request](t, aRequest+"Record-Route: <sip:p1;lr>, <<>>")
	if r := recordRoutes(broken, false); r != nil {
		t.Errorf("half a route %v", r)
	}
}

func TestTargetURI(t *testing.T) {
	for s, good := range map[string]bool{
		"sip:1001@10.0.0.1": true, "sips:a@host:5061;transport=tcp": true, "sip:[::1]:5060": true, " sip:10.0.0.1 ": true,
		"": false, "1001": false, "tel:1": false, "sip:": false, "sip:a@b\r\nX: y": false, "sip:a@b>,<sip:c": false, "h323:1@x": false,
	} {
		if _, err := targetURI(s); (err == nil) != good {
			t.Errorf("%q: %v", s, err)
		}
	}
	uri, _ := targetURI("sip:u:secret@h?Subject=x")
	if uri.Password != "" || uri.Headers != nil {
		t.Errorf("kept %v", uri)
	}
	for s, want := range map[string]string{"sips:h": "tls", "sip:h;transport=TCP": "tcp", "sip:h;transport=sctp": "udp", "sip:h": "udp"} {
		uri, _ := targetURI(s)
		if got, _ := protocolOf(uri); got != want {
			t.Errorf("%s: %s", s, got)
		}
	}
}

func TestBodies(t *testing.T) {
	req := parsed[*sipgo.Request](t, aRequest)
	for _, x := range []struct {
		typ, body string
		err       bool
		want      string
	}{
		{"", "", false, ""},
		{"application/sdp", " \r\n", false, ""},
		{"", "v=0\r\n", false, "v=0\r\n"},
		{"Application/SDP ; charset=utf-8", "v=0\r\n", false, "v=0\r\n"},
		{"multipart/mixed", "x", true, ""},
		{`multipart/mixed;boundary=b`, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", true, ""},
		{`multipart/mixed;boundary=b`, "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--", false, "v=0"},
		{"text/plain", "x", true, ""},
	} {
		r := req.Clone()
		if x.typ != "" {
			r.AppendHeader(sipgo.NewHeader("Content-Type", x.typ))
		}
		r.SetBody([]byte(x.body))
		got, err := sessionBody(r)
		if string(got) != x.want || (err != nil) != x.err {
			t.Errorf("%q %q: %q %v", x.typ, x.body, got, err)
		}
	}
}

func TestMediaRefusal(t *testing.T) {
	if status, cause, _ := mediaRefusal(errors.New("odd"), "x"); status != 500 || cause != bridge.CauseInternal {
		t.Errorf("%d %v", status, cause)
	}
}

func TestDefaults(t *testing.T) {
	c := Config{SessionExpires: -1}
	c.defaults()
	if c.SessionExpires != 0 || c.MediaGrace != 30*time.Second || c.Rate != 200 || c.UserAgent == "" || c.Log == nil {
		t.Errorf("%+v", c)
	}
}

func TestMessageCounters(t *testing.T) {
	c := newCounters()
	for _, m := range []string{"INVITE", "X1", "X2", "X3"} {
		c.message(false, m, 0)
	}
	c.message(true, "INVITE", 70000)
	s := c.snapshot()
	if s.Messages[MessageKind{false, "other", 0}] != 3 || s.Messages[MessageKind{true, "INVITE", 699}] != 1 {
		t.Errorf("%+v", s)
	}
}
