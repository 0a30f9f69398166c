package plan

import (
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

func TestChange(t *testing.T) {
	var v View
	people, viewer, worker := cameras(1), terminal(cb, 2e6), able
	var recent []string
	at := int64(0)
	seen := map[Change]bool{}
	step := func(what string, want Change) {
		t.Helper()
		for range 3 { // long enough for everything that is calm
			at += 5e9
			d := v.Decide(Input{Viewer: viewer, People: people, Recent: recent, Worker: worker}, at)
			if d.Change != want {
				t.Errorf("%s: %q, want %q (%s)", what, d.Change, want, d.Reason)
			}
			seen[d.Change] = true
			want = "" // it is told once
		}
	}
	step("the first", "")
	people = cameras(3)
	step("two come", ChangePeople)
	people = append(people, phone("listener"))
	step("somebody listens", "")
	viewer.Wish = bridge.LayoutSpeaker
	step("the speaker alone", ChangeLayout)
	recent = []string{"p2"}
	step("another speaks", ChangeSpeaker)
	people = slices.Delete(people, 2, 3)
	step("the speaker goes", ChangePeople)
	people[0] = foreign("p0", vp8)
	step("another format", ChangeFormat)
	viewer.Wish = bridge.LayoutAuto
	step("everybody again", ChangeLayout)
	worker.Strain = "it does not keep up"
	step("strain", ChangeStrain)
	worker.Strain = ""
	step("no strain", ChangeStrain)
	people[1] = sharing(people[1])
	step("slides", ChangeSlides)
	for _, c := range Changes {
		if !seen[c] {
			t.Errorf("%s was not met", c)
		}
	}
}
