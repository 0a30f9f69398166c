package compose

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/layout"
)

// settled is later than anything that moves or glows.
const settled = 2 * time.Second

func TestOnlyWhatChangesIsScaled(t *testing.T) {
	c, n := compositor(t, 640, 360)
	in := streams{1: plain(320, 180, 80, 128, 128), 2: plain(320, 180, 160, 128, 128)}
	s := &transcode.Scene{Layout: transcode.Grid, Tiles: []transcode.Tile{{Owner: "a", Input: 1}, {Owner: "b", Input: 2}}}
	p, changed := c.Compose(s, in.source, 0)
	if !changed || n.calls != 2 {
		t.Fatalf("changed %v, %d scaled", changed, n.calls)
	}
	again, changed := c.Compose(s, in.source, 1)
	if changed || again != p || n.calls != 2 {
		t.Fatalf("nothing is new, but changed %v, %d scaled", changed, n.calls)
	}
	again.Release()
	in[2] = plain(320, 180, 200, 128, 128)
	// The first picture is still held, so the second is another one, with the first tile copied.
	q, changed := c.Compose(s, in.source, 2)
	if !changed || q == p || n.calls != 3 {
		t.Fatalf("changed %v, %d scaled", changed, n.calls)
	}
	if left, right := at(q, 160, 180).y, at(q, 480, 180).y; left != 80 || right != 200 {
		t.Errorf("the tiles are %d and %d", left, right)
	}
	if was := at(p, 480, 180).y; was != 160 {
		t.Errorf("the picture that was held became %d", was)
	}
	p.Release()
	q.Release()
	// Nobody holds it now: it is drawn on in place.
	in[1] = plain(320, 180, 90, 128, 128)
	r, _ := c.Compose(s, in.source, 3)
	if r != q || n.calls != 4 {
		t.Errorf("another picture was taken, %d scaled", n.calls)
	}
	r.Release()
}

func TestHeldPicturesRunOut(t *testing.T) {
	c, _ := compositor(t, 320, 180)
	in := streams{1: plain(320, 180, 80, 128, 128)}
	s := &transcode.Scene{Layout: transcode.Speaker, Tiles: []transcode.Tile{{Owner: "a", Input: 1}}}
	var held []*codec.Picture
	for i := range maxCanvases {
		in[1] = plain(320, 180, byte(100+i), 128, 128)
		p, changed := c.Compose(s, in.source, 0)
		if !changed {
			t.Fatalf("picture %d was not made", i)
		}
		held = append(held, p)
	}
	in[1] = plain(320, 180, 50, 128, 128)
	if p, changed := c.Compose(s, in.source, 0); p != nil || changed {
		t.Fatal("a picture too many")
	}
	for i, p := range held {
		if got := at(p, 160, 60).y; got != byte(100+i) {
			t.Errorf("picture %d became %d", i, got)
		}
	}
	held[3].Release()
	p, changed := c.Compose(s, in.source, 0)
	if p != held[3] || !changed || at(p, 160, 60).y != 50 {
		t.Error("the one that was released is not used again")
	}
	p.Release()
	for i, p := range held {
		if i != 3 {
			p.Release()
		}
	}
}

// Sources are held while they are shown, and no longer.
func TestSourcesAreReleased(t *testing.T) {
	c, _ := compositor(t, 320, 180)
	made, freed := 0, 0
	source := func(transcode.StreamID) *codec.Picture {
		made++
		return allocate(64, 36, func(*codec.Picture) { freed++ })
	}
	s := &transcode.Scene{Layout: transcode.Grid, Tiles: []transcode.Tile{{Owner: "a", Input: 1}, {Owner: "b", Input: 2}, {Owner: "c"}}}
	for i := range 10 {
		s.Tiles[1].Muted = i%2 == 0
		p, _ := c.Compose(s, source, time.Duration(i)*time.Millisecond)
		p.Release()
	}
	if made != 20 || freed != 18 {
		t.Errorf("%d made, %d given back", made, freed)
	}
	s.Tiles = s.Tiles[:1]
	p, _ := c.Compose(s, source, settled)
	p.Release()
	if made-freed != 1 {
		t.Errorf("%d are held for one tile", made-freed)
	}
	c.Close()
	if made != freed {
		t.Errorf("%d are held after the end", made-freed)
	}
}

