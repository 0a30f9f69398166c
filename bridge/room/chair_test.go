package room

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

// in is the status of the rig's room.
func (r *rig) in() bridge.RoomStatus {
	r.t.Helper()
	if rooms := r.engine.Rooms(); len(rooms) == 1 {
		return rooms[0]
	}
	return bridge.RoomStatus{}
}

func (r *rig) status(id string) bridge.ParticipantStatus {
	for _, p := range r.in().Participants {
		if p.ID == id {
			return p
		}
	}
	return bridge.ParticipantStatus{}
}

func role(s roomtest.State, id string) string {
	for _, p := range s.Participants {
		if p.ID == id {
			return p.Role
		}
	}
	return ""
}

// The first page leads; when it leaves, the one that is there longest follows. Who comes
// back to their place keeps their role.
func TestFirstPageLeads(t *testing.T) {
	r := newRig(t, nil)
	r.terminal("Room 7", terminalOptions{noVideo: true})
	a, b, c := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{}), r.page("C", roomtest.Options{})
	if got := []string{a.Look().Welcome.Role, b.Look().Welcome.Role, c.Look().Welcome.Role}; !slices.Equal(got, []string{"host", "guest", "guest"}) {
		t.Fatal(got)
	}
	token := a.Look().Welcome.Resume
	a.disconnect()
	a.join(bridge.Join{Room: "1001", Resume: token})
	r.must(a.Wait(r.ctx(), "the old place", func(s roomtest.State) bool { return s.Welcome.Resumed && s.Welcome.Role == "host" }))
	r.must(a.Say("leave", nil))
	r.must(c.Wait(r.ctx(), "another host", func(s roomtest.State) bool { return role(s, b.id()) == "host" && role(s, s.Welcome.ID) == "guest" }))
}

func TestOnlyHostsLead(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{})
	for _, m := range []map[string]any{
		{"type": "mute", "participant": a.id(), "muted": true}, {"type": "remove", "participant": a.id()},
		{"type": "role", "participant": b.id(), "role": "host"}, {"type": "entry", "entry": "locked"},
		{"type": "admit", "admit": true}, {"type": "layout", "layout": "grid"}, {"type": "dial", "target": "sip:x@example.vn"}, {"type": "end"},
	} {
		before := len(b.Look().Errors)
		r.must(b.Say(m["type"].(string), m))
		r.must(b.Wait(r.ctx(), "a refusal", func(s roomtest.State) bool {
			return len(s.Errors) > before && s.Errors[before].Code == m["type"] && s.Errors[before].Reason == errNotHost.Error()
		}))
	}
	if s := r.in(); len(s.Participants) != 2 || s.Entry != bridge.EntryOpen || s.Layout != bridge.LayoutAuto || r.status(a.id()).Silenced {
		t.Errorf("%+v", s)
	}
}

