package room

import (
	"os"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
)

func chromium(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/chromium-offer.sdp")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReadOfferOfChromium(t *testing.T) {
	o, err := readOffer(chromium(t), true)
	if err != nil {
		t.Fatal(err)
	}
	if o.mic != "0" || o.camera != "1" || o.screen != "2" || len(o.slots) != 2 || o.slots[1].mid != "4" {
		t.Errorf("lines %+v", o)
	}
	if strings.Join(o.rids, " ") != "h m l" || o.ridID != 10 || o.rridID != 11 || o.slots[0].twcc != 3 {
		t.Errorf("rids %v, extensions %d %d %d", o.rids, o.ridID, o.rridID, o.slots[0].twcc)
	}
	if o.apt[97] != 96 || o.apt[109] != 108 || len(o.fid) != 1 {
		t.Errorf("retransmissions %v %v", o.apt, o.fid)
	}
	var names []string
	for _, f := range o.slots[0].formats {
		names = append(names, plan.Describe(f.Format))
		if f.rtx == 0 || len(f.feedback) != 5 {
			t.Errorf("%+v", f)
		}
	}
	if got := strings.Join(names, ", "); got != "VP8, H.264 Baseline, H.264 Constrained Baseline, H.264 Main, H.264 High" {
		t.Errorf("formats %s", got)
	}
	if o, _ := readOffer(chromium(t), false); len(o.slots[0].formats) != 4 {
		t.Errorf("without VP8: %d formats", len(o.slots[0].formats))
	}
}

func TestOfferIdentity(t *testing.T) {
	text := chromium(t)
	a, _ := readOffer(text, false)
	i := strings.Index(text, "a=ice-ufrag:") + len("a=ice-ufrag:")
	restarted, err := readOffer(strings.ReplaceAll(text, text[i:i+4], "abcd"), false)
	if err != nil || restarted.identity != a.identity || restarted.ufrag == a.ufrag {
		t.Errorf("an ICE restart: %v", err)
	}
	i = strings.Index(text, "a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
	reloaded, err := readOffer(strings.ReplaceAll(text, text[i:i+5], "00:00"), false)
	if err != nil || reloaded.identity == a.identity {
		t.Errorf("another page: %v", err)
	}
}

func TestReadOfferRefuses(t *testing.T) {
	good := chromium(t)
	slot := good[strings.LastIndex(good, "m=video"):]
	many := good
	for i := range maxSlots {
		many += strings.Replace(slot, "a=mid:4", "a=mid:x"+string(rune('A'+i)), 1)
	}
	for name, text := range map[string]string{
		"empty":           "",
		"not SDP":         "hello",
		"video first":     strings.Replace(good, "m=audio", "m=video", 1),
		"data":            strings.Replace(good, "m=video", "m=application", 1),
		"no mid":          strings.Replace(good, "a=mid:1\r\n", "", 1),
		"a mid twice":     strings.Replace(good, "a=mid:1\r\n", "a=mid:0\r\n", 1),
		"a long mid":      strings.Replace(good, "a=mid:1\r\n", "a=mid:"+strings.Repeat("x", 33)+"\r\n", 1),
		"a strange mid":   strings.Replace(good, "a=mid:1\r\n", "a=mid:\"<x>\r\n", 1),
		"four encodings":  strings.Replace(good, "a=rid:h send", "a=rid:h send\r\na=rid:x send", 1),
		"the same twice":  strings.Replace(good, "a=rid:m send", "a=rid:h send", 1),
		"many slots":      many,
		"many attributes": strings.Replace(good, "a=mid:1\r\n", "a=mid:1\r\n"+strings.Repeat("a=x:y\r\n", 400), 1),
		"many candidates": strings.Replace(good, "a=mid:1\r\n", "a=mid:1\r\n"+strings.Repeat("a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n", 101), 1),
		"a passive page":  strings.Replace(good, "a=setup:actpass", "a=setup:passive", 1),
		"a passive one":   strings.Replace(good, "t=0 0\r\n", "t=0 0\r\na=setup:passive\r\n", 1),
	} {
		if o, err := readOffer(text, true); err == nil {
			t.Errorf("%s: taken as %+v", name, o)
		}
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add(chromium(f))
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readOffer(text, true)
		if err == nil && (len(o.slots) > maxSlots || len(o.rids) > maxRIDs) {
			t.Errorf("out of bounds: %+v", o)
		}
	})
}

