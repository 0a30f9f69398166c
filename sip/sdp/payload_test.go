package sdp

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

// one reads a single payload type out of a line.
func one(t *testing.T, section string) payload {
	t.Helper()
	list := readPayloads(&mustParse(t, offerOf(section)).Media[0])
	if len(list) == 0 {
		t.Fatal("no payload type in", section)
	}
	return list[0]
}

func TestPayloads(t *testing.T) {
	for _, c := range []struct {
		section string
		want    media.Format
	}{
		{"m=audio 1 RTP/AVP 0\n", media.Format{Codec: media.PCMU, ClockRate: 8000, Bitrate: 64000}},
		{"m=audio 1 RTP/AVP 9\na=rtpmap:9 G722/16000\n", media.Format{Codec: media.G722, PT: 9, ClockRate: 8000, Bitrate: 64000}},
		{"m=audio 1 RTP/AVP 98\na=rtpmap:98 pcma/8000/1\n", media.Format{Codec: media.PCMA, PT: 98, ClockRate: 8000, Channels: 1, Bitrate: 64000}},
		{"m=audio 1 RTP/AVP 98\na=fmtp:98 stereo=1; UseInBandFEC=1;maxaveragebitrate=32000\na=rtpmap:98 Opus/48000/2\n",
			media.Format{Codec: media.Opus, PT: 98, ClockRate: 48000, Channels: 2, Bitrate: 32000, Stereo: true, FEC: true}},
		{"m=audio 1 RTP/AVP 115\na=rtpmap:115 G7221/32000\na=fmtp:115 bitrate=48000\n", media.Format{Codec: media.G7221, PT: 115, ClockRate: 32000, Bitrate: 48000}},
		{"m=audio 1 RTP/AVP 101\na=rtpmap:101 TELEPHONE-EVENT/8000\n", media.Format{Codec: media.DTMF, PT: 101, ClockRate: 8000}},
		{"m=audio 1 RTP/AVP 97\na=rtpmap:97 speex/8000\n", media.Format{PT: 97, ClockRate: 8000}},
		{"m=audio 1 RTP/AVP 97\n", media.Format{PT: 97}},
		{"m=video 1 RTP/AVP 31\na=rtpmap:31 H26\n", media.Format{Codec: media.H261, PT: 31, ClockRate: 90000}},
		{"m=video 1 RTP/AVP 96\na=rtpmap:96 H26\n", media.Format{PT: 96}},
		{"m=audio 1 RTP/AVP 97\na=rtpmap:97 PCMU/\xc3\xa9\n", media.Format{PT: 97}},
		{"m=video 1 RTP/AVP 34\n", media.Format{Codec: media.H263, PT: 34, ClockRate: 90000}},
		{"m=video 1 RTP/AVP 96\na=rtpmap:96 H264/\n", media.Format{PT: 96}},
		{"m=video 1 RTP/AVP 96\na=rtpmap:96 VP8/90000\na=fmtp:96 max-fr=30; max-fs=3600\n",
			media.Format{Codec: media.VP8, PT: 96, ClockRate: 90000, VideoMax: media.Limits{MaxFS: 3600, MaxMBPS: 108000, FPS: 30}}},
	} {
		got := one(t, c.section).Format
		if got != c.want {
			t.Errorf("%s\n%+v, want %+v", c.section, got, c.want)
		}
	}
}

func TestPayloadScopeAndRepeats(t *testing.T) {
	d := mustParse(t, fixtures(t)["acano"])
	for i, want := range []string{"G7221/32000", "VP8/90000", "H224/4800"} {
		for _, p := range readPayloads(&d.Media[i]) {
			if p.PT == 100 && p.name != want {
				t.Errorf("line %d: %s", i, p.name)
			}
		}
	}
	list := readPayloads(&mustParse(t, offerOf("m=audio 1 RTP/AVP 0 0 200 -1 x 00 8\na=rtpmap:0 PCMU/8000\na=rtpmap:0 PCMA/8000\na=rtpmap:200 x/1\na=rtpmap:x y/1\na=rtpmap:8\n")).Media[0])
	if len(list) != 2 || list[0].name != "PCMU/8000" || list[1].Codec != media.PCMA {
		t.Errorf("%+v", list)
	}
}

