package room

import (
	"maps"
	"slices"
	"testing"

	"github.com/pion/sdp/v3"
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

func TestReadFormats(t *testing.T) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 111 9 0 8 96 108 45 109\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 pcma/8000\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtpmap:108 H264/90000\r\na=fmtp:108 " + fmtpH264 + "\r\na=rtpmap:45 AV1/90000\r\na=rtpmap:109 rtx/90000\r\n" +
		"a=rtpmap:97 VP8/90000\r\na=rtpmap:300 VP8/90000\r\n"); err != nil {
		t.Fatal(err)
	}
	want := map[uint8]media.Format{
		111: {Codec: media.Opus, PT: 111, ClockRate: 48000, Channels: 2, FEC: true},
		9:   {Codec: media.G722, PT: 9, ClockRate: 8000},
		0:   {Codec: media.PCMU, ClockRate: 8000},
		8:   {Codec: media.PCMA, PT: 8, ClockRate: 8000},
		96:  {Codec: media.VP8, PT: 96, ClockRate: 90000},
		108: {Codec: media.H264, PT: 108, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1, AsymmetryAllowed: true}},
	}
	if got := readFormats(d.MediaDescriptions[0]); !maps.Equal(got, want) {
		t.Errorf("%+v", got)
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