// Who is silenced is heard by nobody, until they open the microphone themselves.
func TestSilence(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.guest("A", roomtest.Options{}), r.guest("B", roomtest.Options{})
	m := r.terminal("Room 7", terminalOptions{noVideo: true})
	mics := func() int {
		e := r.engine.rooms["1001"].room
		e.mixer.mu.Lock()
		defer e.mixer.mu.Unlock()
		n := 0
		for _, v := range e.mixer.mics {
			if v.on {
				n++
			}
		}
		return n
	}
	opus := []byte{0xf8, 0xff, 0xfe}
	_, _ = a.Mic.Send(opus, 20), b.Mic.Send(opus, 20)
	r.eventually("three microphones", func() bool { return mics() == 3 })

	r.must(a.Say("mute", map[string]any{"muted": true}))
	r.must(b.Wait(r.ctx(), "silence", func(s roomtest.State) bool { return len(s.Silence) == 1 && s.Silence[0] }))
	r.must(a.Wait(r.ctx(), "who is silenced", func(s roomtest.State) bool {
		silenced := map[string]bool{}
		for _, p := range s.Participants {
			silenced[p.ID] = p.Silenced && !p.Audio
		}
		return !silenced[s.Welcome.ID] && silenced[b.id()] && silenced[m.id]
	}))
	if n := mics(); n != 1 {
		t.Errorf("%d are heard", n)
	}
	// What the page says of its camera opens nothing; switching the microphone off and on does.
	r.must(b.Say("state", map[string]any{"audio": true, "video": false}))
	r.must(b.Say("state", map[string]any{"audio": false}))
	if !r.status(b.id()).Silenced {
		t.Error("a silenced microphone opened by itself")
	}
	r.must(b.Say("state", map[string]any{"audio": true}))
	r.eventually("B is heard again", func() bool { return !r.status(b.id()).Silenced && mics() == 2 })
	// A terminal types a star and 6.
	m.seat.MediaChanged()
	if !r.status(m.id).Silenced || mics() != 2 {
		t.Error("a negotiation opened a silenced terminal")
	}
	m.seat.Digit('*')
	m.seat.Digit('6')
	if r.status(m.id).Silenced || mics() != 3 {
		t.Error("the terminal is still silenced")
	}
	r.must(a.Say("mute", map[string]any{"participant": m.id, "muted": true}))
	r.eventually("the terminal is silenced", func() bool { return r.status(m.id).Silenced })
	r.must(a.Say("mute", map[string]any{"participant": m.id, "muted": false}))
	r.eventually("and heard again", func() bool { return !r.status(m.id).Silenced && mics() == 3 })
	if r.engine.Mute("1001", "nobody", true) || r.engine.Mute("other", "", true) {
		t.Error("who is not there was silenced")
	}
}

func TestSilencedTakesNoFloor(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Worker = nil })
	a, b := r.guest("A", roomtest.Options{}), r.guest("B", roomtest.Options{})
	r.must(a.Say("mute", map[string]any{"participant": b.id(), "muted": true}))
	r.must(b.Wait(r.ctx(), "silence", func(s roomtest.State) bool { return len(s.Silence) == 1 }))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = a.Mic.Send([]byte{0xf8, 0xff, 0xfe}, 40), b.Mic.Send([]byte{0xf8, 0xff, 0xfe}, 10)
			case <-stop:
				return
			}
		}
	}()
	defer func() { close(stop); <-done }()
	r.must(a.Wait(r.ctx(), "the speaker", func(s roomtest.State) bool { return s.Speaker != "" }))
	if s := a.Look(); s.Speaker != a.id() || s.Levels[b.id()] != 0 {
		t.Errorf("%q speaks, levels %v", s.Speaker, s.Levels)
	}
}

func TestRemove(t *testing.T) {
	hungUp := make(chan string, 1)
	r := newRig(t, func(c *Config) { c.Hangup = func(call, reason string) { hungUp <- call + ": " + reason } })
	a, b := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{})
	m := r.terminal("Room 7", terminalOptions{noVideo: true})
	r.must(a.Say("remove", map[string]any{"participant": b.id()}))
	r.must(b.Wait(r.ctx(), "bye", func(s roomtest.State) bool {
		return s.Bye != nil && s.Bye.Code == "removed" && s.Bye.Reason == "removed by A"
	}))
	r.must(a.Say("remove", map[string]any{"participant": m.id}))
	if got := <-hungUp; got != "call-Room 7: removed by A" {
		t.Error(got)
	}
	r.must(a.Say("remove", map[string]any{"participant": a.id()}))
	r.must(a.Wait(r.ctx(), "a refusal", func(s roomtest.State) bool { return len(s.Errors) == 1 && s.Errors[0].Code == "remove" }))
	if r.engine.Remove("1001", "nobody", "x") || r.engine.Remove("other", a.id(), "x") {
		t.Error("who is not there was removed")
	}
	// Who was removed has no place to come back to.
	v, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001", Resume: b.Look().Welcome.Resume}, func([]byte) {})
	r.must(err)
	r.must(v.Receive([]byte(`{"type":"leave"}`)))
	v.Disconnected()
}

