package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

var (
	cb   = media.Format{Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1}}
	h263 = media.Format{Codec: media.H263, ClockRate: 90000, Sizes: media.Sizes{CIF: 1, QCIF: 1}}
	vp8  = media.Format{Codec: media.VP8, ClockRate: 90000}
)

// able is a worker that has every codec.
var able = Worker{Capabilities: transcode.Capabilities{
	VideoDecode: []media.Codec{media.H264, media.H263, media.VP8}, VideoEncode: []media.Codec{media.H264, media.H263, media.VP8},
}}

// terminal is a viewer that takes a format.
func terminal(f media.Format, rate int) Viewer {
	return Viewer{ID: "me", Room: "1001", Format: f, Limits: f.Limits().Intersect(media.Limits{Bitrate: rate}), Wish: bridge.LayoutAuto, Still: f.Codec == media.H264}
}

// camera is somebody whose picture a viewer of H.264 takes.
func camera(id string) Person {
	return Person{ID: id, Name: strings.ToUpper(id), Main: Picture{Live: true, Format: cb, Width: 1280, Height: 720, Bitrate: 1_200_000}}
}

func foreign(id string, f media.Format) Person {
	p := camera(id)
	p.Main.Format, p.Main.Refusal = f, "the receiver takes H264, not "+string(f.Codec)
	return p
}

func phone(id string) Person { return Person{ID: id, Name: strings.ToUpper(id)} }

func sharing(p Person) Person {
	p.Slides = Picture{Live: true, Format: cb, Width: 1280, Height: 720}
	return p
}

func cameras(n int) (list []Person) {
	for i := range n {
		list = append(list, camera(fmt.Sprintf("p%d", i)))
	}
	return list
}

