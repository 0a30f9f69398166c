package doorkeeper

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// door has PINs.
type door struct{ guest, host string }

func (d door) Enter(pin string) bridge.Role {
	switch pin {
	case d.host:
		return bridge.RoleHost
	case d.guest:
		return bridge.RoleGuest
	}
	return bridge.RoleNone
}

const secret = "7351"

var board = bridge.Route{Room: "board", Rule: "1001", Tenant: "acme", Number: "1001", Door: door{guest: secret, host: "none"}}

// hall is a Keeper with a clock of its own, and what it told.
type hall struct {
	*Keeper
	t      *testing.T
	now    time.Time
	events []Event
}

func newHall(t *testing.T) *hall {
	h := &hall{t: t, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	h.Keeper = New(Config{Now: func() time.Time { return h.now }, Tell: func(e Event) { h.events = append(h.events, e) }})
	return h
}

// enter gives what a try came to: 0 is that it was looked at.
func (h *hall) enter(r bridge.Route, from, pin string) (role bridge.Role, wait time.Duration) {
	h.t.Helper()
	role, err := h.Enter(r, from, pin)
	if err == nil {
		return role, 0
	}
	var l *Locked
	if refused := bridge.AsRefusal(err); !errors.As(err, &l) || role != bridge.RoleNone || refused.Cause != bridge.CauseForbidden ||
		!strings.Contains(refused.Reason, "try again in") || err.Error() != refused.Error() {
		h.t.Fatalf("%v %v", role, err)
	}
	wait, _ = l.Wait()
	return role, wait
}

func (h *hall) gets(from, pin string, want bridge.Role) {
	h.t.Helper()
	if role, wait := h.enter(board, from, pin); role != want || wait != 0 {
		h.t.Errorf("%s becomes a %v, and waits %v; want %v", from, role, wait, want)
	}
}

// told counts the events of a scope.
func (h *hall) told(scope string) (n int) {
	for _, e := range h.events {
		if strings.Contains(fmt.Sprint(e, e.Text()), secret) {
			h.t.Errorf("a PIN is told: %+v", e)
		}
		if e.Scope == scope {
			n++
		}
	}
	return n
}

// Ten thousand tries from many callers, each PIN there is, come to nothing; a terminal beside them gets in, and so
// does one from elsewhere.
func TestTenThousandTries(t *testing.T) {
	for _, c := range []struct {
		name    string
		callers func(i int) string
		beside  bool // also a neighbour that never called before
	}{
		{"one", func(int) string { return "10.1.0.9:5060" }, true},
		{"fifty beside one another", func(i int) string { return fmt.Sprintf("10.1.0.%d:%d", 10+i%50, 1024+i) }, true},
		{"two thousand of eight networks", func(i int) string { return fmt.Sprintf("10.1.%d.%d", i%8, 10+i/8%240) }, false},
		{"ten thousand of one region", func(i int) string { return fmt.Sprintf("10.1.%d.%d", i%40, 1+i/40) }, false},
		{"one network of IPv6", func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHall(t)
			h.gets("10.1.0.7", secret, bridge.RoleGuest)
			looked := 0
			for i := range 10_000 {
				role, wait := h.enter(board, c.callers(i), fmt.Sprintf("%04d", i))
				if role != bridge.RoleNone {
					t.Fatalf("try %d found the PIN", i)
				}
				if wait == 0 {
					looked++
				}
				h.now = h.now.Add(100 * time.Millisecond)
			}
			if looked > 130 || h.Stats().Unlooked != uint64(10_000-looked) || h.told("") != looked || h.Stats().Locks == 0 {
				t.Errorf("%d were looked at: %+v", looked, h.Stats())
			}
			if n := len(h.events); n > 3*looked {
				t.Errorf("%d events", n)
			}
			h.gets("10.1.0.7:5061", secret, bridge.RoleGuest)   // known, in the midst of them
			h.gets("192.0.2.33:5060", secret, bridge.RoleGuest) // never seen, from elsewhere
			if c.beside {
				h.gets("10.1.0.200:5060", secret, bridge.RoleGuest)
			}
			t.Logf("%d looked at, %d events", looked, len(h.events))
		})
	}
}