func TestEndForAll(t *testing.T) {
	hungUp := make(chan string, 1)
	var m *terminal
	r := newRig(t, func(c *Config) { c.Hangup = func(call, _ string) { m.seat.Leave(); hungUp <- call } })
	m = r.terminal("Room 7", terminalOptions{noVideo: true})
	a, b := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{})
	r.engine.SetEntry("1001", bridge.EntryLobby)
	said := make(chan error, 1)
	leave := r.engine.Knock("1001", bridge.Guest{Name: "C", Kind: "terminal", Role: bridge.RoleGuest}, func(err error) { said <- err })
	defer leave()
	r.must(a.Say("end", nil))
	for _, p := range []*guest{a, b} {
		r.must(p.Wait(r.ctx(), "bye", func(s roomtest.State) bool { return s.Bye != nil && s.Bye.Code == "ended" }))
	}
	if got := <-hungUp; got != "call-Room 7" {
		t.Error(got)
	}
	if no := bridge.AsRefusal(<-said); no.Cause != bridge.CauseRemoved || !strings.Contains(no.Reason, "ended by A") {
		t.Errorf("%+v", no)
	}
	r.eventually("the room is gone", func() bool { return len(r.engine.Rooms()) == 0 })
	if r.engine.EndRoom("1001", "x") {
		t.Error("a room that is not there was ended")
	}
	// The next meeting is another one.
	if c := r.page("C", roomtest.Options{}); c.Look().Welcome.Role != "host" || c.Look().Room.Entry == "lobby" {
		t.Error("the meeting goes on")
	}
}

func TestKnock(t *testing.T) {
	r := newRig(t, nil)
	knock := func(g bridge.Guest) (chan error, func()) {
		said := make(chan error, 1)
		leave := r.engine.Knock("1001", g, func(err error) { said <- err })
		t.Cleanup(leave)
		return said, leave
	}
	waits := func(said chan error) bool {
		select {
		case err := <-said:
			t.Logf("decided: %v", err)
			return false
		default:
			return true
		}
	}
	ruled := bridge.Guest{ID: "call1", Name: "Room 7", Kind: "terminal", CallID: "call1", Number: "1001", Role: bridge.RoleGuest, Lobby: true}
	// Before the room is open.
	first, _ := knock(ruled)
	second, leave := knock(bridge.Guest{Name: "Room 8", Role: bridge.RoleGuest, Lobby: true})
	if s := r.in(); !waits(first) || !waits(second) || len(s.Waiting) != 2 || s.Waiting[0].ID != "call1" || s.Waiting[1].ID == "" {
		t.Fatalf("%+v", s)
	}
	leave()
	leave()
	if s := r.in(); len(s.Waiting) != 1 || !waits(second) {
		t.Errorf("%+v", s)
	}
	// The first page leads, so that all come in.
	a := r.page("A", roomtest.Options{})
	r.must(<-first)
	if said, _ := knock(ruled); waits(said) {
		t.Error("a guest waits though the host is there")
	}
	// A host decides about each.
	r.must(a.Say("entry", map[string]any{"entry": "lobby"}))
	r.must(a.Wait(r.ctx(), "the lobby", func(s roomtest.State) bool { return s.Room.Entry == "lobby" }))
	good, _ := knock(bridge.Guest{ID: "good", Name: "Good", Kind: "browser", Role: bridge.RoleGuest})
	bad, _ := knock(bridge.Guest{ID: "bad", Name: "Bad", Kind: "terminal", Number: "1001", Role: bridge.RoleGuest})
	r.must(a.Wait(r.ctx(), "who waits", func(s roomtest.State) bool {
		return slices.Equal(s.Waiting, []roomtest.Waiting{
			{ID: "good", Name: "Good", Kind: "browser"}, {ID: "bad", Name: "Bad", Kind: "terminal", Number: "1001"},
		})
	}))
	r.must(a.Say("admit", map[string]any{"waiting": "good", "admit": true}))
	r.must(<-good)
	r.must(a.Say("admit", map[string]any{"waiting": "bad", "admit": false}))
	if no := bridge.AsRefusal(<-bad); no != refusedByHost {
		t.Error(no)
	}
	r.must(a.Wait(r.ctx(), "nobody waits", func(s roomtest.State) bool { return len(s.Waiting) == 0 }))
	// A host walks in.
	if said, _ := knock(bridge.Guest{Role: bridge.RoleHost}); waits(said) {
		t.Error("a host waits")
	}
	// A lock turns away who comes and keeps who waits.
	late, _ := knock(bridge.Guest{ID: "late", Role: bridge.RoleGuest})
	if !r.engine.SetEntry("1001", bridge.EntryLocked) || r.engine.SetEntry("1001", "ajar") {
		t.Error("the entry")
	}
	if said, _ := knock(bridge.Guest{Role: bridge.RoleGuest}); bridge.AsRefusal(<-said) != refusedLocked || !waits(late) {
		t.Error("the lock")
	}
	r.engine.SetEntry("1001", bridge.EntryOpen)
	r.must(<-late)
}

