package sdp

import (
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// TestMakers checks what we make of each maker's offer: what is chosen, and
// what we may send.
func TestMakers(t *testing.T) {
	type video struct {
		pt, mode uint8
		fs, mbps int
		bitrate  int
		feedback media.Feedback
	}
	for _, c := range []struct {
		name   string
		codec  media.Codec
		pt     uint8
		dtmf   uint8
		video  video
		keying media.Keying
	}{
		{"acano", media.Opus, 114, 101, video{126, 1, 8192, 245000, 3720000, media.FIR | media.PLI}, media.Plain},
		{"cms-no-rtpmap", media.G722, 9, 0, video{}, media.Plain},
		{"lg-42800C", media.PCMU, 0, 96, video{99, 0, 396, 6000, 384000, 0}, media.Plain},
		{"polycom-vvx", media.G722, 9, 127, video{109, 0, 396, 11880, 406400, media.FIR | media.TMMBR}, media.Plain},
		{"magor", media.G722, 9, 111, video{112, 1, 8192, 245760, 4000000, 0}, media.Plain},
		{"hexmeet-srtp", media.G722, 9, 101, video{108, 1, 3600, 108000, 1865600, 0}, media.SDES},
		{"webex-srtp", media.Opus, 99, 101, video{117, 1, 8160, 489600, 4000000, media.PLI | media.FIR}, media.SDES},
		{"cisco-best-effort", media.G722, 9, 101, video{126, 1, 8160, 122400, 1820000, media.PLI}, media.SDES},
		{"tandberg-e20", media.G722, 9, 101, video{98, 1, 3840, 108000, 1744000, media.PLI}, media.Plain},
		{"poly-srtp", media.G722, 9, 119, video{110, 1, 3600, 108000, 892800, media.FIR | media.TMMBR}, media.SDES},
		{"dtls-phone", media.Opus, 96, 101, video{102, 1, 3600, 108000, 4000000, media.NACK | media.PLI}, media.DTLS},
		{"twice-offered", media.PCMU, 0, 101, video{}, media.SDES},
		{"yealink", media.G722, 9, 101, video{97, 1, 3600, 108000, 953600, media.PLI | media.FIR}, media.Plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := fixtures(t)[c.name]
			s := with(func(l *Local) { l.Caps.SendBitrate = 4_000_000 })
			out, session := answer(t, s, body)
			for _, b := range breaches(mustParse(t, body), out, session) {
				t.Error(b)
			}
			a, v := session.Streams[0], session.Streams[1]
			if a.Send.Codec != c.codec || a.Send.PT != c.pt || a.SendDTMF != c.dtmf || a.RecvDTMF != c.dtmf {
				t.Errorf("audio %s %d, events %d", a.Send.Codec, a.Send.PT, a.SendDTMF)
			}
			if a.Security.Keying != c.keying {
				t.Errorf("keying %s", a.Security.Keying)
			}
			l := v.Send.Limits()
			if got := (video{v.Send.PT, v.Send.H264.Mode, l.MaxFS, l.MaxMBPS, v.SendBitrate, v.Feedback}); v.Send.Codec == media.H264 && got != c.video {
				t.Errorf("video %+v, want %+v", got, c.video)
			}
			if (v.Send.Codec == "") != (c.video.pt == 0) {
				t.Errorf("video is %q", v.Send.Codec)
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}

func TestDynamicTypeWithoutRtpmapIsNoCodec(t *testing.T) {
	out, _ := answer(t, with(nil), fixtures(t)["cms-no-rtpmap"])
	wantLine(t, out, "m=audio 4000 RTP/AVP 9")
	wantLine(t, out, "m=video 0 RTP/AVP 97")
}

func TestHexMeetTagComesBack(t *testing.T) {
	out, session := answer(t, with(nil), fixtures(t)["hexmeet-srtp"])
	if got := valuesOf(&mustParse(t, []byte(out)).Media[0], "crypto"); len(got) != 1 || got[0][:2] != "3 " {
		t.Errorf("crypto %q", got)
	}
	if session.Streams[0].Remote != netip.MustParseAddrPort("127.0.0.2:30000") {
		t.Error(session.Streams[0].Remote)
	}
	wantLine(t, out, "m=video 0 RTP/SAVP 107")
}

func TestCiscoBestEffortTakesTheFullyEncryptedTag(t *testing.T) {
	out, session := answer(t, with(nil), fixtures(t)["cisco-best-effort"])
	wantNone(t, out, "UNENCRYPTED")
	wantNone(t, out, "2^48")
	for i, first := range []byte{'1', '3'} {
		if k := session.Streams[i].Security.RemoteKey; k[0] != first {
			t.Errorf("stream %d: the key of another tag", i)
		}
	}
	wantLine(t, sectionOf(t, out, 0), "m=audio 4000 RTP/AVP 9 101")
}

func TestMusicOnHold(t *testing.T) {
	all := fixtures(t)
	s := with(nil)
	_, before := answer(t, s, all["cisco-best-effort"])
	out, held := answer(t, s, all["cucm-music-on-hold"])
	a, v := held.Streams[0], held.Streams[1]
	if !a.Held || a.Direction != media.Recv || a.Remote != netip.MustParseAddrPort("127.0.0.7:4000") {
		t.Errorf("audio %+v", a)
	}
	if v.Direction != media.Inactive || v.Held || v.Remote.IsValid() {
		t.Errorf("video %+v", v)
	}
	wantLine(t, out, "m=video 0 RTP/AVP 31")
	_, after := answer(t, s, append([]byte(nil), all["cisco-best-effort"]...))
	if after.Streams[1].Remote != before.Streams[1].Remote || after.Streams[1].Held {
		t.Errorf("video did not come back: %+v", after.Streams[1])
	}
}

func TestOldHold(t *testing.T) {
	out, session := answer(t, with(nil), fixtures(t)["old-hold"])
	for _, st := range session.Streams {
		if !st.Held || st.Direction.Sends() || st.Remote.IsValid() {
			t.Errorf("%+v", st)
		}
	}
	wantLine(t, sectionOf(t, out, 0), "a=recvonly")
}

func TestIPv6(t *testing.T) {
	six := netip.MustParseAddr("::1")
	s := with(func(l *Local) {
		l.AddressFor = func(r netip.Addr) netip.Addr {
			if r.Is6() {
				return six
			}
			return loopback
		}
	})
	body := fixtures(t)["ipv6"]
	out, session := answer(t, s, body)
	wantLine(t, out, "c=IN IP6 ::1")
	wantLine(t, out, "o=roombridge 7 1 IN IP6 ::1")
	if session.Streams[0].Remote != netip.AddrPortFrom(six, 9000) {
		t.Error(session.Streams[0].Remote)
	}
	_, _, err := with(nil).Answer(mustParse(t, body))
	if m, ok := err.(*Mismatch); !ok || m.Code != WarnNetwork {
		t.Errorf("an IPv4 end answers IPv6: %v", err)
	}
}
