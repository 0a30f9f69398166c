package room

import (
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
	"github.com/roombridge/roombridge/transcode"
)

// talk tells the room that one microphone speaks, twenty times a second, until
// the test says stop.
func (r *rig) talk(w *fakeMeeting, who transcode.StreamID) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			w.events.Levels([]transcode.Level{{Stream: who, DBov: -20, Voice: true}})
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

// micOf finds a participant's input.
func (r *rig) micOf(id string) transcode.StreamID {
	rm := r.engine.rooms["1001"].room
	var got transcode.StreamID
	r.eventually("a microphone", func() bool {
		rm.mixer.mu.Lock()
		defer rm.mixer.mu.Unlock()
		for _, v := range rm.mixer.mics {
			if v.owner == id && v.on {
				got = v.id
				return true
			}
		}
		return false
	})
	return got
}

// pictured waits until somebody's picture arrives.
func (r *rig) pictured(id string) {
	rm := r.engine.rooms["1001"].room
	r.eventually("a picture", func() bool {
		rm.mu.Lock()
		defer rm.mu.Unlock()
		p := rm.find(id)
		return p != nil && p.main.live(rm.now())
	})
}

func TestTerminalFollowsTheSpeaker(t *testing.T) {
	r := newRig(t, nil)
	a := r.guest("An", roomtest.Options{})                  // 640
	r.pictured(a.id())                                      // of pictures the first is shown, not of people
	b := r.guest("Bình", roomtest.Options{Simulcast: true}) // 1280
	m := r.terminal("Room 7", terminalOptions{})
	m.seat.(bridge.Arranger).SetLayout(bridge.LayoutSpeaker)
	r.must(m.sees(r.ctx(), 640)) // who came first, as nobody has spoken
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	for _, g := range []*guest{a, b} {
		r.must(g.Mic.Send([]byte{1}, 20))
	}
	m.speak(1)
	follow := func() (median time.Duration) {
		var times []time.Duration
		for _, c := range []struct {
			who   string
			width int
		}{{b.id(), 1280}, {a.id(), 640}, {b.id(), 1280}, {m.id, 1280}, {a.id(), 640}} {
			begun := time.Now()
			stop := r.talk(w, r.micOf(c.who))
			r.must(m.sees(r.ctx(), c.width))
			took := time.Since(begun)
			r.must(b.Wait(r.ctx(), "the speaker", func(s roomtest.State) bool { return s.Speaker == c.who }))
			// The floor is held for a while before the next one speaks.
			r.must(m.frames(r.ctx(), 12))
			stop()
			times = append(times, took)
		}
		slices.Sort(times)
		t.Logf("the picture followed the speaker after %v", times)
		return times[len(times)/2]
	}
	median := follow()
	for range 3 { // what another process disturbed is measured again
		if median > time.Second {
			median = follow()
		}
	}
	if median > time.Second {
		t.Errorf("the picture followed the speaker after %v in the median", median)
	}
}

// Closing and opening a camera, leaving and coming back: no picture stays away.
func TestNoBlackTile(t *testing.T) {
	r := newRig(t, nil)
	a := r.guest("An", roomtest.Options{})
	b := r.guest("Bình", roomtest.Options{Slots: 1})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(b.Show(roomtest.Want{Participant: a.id(), Width: 640, Height: 360}))
	r.must(b.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
	for range 2 {
		r.must(a.Say("state", map[string]any{"audio": true, "video": false}))
		a.Camera[""].Off(true)
		r.must(b.Wait(r.ctx(), "a closed camera", func(s roomtest.State) bool { return s.Slots[0].State == "none" }))
		keys := b.Slot(0).Stats().Keyframes
		a.Camera[""].Off(false)
		r.must(a.Say("state", map[string]any{"audio": true, "video": true}))
		r.must(b.Slot(0).Wait(r.ctx(), "a keyframe", func(s roomtest.SlotStats) bool { return s.Keyframes > keys }))
		r.must(b.Wait(r.ctx(), "a live slot", func(s roomtest.State) bool { return s.Slots[0].State == "live" }))
	}
	a.Close()
	r.must(a.Say("leave", nil))
	c := r.guest("An again", roomtest.Options{})
	r.must(b.Show(roomtest.Want{Participant: c.id(), Width: 640, Height: 360}))
	frames := b.Slot(0).Stats().Frames
	r.must(b.Slot(0).Wait(r.ctx(), "pictures again", func(s roomtest.SlotStats) bool { return s.Frames > frames+5 }))
	r.must(m.frames(r.ctx(), 5))
}

// Many who want a keyframe cost the source one.
func TestKeyframesAreCoalesced(t *testing.T) {
	r := newRig(t, nil)
	a := r.guest("An", roomtest.Options{})
	var pages []*guest
	for range 4 {
		g := r.guest("x", roomtest.Options{Slots: 1, NoMedia: true})
		r.must(g.Show(roomtest.Want{Participant: a.id(), Width: 640, Height: 360}))
		r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
		pages = append(pages, g)
	}
	asked := a.Camera[""].Keyframes.Load()
	for range 5 {
		for _, g := range pages {
			r.must(g.Slot(0).AskKeyframe())
			r.must(g.Say("keyframe", map[string]any{"mid": g.Slot(0).MID()}))
		}
	}
	keys := pages[0].Slot(0).Stats().Keyframes
	r.must(pages[0].Slot(0).Wait(r.ctx(), "a keyframe", func(s roomtest.SlotStats) bool { return s.Keyframes > keys }))
	if n := a.Camera[""].Keyframes.Load() - asked; n < 1 || n > 3 {
		t.Errorf("20 requests became %d", n)
	}
}

// A receiver that says it is congested gets a smaller layer.
func TestCongestedReceiver(t *testing.T) {
	r := newRig(t, nil)
	a := r.guest("An", roomtest.Options{Simulcast: true})
	b := r.guest("Bình", roomtest.Options{Slots: 1})
	r.must(b.Show(roomtest.Want{Participant: a.id(), Width: 1280, Height: 720}))
	r.must(b.Slot(0).Wait(r.ctx(), "the large layer", func(s roomtest.SlotStats) bool { return s.Width == 1280 }))
	// Less than the large layer takes even as a quiet picture.
	r.must(b.Slot(0).Limit(1))
	r.must(b.Slot(0).Wait(r.ctx(), "a smaller layer", func(s roomtest.SlotStats) bool { return s.Width < 1280 }))
	r.must(b.Slot(0).Limit(20_000_000))
	r.must(b.Slot(0).Wait(r.ctx(), "the large layer again", func(s roomtest.SlotStats) bool { return s.Width == 1280 }))
	// A small tile gets a small layer.
	r.must(b.Show(roomtest.Want{Participant: a.id(), Width: 160, Height: 90}))
	r.must(b.Slot(0).Wait(r.ctx(), "the small layer", func(s roomtest.SlotStats) bool { return s.Width == 176 }))
}