// A picture without the memory that it says is not shown.
func TestUnsoundPictures(t *testing.T) {
	c, n := compositor(t, 320, 180)
	s := &transcode.Scene{Layout: transcode.Speaker, Tiles: []transcode.Tile{{Owner: "a", Input: 1}}}
	for _, harm := range []func(*codec.Picture){
		func(p *codec.Picture) { p.Width = 66 }, func(p *codec.Picture) { p.Height = 4000 }, func(p *codec.Picture) { p.Y = p.Y[1:] },
		func(p *codec.Picture) { p.V = nil }, func(p *codec.Picture) { p.Width, p.Height = 0, 0 }, func(p *codec.Picture) { p.StrideC = 1 },
		func(p *codec.Picture) { p.StrideY = -64 },
	} {
		p := plain(64, 36, 80, 128, 128)
		harm(p)
		got, _ := c.Compose(s, streams{1: p}.source, 0)
		got.Release()
		if n.calls > 0 {
			t.Fatalf("%dx%d was shown", p.Width, p.Height)
		}
	}
}

// However a picture came about, it is the same as when drawn at once.
func TestRepaintingIsLikePainting(t *testing.T) {
	in := streams{}
	for i := range 20 {
		in[transcode.StreamID(i+1)] = plain(128, 72, byte(40+9*i), byte(90+3*i), byte(170-4*i))
	}
	in[19] = portrait(64, 48, 2, 1)
	rng := rand.New(rand.NewPCG(1, 2))
	c, _ := compositor(t, 320, 180)
	now := time.Duration(0)
	var held []*codec.Picture
	for round := range 60 {
		s := &transcode.Scene{Layout: []transcode.Layout{transcode.Grid, transcode.OnePlusN, transcode.Slides, transcode.Speaker, transcode.Single}[rng.IntN(5)]}
		for range rng.IntN(7) {
			i := rng.IntN(18)
			s.Tiles = append(s.Tiles, transcode.Tile{
				Owner: names[i%16], Name: names[i%16], Input: transcode.StreamID(rng.IntN(2) * (i + 1)), Muted: rng.IntN(2) == 0, Speaking: rng.IntN(3) == 0,
			})
		}
		s.More = rng.IntN(3)
		for range 4 {
			p, _ := c.Compose(s, in.source, now)
			now += settled / 3
			if held = append(held, p); len(held) > rng.IntN(maxCanvases-2) {
				held[0].Release()
				held = held[1:]
			}
		}
		fresh, _ := compositor(t, 320, 180)
		want, _ := fresh.Compose(s, in.source, 0)
		want.Release()
		want, _ = fresh.Compose(s, in.source, settled)
		got := held[len(held)-1]
		if !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.U, want.U) || !bytes.Equal(got.V, want.V) {
			keep(t, got, "repainted")
			keep(t, want, "painted")
			t.Fatalf("round %d: %s of %d differs", round, s.Layout, len(s.Tiles))
		}
		want.Release()
	}
	for _, p := range held {
		p.Release()
	}
}

// Encoders of other goroutines hold pictures while the next ones are drawn.
func TestPicturesAreShared(t *testing.T) {
	c, _ := compositor(t, 160, 90)
	in := streams{}
	s := &transcode.Scene{Layout: transcode.Speaker, Tiles: []transcode.Tile{{Owner: "a", Input: 1}}}
	out, done := make(chan *codec.Picture, 3), make(chan int)
	go func() {
		n := 0
		for p := range out {
			if y := at(p, 80, 20).y; y != at(p, 80, 22).y {
				t.Errorf("a picture is half %d, half %d", y, at(p, 80, 22).y)
			}
			n++
			p.Release()
		}
		done <- n
	}()
	for i := range 300 {
		in[1] = plain(160, 90, byte(50+i%150), 128, 128)
		if p, _ := c.Compose(s, in.source, time.Duration(i)*time.Second); p != nil {
			out <- p
		}
	}
	close(out)
	if n := <-done; n == 0 {
		t.Error("no picture came out")
	}
}