func TestDecide(t *testing.T) {
	me := camera("me")
	strained := able
	strained.Strain = "the media worker does not keep up"
	broken := able
	broken.Trouble = "the media worker could not be started"
	small := media.Format{Codec: media.H264, H264: media.H264Params{Profile: 66, Level: 12, Mode: 1}}
	wish := func(l bridge.Layout) Viewer {
		v := terminal(cb, 2e6)
		v.Wish = l
		return v
	}
	for _, c := range []struct {
		name   string
		viewer Viewer
		people []Person
		worker Worker
		path   bridge.Path
		layout transcode.Layout
		tiles  int
		reason string
	}{
		{"alone", terminal(cb, 2e6), []Person{me}, able, bridge.PathNone, "", 0, "still picture"},
		{"alone without stills", terminal(h263, 384_000), []Person{me}, able, bridge.PathCompose, transcode.Speaker, 0, "name is drawn"},
		{"alone without stills or worker", terminal(h263, 384_000), []Person{me}, Worker{}, bridge.PathNone, "", 0, "still"},
		{"one", terminal(cb, 2e6), []Person{me, camera("a")}, able, bridge.PathRelay, transcode.Single, 0, "both ends speak H.264 Constrained Baseline: packets of A"},
		{"one and phones", terminal(cb, 2e6), []Person{me, camera("a"), phone("b"), phone("c")}, able, bridge.PathRelay, transcode.Single, 0, "packets of A"},
		{"phones", terminal(cb, 2e6), []Person{me, phone("b"), phone("c")}, able, bridge.PathNone, "", 0, "nobody else shows a picture"},
		{"another codec", terminal(cb, 2e6), []Person{foreign("a", vp8), me}, able, bridge.PathTranscode, transcode.Single, 1, "A sends VP8, and the receiver takes H264"},
		{"another codec, no worker", terminal(cb, 2e6), []Person{foreign("a", vp8)}, broken, bridge.PathNone, "", 0, "A sends VP8"},
		{"a codec that nobody reads", terminal(cb, 2e6), []Person{foreign("a", media.Format{Codec: media.AV1})}, able, bridge.PathNone, "", 0, "A sends AV1"},
		{"too large", terminal(small, 0), []Person{camera("a")}, able, bridge.PathTranscode, transcode.Single, 1, "1280 by 720, more than the terminal takes"},
		{"too large, no worker", terminal(small, 0), []Person{camera("a")}, Worker{Trouble: "none"}, bridge.PathNone, "", 0, "1280 by 720, more than"},
		{"two", terminal(cb, 2e6), append(cameras(2), me), able, bridge.PathCompose, transcode.Grid, 2, "2 pictures are composed"},
		{"four", terminal(cb, 2e6), cameras(4), able, bridge.PathCompose, transcode.Grid, 4, "4 pictures"},
		{"five", terminal(cb, 2e6), cameras(5), able, bridge.PathCompose, transcode.OnePlusN, 5, "5 pictures"},
		{"two and phones", terminal(cb, 2e6), append(cameras(2), phone("x"), phone("y")), able, bridge.PathCompose, transcode.Grid, 2, "2 pictures"},
		{"two, strained", terminal(cb, 2e6), cameras(2), strained, bridge.PathRelay, transcode.Single, 0, "does not keep up"},
		{"two, broken", terminal(cb, 2e6), cameras(2), broken, bridge.PathRelay, transcode.Single, 0, "could not be started"},
		{"two of another codec, strained", terminal(h263, 384_000), []Person{foreign("a", cb), foreign("b", cb)}, strained, bridge.PathTranscode, transcode.Single, 1, "keep up"},
		{"grid of five", wish(bridge.LayoutGrid), cameras(5), able, bridge.PathCompose, transcode.Grid, 5, ""},
		{"grid of one", wish(bridge.LayoutGrid), cameras(1), able, bridge.PathRelay, transcode.Single, 0, ""},
		{"one-plus-n of two", wish(bridge.LayoutOnePlusN), cameras(2), able, bridge.PathCompose, transcode.OnePlusN, 2, ""},
		{"speaker of five", wish(bridge.LayoutSpeaker), cameras(5), able, bridge.PathRelay, transcode.Single, 0, "packets of P0"},
		{"slides", terminal(cb, 2e6), []Person{sharing(camera("a")), me}, able, bridge.PathCompose, transcode.Slides, 2, "2 pictures"},
		{"slides without cameras", terminal(cb, 2e6), []Person{sharing(phone("a"))}, able, bridge.PathCompose, transcode.Slides, 1, "a picture is composed"},
		{"own slides", terminal(cb, 2e6), []Person{sharing(me), camera("a")}, able, bridge.PathRelay, transcode.Single, 0, "packets of A"},
		{"slides, strained", terminal(cb, 2e6), []Person{sharing(phone("a")), camera("b")}, strained, bridge.PathRelay, transcode.Single, 0, "packets of A"},
		{"content without slides", wish(bridge.LayoutContent), cameras(2), able, bridge.PathCompose, transcode.Grid, 2, ""},
		{"slides for who wants people", wish(bridge.LayoutGrid), []Person{sharing(camera("a")), camera("b")}, able, bridge.PathCompose, transcode.Grid, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v View
			d := v.Decide(Input{Viewer: c.viewer, People: c.people, Worker: c.worker}, start)
			if d.Path != c.path || d.Layout != c.layout || !strings.Contains(d.Reason, c.reason) {
				t.Errorf("%s, %q because %q", d.Path, d.Layout, d.Reason)
			}
			if len(d.Scene.Tiles) != c.tiles {
				t.Errorf("tiles %v", d.Scene.Tiles)
			}
			if d.Made() != (d.Output != Output{}) {
				t.Errorf("output %+v", d.Output)
			}
		})
	}
}

// decideAll takes a view through moments and gives the paths.
func TestFallsBackAndReturns(t *testing.T) {
	var v View
	var s Strain
	worker := able
	at := func(d int64) Decision {
		worker.Strain = s.Reason(start + d)
		return v.Decide(Input{Viewer: terminal(cb, 2e6), People: cameras(3), Recent: []string{"p2"}, Worker: worker}, start+d)
	}
	if d := at(0); d.Path != bridge.PathCompose {
		t.Fatal(d)
	}
	s.Failed(start + second)
	if d := at(second); d.Path != bridge.PathRelay || d.Show.Person != "p2" || !strings.Contains(d.Reason, "gives no pictures") {
		t.Fatal("it has to fall back at once, to the speaker:", d)
	}
	if d := at(30 * second); d.Path != bridge.PathRelay {
		t.Fatal(d)
	}
	if d := at(31 * second); d.Path != bridge.PathCompose {
		t.Fatal(d)
	}
}

