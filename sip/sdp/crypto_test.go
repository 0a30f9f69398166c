package sdp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

const (
	key30 = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0"                     // 30 bytes
	key28 = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3Bxcg=="                     // 28
	key44 = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0MDEyMzQ1Njc4OWFiY2Q=" // 44
)

func TestParseCrypto(t *testing.T) {
	for _, c := range []struct {
		value string
		suite media.Suite // none: left out
		tag   string
	}{
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, media.AESCM80, "1"},
		{"0 AES_CM_128_HMAC_SHA1_32 inline:" + key30 + "|2^48", media.AESCM32, "0"},
		{"2 aes_cm_128_hmac_sha1_80 INLINE:" + key30 + "|2147483648", media.AESCM80, "2"},
		{"3  AEAD_AES_128_GCM   inline:" + key28, media.AEADGCM128, "3"},
		{"3 AEAD_AES_128_GCM inline:" + strings.TrimRight(key28, "="), media.AEADGCM128, "3"},
		{"999999999 AEAD_AES_256_GCM inline:" + key44 + " WSH=64", media.AEADGCM256, "999999999"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " WSH=1024 FEC_ORDER=FEC_SRTP", media.AESCM80, "1"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " -SOMETHING=new", media.AESCM80, "1"},

		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTCP", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " unencrypted_srtp", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNAUTHENTICATED_SRTP", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " KDR=10", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " SOMETHING=new", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^31|1:4", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1:4", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + ";inline:" + key30, 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key28, 0, ""},
		{"1 AEAD_AES_256_GCM inline:" + key28, 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:****", 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 uri:" + key30, 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key30, 0, ""},
		{"1 AES_256_CM_HMAC_SHA1_80 inline:" + key44, 0, ""},
		{"1 AES_CM_256_HMAC_SHA1_80 inline:" + key44, 0, ""},
		{"1 F8_128_HMAC_SHA1_80 inline:" + key30, 0, ""},
		{"1 none inline:", 0, ""},
		{"x AES_CM_128_HMAC_SHA1_80 inline:" + key30, 0, ""},
		{"1234567890 AES_CM_128_HMAC_SHA1_80 inline:" + key30, 0, ""},
		{"1 AES_CM_128_HMAC_SHA1_80", 0, ""},
		{"", 0, ""},
	} {
		got, ok := parseCrypto(c.value)
		if ok != (c.suite != media.SuiteNone) || ok && (got.suite != c.suite || got.tag != c.tag || len(got.key) != c.suite.KeyLen()+c.suite.SaltLen()) {
			t.Errorf("%q: %v %v %q", c.value, ok, got.suite, got.tag)
		}
	}
}

func TestCryptoGoesOutAsItComesIn(t *testing.T) {
	for _, s := range []media.Suite{media.AESCM80, media.AESCM32, media.AEADGCM128, media.AEADGCM256} {
		key, err := randomKey(s)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := parseCrypto(writeCrypto(crypto{"5", s, key}))
		if !ok || c.suite != s || !bytes.Equal(c.key, key) {
			t.Errorf("%s: %v", s, ok)
		}
	}
}

func TestManyCryptoLinesAreBounded(t *testing.T) {
	m := Media{}
	for i := range 200 {
		m.Attributes = append(m.Attributes, Attribute{"crypto", fmt.Sprintf("%d AES_CM_128_HMAC_SHA1_80 inline:%s", i, key30)})
	}
	if n := len(readCrypto(&m, []media.Suite{media.AESCM80})); n != maxCrypto {
		t.Error(n)
	}
}

func TestOnlyOurSuitesCount(t *testing.T) {
	body := offerOf("m=audio 5000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 +
		"\na=crypto:2 AEAD_AES_128_GCM inline:" + key28 + "\n")
	s := with(func(l *Local) { l.Caps.Suites = []media.Suite{media.AEADGCM128} })
	_, session := answer(t, s, body)
	if got := session.Streams[0].Security.Suite; got != media.AEADGCM128 {
		t.Error(got)
	}
}

