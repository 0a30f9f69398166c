package compose

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// shown composes a scene until nothing moves any more.
func shown(t *testing.T, w, h int, s *transcode.Scene, in streams) (*codec.Picture, *Compositor) {
	t.Helper()
	c, _ := compositor(t, w, h)
	p, _ := c.Compose(s, in.source, 0)
	p.Release()
	p, _ = c.Compose(s, in.source, settled)
	t.Cleanup(p.Release)
	return p, c
}

func count(p *codec.Picture, r layout.Rect, f func(k colour) bool) (n int) {
	box(r, func(x, y int) {
		if f(at(p, x, y)) {
			n++
		}
	})
	return n
}

var grey = streams{1: plain(640, 360, 110, 128, 128), 2: plain(640, 360, 110, 128, 128)}

func pair() *transcode.Scene {
	return &transcode.Scene{Layout: transcode.Grid, Tiles: []transcode.Tile{
		{Owner: "a", Input: 1, Name: "Nguyễn Thị Ngọc Ánh"}, {Owner: "b", Input: 2, Name: "Trần"},
	}}
}

// The name stands on a dark box at the lower left, and nothing else on the picture.
func TestName(t *testing.T) {
	p, c := shown(t, 1280, 720, pair(), grey)
	for _, r := range layout.Arrange(transcode.Grid, 2, 1280, 720) {
		box := layout.Rect{X: r.X + c.look.inset, Y: r.Y + r.H - 50, W: 60, H: 40}
		dark := count(p, box, func(k colour) bool { return k.y < 60 })
		ink := count(p, box, func(k colour) bool { return k.y > 190 })
		if dark < 500 || ink < 60 {
			t.Errorf("%d dark samples, %d bright ones", dark, ink)
		}
		above := layout.Rect{X: r.X + 20, Y: r.Y + 20, W: r.W - 40, H: r.H - 100}
		if n := count(p, above, func(k colour) bool { return k != colour{110, 128, 128} }); n > 0 {
			t.Errorf("%d samples above the name are drawn on", n)
		}
	}
}

// Letters with two marks on them stand in the box with all of them.
func TestMarksOnCapitals(t *testing.T) {
	for _, height := range []int{60, 180, 360, 720} {
		l := testLook(720)
		p := l.drawPlate(painter(t), transcode.Tile{Name: "ỄẬỮỔ Ặgjỵ"}, layout.Rect{W: 1280, H: height})
		edge := func(y int) (brightest byte) {
			for x := p.w / 8; x < p.w*7/8; x++ {
				brightest = max(brightest, p.luma[y*p.w+x])
			}
			return brightest
		}
		if a, b := edge(0), edge(p.h-1); a > 60 || b > 60 {
			t.Errorf("in a tile of %d: letters reach the edge, %d above and %d below", height, a, b)
		}
	}
}

func TestMutedMark(t *testing.T) {
	red := func(k colour) bool { return k.v > 140 && k.y > 120 }
	s := pair()
	s.Tiles[1].Muted = true
	p, _ := shown(t, 1280, 720, s, grey)
	tiles := layout.Arrange(transcode.Grid, 2, 1280, 720)
	if n := count(p, tiles[0], red); n != 0 {
		t.Errorf("%d red samples at who is not muted", n)
	}
	if n := count(p, tiles[1], red); n < 40 {
		t.Errorf("%d red samples at who is muted", n)
	}
	s.Tiles[1].Name = ""
	p, _ = shown(t, 1280, 720, s, grey)
	if n := count(p, tiles[1], red); n < 40 {
		t.Errorf("%d red samples at who is muted and has no name", n)
	}
}

func TestGlowAroundTheSpeaker(t *testing.T) {
	s := pair()
	s.Tiles[0].Speaking = true
	p, c := shown(t, 1280, 720, s, grey)
	tiles := layout.Arrange(transcode.Grid, 2, 1280, 720)
	edges := func(r layout.Rect) [4]colour {
		x, y := r.X+r.W/2, r.Y+r.H/2
		return [4]colour{at(p, x, r.Y+1), at(p, x, r.Y+r.H-2), at(p, r.X+1, y), at(p, r.X+r.W-2, y)}
	}
	for i, want := range []colour{c.look.glowInk, {110, 128, 128}} {
		for _, got := range edges(tiles[i]) {
			if !near(got, want, 2) {
				t.Errorf("the edge of tile %d is %v, want %v", i, got, want)
			}
		}
	}
	// Corners are round: outside of them is the ground.
	if got := at(p, tiles[0].X, tiles[0].Y); !near(got, c.look.ground, 3) {
		t.Errorf("the corner is %v", got)
	}
}

func TestGlowComesAndGoesSlowly(t *testing.T) {
	var g glow
	g.on = true
	g.step(time.Second) // the time before it was on does not count
	last := g.level
	for now := time.Second; now < 2*time.Second; now += 33 * time.Millisecond {
		g.step(now)
		if g.level < last || g.level > last+2 {
			t.Fatalf("from %d to %d at %v", last, g.level, now)
		}
		last = g.level
	}
	if g.level != glowLevels {
		t.Errorf("it is at %d", g.level)
	}
	g.on = false
	g.step(2 * time.Second)
	if g.level == 0 {
		t.Error("it went at once")
	}
	if g.step(3 * time.Second); g.level != 0 || g.step(4*time.Second) {
		t.Errorf("it is at %d and goes on", g.level)
	}
}