// Whose callers are of all the networks there are tries no more PINs than time allows; who calls for the first
// time meanwhile keeps a place in line, and gets in.
func TestCallersFromEverywhere(t *testing.T) {
	h := newHall(t)
	h.gets("192.0.2.7", secret, bridge.RoleGuest)
	stranger, waited, held := time.Duration(-1), time.Duration(0), false
	for i := range 10_000 { // ten a second
		from := fmt.Sprintf("%d.%d.%d.1", 11+i%150, i%200, i/150)
		if role, wait := h.enter(board, from, fmt.Sprintf("%04d", i)); role != bridge.RoleNone && wait == 0 {
			t.Fatalf("try %d found the PIN", i)
		}
		h.now = h.now.Add(100 * time.Millisecond)
		if i < 2000 || i%20 != 0 || stranger >= 0 {
			continue
		}
		waited += 2 * time.Second
		role, err := h.Enter(board, "198.51.100.4", secret)
		var l *Locked
		if errors.As(err, &l) {
			held = held || l.Hold
		} else if role == bridge.RoleGuest {
			stranger = waited
		}
	}
	if s := h.Stats(); s.Wrong > 180 || h.told("room") == 0 {
		t.Errorf("%+v", s)
	}
	if stranger < 0 || stranger > 12*time.Minute || !held {
		t.Errorf("who calls for the first time waits %v, holding %v", stranger, held)
	}
	h.gets("192.0.2.7", secret, bridge.RoleGuest)
	h.now = h.now.Add(11 * time.Minute)
	h.gets("198.51.100.5", secret, bridge.RoleGuest)
	t.Logf("%d looked at; who called for the first time waited %v", h.Stats().Wrong, stranger)
}

// In a year of guessing from everywhere, few of the PINs there are can be tried in a day.
func TestLongRun(t *testing.T) {
	h := newHall(t)
	looked := 0
	for day := range 30 {
		before := looked
		for i := range 24 * 60 {
			for _, from := range []string{fmt.Sprintf("%d.%d.%d.1", 1+day, i/250, i%250), fmt.Sprintf("100.%d.%d.1", i%16, i%250)} { // fresh, and failed before
				if role, wait := h.enter(board, from, "0000"); role == bridge.RoleNone && wait == 0 {
					looked++
				}
			}
			h.now = h.now.Add(time.Minute)
		}
		if most := 200; day > 0 && looked-before > most || looked-before > 400 {
			t.Errorf("%d on day %d", looked-before, day)
		}
	}
	t.Logf("%d in 30 days", looked)
}

// A terminal that mistypes waits a little, then longer; one wrong PIN is forgotten in half an hour.
func TestGrowingWaits(t *testing.T) {
	h := newHall(t)
	const at = "192.0.2.1:5060"
	var waits []time.Duration
	for len(waits) < 4 {
		if _, wait := h.enter(board, at, "1111"); wait > 0 {
			_, same := h.enter(board, at, secret) // right, and not looked at
			waits = append(waits, same)
			h.now = h.now.Add(wait)
		}
	}
	if fmt.Sprint(waits) != "[10s 20s 40s 1m20s]" {
		t.Errorf("%v", waits)
	}
	if n := h.told("caller at room"); n != 4 {
		t.Errorf("%d locks are told", n)
	}
	h.gets(at, secret, bridge.RoleGuest)
	h.gets(at, "1111", bridge.RoleNone)
	h.gets(at, "1111", bridge.RoleNone)
	h.now = h.now.Add(time.Hour)
	h.gets(at, "1111", bridge.RoleNone)
	h.gets(at, secret, bridge.RoleGuest)
}

// Who knows the guests' PIN guesses the hosts' no better than others, whatever addresses they come from.
func TestGuestsGuess(t *testing.T) {
	h := newHall(t)
	r := board
	r.Door, r.HostPIN = door{guest: "1234", host: secret}, true
	for i := range 10_000 {
		from := fmt.Sprintf("10.1.%d.%d", i%40, 1+i/40)
		if i%3 == 2 {
			from = "192.0.2.1"
		}
		if role, _ := h.enter(r, from, "1234"); role == bridge.RoleHost {
			t.Fatal("a guest is a host")
		}
		if role, wait := h.enter(r, from, fmt.Sprintf("%04d", i)); role == bridge.RoleHost && wait == 0 {
			t.Fatalf("try %d found the PIN", i)
		}
		h.now = h.now.Add(100 * time.Millisecond)
	}
	if n := h.Stats().Wrong; n > 120 {
		t.Errorf("%d were looked at", n)
	}
	if role, wait := h.enter(r, "198.51.100.4", secret); role != bridge.RoleHost || wait != 0 {
		t.Errorf("the host waits %v", wait)
	}
}

