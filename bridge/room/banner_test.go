package room

import (
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
	"github.com/roombridge/roombridge/transcode"
)

func TestLayoutNames(t *testing.T) {
	for language, names := range layoutNames {
		for _, l := range bridge.Layouts {
			if names[l] == "" || len(names[l]) > transcode.MaxName {
				t.Errorf("%s has no name for %s", language, l)
			}
		}
	}
	if layoutName("fr", bridge.LayoutGrid) != layoutName("vi", bridge.LayoutGrid) || layoutName("en", bridge.LayoutGrid) == layoutName("vi", bridge.LayoutGrid) {
		t.Error("languages are mixed up")
	}
}

func TestBannerEnds(t *testing.T) {
	b := banner{"x", 5e9}
	if b.at(4e9) != "x" || b.at(5e9) != "" || (banner{}).at(1) != "" {
		t.Error("the banner does not end when it shall")
	}
}

// A composed picture says for a moment which layout was chosen; one that is passed on does not.
func TestLayoutIsAnnounced(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	m.path(bridge.PathCompose, "")
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	says := func(what string) {
		t.Helper()
		r.eventually("a picture that says "+what, func() bool {
			_, outputs := w.easel.now()
			return slices.ContainsFunc(outputs, func(o transcode.VideoOutput) bool { return len(o.Scene.Tiles) > 1 && o.Scene.Banner == what })
		})
	}
	says("")
	press := func(keys string) {
		for _, k := range keys {
			m.seat.Digit(k)
		}
	}
	press("*3")
	says(layoutName("", bridge.LayoutOnePlusN))
	press("*0")
	says(layoutName("", bridge.LayoutAuto))
	says("")
	r.engine.SetRoomLayout("1001", bridge.LayoutGrid)
	says(layoutName("", bridge.LayoutGrid))
	press("*2")
	m.path(bridge.PathRelay, "")
	m.whole()
}
