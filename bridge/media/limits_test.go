package media

import "testing"

func TestIntersect(t *testing.T) {
	a := Limits{MaxFS: 3600, MaxMBPS: 0, Bitrate: 1000, Width: 1280, FPS: 30}
	b := Limits{MaxFS: 8160, MaxMBPS: 245000, Bitrate: 500, Height: 720}
	want := Limits{MaxFS: 3600, MaxMBPS: 245000, Bitrate: 500, Width: 1280, Height: 720, FPS: 30}
	if got := a.Intersect(b); got != want {
		t.Errorf("%+v", got)
	}
	if got := b.Intersect(a); got != want {
		t.Errorf("%+v", got)
	}
	if got := a.Intersect(Limits{}); got != a {
		t.Errorf("%+v", got)
	}
}

func TestMacroblocks(t *testing.T) {
	for _, c := range []struct{ w, h, want int }{
		{0, 0, 0}, {16, 16, 1}, {17, 16, 2}, {352, 288, 396}, {1280, 720, 3600}, {1920, 1080, 8160}, {3840, 2160, 32400},
	} {
		if got := Macroblocks(c.w, c.h); got != c.want {
			t.Errorf("%d by %d: %d", c.w, c.h, got)
		}
	}
}

func TestFits(t *testing.T) {
	l31 := H264Params{Profile: 66, Level: 31}.Limits()
	for _, c := range []struct {
		name      string
		l         Limits
		w, h, fps int
		want      bool
	}{
		{"720p30 at level 3.1", l31, 1280, 720, 30, true},
		{"720p60 at level 3.1", l31, 1280, 720, 60, false},
		{"1080p at level 3.1", l31, 1920, 1080, 5, false},
		{"too wide for its area", l31, 3200, 16, 5, false},
		{"too high for its area", l31, 16, 3200, 5, false},
		{"no bound", Limits{}, 10000, 10000, 1000, true},
		{"width", Limits{Width: 640}, 641, 10, 1, false},
		{"height", Limits{Height: 480}, 10, 481, 1, false},
		{"rate", Limits{FPS: 15}, 10, 10, 16, false},
	} {
		if got := c.l.Fits(c.w, c.h, c.fps); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFormatLimits(t *testing.T) {
	f := h264(66, 0xe0, 31, 1)
	f.Bitrate = 2_000_000
	if got := f.Limits(); got.Bitrate != 2_000_000 || got.MaxFS != 3600 {
		t.Errorf("%+v", got)
	}
	f.Bitrate = 90_000_000
	if got := f.Limits(); got.Bitrate != 14_000_000 {
		t.Errorf("%+v", got)
	}
	v := vp8
	v.VideoMax = Limits{MaxFS: 1200, FPS: 15}
	if got := v.Limits(); got != v.VideoMax {
		t.Errorf("%+v", got)
	}
	if got := (Format{Codec: Opus, Bitrate: 32000}).Limits(); got.Bitrate != 32000 {
		t.Errorf("%+v", got)
	}
}
