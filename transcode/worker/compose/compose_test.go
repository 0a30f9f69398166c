package compose

import (
	"testing"

	"github.com/roombridge/roombridge/transcode"
)

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
	if left, right := q.Y[180*q.StrideY+160], q.Y[180*q.StrideY+480]; left != 80 || right != 200 {
		t.Errorf("the tiles are %d and %d", left, right)
	}
	if was := p.Y[180*p.StrideY+480]; was != 160 {
		t.Errorf("the picture that was held became %d", was)
	}
	p.Release()
	q.Release()
}