func TestWaitingIsBounded(t *testing.T) {
	r := newRig(t, nil)
	said := make(chan error, maxWaiting+1)
	for range maxWaiting + 1 {
		defer r.engine.Knock("1001", bridge.Guest{Role: bridge.RoleGuest, Lobby: true}, func(err error) { said <- err })()
	}
	if err := <-said; !errors.Is(err, refusedCrowd) || len(r.in().Waiting) != maxWaiting {
		t.Error(err)
	}
	if !r.engine.Decide("1001", "", false) {
		t.Error("there is nobody to decide about")
	}
	for range maxWaiting {
		if err := <-said; !errors.Is(err, refusedByHost) {
			t.Fatal(err)
		}
	}
}

// When nobody is left of a meeting, whom a host kept waiting comes in; whom the plan keeps waits on.
func TestEverybodyLeaves(t *testing.T) {
	r := newRig(t, nil)
	a := r.page("A", roomtest.Options{})
	r.engine.SetEntry("1001", bridge.EntryLobby)
	said, ruled := make(chan error, 1), make(chan error, 1)
	defer r.engine.Knock("1001", bridge.Guest{Role: bridge.RoleGuest}, func(err error) { said <- err })()
	defer r.engine.Knock("1001", bridge.Guest{Role: bridge.RoleGuest, Lobby: true}, func(err error) { ruled <- err })()
	r.must(a.Say("leave", nil))
	r.must(<-said)
	if s := r.in(); len(s.Waiting) != 1 || s.Entry != bridge.EntryOpen {
		t.Errorf("%+v", s)
	}
}

func TestCapacityOfRoutes(t *testing.T) {
	r := newRig(t, nil)
	join := func(capacity int) error {
		v, err := r.engine.Join(context.Background(), bridge.Join{Room: "1001", Route: bridge.Route{Role: bridge.RoleGuest, Capacity: capacity}}, func([]byte) {})
		if err == nil {
			t.Cleanup(func() { _ = v.Receive([]byte(`{"type":"leave"}`)); v.Disconnected() })
		}
		return err
	}
	r.must(join(5))
	r.must(join(0))
	if err := join(2); bridge.AsRefusal(err) != refusedFull {
		t.Errorf("a route for two brought a third: %v", err)
	}
	r.must(join(3))
	for _, capacity := range []int{0, 100} {
		if err := join(capacity); bridge.AsRefusal(err) != refusedFull {
			t.Errorf("the least capacity does not hold: %v", err)
		}
	}
	said := make(chan error, 1)
	defer r.engine.Knock("1001", bridge.Guest{Role: bridge.RoleHost}, func(err error) { said <- err })()
	if err := <-said; !errors.Is(err, refusedFull) {
		t.Error(err)
	}
}

