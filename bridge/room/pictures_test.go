package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

func TestPagesSeeEachOther(t *testing.T) {
	r := newRig(t, nil)
	a := r.guest("An", roomtest.Options{Slots: 2})
	b := r.guest("Bình", roomtest.Options{Slots: 2, Simulcast: true})
	r.must(a.Show(roomtest.Want{Participant: b.id(), Width: 1280, Height: 720}))
	r.must(b.Show(roomtest.Want{Participant: a.id(), Width: 640, Height: 360}))
	for _, g := range []*guest{a, b} {
		s := g.Slot(0)
		r.must(s.Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 10 }))
		st := s.Stats()
		if st.Keyframes == 0 || st.Gaps != 0 {
			t.Errorf("%+v", st)
		}
		if len(st.FirstTypes) < 3 || st.FirstTypes[0] != 7 || st.FirstTypes[1] != 8 || st.FirstTypes[2] != 5 {
			t.Errorf("the first picture has NAL units %v, not SPS, PPS, IDR", st.FirstTypes)
		}
	}
	r.must(a.Slot(0).Wait(r.ctx(), "the largest layer", func(s roomtest.SlotStats) bool { return s.Width == 1280 }))
}
