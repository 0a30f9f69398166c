package relays

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestReadSDP(t *testing.T) {
	lines, err := readSDP("v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\nc=IN IP4 10.0.0.1\r\na=fingerprint:sha-256 AA:BB\r\na=setup:passive\r\n" +
		"m=audio 5000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\na=ssrc:1 cname:x\r\n" +
		"m=video 5002 RTP/SAVP 97\r\na=crypto:1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==|2^31\r\na=ssrc:77 cname:x\r\na=mid:2\r\n" +
		"a=ice-ufrag:u\r\na=ice-pwd:p\r\na=candidate:1 1 udp 2130706431 10.0.0.3 8444 typ host\r\na=candidate:2 1 tcp 1 10.0.0.3 8444 typ host\r\na=candidate:1 2 udp 1 10.0.0.3 8445 typ host\r\n" +
		"m=video 0 RTP/AVP 97\r\nc=IN IP4 10.0.0.4\r\n")
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	key := make([]byte, 28)
	for i := range key {
		key[i] = byte(i)
	}
	want := line{
		addr: netip.MustParseAddrPort("10.0.0.1:5002"), suite: "AEAD_AES_128_GCM", key: key, hash: "sha-256", fingerprint: "AA:BB", setup: "passive",
		ufrag: "u", pwd: "p", mid: "2", ssrc: 77, candidates: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.3:8444")},
	}
	opt := cmp.Options{cmp.AllowUnexported(line{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmp.Comparer(func(a, b media.Key) bool { return string(a) == string(b) })}
	if d := cmp.Diff(want, lines[0], opt); d != "" {
		t.Error(d)
	}
	if lines[1].addr != netip.MustParseAddrPort("10.0.0.4:0") {
		t.Errorf("the refused line is at %v", lines[1].addr)
	}
	for _, s := range []string{"", "v=0\r\n", "m=audio 1 RTP/AVP 0\r\n", "m=video x RTP/AVP 97\r\n"} {
		if _, err := readSDP(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

func FuzzReadSDP(f *testing.F) {
	f.Add("v=0\r\nc=IN IP4 10.0.0.1\r\nm=video 5002 RTP/SAVP 97\r\na=crypto:1 X inline:AAAA|2\r\na=candidate:1 1 udp 1 10.0.0.3 8444 typ host\r\n")
	f.Add("m=video\nm=video 1 2 3\nc=\nc= \na=crypto\na=:")
	f.Fuzz(func(t *testing.T, s string) {
		lines, err := readSDP(s)
		if err == nil && len(lines) == 0 {
			t.Error("no line and no error")
		}
	})
}
