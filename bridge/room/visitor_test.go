package room

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

func TestWelcome(t *testing.T) {
	r := newRig(t, func(c *Config) { c.VP8, c.Version = true, "1.2.3" })
	g := r.page("  An\u202e ", roomtest.Options{})
	w := g.Look().Welcome
	if w.Room != "1001" || w.Version != "1.2.3" || len(w.Resume) != 32 || w.Resumed || len(w.Dial) != 1 || strings.Join(w.Video, " ") != "H264 VP8" {
		t.Errorf("%+v", w)
	}
	r.must(g.Wait(r.ctx(), "participants", func(s roomtest.State) bool {
		return len(s.Participants) == 1 && s.Participants[0].ID == w.ID && s.Participants[0].Name == "An" && s.Participants[0].Kind == "browser"
	}))
	r.must(g.Say("ping", map[string]any{"n": 42}))
	r.must(g.Wait(r.ctx(), "pong", func(s roomtest.State) bool { return len(s.Pongs) == 1 && s.Pongs[0] == "42" }))
	r.must(g.Say("state", map[string]any{"audio": false, "video": true, "sharing": true}))
	r.must(g.Wait(r.ctx(), "the state", func(s roomtest.State) bool {
		p := s.Participants[0]
		return !p.Audio && p.Video && p.Sharing
	}))
}

func TestRoomLivesWhileSomebodyIsIn(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{})
	if rooms := r.engine.Rooms(); len(rooms) != 1 || rooms[0].Name != "1001" || len(rooms[0].Participants) != 2 {
		t.Errorf("%+v", rooms)
	}
	r.must(a.Say("leave", nil))
	r.must(b.Wait(r.ctx(), "one participant", func(s roomtest.State) bool { return len(s.Participants) == 1 }))
	if err := a.Say("ping", map[string]any{"n": 1}); err == nil {
		t.Error("one who left is still heard")
	}
	r.must(b.Say("leave", nil))
	if rooms := r.engine.Rooms(); len(rooms) != 0 {
		t.Errorf("%+v", rooms)
	}
}

func TestCapacity(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxParticipants, c.MaxRooms = 1, 1 })
	r.page("A", roomtest.Options{})
	for _, j := range []bridge.Join{{Room: "1001"}, {Room: "other"}, {Room: ""}, {Room: strings.Repeat("x", 100)}} {
		_, err := r.engine.Join(context.Background(), j, func([]byte) {})
		var no *bridge.Refusal
		if !errors.As(err, &no) || no.Reason == "" {
			t.Errorf("%q: %v", j.Room, err)
		}
	}
}

// A gateway without capacity takes no more browsers, but gives those that lost
// their connection their place back.
func TestNotAdmitted(t *testing.T) {
	var full atomic.Bool
	busy := &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "busy"}
	r := newRig(t, func(c *Config) {
		c.Admit = func(string) error {
			if full.Load() {
				return busy
			}
			return nil
		}
	})
	g := r.page("An", roomtest.Options{})
	full.Store(true)
	if _, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001"}, func([]byte) {}); !errors.Is(err, busy) {
		t.Errorf("%v", err)
	}
	g.disconnect()
	g.join(bridge.Join{Room: "1001", Name: "An", Resume: g.Look().Welcome.Resume})
	r.must(g.Wait(r.ctx(), "the old place", func(s roomtest.State) bool { return s.Welcome.Resumed }))
}

func TestResume(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 1})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
	id, token := g.id(), g.Look().Welcome.Resume
	g.disconnect()
	frames := g.Slot(0).Stats().Frames
	r.must(g.Slot(0).Wait(r.ctx(), "pictures without signalling", func(s roomtest.SlotStats) bool { return s.Frames > frames+10 }))
	g.join(bridge.Join{Room: "1001", Name: "An", Resume: token})
	r.must(g.Wait(r.ctx(), "the old place", func(s roomtest.State) bool { return s.Welcome.Resumed && s.Welcome.ID == id }))
	if n := len(r.engine.Rooms()[0].Participants); n != 2 {
		t.Errorf("%d participants", n)
	}
	// A page that lost its path restarts ICE.
	r.must(g.Offer(r.ctx(), true))
	frames = g.Slot(0).Stats().Frames
	r.must(g.Slot(0).Wait(r.ctx(), "pictures after an ICE restart", func(s roomtest.SlotStats) bool { return s.Frames > frames+10 }))
}

