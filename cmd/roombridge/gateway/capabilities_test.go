package gateway

import (
	"fmt"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

func codecs(list []media.Format) (names []string) {
	for _, f := range list {
		name := string(f.Codec)
		if f.Codec == media.G7221 {
			name = fmt.Sprintf("%s/%d/%d", f.Codec, f.ClockRate, f.Bitrate)
		}
		names = append(names, name)
	}
	return names
}

// What is listed follows what the media worker takes and makes.
func TestCapabilitiesFollowTheWorker(t *testing.T) {
	pictures := []media.Codec{media.H264, media.H261, media.H263, media.H263P, media.VP8}
	sounds := []media.Codec{media.PCMU, media.PCMA, media.G722, media.G7221, media.G729, media.Opus}
	for _, c := range []struct {
		name         string
		worker       transcode.Capabilities
		audio, video []string
	}{
		{"no worker", transcode.Capabilities{},
			[]string{"PCMA", "PCMU", "telephone-event", "telephone-event"}, []string{"H264", "H264", "H264"}},
		{"everything", transcode.Capabilities{AudioDecode: sounds, AudioEncode: sounds, VideoDecode: pictures, VideoEncode: pictures},
			[]string{"opus", "G7221/32000/48000", "G7221/32000/32000", "G7221/32000/24000", "G722", "G7221/16000/32000", "G7221/16000/24000",
				"PCMA", "PCMU", "G729", "telephone-event", "telephone-event"},
			[]string{"H264", "H264", "H264", "H264", "VP8", "H263-1998", "H263", "H261"}},
		{"decodes only", transcode.Capabilities{AudioDecode: sounds, AudioEncode: sounds[:2], VideoDecode: pictures, VideoEncode: pictures[:2]},
			[]string{"PCMA", "PCMU", "telephone-event", "telephone-event"}, []string{"H264", "H264", "H264", "H264", "H261"}},
		{"encodes only", transcode.Capabilities{VideoEncode: pictures},
			[]string{"PCMA", "PCMU", "telephone-event", "telephone-event"}, []string{"H264", "H264", "H264"}},
	} {
		if got := codecs(audio(c.worker)); !slices.Equal(got, c.audio) {
			t.Errorf("%s: sound %q", c.name, got)
		}
		list := video(c.worker, 2_000_000)
		if got := codecs(list); !slices.Equal(got, c.video) {
			t.Errorf("%s: pictures %q", c.name, got)
		}
		for _, f := range list {
			if w, h, _ := media.PictureFor(f, 2_000_000); f.ClockRate != 90000 || w < 352 || h < 288 {
				t.Errorf("%s: %+v is for %dx%d", c.name, f, w, h)
			}
		}
	}
}