func TestDial(t *testing.T) {
	ringing, answer := make(chan string), make(chan error)
	r := newRig(t, func(c *Config) {
		c.DialFirst = true
		c.Devices = func(string) []bridge.Device {
			return []bridge.Device{{Name: "Old", Protocol: "h323"}, {Name: "Hall", Protocol: "sip", Model: "Group 500", Online: true}}
		}
		c.Dial = func(ctx context.Context, room, target string) error {
			ringing <- room + " " + target
			select {
			case err := <-answer:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	a, b := r.page("A", roomtest.Options{}), r.page("B", roomtest.Options{})
	r.must(a.Wait(r.ctx(), "that calls can be placed", func(s roomtest.State) bool { return s.Room.Dial == dialDevices }))
	r.must(b.Wait(r.ctx(), "how the room is led", func(s roomtest.State) bool { return s.Room.Entry == "open" && s.Room.Dial == "" }))
	r.must(a.Say("devices", nil))
	r.must(a.Wait(r.ctx(), "devices", func(s roomtest.State) bool {
		return slices.Equal(s.Devices, []roomtest.Device{
			{Name: "Hall", Protocol: "sip", Model: "Group 500", Online: true}, {Name: "Old", Protocol: "h323"},
		})
	}))
	r.must(b.Say("devices", nil))
	r.must(b.Wait(r.ctx(), "a refusal", func(s roomtest.State) bool { return len(s.Errors) == 1 && s.Devices == nil }))
	for i, c := range []struct {
		err  error
		want roomtest.Dial
	}{
		{nil, roomtest.Dial{Target: "Hall", State: "answered"}},
		{&bridge.Refusal{Cause: bridge.CauseBusy, Reason: "busy here"}, roomtest.Dial{Target: "Hall", State: "failed", Cause: "busy", Reason: "busy here"}},
	} {
		r.must(a.Say("dial", map[string]any{"target": " Hall "}))
		if got := <-ringing; got != "1001 Hall" {
			t.Error(got)
		}
		answer <- c.err
		r.must(a.Wait(r.ctx(), "the outcome", func(s roomtest.State) bool {
			return len(s.Dials) == 2*i+2 && s.Dials[2*i].State == "calling" && s.Dials[2*i+1] == c.want
		}))
	}
	for range callsBurst - 2 {
		r.must(a.Say("dial", map[string]any{"target": "Hall"}))
		<-ringing
	}
	r.must(a.Say("dial", map[string]any{"target": "Hall"}))
	r.must(a.Wait(r.ctx(), "a bound", func(s roomtest.State) bool { return len(s.Errors) == 1 && s.Errors[0].Reason == errManyCalls.Error() }))
	// What still rings ends with the meeting: the rig waits for it.
}

// Who leads because they came first calls nobody, unless the gateway says so.
func TestDialNeedsPIN(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Dial, c.DialAddresses = func(context.Context, string, string) error { return nil }, true
	})
	a := r.page("A", roomtest.Options{})
	r.must(a.Say("dial", map[string]any{"target": "Hall"}))
	r.must(a.Wait(r.ctx(), "a refusal", func(s roomtest.State) bool {
		return len(s.Errors) == 1 && s.Errors[0].Code == "dial" && s.Room.Dial == ""
	}))
	b := r.pageBy("B", bridge.Route{Role: bridge.RoleNone, Door: pins{}, HostPIN: true})
	r.must(b.Say("pin", map[string]any{"pin": "9999"}))
	r.must(b.Wait(r.ctx(), "that calls can be placed", func(s roomtest.State) bool { return s.Room.Dial == dialAddresses }))
}
