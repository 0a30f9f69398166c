package room

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

func TestHostileMessages(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 1})
	offer := chromium(t)
	for _, m := range []string{
		`{}`, `{"type":"nonsense"}`, `{"type":"offer"}`, `{"type":"offer","sdp":"v=0"}`,
		`{"type":"candidate","candidate":{"candidate":"nonsense"}}`,
		`{"type":"candidate","candidate":{"candidate":"candidate:1 1 udp 1 nowhere.local 9 typ host","sdpMid":"0"}}`,
		`{"type":"want","slots":[{"mid":"` + strings.Repeat("x", 50) + `"}]}`,
		`{"type":"want","slots":[{"mid":"9","participant":"nobody","kind":"x","width":1e9}]}`,
		`{"type":"keyframe","mid":"99"}`, `{"type":"keyframe"}`, `{"type":"state"}`, `{"type":"ping"}`,
	} {
		_ = g.say([]byte(m)) // each of them may be refused, none may hurt
	}
	for _, spoil := range []func(string) string{
		func(s string) string { return strings.ReplaceAll(s, "a=ice-ufrag", "a=x") },
		func(s string) string { return strings.ReplaceAll(s, "a=fingerprint", "a=x") },
		func(s string) string { return strings.ReplaceAll(s, "sha-256", "md5") },
		func(s string) string { return strings.ReplaceAll(s, "a=rtpmap", "a=x") },
		func(s string) string { return strings.ReplaceAll(s, "a=sendonly", "a=inactive") },
		func(s string) string { return s[:len(s)/2] },
	} {
		p := r.page("hostile", roomtest.Options{})
		_ = p.Say("offer", map[string]any{"sdp": spoil(offer), "revision": 1})
	}
	m := r.terminal("Room 7", terminalOptions{})
	r.must(g.Say("state", map[string]any{"audio": true, "video": true}))
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
}

// An error of Receive closes the connection: the page is told why.
func TestFlood(t *testing.T) {
	r := newRig(t, nil)
	g := r.page("An", roomtest.Options{})
	var err error
	for range messagesBurst + 50 {
		if err = g.say([]byte(`{"type":"ping","n":1}`)); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("a flood of messages was taken")
	}
	r.must(g.Wait(r.ctx(), "an error", func(s roomtest.State) bool { return len(s.Errors) > 0 && s.Errors[0].Code == "rate" }))

	h := r.page("Bình", roomtest.Options{})
	for range offersBurst + 5 {
		if err = h.say([]byte(`{"type":"offer","sdp":"x"}`)); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("a flood of offers was taken")
	}
	if h.say([]byte(strings.Repeat(" ", maxMessage+1))) == nil {
		t.Error("an endless message was taken")
	}
}

// A page that takes no messages is cut off; the others go on.
func TestSlowPage(t *testing.T) {
	r := newRig(t, nil)
	block := make(chan struct{})
	defer close(block)
	v, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001", Name: "slow"}, func([]byte) { <-block })
	r.must(err)
	g := r.page("An", roomtest.Options{})
	rm := r.engine.rooms["1001"].room
	for i := 0; i < outboxSize+10; i++ {
		rm.mu.Lock()
		rm.broadcast(pongMsg{"pong", json.Number(fmt.Sprint(i))})
		rm.mu.Unlock()
		// The other page keeps up, so that only the slow one is behind.
		r.must(g.Wait(r.ctx(), "the message", func(s roomtest.State) bool { return len(s.Pongs) == i+1 }))
	}
	if v.Receive([]byte(`{"type":"ping","n":1}`)) == nil {
		t.Error("a page that was cut off is still heard")
	}
	r.must(g.Wait(r.ctx(), "participants", func(s roomtest.State) bool { return len(s.Participants) == 2 }))
}

// Joining, leaving and being lost at once, over and over.
func TestComingAndGoing(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Grace = time.Millisecond })
	offer := chromium(t)
	msg := `{"type":"offer","revision":1,"sdp":` + fmt.Sprintf("%q", offer) + `}`
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 6 {
				v, err := r.engine.Join(context.Background(), bridge.Join{Room: fmt.Sprint(i % 3), Name: "x"}, func([]byte) {})
				if err != nil {
					t.Error(err)
					return
				}
				if j%3 != 2 {
					_ = v.Receive([]byte(msg))
				}
				var both sync.WaitGroup
				both.Go(func() { _ = v.Receive([]byte(`{"type":"leave"}`)) })
				both.Go(v.Disconnected)
				both.Wait()
			}
		})
	}
	wg.Wait()
	r.eventually("no room is left", func() bool { return len(r.engine.Rooms()) == 0 })
}

func TestSeatsComeAndGo(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 1})
	for range 3 {
		m := r.terminal("Room 7", terminalOptions{})
		r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
		frames := g.Slot(0).Stats().Frames
		r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > frames+5 }))
		r.must(m.sees(r.ctx(), 640))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(m.seat.Leave)
			wg.Go(m.seat.MediaChanged)
			wg.Go(func() { m.seat.Status() })
			wg.Go(m.seat.KeyframeWanted)
		}
		wg.Wait()
		m.close()
	}
	if st := g.Slot(0).Stats(); st.Gaps != 0 {
		t.Errorf("the slot's numbers do not go on: %+v", st)
	}
}
