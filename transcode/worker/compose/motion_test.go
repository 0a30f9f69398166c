package compose

import (
	"bytes"
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
)

func two(a, b transcode.StreamID, l transcode.Layout) *transcode.Scene {
	return &transcode.Scene{Layout: l, Tiles: []transcode.Tile{{Owner: string(rune('a' + a)), Input: a}, {Owner: string(rune('a' + b)), Input: b}}}
}

var shades = streams{1: plain(640, 360, 80, 128, 128), 2: plain(640, 360, 160, 128, 128), 3: plain(640, 360, 220, 128, 128)}

// Tiles that change places glide there, in pictures that all differ, and then stand still.
func TestTilesGlide(t *testing.T) {
	c, _ := compositor(t, 640, 360)
	p, _ := c.Compose(two(1, 2, transcode.OnePlusN), shades.source, 0)
	before := bytes.Clone(p.Y)
	p.Release()
	var last []byte
	n := 0
	for now := time.Second; ; now += 33 * time.Millisecond {
		p, changed := c.Compose(two(2, 1, transcode.OnePlusN), shades.source, now)
		if !changed {
			p.Release()
			break
		}
		if bytes.Equal(p.Y, last) {
			t.Errorf("picture %d is the same as the last", n)
		}
		if n == 0 && !bytes.Equal(p.Y[:100], before[:100]) {
			t.Error("the first one jumps")
		}
		last = bytes.Clone(p.Y)
		p.Release()
		if n++; n > 20 {
			t.Fatal("it does not end")
		}
	}
	if n < 5 || n > 9 {
		t.Errorf("%d pictures", n)
	}
	fresh, _ := compositor(t, 640, 360)
	want, _ := fresh.Compose(two(2, 1, transcode.OnePlusN), shades.source, 0)
	defer want.Release()
	if !bytes.Equal(last, want.Y) {
		t.Error("it ends elsewhere")
	}
}

// Where one speaker follows another, the pictures fade into each other without a dark moment.
func TestSpeakersFade(t *testing.T) {
	c, _ := compositor(t, 640, 360)
	alone := func(id transcode.StreamID) *transcode.Scene {
		s := two(id, id, transcode.Speaker)
		s.Tiles = s.Tiles[:1]
		return s
	}
	middle := func(p *codec.Picture) byte {
		defer p.Release()
		return at(p, 320, 180).y
	}
	p, _ := c.Compose(alone(1), shades.source, 0)
	if y := middle(p); y != 80 {
		t.Fatalf("begins with %d", y)
	}
	last := byte(80)
	for now := time.Second; now <= time.Second+motionTime; now += motionTime / 5 {
		p, _ = c.Compose(alone(2), shades.source, now)
		y := middle(p)
		if y < last-1 || y > last+60 {
			t.Errorf("from %d to %d", last, y)
		}
		last = y
	}
	if last != 160 {
		t.Errorf("ends with %d", last)
	}
}

func TestHurryJumps(t *testing.T) {
	c, _ := compositor(t, 640, 360)
	at := func(s *transcode.Scene, now time.Duration) bool {
		p, changed := c.Compose(s, shades.source, now)
		p.Release()
		return changed
	}
	at(two(1, 2, transcode.OnePlusN), 0)
	c.Hurry(true)
	if !at(two(2, 1, transcode.OnePlusN), 1) || at(two(2, 1, transcode.OnePlusN), 2) {
		t.Error("it moves in a hurry")
	}
	c.Hurry(false)
	if !at(two(1, 2, transcode.OnePlusN), 3) || !at(two(1, 2, transcode.OnePlusN), 4) {
		t.Fatal("it does not move")
	}
	c.Hurry(true)
	if at(two(1, 2, transcode.OnePlusN), 5); at(two(1, 2, transcode.OnePlusN), 6) {
		t.Error("it goes on in a hurry")
	}
}

// Names, marks and the same people in the same places are no reason to move.
func TestMarksDoNotMove(t *testing.T) {
	c, _ := compositor(t, 640, 360)
	s := two(1, 2, transcode.Grid)
	p, _ := c.Compose(s, shades.source, 0)
	p.Release()
	next := two(1, 3, transcode.Grid) // the second one's owner is another, but this comes below
	next.Tiles[1].Owner, next.Tiles[1].Muted, next.More = s.Tiles[1].Owner, true, 4
	p, _ = c.Compose(next, shades.source, time.Second)
	p.Release()
	if c.motion.from != nil {
		t.Error("it moves")
	}
	// Another stream of the same person: the last picture stands until there is a new one.
	in := streams{1: shades[1]}
	next.Tiles[1].Input = 2
	p, _ = c.Compose(next, in.source, 2*time.Second)
	if y := at(p, 480, 150).y; y != 220 {
		t.Errorf("the tile shows %d", y)
	}
	p.Release()
}

// A change in the middle of a motion goes on from what is seen.
func TestMotionIsRedirected(t *testing.T) {
	c, _ := compositor(t, 640, 360)
	scenes := []*transcode.Scene{two(1, 2, transcode.OnePlusN), two(2, 1, transcode.OnePlusN), two(2, 3, transcode.Grid), two(1, 3, transcode.Speaker), {Layout: transcode.Grid}}
	var kept []*codec.Picture
	for i := range 60 {
		p, _ := c.Compose(scenes[i/3%len(scenes)], shades.source, time.Duration(i)*30*time.Millisecond)
		if p == nil {
			t.Fatal("pictures ran out")
		}
		if kept = append(kept, p); len(kept) > 2 {
			kept[0].Release()
			kept = kept[1:]
		}
	}
	for _, p := range kept {
		p.Release()
	}
}