// TestPolicies: what becomes of each kind of line under each policy.
func TestPolicies(t *testing.T) {
	const crypto = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "\n"
	const weak = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTP\n"
	fingerprint := "a=fingerprint:sha-256 " + strings.TrimSuffix(strings.Repeat("0F:", 32), ":") + "\na=setup:actpass\n"
	refused := media.Keying(99)
	for _, c := range []struct {
		line               string
		off, prefer, requi media.Keying
	}{
		{"m=audio 5000 RTP/AVP 0\n", media.Plain, media.Plain, refused},
		{"m=audio 5000 RTP/AVPF 0\n", media.Plain, media.Plain, refused},
		{"m=audio 5000 rtp/avp 0\n", media.Plain, media.Plain, refused},
		{"m=audio 5000 RTP/AVP 0\n" + crypto, media.Plain, media.SDES, media.SDES},
		{"m=audio 5000 RTP/AVP 0\n" + weak, media.Plain, media.Plain, refused},
		{"m=audio 5000 RTP/AVP 0\n" + fingerprint, media.Plain, media.DTLS, media.DTLS},
		{"m=audio 5000 RTP/AVP 0\n" + crypto + fingerprint, media.Plain, media.SDES, media.SDES},
		{"m=audio 5000 RTP/SAVP 0\n" + crypto, refused, media.SDES, media.SDES},
		{"m=audio 5000 RTP/SAVPF 0\n" + crypto, refused, media.SDES, media.SDES},
		{"m=audio 5000 RTP/SAVP 0\n" + weak, refused, refused, refused},
		{"m=audio 5000 RTP/SAVP 0\n", refused, refused, refused},
		{"m=audio 5000 RTP/SAVPF 0\n" + fingerprint, refused, media.DTLS, media.DTLS},
		{"m=audio 5000 UDP/TLS/RTP/SAVP 0\n" + fingerprint, refused, media.DTLS, media.DTLS},
		{"m=audio 5000 UDP/TLS/RTP/SAVPF 0\n" + fingerprint + crypto, refused, media.DTLS, media.DTLS},
		{"m=audio 5000 UDP/TLS/RTP/SAVP 0\n" + crypto, refused, refused, refused},
		{"m=audio 5000 TCP/TLS/RTP/SAVP 0\n" + fingerprint, refused, refused, refused},
		{"m=audio 5000 TCP/RTP/AVP 0\n", refused, refused, refused},
	} {
		for p, want := range map[media.Policy]media.Keying{
			media.EncryptionOff: c.off, media.EncryptionPrefer: c.prefer, media.EncryptionRequire: c.requi,
		} {
			offer := mustParse(t, offerOf(c.line))
			out, session, err := with(policy(p)).Answer(offer)
			if err != nil {
				m, ok := err.(*Mismatch)
				rtp := profileOf(offer.Media[0].Proto).rtp
				if want != refused || !ok || m.Encryption != rtp {
					t.Errorf("%s\n%s: %v", p, c.line, err)
				}
				continue
			}
			if got := session.Streams[0].Security.Keying; got != want {
				t.Errorf("%s\n%s: %s", p, c.line, got)
			}
			for _, b := range breaches(offer, string(out), session) {
				t.Errorf("%s\n%s: %s", p, c.line, b)
			}
		}
	}
}

func savp(key string) []byte {
	return offerOf("m=audio 5000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key +
		"\na=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" + key + "\n")
}

