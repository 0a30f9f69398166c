package sdp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

const h264Line = "a=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01f;packetization-mode=1\n"

// TestWhichLineIsMain: the ports that carry the main picture and the slides.
func TestWhichLineIsMain(t *testing.T) {
	video := func(port, rest string) string { return "m=video " + port + " RTP/AVP 96\n" + h264Line + rest }
	const floor12 = "m=application 5010 UDP/BFCP *\na=floorid:1 mstrm:12\n"
	for _, c := range []struct {
		name, body    string
		main, content uint16
	}{
		{"one", video("5002", ""), 5002, 0},
		{"two without words", video("5002", "") + video("5004", ""), 5002, 5004},
		{"by content", video("5002", "a=content:slides\n") + video("5004", "a=content:main\n"), 5004, 5002},
		{"by content, mixed case", video("5002", "a=content:Slides\n") + video("5004", ""), 5004, 5002},
		{"by content list", video("5002", "a=content:alt,slides\n") + video("5004", ""), 5004, 5002},
		{"by label", video("5002", "a=label:12\n") + video("5004", "a=label:11\n") + floor12, 5004, 5002},
		{"by label, m-stream", video("5002", "a=label:12\n") + video("5004", "") + strings.Replace(floor12, "mstrm", "m-stream", 1), 5004, 5002},
		{"label of the only picture", video("5002", "a=label:12\n") + floor12, 5002, 5002},
		{"slides only", "m=audio 5000 RTP/AVP 0\n" + video("5002", "a=content:slides\n"), 0, 5002},
		{"dead before live", video("0", "") + video("5004", ""), 5004, 5004},
		{"unusable before usable", "m=video 5002 RTP/AVP 31\n" + video("5004", ""), 5004, 5004},
		{"m=control is none", "m=audio 5000 RTP/AVP 0\nm=control 5002 RTP/AVP 96\n" + h264Line, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for role, want := range map[media.Role]uint16{media.Main: c.main, media.Content: c.content} {
				s := with(func(l *Local) { l.Streams[1].Role = role })
				_, session, err := s.Answer(mustParse(t, offerOf(c.body)))
				if err != nil && want != 0 {
					t.Errorf("%s: %v", role, err)
					continue
				}
				var got uint16
				if err == nil {
					got = session.Streams[1].Remote.Port()
				}
				if got != want {
					t.Errorf("%s is on %d, want %d", role, got, want)
				}
			}
		})
	}
}

func TestMainAndContentTogether(t *testing.T) {
	s := with(func(l *Local) {
		l.Streams = append(l.Streams, LocalStream{Kind: media.Video, Role: media.Content, Port: 4004, RTCPPort: 4005, Direction: media.SendRecv})
	})
	out, session := answer(t, s, corpus(t)["cisco-room-direct-offer"])
	if got := session.Find(media.Video, media.Content); got == nil || got.Remote.Port() != 2354 {
		t.Errorf("%+v", got)
	}
	wantLine(t, sectionOf(t, out, 3), "m=video 4004 RTP/AVP 126")
	wantLine(t, sectionOf(t, out, 3), "a=content:slides")
}

func TestAPausedPictureIsNotReplacedBySlides(t *testing.T) {
	s := with(nil)
	body := "m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 96\n" + h264Line + "m=video 5004 RTP/AVP 96\n" + h264Line
	answer(t, s, offerOf(body))
	out, session := answer(t, s, offerOf(strings.Replace(body, "video 5002", "video 0", 1)))
	if session.Streams[1].Active() {
		t.Errorf("%+v", session.Streams[1])
	}
	wantLine(t, sectionOf(t, out, 2), "m=video 0 RTP/AVP 96")
	_, session = answer(t, s, offerOf(body))
	if session.Streams[1].Remote.Port() != 5002 {
		t.Errorf("%+v", session.Streams[1])
	}
}

func TestFewerLinesThanBefore(t *testing.T) {
	s := with(nil)
	answer(t, s, offerOf("m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 96\n"+h264Line))
	out, session := answer(t, s, offerOf("m=audio 5000 RTP/AVP 0\n"))
	if session.Streams[1].Active() || strings.Contains(out, "m=video") {
		t.Errorf("%s", out)
	}
	if again := mustOffer(t, s); strings.Contains(again, "m=video") {
		t.Errorf("%s", again)
	}
}

func TestALineThatChangesItsKind(t *testing.T) {
	s := with(nil)
	answer(t, s, offerOf("m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 96\n"+h264Line))
	answer(t, s, offerOf("m=audio 5000 RTP/AVP 0\nm=audio 5002 RTP/AVP 0\n"))
	if got := sectionOf(t, mustOffer(t, s), 1); !strings.HasPrefix(got, "m=audio 0 RTP/AVP 0\r\n") {
		t.Errorf("%s", got)
	}
}

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		lines     string
		direction media.Direction
		held      bool
		remote    bool
	}{
		{"", media.SendRecv, false, true},
		{"a=sendrecv\n", media.SendRecv, false, true},
		{"a=SENDRECV\n", media.SendRecv, false, true},
		{"a=recvonly\n", media.Send, false, true},
		{"a=sendonly\n", media.Recv, true, true},
		{"a=inactive\n", media.Inactive, true, true},
		{"c=IN IP4 0.0.0.0\n", media.Recv, true, false},
		{"c=IN IP4 0.0.0.0\na=sendonly\n", media.Recv, true, false},
		{"c=IN IP4 0.0.0.0\na=inactive\n", media.Inactive, true, false},
		{"c=IN IP6 ::\n", media.Recv, true, false},
	} {
		_, session := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\n"+c.lines))
		st := session.Streams[0]
		if st.Direction != c.direction || st.Held != c.held || st.Remote.IsValid() != c.remote {
			t.Errorf("%q: %s, held %v, %s", c.lines, st.Direction, st.Held, st.Remote)
		}
	}
}

