package plan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

func of(class int) Output {
	return Output{Codec: media.H264, Profile: 66, Level: 31, Mode: 1, Width: 1280, Height: 720, FPS: 30, Class: class}
}

func showing(ids ...string) Scene {
	s := Scene{Layout: transcode.Grid}
	for _, id := range ids {
		s.Tiles = append(s.Tiles, Ref{Person: id})
	}
	return s
}

func TestShare(t *testing.T) {
	vp8 := of(1e6)
	vp8.Codec = media.VP8
	smaller := of(1e6)
	smaller.Width, smaller.Height = 640, 360
	for _, c := range []struct {
		name    string
		wishes  []Wish
		running []Output
		want    []int
	}{
		{"nobody", nil, []Output{of(1e6)}, []int{}},
		{"equal ones together", []Wish{{of(1e6), showing("a"), -1}, {of(1e6), showing("a"), -1}}, nil, []int{0, 0}},
		{"other limits", []Wish{{of(1e6), showing("a"), -1}, {of(2e6), showing("a"), -1}}, nil, []int{0, 1}},
		{"other scenes", []Wish{{of(1e6), showing("a"), -1}, {of(1e6), showing("b"), -1}, {of(1e6), Scene{Layout: transcode.OnePlusN, Tiles: showing("a").Tiles}, -1}}, nil, []int{0, 1, 2}},
		{"slides are not the camera", []Wish{{of(1e6), showing("a"), -1}, {of(1e6), Scene{Layout: transcode.Grid, Tiles: []Ref{{"a", true}}}, -1}}, nil, []int{0, 1}},
		{"a stream goes on with another scene", []Wish{{of(1e6), showing("b"), 0}, {of(1e6), showing("b"), 0}}, []Output{of(1e6)}, []int{0, 0}},
		{"and with another size", []Wish{{smaller, showing("b"), 0}}, []Output{of(1e6)}, []int{0}},
		{"not with another codec", []Wish{{vp8, showing("b"), 0}}, []Output{of(1e6)}, []int{1}},
		{"one leaves the others", []Wish{{of(256_000), showing("a"), 0}, {of(1e6), showing("a"), 0}, {of(1e6), showing("a"), 0}}, []Output{of(1e6)}, []int{1, 0, 0}},
		{"and comes back", []Wish{{of(1e6), showing("a"), 1}, {of(1e6), showing("a"), 0}, {of(1e6), showing("a"), 0}}, []Output{of(1e6), of(256_000)}, []int{0, 0, 0}},
		{"two streams become one", []Wish{{of(1e6), showing("a"), 0}, {of(1e6), showing("a"), 1}}, []Output{of(1e6), of(1e6)}, []int{0, 0}},
		{"somebody new joins what runs", []Wish{{of(1e6), showing("a"), -1}, {of(1e6), showing("a"), 0}}, []Output{of(1e6)}, []int{0, 0}},
		{"nobody takes a stream that others are leaving", []Wish{{of(2e6), showing("b"), -1}}, []Output{of(1e6)}, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Share(c.wishes, c.running); !slices.Equal(got, c.want) {
				t.Errorf("%v, not %v", got, c.want)
			}
		})
	}
}

func TestShareProperties(t *testing.T) {
	outputs := []Output{of(1e6), of(2e6), {Codec: media.VP8, Width: 640, Height: 360, FPS: 30, Class: 1e6}}
	scenes := []Scene{showing("a"), showing("b"), showing("a", "b"), {Layout: transcode.Single, Tiles: showing("a").Tiles}}
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 3))
		var running []Output
		for range rng.IntN(6) {
			running = append(running, outputs[rng.IntN(3)])
		}
		var wishes []Wish
		for range rng.IntN(12) {
			wishes = append(wishes, Wish{outputs[rng.IntN(3)], scenes[rng.IntN(4)], rng.IntN(len(running)+1) - 1})
		}
		got := Share(wishes, running)
		for i := range wishes {
			for j := range wishes {
				if same := wishes[i].key() == wishes[j].key(); same != (got[i] == got[j]) {
					t.Fatalf("seed %d: wishes %d and %d: %v", seed, i, j, got)
				}
			}
			if got[i] < len(running) && !alike(running[got[i]], wishes[i].Output) {
				t.Fatalf("seed %d: a stream of another codec", seed)
			}
		}
	}
}
