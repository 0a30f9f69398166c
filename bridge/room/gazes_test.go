package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

func TestGazes(t *testing.T) {
	a, b := relay.NewTrack(relay.TrackConfig{}), relay.NewTrack(relay.TrackConfig{})
	at := func(t *relay.Track, limit int) *viewer {
		return &viewer{track: t, limits: media.Limits{Bitrate: limit}}
	}
	poor, good, open, idle := at(a, 300_000), at(a, 2_000_000), at(b, 0), at(nil, 0)
	g := gazes{}
	people := []*participant{
		{seat: &seat{viewer: poor}}, {seat: &seat{}}, {seat: &seat{viewer: idle}},
		{visitor: &visitor{slots: map[string]*pageSlot{"1": {viewer: good}, "2": {viewer: open}}}},
	}
	for range 2 { // the second look begins anew
		g.take(people)
	}
	for _, c := range []struct {
		name  string
		track *relay.Track
		but   *viewer
		limit int
		want  bool
	}{
		{"somebody takes more", a, poor, 300_000, true},
		{"nobody takes more", a, good, 2_000_000, false},
		{"hardly more", a, poor, 1_700_000, false},
		{"no limit", a, poor, 0, false},
		{"oneself does not count", b, open, 300_000, false},
		{"everything", b, poor, 300_000, true},
		{"nobody looks", relay.NewTrack(relay.TrackConfig{}), poor, 300_000, false},
	} {
		if got := g.closer(c.track, c.but, c.limit); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	g.take(people[:1])
	if !g.at(a) || g.at(b) {
		t.Error("who looks at what")
	}
}
