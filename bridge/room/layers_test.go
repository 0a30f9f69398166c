package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
)

func layersOf(heights ...int) []option {
	var out []option
	for _, h := range heights {
		out = append(out, option{width: h * 16 / 9, height: h, fps: 30, live: true})
	}
	return out
}

func TestLargest(t *testing.T) {
	hml := layersOf(720, 360, 180)
	for _, c := range []struct {
		name    string
		options []option
		limits  media.Limits
		want    int
	}{
		{"no limits", hml, media.Limits{}, 0},
		{"720p at 30", hml, media.H264Params{Profile: 66, Level: 31}.Limits(), 0},
		{"720p at few frames a second", hml, media.Limits{MaxFS: 3600, MaxMBPS: 60000}, 0},
		{"VGA", hml, media.Limits{MaxFS: 1200, MaxMBPS: 36000}, 1},
		{"CIF", hml, media.Limits{MaxFS: 396, MaxMBPS: 11880}, 2},
		{"below everything", hml, media.Limits{MaxFS: 99, MaxMBPS: 1485}, 2},
		{"1 Mbit/s", hml, media.Limits{Bitrate: 1_000_000}, 0},
		{"768 kbit/s", hml, media.Limits{Bitrate: 768_000}, 1},
		{"128 kbit/s", hml, media.Limits{Bitrate: 128_000}, 2},
		{"40 kbit/s", hml, media.Limits{Bitrate: 40_000}, 2},
		{"1080p camera at level 3.1", layersOf(1080, 540, 270), media.H264Params{Profile: 66, Level: 31}.Limits(), 1},
		{"a phone upright", []option{{width: 720, height: 1280, fps: 30}, {width: 360, height: 640}}, media.Limits{MaxFS: 3600}, 0},
		{"sizes not known yet", []option{{}, {}, {}}, media.Limits{MaxFS: 1200}, 1},
		{"one size known", []option{{}, {}, {width: 480, height: 270}}, media.Limits{MaxFS: 3600}, 1},
		{"one layer", layersOf(720), media.Limits{MaxFS: 396}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := largest(c.options, c.limits); got != c.want {
				t.Errorf("layer %d, want %d", got, c.want)
			}
		})
	}
}

// A layer that nobody has a use for rests after a while; the smallest goes on.
func TestLayersRest(t *testing.T) {
	const second = int64(1e9)
	p := &picture{layers: []*layer{{}, {rank: 1}, {rank: 2}}}
	hml := layersOf(720, 360, 180)
	for _, c := range []struct {
		name          string
		height, shown int // of a slot, at 20 s
		want          []bool
	}{
		{"a small place", 150, 2, []bool{false, false, true}},
		{"a middling place", 360, 1, []bool{false, true, true}},
		{"a large place", 720, 0, []bool{true, false, true}},
		{"a large place on a narrow path", 720, 2, []bool{true, true, true}},
	} {
		for i := range p.layers {
			p.layers[i].need = 0
		}
		p.demanded(demand{options: hml, height: c.height, now: -1}, c.shown, 20*second)
		for i, want := range c.want {
			if got := p.active(i, 25*second); got != want {
				t.Errorf("%s: layer %d is active: %v", c.name, i, got)
			}
			if p.active(i, 31*second) != (i == 2) {
				t.Errorf("%s: layer %d at the end", c.name, i)
			}
		}
	}
}

func TestEnough(t *testing.T) {
	hml := layersOf(720, 360, 180)
	for _, c := range []struct{ height, now, want int }{
		{0, -1, 0}, {1080, -1, 0}, {720, -1, 0}, {500, -1, 0}, {480, -1, 1}, {360, -1, 1}, {250, -1, 1}, {240, -1, 2}, {90, -1, 2},
		{500, 1, 1}, // kept while it is about right
		{600, 1, 0},
		{260, 2, 2}, {300, 2, 1},
	} {
		if got := enough(hml, 0, c.height, c.now); got != c.want {
			t.Errorf("%d pixels with layer %d shown: layer %d, want %d", c.height, c.now, got, c.want)
		}
	}
	if got := enough(hml, 1, 720, -1); got != 1 {
		t.Errorf("above the top layer: %d", got)
	}
}

func TestAlive(t *testing.T) {
	for _, c := range []struct {
		live   [3]bool
		i, top int
		want   int
	}{
		{[3]bool{true, true, true}, 1, 0, 1},
		{[3]bool{true, false, true}, 1, 0, 2},
		{[3]bool{true, false, false}, 1, 0, 0},
		{[3]bool{true, false, false}, 1, 1, 1}, // the larger one is too large
		{[3]bool{}, 2, 0, 2},
	} {
		options := layersOf(720, 360, 180)
		for i := range options {
			options[i].live = c.live[i]
		}
		if got := alive(options, c.i, c.top); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestAllot(t *testing.T) {
	camera := func(height, now int) demand {
		return demand{options: layersOf(720, 360, 180), height: height, area: height * height * 16 / 9, now: now}
	}
	single := demand{options: layersOf(720), height: 720, area: 1280 * 720, now: -1}
	for _, c := range []struct {
		name    string
		demands []demand
		budget  int
		want    []int
	}{
		{"nothing wanted", []demand{{now: -1}}, 5e6, []int{-1}},
		{"enough for all", []demand{camera(720, -1), camera(180, -1), camera(180, -1)}, 5e6, []int{0, 2, 2}},
		{"the large picture gets the rest", []demand{camera(180, -1), camera(720, -1)}, 9e5, []int{2, 1}},
		{"everyone before anyone more", []demand{camera(720, -1), camera(180, -1), camera(180, -1)}, 6e5, []int{2, 2, 2}},
		{"the small ones go first", []demand{camera(720, -1), camera(180, -1), camera(180, -1)}, 3e5, []int{2, 2, -1}},
		{"the largest is never left out", []demand{camera(720, -1), camera(180, -1)}, 1e4, []int{2, -1}},
		{"one layer is shown whatever it costs", []demand{single}, 1e4, []int{0}},
		{"no air for an upgrade", []demand{camera(720, 1)}, 1_700_000, []int{1}},
		{"but what is shown is kept", []demand{camera(720, 0)}, 1_700_000, []int{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := allot(c.demands, c.budget)
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("layers %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestAllotMeasuredCost(t *testing.T) {
	d := demand{options: layersOf(720, 360, 180), height: 720, area: 1, now: -1}
	d.options[0].bitrate, d.options[2].bitrate = 600_000, 100_000
	if got := allot([]demand{d}, 900_000); got[0] != 0 {
		t.Errorf("a quiet 720p picture was not shown: %v", got)
	}
}