func TestWrongOptions(t *testing.T) {
	good := Options{Width: 320, Height: 180, Painter: painter(t), Scaler: &nearest{}}
	for _, wrong := range []func(*Options){
		func(o *Options) { o.Width = 0 }, func(o *Options) { o.Height = -2 }, func(o *Options) { o.Width = 321 }, func(o *Options) { o.Height = 30 },
		func(o *Options) { o.Width = 10000 }, func(o *Options) { o.Painter = nil }, func(o *Options) { o.Scaler = nil },
	} {
		o := good
		wrong(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// FuzzCompose draws scenes with names and numbers that anybody may send.
func FuzzCompose(f *testing.F) {
	f.Add("Nguyễn Thị Ngọc Ánh", "owner", "title", uint8(3), uint8(5), uint16(320), uint16(180), 2, uint16(12))
	f.Add("\u202e\u0301\u0301\u0301\u0301x\xff\x00", "", "\n", uint8(2), uint8(20), uint16(32), uint16(32), -5, uint16(9999))
	f.Add("🏳️‍🌈ﷺ", "o", "", uint8(4), uint8(1), uint16(64), uint16(400), 1<<40, uint16(1))
	p := painter(f)
	layouts := []transcode.Layout{transcode.Single, transcode.Speaker, transcode.OnePlusN, transcode.Grid, transcode.Slides, "?"}
	f.Fuzz(func(t *testing.T, name, owner, title string, l, n uint8, w, h uint16, more int, shape uint16) {
		c, err := New(Options{Width: int(w % 640), Height: int(h % 640), SampleAspect: float64(shape) / 11, Painter: p, Scaler: &nearest{}})
		if err != nil {
			return
		}
		defer c.Close()
		in := streams{1: plain(int(shape%200)+1, int(h%200)+1, 80, 128, 128)}
		s := &transcode.Scene{Layout: layouts[int(l)%len(layouts)], More: more, Title: title}
		for i := range int(n % 20) {
			s.Tiles = append(s.Tiles, transcode.Tile{
				Owner: owner[:min(len(owner), i)], Name: name[min(len(name), i/2):], Input: transcode.StreamID(i % 3), Muted: i%2 == 0, Speaking: i%3 == 0, Slides: i%7 == 0,
			})
		}
		for i := range 6 {
			got, _ := c.Compose(s, in.source, time.Duration(i)*60*time.Millisecond)
			if got == nil || got.Width != c.o.Width || got.Height != c.o.Height {
				t.Fatal("no picture")
			}
			got.Release()
			if i == 2 && len(s.Tiles) > 0 {
				s.Tiles = s.Tiles[1:]
			}
		}
	})
}

func box(r layout.Rect, f func(x, y int)) {
	for y := r.Y; y < r.Y+r.H; y++ {
		for x := r.X; x < r.X+r.W; x++ {
			f(x, y)
		}
	}
}

// The scaler of the worker draws nothing on gutters, whatever sizes meet.
func TestGuttersStayClear(t *testing.T) {
	scaler, err := scale.New()
	if err != nil {
		t.Skip(err)
	}
	defer scaler.Close()
	in := streams{1: plain(1280, 720, 200, 90, 160), 2: plain(353, 289, 200, 90, 160), 3: plain(90, 160, 200, 90, 160), 4: plain(1919, 1079, 200, 90, 160)}
	for _, size := range [][2]int{{176, 144}, {352, 288}, {640, 360}} {
		for _, l := range []transcode.Layout{transcode.Grid, transcode.OnePlusN, transcode.Slides} {
			c, err := New(Options{Width: size[0], Height: size[1], Painter: painter(t), Scaler: scaler})
			if err != nil {
				t.Fatal(err)
			}
			s := &transcode.Scene{Layout: l}
			for i := range layout.MaxTiles(l, size[0], size[1]) {
				s.Tiles = append(s.Tiles, transcode.Tile{Input: transcode.StreamID(i%4 + 1), Slides: l == transcode.Slides && i == 0})
			}
			p, _ := c.Compose(s, in.source, 0)
			tiles := layout.Arrange(l, len(s.Tiles), size[0], size[1])
			covered := make([]bool, size[0]*size[1])
			for _, r := range tiles {
				box(r, func(x, y int) { covered[y*size[0]+x] = true })
				if got := at(p, r.X+r.W/2, r.Y+r.H/2); !near(got, colour{200, 90, 160}, 2) {
					t.Errorf("%s %v: the middle of %v is %v", l, size, r, got)
				}
			}
			if n := count(p, layout.Rect{W: size[0], H: size[1]}, func(k colour) bool { return k != c.look.ground }); n > size[0]*size[1]*99/100 {
				t.Errorf("%s %v: no ground is left", l, size)
			}
			box(layout.Rect{W: size[0], H: size[1]}, func(x, y int) {
				if k := at(p, x, y); !covered[y*size[0]+x] && k != c.look.ground {
					t.Fatalf("%s %v: %d,%d beside the tiles is %v", l, size, x, y, k)
				}
			})
			p.Release()
			c.Close()
		}
	}
}