// A PIN that opens many rooms, or of many numbers of a room, is counted once; and of those dialled
// behind a number nothing is told to who has to wait.
func TestDoorsAndDialled(t *testing.T) {
	h := newHall(t)
	dial := func(room, rule, from string, role bridge.Role) (bridge.Role, error) {
		r := bridge.Route{Room: room, Rule: rule, Door: door{secret, "none"}, Role: role}
		return h.Dialled(r, from)
	}
	for i := range 1000 {
		_, _ = dial(fmt.Sprint("room-", i), "one rule", fmt.Sprintf("10.%d.%d.1", i%250, i), bridge.RoleNone)
		_, _ = dial("one room", fmt.Sprint("rule-", i), fmt.Sprintf("172.%d.%d.1", i%250, i), bridge.RoleNone)
	}
	if n := h.Stats().Wrong; n > 320 {
		t.Errorf("%d were looked at", n)
	}
	if role, err := dial("one room", "rule-5", "10.3.4.5", bridge.RoleGuest); role != bridge.RoleNone || err == nil {
		t.Errorf("%v %v", role, err)
	}
	if role, err := dial("other", "other", "10.3.4.6", bridge.RoleHost); role != bridge.RoleHost || err != nil {
		t.Errorf("%v %v", role, err)
	}
	if role, err := h.Enter(bridge.Route{}, "", ""); role != bridge.RoleGuest || err != nil {
		t.Errorf("no door: %v %v", role, err)
	}
}

// Nothing grows without bound, and a door's count stays whoever else comes.
func TestBounds(t *testing.T) {
	h := newHall(t)
	for i := range 400 {
		h.enter(board, fmt.Sprintf("%d.%d.7.7", 1+i/4, i), "0000")
	}
	_, locked := h.enter(board, "192.0.2.1", secret)
	for i := range 20_000 {
		r := board
		r.Rule, r.Room = "", fmt.Sprint(i)
		h.enter(r, fmt.Sprintf("%d.%d.%d.1", 11+i%150, i%200, i/150), "0000")
		h.enter(r, fmt.Sprintf("%d.%d.%d.2", 11+i%150, i%200, i/150), secret)
	}
	g := h.guard
	if g.suspects.Len() > maxSuspect || g.doors.Len() > maxDoors || g.known.Len() > maxKnown || len(g.lines) > maxDoors {
		t.Errorf("%d %d %d %d", g.suspects.Len(), g.doors.Len(), g.known.Len(), len(g.lines))
	}
	if _, wait := h.enter(board, "192.0.2.2", secret); locked == 0 || wait == 0 {
		t.Errorf("the door is forgotten: %v, %v", locked, wait)
	}
	for i := range 200 {
		h.enter(board, fmt.Sprintf("192.0.3.%d", i), secret)
	}
	if n := len(g.lines[key{kind: freshScope, door: "room board"}]); n > maxLine {
		t.Errorf("%d are in line", n)
	}
}

// Many at once are no more than one after the other.
func TestAtOnce(t *testing.T) {
	h := newHall(t)
	h.Keeper.cfg.Tell = func(Event) {}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { _, _ = h.Enter(board, "10.0.0.1", "0000") })
	}
	wg.Wait()
	if s := h.Stats(); s.Wrong != 3 || s.Unlooked != 97 {
		t.Errorf("%+v", s)
	}
}

func TestPlace(t *testing.T) {
	for from, want := range map[string]string{
		"10.1.2.3": "10.1.2.3/32 10.1.2.0/24 10.1.0.0/16", "10.1.2.3:5060": "10.1.2.3/32 10.1.2.0/24 10.1.0.0/16", "[::ffff:10.1.2.3]:1": "10.1.2.3/32 10.1.2.0/24 10.1.0.0/16",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64 2001:db8:1::/48 2001:db8::/32", "fe80::1%eth0": "fe80::/64 fe80::/48 fe80::/32", "": "name   ", "page": "name page  ",
	} {
		who, network, region := place(from)
		if got := who + " " + network + " " + region; got != want {
			t.Errorf("%q: %q, not %q", from, got, want)
		}
	}
}
