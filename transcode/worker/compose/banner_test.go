package compose

import (
	"fmt"
	"testing"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// The banner stands in the middle above, for as long as the scene has it, and leaves
// nothing behind; whoever holds a picture with it keeps it.
func TestBanner(t *testing.T) {
	for _, size := range [][2]int{{1280, 720}, {352, 288}, {176, 144}} {
		w, h := size[0], size[1]
		p, c := shown(t, w, h, pair(), grey)
		plainly := func() (*codec.Picture, bool) { return c.Compose(pair(), grey.source, settled) }
		with := pair()
		with.Banner = "Bố cục: lưới"
		bannered, changed := c.Compose(with, grey.source, settled)
		if !changed {
			t.Fatalf("%v: nothing changes with a banner", size)
		}
		keep(t, bannered, fmt.Sprintf("banner-%d", w))
		middle := layout.Rect{X: w / 4, Y: 0, W: w / 2, H: h / 4}
		ink := func(p *codec.Picture) int { return count(p, middle, func(k colour) bool { return k.y > 190 }) }
		if a, b := ink(p), ink(bannered); b < a+20 {
			t.Errorf("%v: %d bright samples, %d with the banner", size, a, b)
		}
		after, changed := plainly()
		if !changed || ink(after) != ink(p) || ink(bannered) == ink(after) {
			t.Errorf("%v: the banner stays, or is gone where it was held", size)
		}
		bannered.Release()
		after.Release()
		if again, changed := plainly(); changed {
			t.Errorf("%v: another picture though nothing changes", size)
		} else {
			again.Release()
		}
	}
}

// Texts of all lengths, and single pictures, do no harm.
func TestBannerFits(t *testing.T) {
	long := &transcode.Scene{Layout: transcode.Grid, Banner: string(make([]byte, 200)) + "ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ ạ"}
	single := &transcode.Scene{Layout: transcode.Single, Banner: "x", Tiles: []transcode.Tile{{Owner: "a", Input: 1}}}
	for _, size := range [][2]int{{32, 32}, {64, 480}, {480, 32}, {1280, 720}} {
		c, _ := compositor(t, size[0], size[1])
		for _, s := range []*transcode.Scene{long, single} {
			p, _ := c.Compose(s, grey.source, settled)
			p.Release()
		}
		if c.banner.overlay != nil {
			t.Errorf("%v: a single picture has a banner", size)
		}
	}
}
