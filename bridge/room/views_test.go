package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

// What terminals see is counted when it changes.
func TestViewsAreCounted(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	m.path(bridge.PathRelay, "")
	r.guest("Bình", roomtest.Options{})
	m.path(bridge.PathCompose, "")
	m.seat.(bridge.Arranger).SetLayout(bridge.LayoutSpeaker)
	m.path(bridge.PathRelay, "")
	st := r.engine.Views()
	for k, least := range map[ViewChange]uint64{{bridge.PathCompose, plan.ChangePeople}: 1, {bridge.PathRelay, plan.ChangeLayout}: 1} {
		if st.Changes[k] < least {
			t.Errorf("%v is not counted: %v", k, st.Changes)
		}
	}
	if st.Strained != 0 || st.Strains != 0 {
		t.Errorf("%d rooms gave up %d times", st.Strains, st.Strained)
	}
}

func TestStrainIsCounted(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Loaded = func() string { return "it is busy" } })
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	r.looker("Room 7", terminalOptions{}).path(bridge.PathRelay, "the gateway is busy")
	r.eventually("a room that does without", func() bool { st := r.engine.Views(); return st.Strains == 1 && st.Strained == 1 })
}