func TestKeysStayAsLongAsTheirs(t *testing.T) {
	other := strings.Replace(key30, "MDEy", "MTEy", 1)
	s := with(nil)
	_, one := answer(t, s, savp(key30))
	_, same := answer(t, s, savp(key30))
	if !bytes.Equal(one.Streams[0].Security.LocalKey, same.Streams[0].Security.LocalKey) {
		t.Error("our key changed without theirs")
	}
	_, changed := answer(t, s, savp(other))
	if bytes.Equal(one.Streams[0].Security.LocalKey, changed.Streams[0].Security.LocalKey) {
		t.Error("our key stayed when theirs changed")
	}
	short := bytes.Replace(savp(other), []byte("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+other+"\r\n"), nil, 1)
	_, suite := answer(t, s, short)
	if got := suite.Streams[0].Security; got.Suite != media.AESCM32 || bytes.Equal(got.LocalKey, changed.Streams[0].Security.LocalKey) {
		t.Errorf("suite %s", got.Suite)
	}
}

func TestAStreamThatStoppedStartsWithANewKey(t *testing.T) {
	s := with(nil)
	_, one := answer(t, s, savp(key30))
	answer(t, s, bytes.Replace(savp(key30), []byte("audio 5000"), []byte("audio 0"), 1))
	_, two := answer(t, s, savp(key30))
	if bytes.Equal(one.Streams[0].Security.LocalKey, two.Streams[0].Security.LocalKey) {
		t.Error("a packet counter that began again would meet its old key")
	}
}

func TestHoldKeepsTheKey(t *testing.T) {
	s := with(nil)
	_, one := answer(t, s, savp(key30))
	_, two := answer(t, s, append(savp(key30), "a=inactive\r\n"...))
	if !two.Streams[0].Held || !bytes.Equal(one.Streams[0].Security.LocalKey, two.Streams[0].Security.LocalKey) {
		t.Errorf("%+v", two.Streams[0])
	}
}

func TestOurOwnKeySentBackIsRefused(t *testing.T) {
	s := with(nil)
	out, _ := answer(t, s, savp(key30))
	m := mustParse(t, []byte(out)).Media[0]
	mine := strings.SplitN(valuesOf(&m, "crypto")[0], "inline:", 2)[1]
	if _, _, err := s.Answer(mustParse(t, savp(mine))); err == nil {
		t.Error("both directions share one key")
	}
	s = with(policy(media.EncryptionRequire))
	reflected := strings.NewReplacer("4000", "5000", "4002", "5002").Replace(mustOffer(t, s))
	if _, err := s.ApplyAnswer(mustParse(t, []byte(reflected))); err == nil {
		t.Error("an answer with our own keys")
	}
}

func TestAnsweredSuites(t *testing.T) {
	s := with(policy(media.EncryptionRequire))
	session := mustApply(t, s, "m=audio 5000 RTP/SAVP 0\na=crypto:3 AEAD_AES_128_GCM inline:"+key28+"|2^31\n")
	got := session.Streams[0].Security
	if got.Suite != media.AEADGCM128 || got.LocalKey[0] != 3 || string(got.RemoteKey) != "0123456789abcdefghijklmnopqr" {
		t.Errorf("%+v", got)
	}
	// Later offers keep to that suite and that key.
	m := mustParse(t, []byte(mustOffer(t, s))).Media[0]
	if lines := valuesOf(&m, "crypto"); len(lines) != 1 || !strings.Contains(lines[0], "AEAD_AES_128_GCM") {
		t.Errorf("%q", lines)
	}
	s.Rollback()
	s.Restart()
	m = mustParse(t, []byte(mustOffer(t, s))).Media[0]
	if lines := valuesOf(&m, "crypto"); len(lines) != 4 {
		t.Errorf("%q", lines)
	}
}

func TestAnswerMustNotDropEncryption(t *testing.T) {
	for _, c := range []struct {
		policy media.Policy
		answer string
		ok     bool
	}{
		{media.EncryptionPrefer, "m=audio 5000 RTP/AVP 0\n", true},
		{media.EncryptionRequire, "m=audio 5000 RTP/SAVP 0\n", false},
		{media.EncryptionRequire, "m=audio 5000 RTP/AVP 0\n", false},
		{media.EncryptionRequire, "m=audio 5000 RTP/SAVP 0\na=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTCP\n", false},
		// A wrong tag with a suite that we did offer can mean only one line.
		{media.EncryptionRequire, "m=audio 5000 RTP/SAVP 0\na=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "\n", true},
	} {
		_, err := applied(t, with(policy(c.policy)), c.answer)
		if (err == nil) != c.ok {
			t.Errorf("%s %s: %v", c.policy, c.answer, err)
		}
	}
}

func TestErrorsHoldNoKeys(t *testing.T) {
	for _, body := range [][]byte{
		savp("short"), savp(key30 + key30),
		offerOf("m=audio 5000 RTP/SAVP 0\na=crypto:1 X inline:" + key30 + "\n"),
		offerOf("m=audio 5000 RTP/AVP\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "\n"),
	} {
		d, err := Parse(body)
		if err == nil {
			_, _, err = with(nil).Answer(d)
		}
		if err == nil || strings.Contains(err.Error(), key30[:8]) {
			t.Error(err)
		}
	}
}

func TestOfferedTwiceFollowsThePolicy(t *testing.T) {
	body := fixtures(t)["twice-offered"]
	for p, want := range map[media.Policy]string{
		media.EncryptionOff:    "m=audio 0 RTP/SAVP 0",
		media.EncryptionPrefer: "m=audio 0 RTP/AVP 0",
	} {
		out, _ := answer(t, with(policy(p)), body)
		wantLine(t, out, want)
		if strings.Count(out, "m=audio 4000") != 1 {
			t.Errorf("%s:\n%s", p, out)
		}
	}
}

func TestOwnKeySource(t *testing.T) {
	s := with(func(l *Local) { l.Keys = nil })
	_, session := answer(t, s, savp(key30))
	_, other := answer(t, with(func(l *Local) { l.Keys = nil }), savp(key30))
	a, b := session.Streams[0].Security.LocalKey, other.Streams[0].Security.LocalKey
	if len(a) != 30 || bytes.Equal(a, b) {
		t.Error("keys are not random")
	}
}

// Where an answer holds several lines, the tag says which of ours is meant.
func TestTagOfSeveralAnsweredLines(t *testing.T) {
	s := with(policy(media.EncryptionRequire))
	session := mustApply(t, s, "m=audio 5000 RTP/SAVP 0\na=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:"+key30+
		"\na=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"+key30+"\n")
	if got := session.Streams[0].Security.Suite; got != media.AESCM32 {
		t.Error(got)
	}
}