func TestReplaced(t *testing.T) {
	r := newRig(t, nil)
	g := r.page("An", roomtest.Options{})
	old := g.visitor
	g.join(bridge.Join{Room: "1001", Resume: g.Look().Welcome.Resume})
	r.must(g.Wait(r.ctx(), "bye", func(s roomtest.State) bool { return s.Bye != nil && s.Bye.Code == "replaced" && s.Bye.Reason != "" }))
	if old.Receive([]byte(`{"type":"leave"}`)) == nil {
		t.Error("the replaced connection still speaks")
	}
	old.Disconnected()
	if n := len(r.engine.Rooms()[0].Participants); n != 1 {
		t.Errorf("%d participants", n)
	}
	// A wrong token makes a new place.
	c, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001", Resume: strings.Repeat("0", 32)}, func([]byte) {})
	r.must(err)
	defer c.Disconnected()
	if n := len(r.engine.Rooms()[0].Participants); n != 2 {
		t.Errorf("%d participants", n)
	}
}

func TestGrace(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Grace = 150 * time.Millisecond })
	g := r.guest("An", roomtest.Options{})
	g.disconnect()
	r.eventually("the place is given up", func() bool { return len(r.engine.Rooms()) == 0 })
}

// A page that was reloaded takes its place with a new peer connection.
func TestReload(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 1, Simulcast: true})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(m.sees(r.ctx(), 1280))
	r.must(m.frames(r.ctx(), 5))
	g.join(bridge.Join{Room: "1001", Resume: g.Look().Welcome.Resume})
	r.must(g.Again(r.ctx()))
	r.must(g.Connected(r.ctx()))
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 5 && s.FirstTypes[0] == 7 }))
	r.must(m.frames(r.ctx(), 10))
	r.must(m.sees(r.ctx(), 1280))
}

func TestMoreSlots(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{})
	a, b := r.terminal("A", terminalOptions{}), r.terminal("B", terminalOptions{})
	r.must(g.AddSlots(2))
	r.must(g.Offer(r.ctx(), false))
	r.must(g.Show(roomtest.Want{Participant: a.id, Width: 640, Height: 360}, roomtest.Want{Participant: b.id, Width: 320, Height: 180}))
	for i := range 2 {
		r.must(g.Slot(i).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 5 }))
	}
	r.must(g.Wait(r.ctx(), "live slots", func(s roomtest.State) bool {
		return len(s.Slots) == 2 && s.Slots[0].State == "live" && s.Slots[1].State == "live"
	}))
	r.must(g.Show(roomtest.Want{Participant: b.id, Width: 640, Height: 360}, roomtest.Want{}))
	r.must(g.Wait(r.ctx(), "other slots", func(s roomtest.State) bool {
		return s.Slots[0].Participant == b.id && s.Slots[0].State == "live" && s.Slots[1].State == "none"
	}))
	b.seat.Leave()
	r.must(g.Wait(r.ctx(), "an empty slot", func(s roomtest.State) bool { return s.Slots[0].State == "none" && s.Slots[0].Reason != "" }))
}

// A browser that has no AES-GCM gets AES-CM at the second try.
func TestOldCipher(t *testing.T) {
	r := newRig(t, nil)
	g := r.page("old", roomtest.Options{SRTP: []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}})
	r.must(g.Offer(r.ctx(), false))
	r.must(g.Wait(r.ctx(), "renegotiate", func(s roomtest.State) bool { return s.Renegotiate == 1 }))
	r.must(g.Again(r.ctx()))
	r.must(g.Connected(r.ctx()))
}