func TestH264Parameters(t *testing.T) {
	h264 := func(fmtp string) payload {
		return one(t, "m=video 1 RTP/AVP 96\na=rtpmap:96 H264/90000\n"+fmtp)
	}
	if got := h264("").H264; got != media.DefaultH264 {
		t.Errorf("without parameters: %+v", got)
	}
	full := h264("a=fmtp:96 profile-level-id=640C1F; packetization-mode=1;max-mbps=1;max-fs=2;max-br=3;max-cpb=4;max-dpb=5;max-smbps=6;max-rcmd-nalu-size=7;level-asymmetry-allowed=1;max-fps=6000\n").H264
	if full != (media.H264Params{Profile: 100, Constraints: 0x0c, Level: 31, Mode: 1, MaxMBPS: 1, MaxFS: 2, MaxBR: 3, MaxCPB: 4, MaxDPB: 5, MaxSMBPS: 6, MaxNAL: 7, AsymmetryAllowed: true}) {
		t.Errorf("%+v", full)
	}
	for _, bad := range []string{
		"a=fmtp:96 profile-level-id=42e0\n", "a=fmtp:96 profile-level-id=42e01g\n",
		"a=fmtp:96 packetization-mode=2\n", "a=fmtp:96 packetization-mode=x\n",
	} {
		if got := h264(bad); got.Codec != "" {
			t.Errorf("%q is taken for %s", bad, got.Codec)
		}
	}
}

func TestParameterSets(t *testing.T) {
	sets := func(value string) string {
		return one(t, "m=video 1 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;sprop-parameter-sets="+value+";max-fs=9\n").sets
	}
	long := base64.StdEncoding.EncodeToString(append([]byte{0x67}, make([]byte, maxSetSize-1)...))
	tooLong := base64.StdEncoding.EncodeToString(append([]byte{0x67}, make([]byte, maxSetSize)...))
	for value, want := range map[string]string{
		"Z0LAH9oFB+Q=,aM44gA==":          "Z0LAH9oFB+Q=,aM44gA==",
		"Z0LAH9oFB+Q,aM44gA,":            "Z0LAH9oFB+Q=,aM44gA==",
		"":                               "",
		",,,":                            "",
		"!!!!,aM44gA==":                  "aM44gA==",
		"Zw==,aM44gA==":                  "aM44gA==", // a header and nothing behind it
		"ZYiEQA==,aM44gA==":              "aM44gA==", // a slice
		"50LAH9oFB+Q=,aM44gA==":          "aM44gA==", // forbidden_zero_bit
		long:                             long,
		tooLong:                          "",
		strings.Repeat("aM44gA==,", 400): strings.TrimSuffix(strings.Repeat("aM44gA==,", maxSets), ","),
	} {
		if got := sets(value); got != want {
			t.Errorf("%.60s: %.60s, want %.60s", value, got, want)
		}
	}
}

// TestParameterSetsAreOfWhatArrives: they belong to what the far end sends,
// in its offers and in its answers, and none are in what we write.
func TestParameterSetsAreOfWhatArrives(t *testing.T) {
	const line = "m=video 5000 RTP/AVP 126 97\na=rtpmap:97 H264/90000\na=fmtp:97 profile-level-id=42e01f;sprop-parameter-sets=Z0LAH9oFB+Q=,aM44gA==\n" +
		"a=rtpmap:126 H264/90000\na=fmtp:126 profile-level-id=42e01f;packetization-mode=1; sprop-parameter-sets=Z0LAH9oFB+Q=,aM48gA==\n"
	video := func(s media.Session) media.Stream {
		for _, st := range s.Streams {
			if st.Kind == media.Video && st.Send.Codec == media.H264 {
				return st
			}
		}
		t.Fatal("no picture")
		return media.Stream{}
	}
	check := func(what string, st media.Stream) {
		t.Helper()
		if st.Send.ParameterSets != "" || len(st.Recv) == 0 {
			t.Errorf("%s: %+v", what, st)
		}
		for _, f := range st.Recv {
			want := "Z0LAH9oFB+Q=,aM48gA=="
			if f.H264.Mode == 0 {
				want = "Z0LAH9oFB+Q=,aM44gA=="
			}
			if f.ParameterSets != want {
				t.Errorf("%s: %+v", what, f)
			}
		}
	}
	body, session := answer(t, with(policy(media.EncryptionOff)), offerOf("m=audio 4998 RTP/AVP 0\n"+line))
	check("offer", video(session))
	wantNone(t, body, "sprop")
	s := with(policy(media.EncryptionOff))
	wantNone(t, string(mustOffer(t, s)), "sprop")
	session, err := s.ApplyAnswer(mustParse(t, offerOf("m=audio 4998 RTP/AVP 0\n"+line)))
	if err != nil {
		t.Fatal(err)
	}
	check("answer", video(session))
	wantNone(t, string(mustOffer(t, s)), "sprop")
}

