package sdp

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func mustOffer(t testing.TB, s *State) string {
	t.Helper()
	b, err := s.Offer()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFirstOffer(t *testing.T) {
	s := with(policy(media.EncryptionOff))
	out := mustOffer(t, s)
	want := string(crlf(`
v=0
o=roombridge 7 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 4000 RTP/AVP 114 9 0 8 101 127
a=rtpmap:114 opus/48000/2
a=fmtp:114 useinbandfec=1
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtpmap:127 telephone-event/48000
a=fmtp:127 0-15
a=ptime:20
a=sendrecv
m=video 4002 RTP/AVP 126 97 127
b=AS:4000
b=TIAS:4000000
a=rtpmap:126 H264/90000
a=fmtp:126 profile-level-id=42e01f;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000;level-asymmetry-allowed=1
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42e01f;packetization-mode=0;max-fs=3600;max-mbps=108000;max-br=14000;level-asymmetry-allowed=1
a=rtpmap:127 H264/90000
a=fmtp:127 profile-level-id=64001f;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000;level-asymmetry-allowed=1
a=rtcp-fb:* nack
a=rtcp-fb:* nack pli
a=rtcp-fb:* ccm fir
a=rtcp-fb:* ccm tmmbr
a=sendrecv
`))
	if out != want {
		t.Errorf("offer:\n%s\nwant:\n%s", out, want)
	}
}

func TestOfferedEncryption(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Local)
		proto  string
		crypto int
		dtls   bool
	}{
		{"off", policy(media.EncryptionOff), "RTP/AVP", 0, false},
		{"prefer", policy(media.EncryptionPrefer), "RTP/AVP", 4, false},
		{"require", policy(media.EncryptionRequire), "RTP/SAVP", 4, false},
		{"prefer, DTLS only", func(l *Local) { l.Caps.Suites = nil }, "RTP/AVP", 0, true},
		{"require, DTLS only", func(l *Local) {
			l.Caps.Suites, l.Caps.Encryption = nil, media.EncryptionRequire
		}, "UDP/TLS/RTP/SAVPF", 0, true},
	} {
		out := mustOffer(t, with(c.change))
		for i := range 2 {
			m := mustParse(t, []byte(out)).Media[i]
			_, dtls := m.attribute("fingerprint")
			setup, _ := m.attribute("setup")
			if m.Proto != c.proto || len(valuesOf(&m, "crypto")) != c.crypto || dtls != c.dtls || dtls && setup != "actpass" {
				t.Errorf("%s:\n%s", c.name, out)
			}
		}
	}
	_, err := with(func(l *Local) {
		l.Caps.Suites, l.Caps.DTLS, l.Caps.Encryption = nil, false, media.EncryptionRequire
	}).Offer()
	if m, ok := err.(*Mismatch); !ok || !m.Encryption {
		t.Error("an offer without the required encryption:", err)
	}
}

func TestOfferWithoutStreams(t *testing.T) {
	if _, err := with(func(l *Local) { l.Streams = nil }).Offer(); err == nil {
		t.Error("an offer of nothing")
	}
	out := mustOffer(t, with(func(l *Local) { l.Streams[1].Port = 0 }))
	wantNone(t, out, "m=video")
	out = mustOffer(t, with(func(l *Local) { l.Caps.Audio = nil }))
	wantNone(t, out, "m=audio")
}

func TestSmallOfferDropsSuites(t *testing.T) {
	small := mustOffer(t, with(func(l *Local) { l.MTU = 1200 }))
	m := mustParse(t, []byte(small)).Media[0]
	if n := len(valuesOf(&m, "crypto")); n != 1 {
		t.Errorf("%d crypto lines", n)
	}
	wantNone(t, small, "rtpmap:0 ")
	wantLine(t, small, "a=rtpmap:101 telephone-event/8000")
}

func TestOddRTCPPortIsTold(t *testing.T) {
	out := mustOffer(t, with(func(l *Local) { l.Streams[0].RTCPPort = 4100 }))
	wantLine(t, sectionOf(t, out, 0), "a=rtcp:4100")
	wantNone(t, sectionOf(t, out, 1), "a=rtcp:")
}

// A later offer keeps what the session has: lines, numbers, names.
func TestOfferInSession(t *testing.T) {
	for name, body := range everything(t) {
		s := with(dualStack)
		offer := mustParse(t, body)
		first, before, err := s.Answer(offer)
		if err != nil {
			continue
		}
		ours := mustParse(t, first)
		again := mustParse(t, []byte(mustOffer(t, s)))
		if len(again.Media) != len(offer.Media) {
			t.Errorf("%s: %d lines become %d", name, len(offer.Media), len(again.Media))
			continue
		}
		for i := range again.Media {
			was, is := &ours.Media[i], &again.Media[i]
			if is.Port != was.Port || is.Proto != was.Proto || is.Type != was.Type {
				t.Errorf("%s, line %d: %s %d %s becomes %s %d %s", name, i, was.Type, was.Port, was.Proto, is.Type, is.Port, is.Proto)
			}
			for _, a := range []string{"mid", "content", "label"} {
				x, _ := was.attribute(a)
				if y, _ := is.attribute(a); x != y {
					t.Errorf("%s, line %d: %s %q becomes %q", name, i, a, x, y)
				}
			}
			if is.Port == 0 {
				continue
			}
			if is.Formats[0] != was.Formats[0] {
				t.Errorf("%s, line %d: format %s becomes %s", name, i, was.Formats[0], is.Formats[0])
			}
			checkNumbers(t, name, &offer.Media[i], is)
		}
		if d := len(before.Streams) - len(s.Session().Streams); d != 0 {
			t.Error("an offer changed the session")
		}
	}
}

// checkNumbers: a payload type never stands for two codings in one session.
func checkNumbers(t *testing.T, name string, was, is *Media) {
	t.Helper()
	for _, p := range readPayloads(is) {
		for _, q := range readPayloads(was) {
			if p.PT == q.PT && (p.Codec != q.Codec || p.Codec != "" && !p.Matches(q.Format)) {
				t.Errorf("%s: %d was %q and becomes %q", name, p.PT, q.name, p.name)
			}
		}
	}
}

func TestNumbersRunOut(t *testing.T) {
	var l lineState
	for pt := range l.types.taken {
		l.types.taken[pt] = true
	}
	if pt, ok := l.types.number(opus); ok {
		t.Errorf("%d was free", pt)
	}
	l.types.learn([]payload{{Format: media.Format{Codec: media.Opus, ClockRate: 48000, PT: 111}}})
	if pt, ok := l.types.number(opus); !ok || pt != 111 {
		t.Error(pt, ok)
	}
	s := with(func(l *Local) { l.Caps.Audio, l.Caps.Video = nil, nil })
	answerless := s.clone()
	answerless.lines = []lineState{l}
	answerless.streams[0].line = 0
	if _, err := answerless.Offer(); err == nil {
		t.Error("a line without formats was offered")
	}
}

func TestOfferAfterMusicOnHoldRestoresVideo(t *testing.T) {
	all := fixtures(t)
	s := with(policy(media.EncryptionOff))
	answer(t, s, all["cisco-best-effort"])
	answer(t, s, all["cucm-music-on-hold"])
	out := mustOffer(t, s)
	if got := sectionOf(t, out, 1); !strings.HasPrefix(got, "m=video 4002 RTP/AVP 126 97") {
		t.Errorf("%s", got)
	}
	wantLine(t, sectionOf(t, out, 2), "m=application 0 UDP/BFCP *")
}
