package room

import (
	"slices"
	"testing"

	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

func TestAudioOrder(t *testing.T) {
	all := []media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA}
	for _, c := range []struct {
		name           string
		decode, encode []media.Codec
		want           []media.Codec
	}{
		{"a full worker", all, all, all},
		{"no Opus encoder", all, all[1:], []media.Codec{media.G722, media.PCMU, media.PCMA, media.Opus}},
		{"G.711 alone", all[2:3], all[2:3], []media.Codec{media.PCMU, media.Opus, media.G722, media.PCMA}},
		{"no worker", nil, nil, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := audioOrder(transcode.Capabilities{AudioDecode: c.decode, AudioEncode: c.encode}); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestPreferred(t *testing.T) {
	codec := func(mime string, pt webrtc.PayloadType) webrtc.RTPCodecParameters {
		return webrtc.RTPCodecParameters{PayloadType: pt, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime}}
	}
	got := preferred([]webrtc.RTPCodecParameters{
		codec("video/VP8", 96), codec("video/rtx", 97), codec("video/h264", 102), codec("video/rtx", 103), codec("video/AV1", 45),
	})
	var pts []webrtc.PayloadType
	for _, c := range got {
		pts = append(pts, c.PayloadType)
	}
	if !slices.Equal(pts, []webrtc.PayloadType{102, 96, 97, 103}) {
		t.Errorf("%v", pts)
	}
}

func TestMediaEngine(t *testing.T) {
	if _, ok := audioCapability(media.G7221); ok {
		t.Error("browsers do not have G.722.1")
	}
	for _, vp8 := range []bool{false, true} {
		if _, err := mediaEngine([]media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA, media.G7221}, vp8); err != nil {
			t.Error(err)
		}
	}
}

func TestFormatOf(t *testing.T) {
	for _, c := range []struct {
		in   webrtc.RTPCodecCapability
		want media.Format
	}{
		{webrtc.RTPCodecCapability{MimeType: "audio/opus", ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
			media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, FEC: true}},
		{webrtc.RTPCodecCapability{MimeType: "audio/G722", ClockRate: 8000}, media.Format{Codec: media.G722, ClockRate: 8000}},
		{webrtc.RTPCodecCapability{MimeType: "audio/PCMU", ClockRate: 8000}, media.Format{Codec: media.PCMU, ClockRate: 8000}},
		{webrtc.RTPCodecCapability{MimeType: "audio/pcma", ClockRate: 8000}, media.Format{Codec: media.PCMA, ClockRate: 8000}},
		{webrtc.RTPCodecCapability{MimeType: "video/VP8", ClockRate: 90000}, media.Format{Codec: media.VP8, ClockRate: 90000}},
		{webrtc.RTPCodecCapability{MimeType: "video/H264", ClockRate: 90000, SDPFmtpLine: fmtpH264},
			media.Format{Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1, AsymmetryAllowed: true}}},
		{webrtc.RTPCodecCapability{MimeType: "video/AV1", ClockRate: 90000}, media.Format{ClockRate: 90000}},
	} {
		if got := formatOf(webrtc.RTPCodecParameters{RTPCodecCapability: c.in}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.in.MimeType, got, c.want)
		}
	}
}

func TestH264Params(t *testing.T) {
	for in, want := range map[string]media.H264Params{
		"":                         {Profile: 66, Level: 10},
		"profile-level-id=640c1f":  {Profile: 100, Constraints: 0x0c, Level: 31},
		"profile-level-id=640c1":   {Profile: 66, Level: 10},
		"profile-level-id=xxxxxx":  {Profile: 66, Level: 10},
		" packetization-mode=1 ;x": {Profile: 66, Level: 10, Mode: 1},
		"PROFILE-LEVEL-ID=42E01F; level-asymmetry-allowed=1": {Profile: 66, Constraints: 0xe0, Level: 31, AsymmetryAllowed: true},
	} {
		if got := h264Params(in); got != want {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}