func TestMoreAndFaces(t *testing.T) {
	s := pair()
	s.Tiles[1].Input, s.More = 0, 5
	p, c := shown(t, 1280, 720, s, grey)
	r := layout.Arrange(transcode.Grid, 2, 1280, 720)[1]
	corner := layout.Rect{X: r.X + r.W - 80, Y: r.Y + c.look.inset, W: 70, H: 32}
	if n := count(p, corner, func(k colour) bool { return k.y > 180 }); n < 60 {
		t.Errorf("%d bright samples at the number of those not shown", n)
	}
	disc := c.look.colour(hue("b", "Trần"))
	if n := count(p, r, func(k colour) bool { return near(k, disc, 2) }); n < r.Area()/12 {
		t.Errorf("%d samples of the person's colour", n)
	}
	s.Tiles[1].Name, s.More = "", 0 // a silhouette
	q, _ := shown(t, 1280, 720, s, grey)
	if n := count(q, r, func(k colour) bool { return k.y > 220 }); n < r.Area()/60 {
		t.Errorf("the silhouette has %d samples", n)
	}
}

// Slides that are not there yet are no person.
func TestSlidesWithoutPicture(t *testing.T) {
	s := &transcode.Scene{Layout: transcode.Slides, Tiles: []transcode.Tile{{Owner: "a", Slides: true}, {Owner: "b", Input: 2}}}
	p, c := shown(t, 1280, 720, s, grey)
	r := layout.Arrange(transcode.Slides, 2, 1280, 720)[0]
	disc, ink := c.look.colour(hue("a", "")), c.look.colour(slidesInk)
	if n := count(p, r, func(k colour) bool { return near(k, disc, 2) }); n > 0 {
		t.Errorf("%d samples of a person's colour", n)
	}
	if n := count(p, r, func(k colour) bool { return near(k, ink, 2) }); n < 1000 {
		t.Errorf("%d samples of a screen's colour", n)
	}
}

func TestInitials(t *testing.T) {
	for in, want := range map[string]string{
		"Nguyễn Thị Ngọc Ánh": "NÁ", "đặng": "Đ", "": "", "– (…)": "", "\"Lan\" (Huế)": "LH", "3 Phòng": "3P", "Отдел связи": "ОС",
	} {
		if got := initials(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

// Slides are whole, and no name stands on them.
func TestSlidesAreLeftAlone(t *testing.T) {
	in := streams{1: plain(1280, 720, 200, 128, 128), 2: plain(640, 360, 110, 128, 128)}
	s := &transcode.Scene{Layout: transcode.Slides, Tiles: []transcode.Tile{{Owner: "a", Input: 1, Name: "Trần", Slides: true}, {Owner: "b", Input: 2}}}
	for _, size := range [][2]int{{1280, 720}, {640, 480}} {
		p, _ := shown(t, size[0], size[1], s, in)
		r := layout.Arrange(transcode.Slides, 2, size[0], size[1])[0]
		f := fit(in[1], r, 1, true)
		if n := count(p, f.place, func(k colour) bool { return k.y != 200 }); n > 0 || f.part.Area() != 1280*720 {
			t.Errorf("%v: %d samples of the slides are not theirs", size, n)
		}
	}
}

// Single is the picture and nothing else.
func TestSingle(t *testing.T) {
	s := &transcode.Scene{Layout: transcode.Single, More: 3, Tiles: []transcode.Tile{{Owner: "a", Input: 1, Name: "Trần", Muted: true, Speaking: true}}}
	p, _ := shown(t, 640, 360, s, grey)
	if n := count(p, layout.Rect{W: 640, H: 360}, func(k colour) bool { return k != colour{110, 128, 128} }); n > 0 {
		t.Errorf("%d samples are drawn on", n)
	}
}

func TestNobodyThere(t *testing.T) {
	p, _ := shown(t, 640, 360, &transcode.Scene{Layout: transcode.Grid, Title: "Phòng họp"}, nil)
	if n := count(p, layout.Rect{W: 640, H: 360}, func(k colour) bool { return k.y > 200 }); n < 400 {
		t.Errorf("the title has %d bright samples", n)
	}
}

// Narrow pictures have themselves beside them, soft and darker.
func TestBars(t *testing.T) {
	in := streams{1: plain(360, 640, 200, 100, 160), 2: plain(640, 360, 110, 128, 128)}
	p, c := shown(t, 640, 360, pair(), in)
	r := layout.Arrange(transcode.Grid, 2, 640, 360)[0]
	bar, ground := at(p, r.X+20, r.Y+60), c.look.ground
	if bar.y < ground.y+20 || bar.y > 150 || bar.v <= 130 {
		t.Errorf("beside the picture is %v", bar)
	}
	if got := at(p, r.X+r.W/2, r.Y+60); got != (colour{200, 100, 160}) {
		t.Errorf("the picture is %v", got)
	}
}
