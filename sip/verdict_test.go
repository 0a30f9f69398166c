package sip

import (
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

func ourContact() sipgo.Uri {
	c := sipgo.Uri{Scheme: "sip", User: "842410", Host: "192.0.2.1", Port: 5060}
	c.UriParams.Add(lineParam, "abcd")
	return c
}

const registerAnswer = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n" +
	"Call-ID: 1\r\nCSeq: 1 REGISTER\r\n"

func TestGranted(t *testing.T) {
	for headers, want := range map[string]time.Duration{
		"": time.Hour, "Expires: 60\r\n": time.Minute, "Expires: soon\r\n": time.Hour,
		"Contact: <sip:842410@192.0.2.1:5060;line=abcd>;expires=90\r\n":                                                                90 * time.Second,
		"Contact: <sip:842410@192.0.2.1:5060;line=abcd>\r\nExpires: 30\r\n":                                                            30 * time.Second,
		"m: <sip:842410@192.0.2.1>;expires=40\r\n":                                                                                     40 * time.Second,
		"Contact: \"x, y\" <sip:842410@192.0.2.1:5060;line=else>;expires=90, <sip:842410@10.0.0.1;line=abcd>;q=0.5;expires=\"20\"\r\n": 20 * time.Second,
		"Contact: <sip:842410@192.0.2.1:5060;line=else>;expires=90\r\n":                                                                0,
		"Contact: <sip:other@192.0.2.1>;expires=90\r\nExpires: 60\r\n":                                                                 0,
		"Contact: *\r\n": 0, "Contact: <sip:842410@192.0.2.1:5060;line=abcd>;expires=0\r\n": 0,
	} {
		m, err := parseMessage([]byte(registerAnswer + headers + "Content-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := verdictOf(m.(*sipgo.Response), ourContact(), time.Hour); got.granted != want || got.status != 200 {
			t.Errorf("%s: %v", headers, got.granted)
		}
	}
}

func TestLifetime(t *testing.T) {
	for in, want := range map[string]time.Duration{"120": 2 * time.Minute, "18 (in a meeting);duration=3600": 18 * time.Second, "": -1, "x": -1, "-1": -1, "99999999999": -1} {
		if got, ok := lifetime(in); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v %v", in, got, ok)
		}
	}
}

// Whatever a registrar answers, an attempt ends, and the next is neither at once nor never.
func FuzzRegisterAnswer(f *testing.F) {
	f.Add([]byte(registerAnswer + "Contact: <sip:842410@192.0.2.1:5060;line=abcd>;expires=90\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("SIP/2.0 401 Unauthorized" + registerAnswer[14:] + "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", stale=true, qop=\"auth,auth-int\"\r\n\r\n"))
	f.Add([]byte("SIP/2.0 423 Brief" + registerAnswer[14:] + "Min-Expires: 7200\r\nRetry-After: 5 (x)\r\n\r\n"))
	secret := func(bridge.Target, string) (string, string, bool) { return "u", "p", true }
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseMessage(raw)
		res, ok := m.(*sipgo.Response)
		if err != nil || !ok {
			return
		}
		req := sipgo.NewRequest(sipgo.REGISTER, sipgo.Uri{Scheme: "sip", Host: "b"})
		g, now := newEnrolment(time.Hour, half), time.Unix(1_000_000, 0)
		a := g.begin()
		for n := 0; ; n++ {
			v := verdictOf(res, ourContact(), a.expires)
			_, v.challenge = authorize(req, res, bridge.Target{}, secret)
			if !g.heard(now, &a, v) {
				break
			}
			if n > 6 {
				t.Fatal("the attempt does not end")
			}
		}
		if wait := g.deadline().Sub(now); wait < 5*time.Second || wait > 25*time.Hour {
			t.Errorf("the next is after %v", wait)
		}
	})
}
