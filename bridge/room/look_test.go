package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
)

func TestEncodingFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits media.Limits
		w, h   int
		want   encodingMsg
	}{
		{"no limits", media.Limits{}, 1280, 720, encodingMsg{}},
		{"a bitrate", media.Limits{Bitrate: 512_000}, 1280, 720, encodingMsg{MaxBitrate: 512_000}},
		{"level 3.1", media.H264Params{Profile: 66, Level: 31}.Limits(), 1280, 720, encodingMsg{MaxBitrate: 14_000_000, MaxWidth: 1280, MaxHeight: 720}},
		{"level 4", media.H264Params{Profile: 66, Level: 40}.Limits(), 1280, 720, encodingMsg{MaxBitrate: 20_000_000}},
		{"CIF", media.Limits{MaxFS: 396, MaxMBPS: 11880}, 320, 180, encodingMsg{MaxWidth: 384, MaxHeight: 216}},
		{"CIF for a large camera", media.Limits{MaxFS: 396, MaxMBPS: 6000}, 1280, 720, encodingMsg{MaxWidth: 384, MaxHeight: 216, MaxFPS: 17}},
		{"few frames", media.Limits{MaxMBPS: 54000}, 1280, 720, encodingMsg{MaxFPS: 15}},
		{"less than one frame", media.Limits{MaxMBPS: 100}, 1280, 720, encodingMsg{MaxFPS: 1}},
		{"frames as said", media.Limits{FPS: 10, MaxMBPS: 108000}, 640, 360, encodingMsg{MaxFPS: 10}},
		{"smaller than everything", media.Limits{MaxFS: 10}, 0, 0, encodingMsg{MaxWidth: 160, MaxHeight: 90}},
		{"sides", media.Limits{Width: 640, Height: 480}, 0, 0, encodingMsg{MaxWidth: 640, MaxHeight: 360}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.RID, c.want.Active = "h", true
			if got := encodingFor("h", c.limits, c.w, c.h); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestSingle(t *testing.T) {
	one := demand{options: layersOf(720)}
	three := demand{options: layersOf(720, 360, 180)}
	one.options[0].bitrate = 2_000_000
	made := demand{options: []option{{width: 640, height: 360, live: true}}, made: true, w: 1280, h: 720}
	for _, c := range []struct {
		name    string
		demands []demand
		got     []int
		budget  int
		want    int
	}{
		{"enough", []demand{one}, []int{0}, 5_000_000, 0},
		{"too little", []demand{one}, []int{0}, 1_250_000, 1_200_000},
		{"next to nothing", []demand{one}, []int{0}, 100_000, singleLeast},
		{"layers are not bounded", []demand{three}, []int{2}, 100_000, 0},
		{"others take their part", []demand{one, three}, []int{0, 0}, 3_000_000, 1_200_000},
		{"made, with what a small picture takes", []demand{made}, []int{0}, 730_000, 700_000},
		{"made, with next to nothing", []demand{made}, []int{0}, 10_000, 64_000},
		{"made, with enough", []demand{made}, []int{0}, 2_500_000, 0},
		{"others that are not shown do not", []demand{one, three}, []int{0, -1}, 3_000_000, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := single(c.demands, c.got, 0, c.budget); got != (media.Limits{Bitrate: c.want}) {
				t.Errorf("%+v, want %d", got, c.want)
			}
		})
	}
}

// What is wanted is what would be shown if the path carried everything.
func TestWanted(t *testing.T) {
	layers := demand{options: layersOf(720, 360, 180), height: 720}
	small := demand{options: layersOf(720, 360, 180), height: 180}
	made := demand{options: []option{{width: 320, height: 180, live: true}}, made: true, w: 1280, h: 720}
	if got, want := wanted([]demand{layers, small, made, {}}), (2_500_000*2/3+200_000*2/3)*23/20+2_500_000; got < want-9 || got > want {
		t.Errorf("%d bit/s, want %d", got, want)
	}
}

func TestGrade(t *testing.T) {
	for _, c := range []struct {
		loss, rtt float64
		want      int
	}{{0, 0, 4}, {0.02, 20, 3}, {0, 250, 3}, {0.05, 20, 2}, {0, 400, 2}, {0.1, 0, 1}, {0, 700, 1}, {0.3, 0, 0}, {0, 2000, 0}} {
		if got := grade(c.loss, c.rtt); got != c.want {
			t.Errorf("loss %v, %v ms: %d, want %d", c.loss, c.rtt, got, c.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for want, f := range map[string]media.Format{
		"VP8":                         {Codec: media.VP8},
		"H.264 Constrained Baseline":  {Codec: media.H264, H264: media.H264Params{Profile: 66, Constraints: 0x40}},
		"H.264 Constrained High":      {Codec: media.H264, H264: media.H264Params{Profile: 100, Constraints: 0x0c}},
		"H.264 of an unknown profile": {Codec: media.H264, H264: media.H264Params{Profile: 110}},
	} {
		if got := plan.Describe(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRankOf(t *testing.T) {
	for i, rid := range []string{"h", "m", "l", "other"} {
		if rankOf(rid) != i {
			t.Errorf("%s has rank %d", rid, rankOf(rid))
		}
	}
}
