package media

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestDirections(t *testing.T) {
	for _, c := range []struct {
		d             Direction
		name          string
		sends, recvs  bool
		fromOtherSide Direction
	}{
		{Inactive, "inactive", false, false, Inactive},
		{Send, "sendonly", true, false, Recv},
		{Recv, "recvonly", false, true, Send},
		{SendRecv, "sendrecv", true, true, SendRecv},
	} {
		if c.d.String() != c.name || c.d.Sends() != c.sends || c.d.Receives() != c.recvs || c.d.Reverse() != c.fromOtherSide {
			t.Errorf("%s", c.d)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		Audio.String(): "audio", Video.String(): "video", Kind(0).String(): "unknown",
		Main.String(): "main", Content.String(): "content",
		Plain.String(): "none", SDES.String(): "sdes", DTLS.String(): "dtls",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for c, want := range map[Codec]Kind{Opus: Audio, DTMF: Audio, G729: Audio, H264: Video, AV1: Video, "speex": 0, "": 0} {
		if c.Kind() != want {
			t.Errorf("%s: %s", c, c.Kind())
		}
	}
}

func TestFeedbackSets(t *testing.T) {
	f := PLI | FIR
	if !f.Has(PLI) || !f.Has(PLI|FIR) || f.Has(NACK|PLI) || !f.Has(0) {
		t.Errorf("%b", f)
	}
}

func TestActive(t *testing.T) {
	there := netip.MustParseAddrPort("127.0.0.1:5000")
	if (Stream{Direction: SendRecv}).Active() || (Stream{Remote: there}).Active() || !(Stream{Direction: Recv, Remote: there}).Active() {
		t.Error("active streams need a direction and an address")
	}
}

func TestFind(t *testing.T) {
	s := Session{Streams: []Stream{{Kind: Audio}, {Kind: Video}, {Kind: Video, Role: Content}}}
	if s.Find(Video, Content) != &s.Streams[2] || s.Find(Video, Main) != &s.Streams[1] || s.Find(Audio, Content) != nil {
		t.Error("the wrong stream")
	}
}

func TestSuites(t *testing.T) {
	for s, want := range map[Suite]struct {
		name      string
		key, salt int
	}{
		AESCM80:    {"AES_CM_128_HMAC_SHA1_80", 16, 14},
		AESCM32:    {"AES_CM_128_HMAC_SHA1_32", 16, 14},
		AEADGCM128: {"AEAD_AES_128_GCM", 16, 12},
		AEADGCM256: {"AEAD_AES_256_GCM", 32, 12},
		SuiteNone:  {"none", 0, 0},
	} {
		if s.String() != want.name || s.KeyLen() != want.key || s.SaltLen() != want.salt {
			t.Errorf("%s", s)
		}
	}
}

func TestKeysNeverShow(t *testing.T) {
	secret := Key("0123456789abcdef0123456789abcd")
	st := Stream{Security: Security{LocalKey: secret, RemoteKey: secret}}
	encoded, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	hex := fmt.Sprintf("%x", []byte(secret))
	for _, text := range []string{
		string(encoded), fmt.Sprint(st), fmt.Sprintf("%+v", st), fmt.Sprintf("%#v", st), fmt.Sprintf("%s %q %x %X %d", secret, secret, secret, secret, secret), secret.String(),
	} {
		lower := strings.ToLower(text)
		if strings.Contains(lower, "0123456789abcdef") || strings.Contains(lower, hex[:16]) || strings.Contains(text, "48 49 50") {
			t.Errorf("a key in %s", text)
		}
	}
}