func TestMatch(t *testing.T) {
	o, err := readOffer(chromium(t), true)
	if err != nil {
		t.Fatal(err)
	}
	h := func(profile, constraints uint8) media.Format {
		return media.Format{Codec: media.H264, H264: media.H264Params{Profile: profile, Constraints: constraints, Mode: 1}}
	}
	for _, c := range []struct {
		f  media.Format
		pt uint8
	}{
		{h(66, 0xe0), 108}, {h(66, 0xc0), 108}, {h(66, 0x80), 108}, {h(66, 0), 108},
		{h(77, 0x40), 116}, {h(77, 0), 116}, {h(100, 0), 41}, {h(100, 0x0c), 41},
		{media.Format{Codec: media.VP8}, 96},
		{media.Format{Codec: media.H263}, 0}, {h(88, 0), 0}, {h(110, 0), 0},
	} {
		got, ok := match(o.slots[0].formats, c.f)
		if got.PT != c.pt || ok != (c.pt != 0) {
			t.Errorf("%s: payload type %d %v, want %d", plan.Describe(c.f), got.PT, ok, c.pt)
		}
	}
	// A decoder of Main takes Constrained Baseline.
	main := []slotFormat{{Format: h(77, 0)}}
	if _, ok := match(main, h(66, 0xe0)); !ok {
		t.Error("Constrained Baseline for a Main decoder was refused")
	}
	if _, ok := match(main, h(100, 0)); ok {
		t.Error("High for a Main decoder was taken")
	}
}

func TestFinishAnswer(t *testing.T) {
	text := chromium(t)
	o, err := readOffer(text, false)
	if err != nil {
		t.Fatal(err)
	}
	answer := strings.NewReplacer("a=sendrecv", "a=sendrecv", "a=recvonly", "a=sendonly", "a=sendonly", "a=recvonly").Replace(text)
	got, _, err := finishAnswer(answer, o, func(mid string) (sources, bool) {
		return sources{ssrc: 1000, rtx: 2000, msid: "slot-3 3"}, mid == "3"
	})
	if err != nil {
		t.Fatal(err)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(got); err != nil {
		t.Fatal(err)
	}
	m := d.MediaDescriptions[3]
	if f := strings.Join(m.MediaName.Formats, " "); f != "102 103 108 109 116 117 41 42" {
		t.Errorf("formats %s", f)
	}
	if g, _ := m.Attribute("ssrc-group"); g != "FID 1000 2000" {
		t.Errorf("group %q", g)
	}
	if id, _ := m.Attribute("msid"); id != "slot-3 3" {
		t.Errorf("msid %q", id)
	}
	if camera := d.MediaDescriptions[1]; !strings.Contains(got, "repaired-rtp-stream-id") || len(camera.MediaName.Formats) < 10 {
		t.Error("the camera's line was spoilt")
	}
}

func TestFinishAnswerWithoutRTX(t *testing.T) {
	o := &offer{slots: []slotOffer{{mid: "3", formats: []slotFormat{{Format: media.Format{Codec: media.VP8, PT: 96, ClockRate: 90000}}}}}}
	got, _, err := finishAnswer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:3\r\n", o,
		func(string) (sources, bool) { return sources{ssrc: 1, rtx: 2, msid: "x"}, true })
	if err != nil || strings.Contains(got, "FID") || strings.Contains(got, "ssrc:2") || !strings.Contains(got, "ssrc:1 cname") {
		t.Errorf("%v\n%s", err, got)
	}
}