func TestTCP(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("behind a wall", roomtest.Options{TCP: true, Slots: 1})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 5 }))
	r.must(m.sees(r.ctx(), 640))
}

// Without a worker for pictures browsers and terminals need a codec in common.
func TestVP8(t *testing.T) {
	r := newRig(t, func(c *Config) { c.VP8 = true; noPictures(c) })
	g := r.guest("An", roomtest.Options{VP8: true, Slots: 1})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Wait(r.ctx(), "a reason", func(s roomtest.State) bool {
		return len(s.Slots) == 1 && s.Slots[0].State == "none" && strings.Contains(s.Slots[0].Reason, "H.264")
	}))
	r.eventually("reasons", func() bool {
		st := m.seat.Status()
		return st.VideoIn.Path == bridge.PathNone && strings.Contains(st.VideoIn.Reason, "does not take") &&
			st.VideoOut.Path == bridge.PathNone && strings.Contains(st.VideoOut.Reason, "VP8")
	})
}

func TestShutdown(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{})
	r.terminal("Room 7", terminalOptions{})
	begun := time.Now()
	r.must(r.engine.Close(r.ctx()))
	if d := time.Since(begun); d > 10*time.Second { // not when the context ends
		t.Errorf("closing took %v", d)
	}
	r.must(g.Wait(r.ctx(), "bye", func(s roomtest.State) bool { return s.Bye != nil && s.Bye.Code == "shutdown" }))
	if _, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001"}, func([]byte) {}); err == nil {
		t.Error("somebody came in")
	}
}

func TestConnectionIsLost(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{})
	if g.Look().Connection != webrtc.PeerConnectionStateConnected {
		t.Fatal("not connected")
	}
	e := r.engine.rooms["1001"].room
	e.mu.Lock()
	v := e.people[0].visitor
	s := v.session
	e.mu.Unlock()
	v.linked(s, false, true)
	r.must(g.Wait(r.ctx(), "renegotiate", func(st roomtest.State) bool { return st.Renegotiate == 1 }))
}

func TestSpeakerMessage(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Worker = nil })
	g, h := r.guest("An", roomtest.Options{}), r.guest("Bình", roomtest.Options{})
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = g.Mic.Send([]byte{0xf8, 0xff, 0xfe}, 20)
				_ = h.Mic.Send([]byte{0xf8, 0xff, 0xfe}, 127)
			case <-stop:
				return
			}
		}
	}()
	defer func() { close(stop); <-done }()
	r.must(h.Wait(r.ctx(), "the speaker", func(s roomtest.State) bool { return s.Speaker == g.id() && s.Levels[g.id()] == -20 }))
}

func TestMessageShapes(t *testing.T) {
	for _, c := range []struct {
		m    any
		want string
	}{
		{answerMsg{"answer", "v=0", 3}, `{"type":"answer","sdp":"v=0","revision":3}`},
		{renegotiateMsg{"renegotiate", true}, `{"type":"renegotiate","restart":true}`},
		{newBye("shutdown", "x"), `{"type":"bye","code":"shutdown","reason":"x"}`},
		{speakerMsg{"speaker", ""}, `{"type":"speaker","id":""}`},
		{limitsMsg{"limits", []encodingMsg{{RID: "h", Active: true, MaxBitrate: 5}}}, `{"type":"limits","encodings":[{"rid":"h","active":true,"max_bitrate":5,"max_width":0,"max_height":0,"max_fps":0}]}`},
		{qualityMsg{"quality", 4, 3, 0.5, 20, 1000}, `{"type":"quality","up":4,"down":3,"loss":0.5,"rtt_ms":20,"bitrate_down":1000}`},
		{pongMsg{"pong", "7"}, `{"type":"pong","n":7}`},
	} {
		b, err := json.Marshal(c.m)
		if err != nil || string(b) != c.want {
			t.Errorf("%s %v, want %s", b, err, c.want)
		}
	}
}