// Somebody whose picture comes and goes must not make the view flap.
func TestCalm(t *testing.T) {
	var v View
	changes, last := 0, bridge.PathNone
	for i := range int64(200) { // 20 s
		d := v.Decide(Input{Viewer: terminal(cb, 2e6), People: cameras(1 + int(i%2)), Worker: able}, start+i*100*ms)
		if d.Path != last {
			changes++
		}
		last = d.Path
	}
	if changes > 11 {
		t.Errorf("%d changes in 20 s", changes)
	}
	var w View
	w.Decide(Input{Viewer: terminal(cb, 2e6), People: cameras(2), Worker: able}, start)
	if d := w.Decide(Input{Viewer: terminal(cb, 2e6), Worker: able}, start+ms); d.Path != bridge.PathNone {
		t.Error("everyone has left:", d)
	}
}

func TestFlood(t *testing.T) {
	var v View
	at := func(d int64, bitrate int) bridge.Path {
		p := camera("a")
		p.Main.Bitrate = bitrate
		return v.Decide(Input{Viewer: terminal(cb, 512_000), People: []Person{p}, Worker: able}, start+d*ms).Path
	}
	for _, s := range []struct {
		at      int64
		bitrate int
		want    bridge.Path
	}{
		{0, 1_200_000, bridge.PathRelay}, {1900, 1_200_000, bridge.PathRelay}, {2000, 1_200_000, bridge.PathTranscode},
		{2100, 500_000, bridge.PathTranscode}, {7000, 500_000, bridge.PathTranscode}, {7100, 500_000, bridge.PathRelay},
		{8000, 1_000_000, bridge.PathRelay}, {20_000, 1_000_000, bridge.PathRelay},
	} {
		if got := at(s.at, s.bitrate); got != s.want {
			t.Errorf("at %d ms with %d bit/s: %s", s.at, s.bitrate, got)
		}
	}
}

// A picture that others want with more bits is not asked to have fewer.
func TestLoud(t *testing.T) {
	var v View
	at := func(d int64, bitrate int, loud bool) Decision {
		p := camera("a")
		p.Main.Bitrate, p.Main.Loud = bitrate, loud
		return v.Decide(Input{Viewer: terminal(cb, 512_000), People: []Person{p}, Worker: able}, start+d*ms)
	}
	for _, s := range []struct {
		at      int64
		bitrate int
		loud    bool
		want    bridge.Path
	}{
		{0, 300_000, true, bridge.PathRelay}, {100, 500_000, true, bridge.PathTranscode}, {200, 300_000, true, bridge.PathTranscode},
		{9000, 300_000, true, bridge.PathTranscode}, {9100, 200_000, true, bridge.PathTranscode}, {14_100, 200_000, true, bridge.PathRelay},
		{15_000, 900_000, true, bridge.PathTranscode}, {15_100, 500_000, false, bridge.PathTranscode}, {20_100, 500_000, false, bridge.PathRelay},
	} {
		d := at(s.at, s.bitrate, s.loud)
		if d.Path != s.want || d.Made() != d.Beyond {
			t.Errorf("at %d ms with %d bit/s: %+v", s.at, s.bitrate, d)
		}
	}
}

// What must hold of every decision, whatever the meeting is like.
func TestDecideProperties(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var v View
		now := start
		for range 40 {
			now += int64(rng.IntN(3000)) * ms
			in := anyInput(rng)
			d := v.Decide(in, now)
			if err := sound(in, d); err != "" {
				t.Fatalf("seed %d: %s: %+v", seed, err, d)
			}
		}
	}
}

