package bridge

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// house is an engine with desks and a door, and an usher besides: what it decides is told by channels.
type house struct {
	mu      sync.Mutex
	desks   []*fakeDesk
	seats   []*fakeSeat
	rooms   []string // of seats, in order
	bounds  media.Limits
	full    map[string]bool
	locked  bool
	door    string // "" opens at once, "waits" never, else it is why not
	knocked []Guest
	decided func(error)
	doors   int // that were knocked at and not left
	moment  func(string)
	usher   func(ctx context.Context, v Visit) (Route, error)
	attends int // who is being led now
}

type fakeDesk struct {
	fakeSeat
	screen Notice
}

func (d *fakeDesk) Show(n Notice) { d.mu.Lock(); d.screen = n; d.mu.Unlock() }
func (d *fakeDesk) Say([]int16)   {}

// reached tells a test where a call is.
func (h *house) reached(moment string) {
	h.mu.Lock()
	tell := h.moment
	h.mu.Unlock()
	if tell != nil {
		tell(moment)
	}
}

func (h *house) watch(tell func(moment string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moment = tell
}

func (h *house) Seat(_ context.Context, t Terminal) (Seat, error) {
	h.reached("takes a seat")
	defer h.reached("has a seat")
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.full[t.Room] {
		return nil, &Refusal{CauseCapacity, "the room is full"}
	}
	s := &fakeSeat{}
	h.seats, h.rooms, h.bounds = append(h.seats, s), append(h.rooms, fmt.Sprint(t.Room, " ", t.Role, " ", t.Capacity)), t.Bounds
	return s, nil
}

func (h *house) Receive(Terminal) (Desk, error) {
	h.reached("is received")
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.locked {
		return nil, &Refusal{CauseCapacity, "no desk is free"}
	}
	d := &fakeDesk{}
	h.desks = append(h.desks, d)
	return d, nil
}

func (h *house) Knock(_ string, g Guest, decided func(error)) func() {
	h.mu.Lock()
	h.knocked = append(h.knocked, g)
	h.decided = decided
	h.doors++
	door := h.door
	h.mu.Unlock()
	h.reached("knocks")
	switch door {
	case "":
		decided(nil)
	case "waits":
	default:
		decided(&Refusal{CauseForbidden, door})
	}
	h.reached("has knocked")
	return sync.OnceFunc(func() { h.mu.Lock(); h.doors--; h.mu.Unlock() })
}

func (h *house) Join(context.Context, Join, func([]byte)) (Visitor, error) { return nil, nil }
func (h *house) Rooms() []RoomStatus                                       { return nil }
func (h *house) Close(context.Context) error                               { return nil }

// Attend implements Usher.
func (h *house) Attend(ctx context.Context, v Visit) (Route, error) {
	h.mu.Lock()
	h.attends++
	h.mu.Unlock()
	defer func() { h.mu.Lock(); h.attends--; h.mu.Unlock() }()
	return h.usher(ctx, v)
}

// settled tells that every seat and desk but these many was left once, and that nobody stands before
// a door whom nobody attends.
func (h *house) settled(t *testing.T, c *Core, open int) {
	t.Helper()
	if !slices.ContainsFunc(c.running(), func(call *Call) bool { return call.visiting() != nil }) {
		c.visits.Wait()
		defer func() {
			if h.doors != 0 {
				t.Errorf("%d doors are not left", h.doors)
			}
		}()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, s := range h.seats {
		n += 1 - s.leaves()
	}
	for _, d := range h.desks {
		n += 1 - d.leaves()
	}
	if n != open {
		t.Errorf("%d seats are taken, not %d", n, open)
	}
}

// plan routes by number.
type plan map[string]Route

func (p plan) Route(_ context.Context, inv Invite) (Route, error) {
	r, ok := p[inv.Number]
	if !ok {
		return Route{}, &Refusal{CauseNoRoute, "no room has this number"}
	}
	return r, nil
}

type pins map[string]Role

func (p pins) Enter(pin string) Role { return p[pin] }

var numbers = plan{
	"":     {Reception: true, Language: "vi", Tenant: "acme"},
	"1001": {Room: "board", Number: "1001", Role: RoleGuest, Capacity: 3, Width: 640, Height: 360, FPS: 15, Bandwidth: 500_000},
	"1002": {Room: "board", Number: "1002", Door: pins{"4321": RoleHost}},
	"1003": {Room: "safe", Number: "1003", Encryption: true, Role: RoleGuest},
	"1004": {Room: "gala", Number: "1004", Role: RoleGuest, Greeting: "welcome"},
	"1007": {Room: "dial@acme", Number: "1007", Role: RoleGuest, Tenant: "acme", Dial: &Target{Scheme: "sip", URI: "sip:x@192.0.2.1"}},
}

// keeperFunc is a Doorkeeper.
type keeperFunc func(r Route, from, pin string) (Role, error)

func (f keeperFunc) Enter(r Route, from, pin string) (Role, error) { return f(r, from, pin) }

func newHouse(t *testing.T, h *house, change func(*Config)) *Core {
	if h.full == nil {
		h.full = map[string]bool{}
	}
	return newTestCore(t, h, func(c *Config) {
		c.Router, c.Usher = numbers, h
		if change != nil {
			change(c)
		}
	})
}

func calls(t *testing.T, c *Core, number string) (*Call, *fakeLeg) {
	t.Helper()
	leg, inv := &fakeLeg{}, testInvite
	inv.Number = number
	call, err := c.Incoming(t.Context(), inv, leg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Streams(); err != nil {
		t.Fatal(err)
	}
	return call, leg
}

// A terminal types a number and a PIN at its desk, and is in the room then.
func TestReceived(t *testing.T) {
	h := &house{}
	var tried []string
	c := newHouse(t, h, func(cfg *Config) {
		cfg.Doorkeeper = keeperFunc(func(r Route, from, pin string) (Role, error) {
			tried = append(tried, from+" "+pin)
			return r.Door.Enter(pin), nil
		})
	})
	at := make(chan bool)
	h.usher = func(ctx context.Context, v Visit) (Route, error) {
		if !v.Route.Reception || v.Refused != nil {
			t.Errorf("%+v", v.Route)
		}
		v.Stage(StageNumber, v.Route)
		at <- true
		number := ""
		for d := range v.Digits {
			if d == '#' {
				break
			}
			number += string(d)
		}
		if _, err := v.Find(ctx, "7777"); AsRefusal(err).Cause != CauseNoRoute {
			t.Error(err)
		}
		if _, err := v.Find(ctx, ""); AsRefusal(err).Cause != CauseNoRoute {
			t.Error("reception leads to reception")
		}
		r, err := v.Find(ctx, number)
		if err != nil || r.Role != RoleNone || r.Language != "vi" {
			t.Errorf("%+v %v", r, err)
		}
		if role, _ := v.Enter(r, "1111"); role != RoleNone {
			t.Error("a wrong PIN opens")
		}
		r.Role, _ = v.Enter(r, "4321")
		in := make(chan error, 1)
		v.Stage(StageLobby, r)
		if s := c.Calls()[0]; s.Stage != StageLobby || s.Room != "board" || s.Number != "1002" {
			t.Errorf("on the way: %+v", s)
		}
		v.Knock(r, func(err error) { in <- err })
		return r, <-in
	}
	call, _ := calls(t, c, "")
	if err := call.Connected(); err != nil || call.Wait(t.Context()) != nil {
		t.Fatal(err)
	}
	<-at
	if s := call.Status(); s.Stage != StageNumber || s.Room != "" || s.State != StateConnected {
		t.Errorf("%+v", s)
	}
	events, stop := c.Subscribe()
	defer stop()
	for _, d := range "1002#" {
		call.Digit(d)
	}
	for call.Status().Room != "board" || call.Status().Stage != "" || call.visiting() != nil {
		<-events
	}
	h.settled(t, c, 1)
	if g := h.knocked; len(g) != 1 || g[0].Role != RoleHost || g[0].ID != call.ID() || g[0].Kind != "terminal" || g[0].Number != "1002" || g[0].Name != "Phòng họp 3" {
		t.Errorf("%+v", g)
	}
	if fmt.Sprint(tried) != "[127.0.0.1 1111 127.0.0.1 4321]" || h.rooms[0] != "board host 0" {
		t.Errorf("%v %v", tried, h.rooms)
	}
	call.Digit('5')
	if h.seats[0].digits != "5" || h.desks[0].digits != "" {
		t.Error("digits go astray")
	}
	if s := call.Status(); s.Number != "1002" || s.Room != "board" {
		t.Errorf("%+v", s)
	}
	call.End(CauseNormal, "")
	h.settled(t, c, 0)
}

// Who need not be asked is asked nothing, unless the room makes it wait or turns it away.
func TestNotAsked(t *testing.T) {
	h := &house{}
	c := newHouse(t, h, nil)
	call, _ := calls(t, c, "1001")
	if err := call.Connected(); err != nil || len(h.desks) != 0 || len(h.knocked) != 1 || h.knocked[0].Capacity != 3 || h.rooms[0] != "board guest 3" {
		t.Errorf("%v %+v", err, h)
	}
	if want := (media.Limits{Width: 640, Height: 360, FPS: 15, Bitrate: 500_000}); h.bounds != want {
		t.Errorf("the picture is bound by %+v", h.bounds)
	}
	call.End(CauseNormal, "")

	for _, door := range []string{"waits", "the room is locked"} {
		h.door, h.knocked, h.desks = door, nil, nil
		stays := make(chan Visit)
		h.usher = func(ctx context.Context, v Visit) (Route, error) {
			stays <- v
			<-ctx.Done()
			return Route{}, ctx.Err()
		}
		call, _ = calls(t, c, "1001")
		if err := call.Connected(); err != nil {
			t.Fatal(err)
		}
		if v := <-stays; v.Route.Room != "board" || len(h.desks) != 1 || h.doors != 0 {
			t.Errorf("%s: %+v, %d doors", door, v.Route, h.doors)
		}
		call.End(CauseNormal, "")
		if err := c.Shutdown(t.Context()); err != nil { // nobody attends any more
			t.Fatal(err)
		}
		h.settled(t, c, 0)
		c.closing = false
	}
}

// Without somebody to ask, nobody is let past a door that should have asked.
func TestNobodyToAsk(t *testing.T) {
	for number, want := range map[string]Cause{"": CauseNoRoute, "1002": CauseForbidden} {
		h := &house{}
		c := newHouse(t, h, func(cfg *Config) { cfg.Usher = nil })
		call, _ := calls(t, c, number)
		if no := AsRefusal(call.Connected()); no.Cause != want || no.Reason == "" {
			t.Errorf("%q: %v", number, no)
		}
		call.End(CauseNoRoute, "")
		h = &house{locked: true}
		c = newHouse(t, h, nil)
		call, _ = calls(t, c, number)
		if no := AsRefusal(call.Connected()); no.Cause != CauseCapacity {
			t.Errorf("%q: %v", number, no)
		}
		call.End(CauseNoRoute, "")
		h.settled(t, c, 0)
	}
	for _, r := range []Route{{Dial: &Target{}}, {WrongPIN: true}, {Role: RoleGuest}} {
		if unasked(&r).Reason == "" {
			t.Errorf("%+v", r)
		}
	}
	c := newHouse(t, &house{}, nil)
	call, _ := calls(t, c, "1002")
	if role, err := call.enter(call.routed(), "4321"); role != RoleHost || err != nil {
		t.Errorf("%v %v", role, err)
	}
	if role, _ := call.enter(Route{}, "1"); role != RoleGuest {
		t.Error(role)
	}
	call.End(CauseNormal, "")
}

// Who is refused at the desk is hung up; who finds the room full on the way in is told so first.
func TestTurnedAway(t *testing.T) {
	h := &house{full: map[string]bool{"gala": true}}
	var told []Record
	c := newHouse(t, h, func(cfg *Config) { cfg.Record = func(r Record) { told = append(told, r) } })
	var refused []*Refusal
	h.usher = func(_ context.Context, v Visit) (Route, error) {
		if refused = append(refused, v.Refused); v.Refused != nil {
			v.Stage(StageRefused, v.Route)
			return Route{}, v.Refused
		}
		return v.Route, nil
	}
	call, leg := calls(t, c, "1004")
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	<-call.Context().Done()
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(refused) != 2 || refused[0] != nil || refused[1].Cause != CauseCapacity {
		t.Errorf("%v", refused)
	}
	if got := leg.hungUp(); len(got) == 0 || got[0] != CauseCapacity || len(told) != 1 || told[0].Reason != "the room is full" || told[0].Stage != StageRefused {
		t.Errorf("%v %+v", got, told)
	}
	h.settled(t, c, 0)
}

// A call may end at every step, and nothing is left of it.
func TestEndsAnywhere(t *testing.T) {
	for step := range 10 {
		h := &house{door: "waits"}
		gate := make(chan bool)
		h.usher = func(ctx context.Context, v Visit) (Route, error) {
			defer v.Knock(v.Route, func(error) {})()
			for range 3 {
				v.Stage(StageLobby, v.Route)
				v.Desk.Show(Notice{})
				select {
				case <-ctx.Done():
					return Route{}, ctx.Err()
				case gate <- true:
				}
			}
			return v.Route, nil
		}
		c := newHouse(t, h, nil)
		call, _ := calls(t, c, []string{"", "1004"}[step%2])
		var ended sync.WaitGroup
		ended.Go(func() {
			for range step / 2 {
				select {
				case <-gate:
				case <-time.After(20 * time.Millisecond): // it is in the room
				}
			}
			call.End(CauseNormal, "the terminal hung up")
		})
		if err := call.Connected(); err != nil && AsRefusal(err).Cause != CauseCancelled {
			t.Error(err)
		}
		ended.Wait()
		if err := c.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		call.Digit('1')
		h.settled(t, c, 0)
		if h.attends != 0 {
			t.Errorf("step %d: %d are led", step, h.attends)
		}
	}
}

// A call is moved from room to room, and out of reception.
func TestMove(t *testing.T) {
	h := &house{full: map[string]bool{"full": true}}
	stays := make(chan bool, 4)
	h.usher = func(ctx context.Context, _ Visit) (Route, error) {
		stays <- true
		<-ctx.Done()
		return Route{}, ctx.Err()
	}
	c := newHouse(t, h, nil)
	if known, _ := c.Move("none", "board"); known {
		t.Error("there is no such call")
	}
	call, _ := calls(t, c, "1001")
	move := func(room string, want Cause) {
		t.Helper()
		known, err := c.Move(call.ID(), room)
		if !known || (err == nil) != (want == CauseNormal) || err != nil && AsRefusal(err).Cause != want {
			t.Errorf("%s: %v %v", room, known, err)
		}
	}
	move("other", CauseUnreachable)
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	move("a/b", CauseNoRoute)
	move("board", CauseNormal) // is there
	move("other", CauseNormal)
	move("full", CauseCapacity)
	if s := call.Status(); s.Room != "other" || strings.Join(h.rooms, ", ") != "board guest 3, other guest 0, other guest 0" {
		t.Errorf("%+v %v", s.Room, h.rooms)
	}
	h.settled(t, c, 1)
	call.End(CauseNormal, "")
	move2, _ := c.Move(call.ID(), "board")
	if move2 {
		t.Error("an ended call is moved")
	}

	call, leg := calls(t, c, "")
	if err := call.Connected(); err != nil {
		t.Fatal(err)
	}
	<-stays
	move("full", CauseCapacity)
	<-stays // asked again
	if call.visiting() == nil {
		t.Error("has no desk")
	}
	move("board", CauseNormal)
	if call.visiting() != nil || call.Room() != "board" || len(leg.hungUp()) != 0 {
		t.Errorf("%v %q", call.visiting(), call.Room())
	}
	h.settled(t, c, 1)
	call.End(CauseNormal, "")
	h.settled(t, c, 0)
}

// Moves, ends and the way in at the same time leave one seat or none.
func TestMovesAtOnce(t *testing.T) {
	h := &house{}
	h.usher = func(_ context.Context, v Visit) (Route, error) {
		v.Route.Room, v.Route.Reception = "asked", false
		return v.Route, nil
	}
	c := newHouse(t, h, nil)
	for i := range 40 {
		call, _ := calls(t, c, []string{"", "1001", "1004"}[i%3])
		var wg sync.WaitGroup
		for _, f := range []func(){
			func() { _ = call.Connected() },
			func() { _, _ = c.Move(call.ID(), "one") },
			func() { _, _ = c.Move(call.ID(), "two") },
			func() { call.Digit('1') },
			func() {
				_ = call.Apply(media.Session{Streams: []media.Stream{{Kind: media.Audio}, {Kind: media.Video}}})
			},
			func() {
				if i%2 == 0 {
					call.End(CauseNormal, "")
				}
			},
		} {
			wg.Go(f)
		}
		wg.Wait()
		call.End(CauseNormal, "")
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.settled(t, c, 0)
}

// A room that takes encrypted calls alone is not to be had through reception in clear.
func TestEncryptionBehindReception(t *testing.T) {
	c := newHouse(t, &house{}, nil)
	call, _ := calls(t, c, "1001")
	defer call.End(CauseNormal, "")
	pcma := media.Format{Codec: media.PCMA, ClockRate: 8000, PT: 8}
	sound := media.Stream{
		Kind: media.Audio, Direction: media.SendRecv, Send: pcma, Recv: []media.Format{pcma},
		Remote: netip.MustParseAddrPort("127.0.0.1:5000"), RemoteRTCP: netip.MustParseAddrPort("127.0.0.1:5001"),
	}
	if err := call.Apply(media.Session{Streams: []media.Stream{sound, {Kind: media.Video}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := call.find(t.Context(), "1003"); AsRefusal(err).Cause != CauseEncryption {
		t.Error(err)
	}
}
