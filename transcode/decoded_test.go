package transcode

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/media"
)

func TestDecodedCounts(t *testing.T) {
	inputs := []VideoInput{{ID: 1, Codec: media.H264}, {ID: 2, Codec: media.H264}, {ID: 3, Codec: media.H261}}
	st := func(id StreamID, frames, damaged, errors uint64) VideoInputStats {
		return VideoInputStats{ID: id, Frames: frames, Damaged: damaged, Errors: errors}
	}
	c := decodedCounts{}
	for _, step := range []struct {
		name   string
		told   []VideoInputStats
		inputs []VideoInput
		want   map[media.Codec]Decoded
	}{
		{"the first", []VideoInputStats{st(1, 10, 2, 1), st(2, 5, 0, 0), st(3, 1, 0, 0)}, inputs, map[media.Codec]Decoded{media.H264: {15, 2, 1}, media.H261: {1, 0, 0}}},
		{"nothing new", []VideoInputStats{st(1, 10, 2, 1)}, inputs, nil},
		{"more", []VideoInputStats{st(1, 12, 3, 1)}, inputs, map[media.Codec]Decoded{media.H264: {2, 1, 0}}},
		{"backwards", []VideoInputStats{st(1, 1<<40, 0, 0), st(2, 4, 9, 9)}, inputs, nil},
		{"an input that does not exist", []VideoInputStats{st(9, 7, 0, 0)}, inputs, nil},
		{"one that ended", []VideoInputStats{st(1, 50, 50, 50)}, inputs[1:], nil},
		{"its number again", []VideoInputStats{st(1, 3, 0, 0)}, inputs, map[media.Codec]Decoded{media.H264: {3, 0, 0}}},
	} {
		if d := cmp.Diff(step.want, c.take(step.told, step.inputs)); d != "" {
			t.Errorf("%s:\n%s", step.name, d)
		}
	}
	if len(c) > len(inputs) {
		t.Errorf("%d inputs are remembered", len(c))
	}
}

func TestSupervisorCountsPictures(t *testing.T) {
	s := NewSupervisor(SupervisorConfig{Path: "/nowhere"})
	s.countDecoded(map[media.Codec]Decoded{media.VP8: {1, 2, 3}})
	s.countDecoded(nil)
	s.countDecoded(map[media.Codec]Decoded{media.VP8: {10, 20, 30}, media.H261: {1, 0, 0}})
	want := map[media.Codec]Decoded{media.VP8: {11, 22, 33}, media.H261: {1, 0, 0}}
	if d := cmp.Diff(want, s.Stats().Decoded); d != "" {
		t.Error(d)
	}
}