func TestSessionDirection(t *testing.T) {
	body := crlf("v=0\nc=IN IP4 127.0.0.2\na=sendonly\nm=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 96\na=sendrecv\n" + h264Line)
	_, session := answer(t, with(nil), body)
	if session.Streams[0].Direction != media.Recv || session.Streams[1].Direction != media.SendRecv {
		t.Errorf("%+v", session)
	}
}

func TestRefusedLineWithZeroAddressIsNoHold(t *testing.T) {
	_, session := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\nm=video 0 RTP/AVP 96\nc=IN IP4 0.0.0.0\n"))
	if session.Streams[1].Held || session.Streams[0].Held {
		t.Errorf("%+v", session)
	}
}

func TestWhereRTCPGoes(t *testing.T) {
	for lines, want := range map[string]string{
		"":                                "127.0.0.2:5001",
		"a=rtcp:6001\n":                   "127.0.0.2:6001",
		"a=rtcp:6001 IN IP4 127.0.0.8\n":  "127.0.0.8:6001",
		"a=rtcp:6001 IN IP4 239.0.0.1\n":  "127.0.0.2:6001",
		"a=rtcp:6001 IN IP4 host.there\n": "127.0.0.2:6001",
		"a=rtcp:0\n":                      "127.0.0.2:5001",
		"a=rtcp:x\n":                      "127.0.0.2:5001",
		"a=rtcp-mux\n":                    "127.0.0.2:5000",
		"a=rtcp-mux\na=rtcp:6001\n":       "127.0.0.2:5000",
	} {
		out, session := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\n"+lines))
		st := session.Streams[0]
		if st.RemoteRTCP.String() != want || st.Mux != strings.Contains(lines, "mux") {
			t.Errorf("%q: %s", lines, st.RemoteRTCP)
		}
		if strings.HasPrefix(lines, "a=rtcp:") {
			wantLine(t, out, "a=rtcp:4001")
		} else {
			wantNone(t, out, "a=rtcp:")
		}
	}
	_, session := answer(t, with(nil), offerOf("m=audio 65535 RTP/AVP 0\n"))
	if session.Streams[0].RemoteRTCP.IsValid() {
		t.Error(session.Streams[0].RemoteRTCP)
	}
}

func TestNamesThatCannotGoBack(t *testing.T) {
	out, _ := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\na=mid:été\na=label:"+strings.Repeat("x", 65)+"\na=content:a b\n"))
	for _, name := range []string{"mid", "label", "content"} {
		wantNone(t, out, "a="+name)
	}
}

func TestReasons(t *testing.T) {
	for body, want := range map[string]int{
		"m=audio 5000 RTP/AVP 18\n":       WarnFormat,
		"m=video 5000 RTP/AVP 31\n":       WarnFormat,
		"m=application 5000 UDP/BFCP *\n": WarnMedia,
		"m=audio 0 RTP/AVP 0\n":           WarnMedia,
		"":                                WarnMedia,
		"m=audio 5000 RTP/AVP 0\nc=IN IP4 room.example\n":          WarnAddress,
		"m=audio 5000 RTP/AVP 0\nc=IN IP6 ::1\n":                   WarnNetwork,
		"m=audio 5000 RTP/SAVP 0\n":                                WarnMisc,
		"m=audio 5000 RTP/AVP 18\nm=video 5002 RTP/SAVP 96\na=x\n": WarnFormat,
	} {
		_, _, err := with(nil).Answer(mustParse(t, offerOf(body)))
		if m, ok := err.(*Mismatch); !ok || m.Code != want || m.Error() == "" {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestMixedAddresses(t *testing.T) {
	s := with(dualStack)
	out, _ := answer(t, s, offerOf("m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 96\nc=IN IP6 ::1\n"+h264Line))
	wantLine(t, out, "c=IN IP4 127.0.0.1")
	wantLine(t, sectionOf(t, out, 1), "c=IN IP6 ::1")
	if strings.Count(out, "c=IN") != 2 {
		t.Errorf("%s", out)
	}
}

func TestWrittenAddress(t *testing.T) {
	for in, want := range map[netip.Addr]string{
		loopback:                                "IP4 127.0.0.1",
		netip.MustParseAddr("::ffff:127.0.0.1"): "IP4 127.0.0.1",
		netip.MustParseAddr("fe80::1%lo"):       "IP6 fe80::1",
		{}:                                      "IP4 0.0.0.0",
	} {
		if got := address(in); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}
