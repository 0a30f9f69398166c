package plan

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestOutputFor(t *testing.T) {
	at := func(f media.Format, level uint8) media.Format {
		f.H264.Level = level
		return f
	}
	high, single := cb, cb
	high.H264 = media.H264Params{Profile: 100, Level: 40, Mode: 1}
	single.H264.Mode = 0
	for _, c := range []struct {
		name   string
		format media.Format
		rate   int
		height int
		want   Output
	}{
		{"720p", cb, 2_000_000, 0, Output{media.H264, 66, 31, 1, 1280, 720, 30, 2_000_000, 0}},
		{"no more than 720p", high, 0, 0, Output{media.H264, 100, 31, 1, 1280, 720, 30, 4_000_000, 0}},
		{"mode 0", single, 1_500_000, 0, Output{media.H264, 66, 31, 0, 1280, 720, 30, 1_500_000, 0}},
		{"a level above what is needed", at(cb, 40), 512_000, 0, Output{media.H264, 66, 31, 1, 848, 480, 30, 512_000, 0}},
		{"a line of 384 kbit/s", cb, 400_000, 0, Output{media.H264, 66, 30, 1, 640, 360, 30, 384_000, 0}},
		{"CIF alone", at(cb, 12), 0, 0, Output{media.H264, 66, 12, 1, 352, 288, 15, 384_000, 0}},
		{"what the source has", cb, 2_000_000, 360, Output{media.H264, 66, 30, 1, 640, 360, 30, 2_000_000, 0}},
		{"what the source of another shape has", cb, 2_000_000, 288, Output{media.H264, 66, 21, 1, 512, 288, 30, 2_000_000, 0}},
		{"VP8", vp8, 1_000_000, 0, Output{media.VP8, 0, 0, 0, 1280, 720, 30, 1_000_000, 0}},
		{"H.263", h263, 384_000, 0, Output{media.H263, 0, 0, 0, 352, 288, 30, 384_000, 0}},
		{"H.263 on a poor line", h263, 64_000, 0, Output{media.H263, 0, 0, 0, 176, 144, 30, 64_000, 0}},
		{"H.263 from a tiny source", h263, 384_000, 144, Output{media.H263, 0, 0, 0, 176, 144, 30, 384_000, 0}},
		{"H.263 from a small camera of 16:9", h263, 384_000, 180, Output{media.H263, 0, 0, 0, 352, 288, 30, 384_000, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := terminal(c.format, c.rate)
			if got := OutputFor(v, Classes[classOf(v.Limits.Bitrate)], c.height); got != c.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestProfileFor(t *testing.T) {
	for _, c := range []struct {
		p    media.H264Params
		want uint8
	}{
		{media.H264Params{Profile: 66}, 66}, {media.H264Params{Profile: 77, Constraints: 0x80}, 66}, {media.H264Params{Profile: 77}, 77},
		{media.H264Params{Profile: 100}, 100}, {media.H264Params{Profile: 100, Constraints: 0x0c}, 100}, {media.H264Params{Profile: 110}, 66},
	} {
		if got := profileFor(c.p); got != c.want {
			t.Errorf("%+v: %d", c.p, got)
		}
	}
	if got := levelFor(media.H264Params{Profile: 66, Level: 11, Constraints: 0x10}, Output{Profile: 66, Width: 176, Height: 144, FPS: 15, Class: 128_000}); got != 9 {
		t.Errorf("level %d instead of 1b", got)
	}
}

func TestHeight(t *testing.T) {
	var h height
	for _, s := range [][2]int{{0, 0}, {360, 360}, {720, 720}, {540, 720}, {480, 720}, {479, 479}, {480, 480}} {
		if got := h.follow(s[0]); got != s[1] {
			t.Errorf("%d: %d, not %d", s[0], got, s[1])
		}
	}
}

// Packets are no larger than the NAL units that a terminal of mode 0 takes.
func TestSmallUnits(t *testing.T) {
	for _, c := range []struct {
		mode uint8
		nal  uint32
		want int
	}{{0, 0, 0}, {0, 1400, 0}, {0, 1200, 0}, {0, 800, 800}, {0, 10, 200}, {1, 800, 0}} {
		f := media.Format{Codec: media.H264, H264: media.H264Params{Profile: 66, Level: 31, Mode: c.mode, MaxNAL: c.nal}}
		if o := OutputFor(Viewer{Format: f, Limits: f.Limits()}, 1_000_000, 0); o.MTU != c.want {
			t.Errorf("mode %d, units of %d bytes: packets of %d, want %d", c.mode, c.nal, o.MTU, c.want)
		}
	}
	usual, small := of(1e6), of(1e6)
	small.MTU = 800
	if got := Share([]Wish{{Output: usual, Scene: showing("a"), Now: -1}, {Output: small, Scene: showing("a"), Now: -1}}, nil); got[0] == got[1] {
		t.Error("both get the same packets")
	}
}
