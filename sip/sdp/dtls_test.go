package sdp

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func pairs(pair string, n int) string {
	return strings.TrimSuffix(strings.Repeat(pair+":", n), ":")
}

func TestFingerprints(t *testing.T) {
	for _, c := range []struct {
		lines       []string
		hash, value string
	}{
		{[]string{"sha-256 " + pairs("ab", 32)}, "sha-256", pairs("AB", 32)},
		{[]string{"SHA-1 " + pairs("0C", 20)}, "sha-1", pairs("0C", 20)},
		{[]string{"sha-1 " + pairs("0C", 20), "sha-256 " + pairs("0D", 32)}, "sha-256", pairs("0D", 32)},
		{[]string{"sha-512 " + pairs("0C", 64), "sha-1 " + pairs("0D", 20)}, "sha-512", pairs("0C", 64)},
		{[]string{"md5 " + pairs("0C", 16)}, "", ""},
		{[]string{"sha-256 " + pairs("0C", 31)}, "", ""},
		{[]string{"sha-256 " + pairs("0G", 32)}, "", ""},
		{[]string{"sha-256 " + strings.ReplaceAll(pairs("0C", 32), ":", "-")}, "", ""},
		{[]string{"sha-256"}, "", ""},
		{[]string{"sha-256 x y"}, "", ""},
	} {
		var list []Attribute
		for _, l := range c.lines {
			list = append(list, Attribute{"fingerprint", l})
		}
		if h, v := fingerprint(list); h != c.hash || v != c.value {
			t.Errorf("%q: %q %q", c.lines, h, v)
		}
	}
}

func dtlsOfferOf(setup, value string) []byte {
	line := "m=audio 5000 UDP/TLS/RTP/SAVP 0\na=fingerprint:sha-256 " + value + "\n"
	if setup != "" {
		line += "a=setup:" + setup + "\n"
	}
	return offerOf(line)
}

func TestRoles(t *testing.T) {
	for setup, want := range map[string]string{
		"actpass": "active", "passive": "active", "active": "passive", "ACTPASS": "active", "": "passive", "holdconn": "passive",
	} {
		out, session := answer(t, with(nil), dtlsOfferOf(setup, pairs("0A", 32)))
		wantLine(t, out, "a=setup:"+want)
		sec := session.Streams[0].Security
		if sec.DTLSClient != (want == "active") || sec.FingerprintHash != "sha-256" || sec.Fingerprint != pairs("0A", 32) {
			t.Errorf("%q: %+v", setup, sec)
		}
	}
}

func TestRolesStayWithTheirConnection(t *testing.T) {
	s := with(nil)
	answer(t, s, dtlsOfferOf("active", pairs("0A", 32)))
	out, _ := answer(t, s, dtlsOfferOf("actpass", pairs("0A", 32)))
	wantLine(t, out, "a=setup:passive")
	out, _ = answer(t, s, dtlsOfferOf("actpass", pairs("0B", 32)))
	wantLine(t, out, "a=setup:active") // another certificate, another connection
	offer := mustOffer(t, s)
	wantLine(t, offer, "a=setup:actpass")
	wantLine(t, offer, "m=audio 4000 UDP/TLS/RTP/SAVP 0 114 9 8 101 127")
}

func TestSessionFingerprintAndMux(t *testing.T) {
	out, session := answer(t, with(nil), fixtures(t)["dtls-phone"])
	for i, st := range session.Streams {
		if st.Security.Keying != media.DTLS || !st.Mux || st.RemoteRTCP != st.Remote {
			t.Errorf("%+v", st)
		}
		x := sectionOf(t, out, i)
		wantLine(t, x, "a=rtcp-mux")
		wantLine(t, x, "a=fingerprint:sha-256 "+pairs("AB", 32))
	}
	wantLine(t, sectionOf(t, out, 1), "a=rtcp-fb:102 nack pli")
	wantNone(t, out, "transport-cc")
	wantLine(t, sectionOf(t, out, 1), "a=mid:1")
}

func TestWithoutDTLS(t *testing.T) {
	s := with(func(l *Local) { l.Caps.DTLS = false })
	_, _, err := s.Answer(mustParse(t, fixtures(t)["dtls-phone"]))
	if m, ok := err.(*Mismatch); !ok || !m.Encryption {
		t.Error(err)
	}
}

func TestDTLSAnswers(t *testing.T) {
	only := func(l *Local) { l.Caps.Suites, l.Caps.Encryption = nil, media.EncryptionRequire }
	for setup, client := range map[string]bool{"active": false, "passive": true, "": false} {
		line := "m=audio 5000 UDP/TLS/RTP/SAVPF 0\na=rtcp-mux\na=fingerprint:sha-256 " + pairs("0A", 32) + "\n"
		if setup != "" {
			line += "a=setup:" + setup + "\n"
		}
		session := mustApply(t, with(only), line)
		if st := session.Streams[0]; st.Security.Keying != media.DTLS || st.Security.DTLSClient != client || !st.Mux {
			t.Errorf("%q: %+v", setup, st)
		}
	}
	if _, err := applied(t, with(only), "m=audio 5000 UDP/TLS/RTP/SAVPF 0\n"); err == nil {
		t.Error("an answer without a fingerprint")
	}
}