func anyInput(rng *rand.Rand) Input {
	formats := []media.Format{cb, h263, vp8}
	in := Input{Viewer: terminal(formats[rng.IntN(3)], 64_000+rng.IntN(4_000_000)), Worker: able}
	in.Viewer.Wish = bridge.Layouts[rng.IntN(len(bridge.Layouts))]
	for i := range rng.IntN(24) {
		id := fmt.Sprintf("p%d", i)
		if i == 3 {
			id = "me"
		}
		p := phone(id)
		if rng.IntN(4) > 0 {
			p = camera(id)
			if p.Main.Format = formats[rng.IntN(3)]; p.Main.Format.Codec != in.Viewer.Format.Codec {
				p.Main.Refusal = "it takes something else"
			}
		}
		if rng.IntN(10) == 0 {
			p = sharing(p)
		}
		in.People = append(in.People, p)
		if rng.IntN(2) == 0 {
			in.Recent = append(in.Recent, id)
		}
	}
	switch rng.IntN(6) {
	case 0:
		in.Worker.Strain = "busy"
	case 1:
		in.Worker.Trouble = "dead"
	case 2:
		in.Worker.Capabilities.VideoDecode = []media.Codec{media.H264}
	}
	return in
}

// sound says what is wrong with a decision, "" is nothing.
func sound(in Input, d Decision) string {
	shown := slices.Clone(d.Scene.Tiles)
	if d.Show.Person != "" {
		shown = append(shown, d.Show)
	}
	for _, r := range shown {
		if p := in.find(r); p == nil || r.Person == "me" || r.Slides && !p.Live {
			return "it shows what is not there, or the viewer itself"
		}
	}
	if len(slices.CompactFunc(slices.Clone(d.Scene.Tiles), func(a, b Ref) bool { return a == b })) != len(d.Scene.Tiles) {
		return "somebody is there twice"
	}
	switch {
	case d.Reason == "":
		return "there is no reason"
	case d.Made() && in.Worker.Trouble != "":
		return "it uses a worker that does not work"
	case d.Path == bridge.PathCompose && len(d.Scene.Tiles) > 0 && in.Worker.Strain != "":
		return "it composes though the worker is strained"
	case d.Path == bridge.PathRelay && in.find(d.Show).Refusal != "":
		return "it relays what the viewer does not take"
	case d.Path == bridge.PathRelay && beyond(in.find(d.Show), in.Viewer.Limits):
		return "it relays what is too large"
	case len(d.Scene.Tiles) > transcode.MaxTiles:
		return "there are too many tiles"
	case !d.Made():
		return ""
	}
	o := d.Output
	if o.Codec != in.Viewer.Format.Codec || !in.Viewer.Limits.Fits(o.Width, o.Height, o.FPS) && o.Width > 176 {
		return "the output is not one that the viewer takes"
	}
	if o.Class > max(in.Viewer.Limits.Bitrate, Classes[0]) || o.Width == 0 || o.FPS == 0 {
		return "the output has too many bits or no picture"
	}
	if d.Path == bridge.PathCompose && len(d.Scene.Tiles) > 0 && d.Layout != transcode.Slides {
		if all := len(in.People) - d.Scene.More - len(d.Scene.Tiles); all != 0 && all != 1 { // 1: the viewer
			return "people are not counted right"
		}
	}
	return ""
}

// What takes whole NAL units alone, and but small ones, is not passed packets
// that nobody cuts.
func TestDecideSmallNAL(t *testing.T) {
	whole := cb
	whole.H264.Mode = 0
	for _, c := range []struct {
		largest uint32
		worker  Worker
		path    bridge.Path
		mtu     int
	}{{0, able, bridge.PathRelay, 0}, {1400, able, bridge.PathRelay, 0}, {600, able, bridge.PathTranscode, 600}, {600, Worker{}, bridge.PathRelay, 0}} {
		f := whole
		f.H264.MaxNAL = c.largest
		other := camera("p0")
		other.Main.Format = whole
		var v View
		d := v.Decide(Input{Viewer: terminal(f, 2e6), People: []Person{camera("me"), other}, Recent: []string{"p0"}, Worker: c.worker}, 1)
		if d.Path != c.path || d.Output.MTU != c.mtu || d.Beyond {
			t.Errorf("NAL units of %d bytes: %+v", c.largest, d)
		}
		if c.mtu > 0 && !strings.Contains(d.Reason, "600 bytes at most") {
			t.Error(d.Reason)
		}
	}
}
