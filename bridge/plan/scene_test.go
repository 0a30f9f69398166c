package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

var hd = Output{Codec: media.H264, Width: 1280, Height: 720}

func people(tiles []Ref) (ids []string) {
	for _, t := range tiles {
		ids = append(ids, t.Person)
	}
	return ids
}

func TestScene(t *testing.T) {
	many := cameras(20)
	for _, c := range []struct {
		name   string
		layout transcode.Layout
		output Output
		people []Person
		recent []string
		large  string
		want   []string
		more   int
	}{
		{"in the order of coming", transcode.Grid, hd, cameras(3), []string{"p2"}, "p2", []string{"p0", "p1", "p2"}, 0},
		{"not oneself", transcode.Grid, hd, append(cameras(2), camera("me")), nil, "", []string{"p0", "p1"}, 0},
		{"pictures first, then who spoke", transcode.Grid, hd, []Person{phone("x"), camera("a"), phone("y"), camera("b"), phone("z")}, []string{"y", "a", "z"}, "", []string{"a", "b", "y", "z"}, 1},
		{"the speaker is large and changes places", transcode.OnePlusN, hd, cameras(4), nil, "p2", []string{"p2", "p1", "p0", "p3"}, 0},
		{"a speaker without a place", transcode.OnePlusN, hd, cameras(3), nil, "gone", []string{"p0", "p1", "p2"}, 0},
		{"more than fit", transcode.OnePlusN, hd, many, nil, "p0", []string{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"}, 12},
		{"who spoke has a place", transcode.OnePlusN, hd, many, []string{"p15", "p3", "p12"}, "p15", []string{"p15", "p1", "p2", "p3", "p4", "p12", "p0"}, 12},
		{"a small picture", transcode.Grid, Output{Width: 176, Height: 144}, cameras(6), nil, "", []string{"p0", "p1", "p2", "p3"}, 2},
		{"slides", transcode.Slides, hd, []Person{camera("a"), sharing(camera("b"))}, nil, "", []string{"b", "a", "b"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Viewer: terminal(cb, 0), People: c.people, Recent: c.recent, Worker: able}
			s := in.scene(c.layout, c.output, c.large)
			got := people(s.Tiles)
			if c.name == "who spoke has a place" { // which of the others keep theirs is tested below
				if got[0] != "p15" || !slices.Contains(got, "p3") || !slices.Contains(got, "p12") || len(got) != 8 {
					t.Errorf("%v", got)
				}
				return
			}
			if !slices.Equal(got, c.want) || s.More != c.more {
				t.Errorf("%v and %d more", got, s.More)
			}
		})
	}
}

// A change of the speaker moves two people, in every view the same way.
func TestScenesAreShared(t *testing.T) {
	all := cameras(6)
	scene := func(viewer, large string) string {
		v := terminal(cb, 0)
		v.ID = viewer
		in := Input{Viewer: v, People: all, Recent: []string{large}, Worker: able}
		return fmt.Sprint(in.scene(transcode.OnePlusN, hd, large))
	}
	if scene("x", "p4") != scene("y", "p4") {
		t.Error("two who only look on see different scenes")
	}
	before := people(mustScene(all, "p4").Tiles)
	after := people(mustScene(all, "p2").Tiles)
	moved := 0
	for i := range before {
		if before[i] != after[i] {
			moved++
		}
	}
	if moved > 3 { // both speakers and whoever's home is the large place
		t.Errorf("%d people moved: %v, %v", moved, before, after)
	}
}

func mustScene(all []Person, large string) Scene {
	in := Input{Viewer: terminal(cb, 0), People: all, Recent: []string{large}, Worker: able}
	return in.scene(transcode.OnePlusN, hd, large)
}

func TestSeat(t *testing.T) {
	all := []string{"a", "b", "c", "x", "y"} // x and y have no picture
	for _, c := range []struct {
		places int
		recent []string
		want   []string
	}{
		{5, nil, all},
		{0, nil, nil},
		{3, nil, []string{"a", "b", "c"}},
		{2, nil, []string{"a", "b"}},
		{2, []string{"c"}, []string{"a", "c"}},
		{4, []string{"y"}, []string{"a", "b", "c", "y"}},
		{3, []string{"y"}, []string{"a", "b", "c"}},
	} {
		if got := seat(all, 3, c.recent, c.places); !slices.Equal(got, c.want) {
			t.Errorf("%d places after %v: %v", c.places, c.recent, got)
		}
	}
}

func TestSharer(t *testing.T) {
	in := Input{Viewer: terminal(cb, 0), People: []Person{sharing(camera("a")), sharing(camera("b")), sharing(camera("me"))}}
	if got := in.sharer(); got != "a" {
		t.Error(got)
	}
	in.Recent = []string{"me", "b"}
	if got := in.sharer(); got != "b" {
		t.Error("of two the one who spoke last:", got)
	}
}