func TestUsualNumbers(t *testing.T) {
	s := with(func(l *Local) {
		l.Caps.Encryption = media.EncryptionOff
		l.Caps.Audio = []media.Format{{Codec: media.G7221, ClockRate: 16000, Bitrate: 32000}, {Codec: media.G7221, ClockRate: 32000, Bitrate: 48000}, {Codec: media.PCMA, ClockRate: 8000}}
		l.Caps.Video = []media.Format{vp8, {Codec: media.H265, ClockRate: 90000}, cb(1)}
	})
	out := mustOffer(t, s)
	wantLine(t, out, "m=audio 4000 RTP/AVP 104 127 8")
	wantLine(t, out, "a=rtpmap:104 G7221/16000")
	wantLine(t, out, "a=fmtp:127 bitrate=48000")
	wantLine(t, out, "m=video 4002 RTP/AVP 100 127 126")
}

// TestDescribeH264: what an answer says of our decoder under an offered type.
func TestDescribeH264(t *testing.T) {
	own := cb(1).H264
	for _, c := range []struct {
		name    string
		offered media.H264Params
		bitrate int
		want    string
	}{
		{"lower level", media.H264Params{Profile: 66, Constraints: 0x80, Level: 20, Mode: 1}, 0,
			"profile-level-id=428014;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000"},
		{"lower level, little bandwidth", media.H264Params{Profile: 66, Constraints: 0x80, Level: 20}, 1_000_000,
			"profile-level-id=428014;packetization-mode=0;max-fs=3600;max-mbps=108000;max-br=2000"},
		{"higher level", media.H264Params{Profile: 66, Constraints: 0xe0, Level: 50, Mode: 1}, 4_000_000,
			"profile-level-id=42e01f;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000"},
		{"asymmetry", media.H264Params{Profile: 66, Constraints: 0xe0, Level: 13, Mode: 1, AsymmetryAllowed: true}, 0,
			"profile-level-id=42e01f;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000;level-asymmetry-allowed=1"},
		{"level 1b", media.H264Params{Profile: 66, Constraints: 0xf0, Level: 11, Mode: 1}, 0,
			"profile-level-id=42f00b;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000"},
		{"level 1b, our level", media.H264Params{Profile: 66, Constraints: 0xf0, Level: 11, Mode: 1, AsymmetryAllowed: true}, 0,
			"profile-level-id=42f01f;packetization-mode=1;max-fs=3600;max-mbps=108000;max-br=14000;level-asymmetry-allowed=1"},
	} {
		if got := writeH264(describeH264(own, c.offered, c.bitrate)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestWrittenParameters(t *testing.T) {
	for want, f := range map[string]media.Format{
		"0-15": {Codec: media.DTMF},
		"":     {Codec: media.PCMU, Bitrate: 64000},
		"useinbandfec=1;stereo=1;maxaveragebitrate=64000": {Codec: media.Opus, FEC: true, Stereo: true, Bitrate: 64000},
		"bitrate=32000":         {Codec: media.G7221, Bitrate: 32000},
		"max-fs=3600;max-fr=30": {Codec: media.VP8, VideoMax: media.Limits{MaxFS: 3600, FPS: 30}},
	} {
		if got := writeParams(f); got != want {
			t.Errorf("%s: %q, want %q", f.Codec, got, want)
		}
	}
}

func TestSpellingOfACodecComesBack(t *testing.T) {
	out, _ := answer(t, with(nil), offerOf("m=audio 5000 RTP/AVP 98 99\na=rtpmap:98 OPUS/48000\na=rtpmap:99 Telephone-Event/48000\n"))
	wantLine(t, out, "a=rtpmap:98 OPUS/48000")
	wantLine(t, out, "a=rtpmap:99 Telephone-Event/48000")
}

func TestG7221OnlyWhenWeCan(t *testing.T) {
	body := offerOf("m=audio 5000 RTP/AVP 102 103 0\na=rtpmap:102 G7221/16000\na=fmtp:102 bitrate=32000\na=rtpmap:103 G7221/16000\na=fmtp:103 bitrate=24000\n")
	_, session := answer(t, with(nil), body)
	if got := session.Streams[0].Send.Codec; got != media.PCMU {
		t.Error(got)
	}
	s := with(func(l *Local) {
		l.Caps.Audio = []media.Format{{Codec: media.G7221, ClockRate: 16000, Bitrate: 24000}, pcmu}
	})
	out, session := answer(t, s, body)
	if got := session.Streams[0].Send; got.PT != 103 {
		t.Errorf("%+v", got)
	}
	wantLine(t, out, "a=fmtp:103 bitrate=24000")
}

// Both sample rates with all their bit rates, told apart; and who names no bit
// rate.
func TestG7221Codings(t *testing.T) {
	var caps []media.Format
	for _, f := range [][2]int{{32000, 48000}, {32000, 32000}, {32000, 24000}, {16000, 32000}, {16000, 24000}} {
		caps = append(caps, media.Format{Codec: media.G7221, ClockRate: f[0], Bitrate: f[1]})
	}
	for _, c := range []struct {
		offer         string
		clock, stated int
		want          string
	}{
		{"a=rtpmap:102 G7221/32000\na=fmtp:102 bitrate=24000\n", 32000, 24000, "a=fmtp:102 bitrate=24000"},
		{"a=rtpmap:102 g7221/16000/1\na=fmtp:102 BitRate=24000\n", 16000, 24000, "a=fmtp:102 bitrate=24000"},
		{"a=rtpmap:102 G7221/32000\n", 32000, 0, "a=fmtp:102 bitrate=48000"},
		{"a=rtpmap:102 G7221/16000\n", 16000, 0, "a=fmtp:102 bitrate=32000"},
		{"a=rtpmap:102 G7221/16000\na=fmtp:102 bitrate=48000\n", 0, 0, ""},
		{"a=rtpmap:102 G7221/8000\na=fmtp:102 bitrate=24000\n", 0, 0, ""},
	} {
		out, session := answer(t, with(func(l *Local) { l.Caps.Audio = append(caps, pcmu) }), offerOf("m=audio 5000 RTP/AVP 102 0\n"+c.offer))
		got := session.Streams[0].Send
		if c.want == "" {
			if got.Codec != media.PCMU {
				t.Errorf("%q: %+v", c.offer, got)
			}
			continue
		}
		wantLine(t, out, c.want)
		if got.Codec != media.G7221 || got.ClockRate != c.clock || got.Bitrate != c.stated {
			t.Errorf("%q: %+v", c.offer, got)
		}
	}
}

func TestVP8WhenWeCan(t *testing.T) {
	body := fixtures(t)["acano"]
	s := with(func(l *Local) { l.Caps.Video = []media.Format{vp8} })
	out, session := answer(t, s, body)
	if got := session.Streams[1].Send; got.Codec != media.VP8 || got.Limits().MaxFS != 3600 {
		t.Errorf("%+v", got)
	}
	wantLine(t, out, "a=rtpmap:100 VP8/90000")
	wantLine(t, out, "m=video 4002 RTP/AVP 100")
}

func TestEventsWithoutWish(t *testing.T) {
	s := with(func(l *Local) { l.Caps.Audio = []media.Format{pcmu} })
	out, session := answer(t, s, offerOf(plainOffer))
	if session.Streams[0].SendDTMF != 0 {
		t.Error("events that we do not know")
	}
	wantNone(t, out, "telephone-event")
}

// FuzzParameterSets: what is kept is within its bounds and spelt in one way.
func FuzzParameterSets(f *testing.F) {
	f.Add("Z0LAH9oFB+Q=,aM44gA==")
	f.Add("Z0LAH9oFB+Q,,!!,ZYiEQA==,aM44gA,")
	f.Fuzz(func(t *testing.T, value string) {
		got := readParameterSets(value)
		list := strings.Split(got, ",")
		if got != "" && len(list) > maxSets || len(got) > maxSets*(maxSetSize*4/3+4) {
			t.Fatalf("%d sets in %d bytes", len(list), len(got))
		}
		if again := readParameterSets(got); again != got {
			t.Fatalf("%q becomes %q", got, again)
		}
	})
}
