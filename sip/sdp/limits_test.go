package sdp

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestSendAndReceiveLimits(t *testing.T) {
	const video = "m=video 5002 RTP/AVP 96\n"
	const format = "a=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01f;packetization-mode=1\n"
	for _, c := range []struct {
		name, session, line string
		send, recv          int
		answer              string
	}{
		{"nothing said", "", "", 6_000_000, 4_000_000, "b=TIAS:4000000"},
		{"TIAS", "", "b=TIAS:1024000\n", 1_024_000, 1_024_000, "b=TIAS:1024000"},
		{"AS", "", "b=AS:1024\n", 972_800, 1_024_000, "b=AS:1024"},
		{"CT", "", "b=CT:512\n", 486_400, 512_000, "b=CT:512"},
		{"session AS leaves room for sound", "b=AS:1024\n", "", 892_800, 1_024_000, "b=TIAS:1024000"},
		{"small session", "b=AS:128\n", "", 60_800, 128_000, "b=TIAS:128000"},
		{"least of all", "b=AS:4000\nb=TIAS:3000000\n", "b=AS:2000\nb=TIAS:2500000\n", 1_900_000, 2_000_000, "b=TIAS:2000000"},
		{"above our own", "b=AS:9000\n", "b=TIAS:9000000\n", 6_000_000, 4_000_000, "b=TIAS:4000000"},
		{"other types do not count", "b=RS:0\n", "b=RR:0\nb=X-Y:1\n", 6_000_000, 4_000_000, "b=TIAS:4000000"},
		{"absurd", "b=AS:18446744073709551615\n", "", 6_000_000, 4_000_000, "b=TIAS:4000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := crlf("v=0\no=- 1 1 IN IP4 127.0.0.2\ns=-\n" + c.session + "c=IN IP4 127.0.0.2\nt=0 0\n" + video + c.line + format)
			s := with(func(l *Local) { l.Caps.SendBitrate = 6_000_000 })
			out, session := answer(t, s, body)
			if v := session.Streams[1]; v.SendBitrate != c.send || v.RecvBitrate != c.recv {
				t.Errorf("send %d, receive %d", v.SendBitrate, v.RecvBitrate)
			}
			wantLine(t, out, c.answer)
		})
	}
}

func TestNoBoundOfOurOwn(t *testing.T) {
	s := with(func(l *Local) { l.Caps.RecvBitrate = 0 })
	out, session := answer(t, s, offerOf("m=video 5002 RTP/AVP 96\n"+h264Line))
	if v := session.Streams[1]; v.RecvBitrate != 0 || v.SendBitrate != 14_000_000 {
		t.Errorf("%+v", v)
	}
	wantNone(t, out, "b=")
	out, _ = answer(t, s, offerOf("m=video 5002 RTP/AVP 96\nb=TIAS:700000\n"+h264Line))
	wantLine(t, out, "b=TIAS:700000")
}

func TestZeroBandwidthIsSilence(t *testing.T) {
	for _, b := range []string{"b=AS:0\n", "b=TIAS:0\n"} {
		out, session := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\n"+b))
		if st := session.Streams[0]; st.Direction != media.Recv {
			t.Errorf("%s: %s", b, st.Direction)
		}
		wantLine(t, out, "a=recvonly")
	}
}

func TestOpusObeysItsOfferer(t *testing.T) {
	_, session := answer(t, with(nil), fixtures(t)["webex-srtp"])
	if a := session.Streams[0]; a.SendBitrate != 64000 || !a.Send.Stereo {
		t.Errorf("%+v", a)
	}
}

func TestFeedback(t *testing.T) {
	all := media.NACK | media.PLI | media.FIR | media.TMMBR | media.REMB
	for _, c := range []struct {
		lines string
		own   media.Feedback
		want  media.Feedback
		texts []string
	}{
		{"a=rtcp-fb:* nack pli\na=rtcp-fb:* ccm fir\n", all, media.PLI | media.FIR, []string{"* nack pli", "* ccm fir"}},
		{"a=rtcp-fb:* ccm fir tmmbr\n", all, media.FIR | media.TMMBR, []string{"* ccm fir tmmbr"}},
		{"a=rtcp-fb:* ccm fir tmmbr\n", media.FIR, media.FIR, []string{"* ccm fir"}},
		{"a=rtcp-fb:96 nack\na=rtcp-fb:97 nack pli\n", all, media.NACK, []string{"96 nack"}},
		{"a=rtcp-fb:*  CCM   FIR\n", all, media.FIR, []string{"* CCM FIR"}},
		{"a=rtcp-fb:* nack pli\na=rtcp-fb:96 nack pli\n", all, media.PLI, []string{"* nack pli"}},
		{"a=rtcp-fb:* ccm tmmbr smaxpr=120\n", all, media.TMMBR, []string{"* ccm tmmbr smaxpr=120"}},
		{"a=rtcp-fb:* goog-remb\na=rtcp-fb:* transport-cc\na=rtcp-fb:* ccm pan\na=rtcp-fb:* trr-int 5000\na=rtcp-fb:* ack rpsi\n", all, media.REMB, []string{"* goog-remb"}},
		{"a=rtcp-fb:*\na=rtcp-fb:\na=rtcp-fb:* ccm\na=rtcp-fb:* nack sli\n", all, 0, nil},
	} {
		m := mustParse(t, offerOf("m=video 1 RTP/AVP 96 97\n"+c.lines)).Media[0]
		lines, common := answerFeedback(readFeedback(&m, 96), c.own)
		var texts []string
		for _, l := range lines {
			texts = append(texts, l.scope+" "+l.text)
		}
		if common != c.want || len(texts) != len(c.texts) {
			t.Errorf("%q: %b %q", c.lines, common, texts)
			continue
		}
		for i := range texts {
			if texts[i] != c.texts[i] {
				t.Errorf("%q: %q", c.lines, texts)
			}
		}
	}
}

func TestNoFeedbackForSound(t *testing.T) {
	out, session := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\na=rtcp-fb:* ccm tmmbr\n"))
	wantNone(t, out, "rtcp-fb")
	if session.Streams[0].Feedback != 0 {
		t.Error("feedback for sound")
	}
}

func TestPacketTime(t *testing.T) {
	for lines, want := range map[string]int{
		"": 0, "a=ptime:20\n": 20, "a=ptime:30\n": 30, "a=ptime:5\n": 0, "a=ptime:x\n": 0, "a=ptime:25\n": 20, "a=ptime:200\n": 60,
		"a=maxptime:60\n": 0, "a=maxptime:10\n": 10, "a=ptime:40\na=maxptime:20\n": 20, "a=ptime:20\na=maxptime:240\n": 20,
	} {
		out, session := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 0\n"+lines))
		if got := session.Streams[0].Send.PTime; got != want {
			t.Errorf("%q: %d, want %d", lines, got, want)
		}
		if lines != "" && lines[2] == 'p' {
			wantLine(t, out, "a=ptime:20")
		}
	}
}
