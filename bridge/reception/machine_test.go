package reception

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
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

// lock is an error of who has to wait.
type lock struct {
	bridge.Refusal
	d    time.Duration
	hold bool
}

func (l *lock) Error() string               { return l.Refusal.Error() }
func (l *lock) Unwrap() error               { return &l.Refusal }
func (l *lock) Wait() (time.Duration, bool) { return l.d, l.hold }
func locked(d time.Duration, hold bool) error {
	return &lock{bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "too many"}, d, hold}
}

// person is somebody at a terminal, in a building whose numbers and doors are these.
type person struct {
	*Machine
	t       *testing.T
	now     time.Time
	numbers map[string]bridge.Route
	lock    error
	answer  error   // of the door, if it answers at once
	waits   bool    // it does not
	voice   []int16 // that greets
	mute    bool    // it says nothing yet

	screen   bridge.Notice
	hushed   int // how often it got silent
	words    []speech.Words
	greeting int // samples that were heard of it
	heard    []voices.Prompt
	stage    bridge.Stage
	knocked  []bridge.Route
	tried    []string
	left     int
	end      Action
}

func arrive(t *testing.T, r bridge.Route, set func(*person)) *person {
	p := &person{Machine: New(r, nil), t: t, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	p.numbers = map[string]bridge.Route{
		"1001": {Room: "board@acme", Number: "1001", Role: bridge.RoleGuest},
		"1002": {Room: "Phòng họp", Number: "1002", Door: door{"4321", "999999"}, HostPIN: true, Lobby: true, Language: "en"},
	}
	if set != nil {
		set(p)
	}
	p.act(p.Begin(p.now))
	return p
}

func (p *person) act(list []Action) {
	for _, a := range list {
		if p.end != nil {
			p.t.Fatalf("%T after the end", a)
		}
		switch a := a.(type) {
		case Show:
			p.screen = a.Notice
		case Say:
			if a.Lang != p.lang || len(a.Prompts) > 0 && p.screen.Language != "" && p.screen.Language != a.Lang {
				p.t.Errorf("said in %s, shown in %s", a.Lang, p.screen.Language)
			}
			if p.heard = append(p.heard, a.Prompts...); len(a.Prompts) == 0 && len(a.Sound) == 0 {
				p.hushed++
			}
			p.greeting += len(a.Sound)
		case Speak:
			p.words = a.Words
			if !p.mute {
				p.act(p.Spoken(p.now, p.voice))
			}
		case Reach:
			p.stage = a.Stage
		case Find:
			r, ok := p.numbers[a.Number]
			if ok {
				p.act(p.Found(p.now, r, nil))
			} else {
				p.act(p.Found(p.now, r, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "no room has this number"}))
			}
		case Enter:
			p.tried = append(p.tried, a.PIN)
			if p.lock != nil {
				p.act(p.Entered(p.now, bridge.RoleNone, p.lock))
			} else {
				p.act(p.Entered(p.now, a.Route.Door.Enter(a.PIN), nil))
			}
		case Knock:
			p.knocked = append(p.knocked, a.Route)
			if !p.waits {
				p.act(p.Decided(p.now, p.answer))
			}
		case Withdraw:
			p.left++
		case Admit, Refuse:
			p.end = a
		}
	}
}

func (p *person) types(keys string) {
	for _, k := range keys {
		p.act(p.Key(p.now, k))
	}
}

// passes lets time pass, and does what is due in it.
func (p *person) passes(d time.Duration) {
	until := p.now.Add(d)
	for n := 0; ; n++ {
		due := p.Due()
		if due.IsZero() || due.After(until) {
			break
		}
		if n > 10_000 {
			p.t.Fatal("something is due again and again")
		}
		p.now = due
		p.act(p.Tick(due))
	}
	p.now = until
}

func (p *person) sees(want bridge.Notice) {
	p.t.Helper()
	if !reflect.DeepEqual(p.screen, want) {
		p.t.Errorf("sees\n%+v, not\n%+v", p.screen, want)
	}
}

func (p *person) hears(names ...voices.Prompt) {
	p.t.Helper()
	if fmt.Sprint(p.heard) != fmt.Sprint(names) {
		p.t.Errorf("hears %v, not %v", p.heard, names)
	}
	p.heard = nil
}

func (p *person) refused(c bridge.Cause) {
	p.t.Helper()
	r, ok := p.end.(Refuse)
	if !ok || r.Cause != c || r.Reason == "" {
		p.t.Errorf("ends with %+v, not %v", p.end, c)
	}
}

// The whole way: a number, two wrong PINs, the right one, the lobby.
func TestWholeWay(t *testing.T) {
	p := arrive(t, bridge.Route{Reception: true}, func(p *person) { p.waits = true })
	vi, en := texts[langVI], texts[langEN]
	p.sees(bridge.Notice{Title: vi.welcome, Lines: []string{vi.askNumber}, Asks: true, Footer: vi.start, Language: "vi"})
	p.hears(voices.Welcome, voices.Number)
	if p.stage != bridge.StageNumber {
		t.Error(p.stage)
	}
	p.types("1004")
	p.sees(bridge.Notice{Title: vi.welcome, Lines: []string{vi.askNumber}, Asks: true, Entry: "1004", Footer: vi.keys, Language: "vi"})
	p.hears()
	p.types("*1002#")
	p.sees(bridge.Notice{Title: "Phòng họp", Lines: []string{en.askPIN}, Asks: true, Footer: en.start, Language: "en"})
	p.hears(voices.PIN)
	p.types("0000")
	p.sees(bridge.Notice{Title: "Phòng họp", Lines: []string{en.askPIN}, Asks: true, Entry: "••••", Footer: en.keys, Language: "en"})
	p.passes(pausePIN)
	p.hears(voices.WrongPIN, voices.PIN)
	if p.screen.Error != "Wrong PIN. 2 tries are left" || p.screen.Entry != "" || p.stage != bridge.StagePIN {
		t.Errorf("%+v", p.screen)
	}
	p.types("12#")
	if p.screen.Error != en.shortPIN || len(p.tried) != 1 {
		t.Errorf("%+v %v", p.screen, p.tried)
	}
	p.types("1234#")
	if p.screen.Error != "Wrong PIN. One try is left" {
		t.Errorf("%+v", p.screen)
	}
	p.types("4321#")
	p.hears(voices.ShortPIN, voices.WrongPIN, voices.PIN)
	p.passes(lobbyAfter)
	p.sees(bridge.Notice{
		Title: "Phòng họp", Lines: []string{en.lobbyMore, en.lobby}, Waiting: true, Footer: en.lobbyHost + " · " + en.otherTongue, Language: "en",
	})
	p.hears(voices.Lobby)
	if p.stage != bridge.StageLobby || len(p.knocked) != 1 || p.knocked[0].Role != bridge.RoleGuest || !p.knocked[0].Lobby {
		t.Errorf("%v %+v", p.stage, p.knocked)
	}
	p.passes(lobbyAgain)
	p.hears(voices.Lobby)
	p.types("*")
	if p.screen.Language != "vi" || p.screen.Lines[0] != vi.lobbyMore {
		t.Errorf("%+v", p.screen)
	}
	p.act(p.Decided(p.now, nil))
	if a, ok := p.end.(Admit); !ok || a.Route.Room != "Phòng họp" || a.Route.Role != bridge.RoleGuest || a.Route.Language != "vi" {
		t.Errorf("%+v", p.end)
	}
	p.passes(time.Hour)
}

// Who waits may turn out to be the host; who guesses that has three tries, and goes on waiting.
func TestHostInTheLobby(t *testing.T) {
	guest := bridge.Route{Room: "r", Door: door{"4321", "999999"}, HostPIN: true, Lobby: true, Role: bridge.RoleGuest}
	p := arrive(t, guest, func(p *person) { p.waits = true })
	p.passes(time.Second)
	p.types("1111#")
	if p.screen.Error != texts[langVI].wrong || p.end != nil {
		t.Errorf("%+v", p.screen)
	}
	p.types("999999")
	if p.screen.Entry != "••••••" || p.screen.Footer != texts[langVI].keys {
		t.Errorf("%+v", p.screen)
	}
	p.passes(pausePIN)
	if len(p.knocked) != 2 || p.knocked[1].Role != bridge.RoleHost || p.left != 1 {
		t.Errorf("%+v %d", p.knocked, p.left)
	}
	p.types("1111#") // is a host already

	p = arrive(t, guest, func(p *person) { p.waits = true })
	p.passes(time.Second)
	p.types("1111#2222#3333#999999#")
	if len(p.knocked) != 1 || len(p.tried) != 3 || p.screen.Footer != texts[langVI].otherTongue {
		t.Errorf("%+v %v", p.knocked, p.tried)
	}
	p.passes(lobbyMost)
	if p.screen.Error != texts[langVI].unopened {
		t.Errorf("%+v", p.screen)
	}
	p.passes(parting)
	p.refused(bridge.CauseNoAnswer)
	if p.left != 1 {
		t.Error("still knocks")
	}
}

// Everything has an end: numbers, PINs, patience.
func TestEnds(t *testing.T) {
	pin := bridge.Route{Room: "r", Door: door{"4321", "none"}}
	vi := texts[langVI]
	for _, c := range []struct {
		name  string
		route bridge.Route
		set   func(*person)
		do    func(*person)
		cause bridge.Cause
		error string
		hears string
	}{
		{"numbers", bridge.Route{Reception: true}, nil, func(p *person) { p.types("1#2#3#4#5#") }, bridge.CauseNoRoute, vi.unknown, "goodbye"},
		{"pins", pin, nil, func(p *person) { p.types("1111#2222#3333#4321#") }, bridge.CauseForbidden, vi.wrongThrice, "goodbye"},
		{"a wrong PIN dialled", bridge.Route{Room: "r", Door: pin.Door, WrongPIN: true}, nil, func(p *person) { p.types("1111#2222#") },
			bridge.CauseForbidden, vi.wrongThrice, "goodbye"},
		{"nothing typed", bridge.Route{Reception: true}, nil, func(p *person) { p.passes(idle) }, bridge.CauseNoAnswer, vi.late, "goodbye"},
		{"half a PIN typed", pin, nil, func(p *person) { p.types("12"); p.passes(idle) }, bridge.CauseNoAnswer, vi.late, "goodbye"},
		{"locked out", pin, func(p *person) { p.lock = locked(5*time.Minute, false) }, func(p *person) { p.types("4321#") },
			bridge.CauseForbidden, vi.lockedOut, "goodbye"},
		{"in line for too long", pin, func(p *person) { p.lock = locked(time.Minute, true) }, func(p *person) { p.types("4321#"); p.passes(21 * time.Minute) },
			bridge.CauseForbidden, vi.lockedOut, "goodbye"},
		{"full", bridge.Route{Room: "r", Role: bridge.RoleGuest}, func(p *person) { p.answer = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"} },
			nil, bridge.CauseCapacity, vi.full, "full goodbye"},
		{"locked", bridge.Route{Room: "r", Role: bridge.RoleGuest}, func(p *person) {
			p.answer = &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "the room is locked"}
		},
			nil, bridge.CauseForbidden, vi.locked, "locked goodbye"},
		{"declined", bridge.Route{Room: "r", Role: bridge.RoleGuest}, func(p *person) { p.answer = &bridge.Refusal{Cause: bridge.CauseDeclined, Reason: "no"} },
			nil, bridge.CauseDeclined, vi.declined, "goodbye"},
		{"an error", pin, func(p *person) { p.lock = errors.New("odd") }, func(p *person) { p.types("4321#") }, bridge.CauseInternal, "odd", "goodbye"},
		{"nobody at the far end", bridge.Route{Role: bridge.RoleGuest, Dial: &bridge.Target{}}, nil, func(p *person) {
			p.act(p.Called(p.now, bridge.Route{}, &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: "nobody is there"}))
		},
			bridge.CauseUnreachable, "nobody is there", "goodbye"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := arrive(t, c.route, c.set)
			if c.do != nil {
				c.do(p)
			}
			if p.screen.Error != c.error || p.stage != bridge.StageRefused || !strings.HasSuffix(fmt.Sprint(p.heard), c.hears+"]") {
				t.Errorf("%+v, hears %v", p.screen, p.heard)
			}
			p.passes(parting)
			p.refused(c.cause)
		})
	}
	p := &person{Machine: New(bridge.Route{Room: "r"}, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "full"}), t: t, now: time.Now()}
	p.act(p.Begin(p.now))
	p.types("5#")
	p.refused(bridge.CauseCapacity)
}

// A short lock is waited for on the line; who has done nothing wrong keeps its place, and need not type again.
func TestLockedForAMoment(t *testing.T) {
	r := bridge.Route{Room: "r", Door: door{"4321", "none"}, Language: "en"}
	p := arrive(t, r, func(p *person) { p.lock = locked(20*time.Second, false) })
	p.types("4321#")
	if !p.screen.Waiting || p.screen.Lines[1] != "Try again in 20 seconds" || p.screen.Error != texts[langEN].lockedOut {
		t.Errorf("%+v", p.screen)
	}
	p.passes(11 * time.Second)
	if p.screen.Lines[1] != "Try again in 10 seconds" {
		t.Errorf("%+v", p.screen)
	}
	p.lock = nil
	p.types("4321#*") // too early, but for the language
	p.passes(10 * time.Second)
	p.types("4321#")
	if a, ok := p.end.(Admit); !ok || a.Route.Role != bridge.RoleGuest || len(p.tried) != 2 || p.lang != langVI {
		t.Errorf("%+v %v", p.end, p.tried)
	}

	p = arrive(t, r, func(p *person) { p.lock = locked(5*time.Minute, true) })
	p.types("4321#")
	p.passes(2 * time.Minute)
	if n := len(p.tried); n < 30 || n > 50 || !p.screen.Waiting {
		t.Errorf("%d tries, %+v", n, p.screen)
	}
	p.lock = nil
	p.passes(polls)
	if _, ok := p.end.(Admit); !ok {
		t.Errorf("%+v", p.end)
	}
}

// A question is asked again, and a hash asks for that.
func TestAgain(t *testing.T) {
	p := arrive(t, bridge.Route{Reception: true}, nil)
	p.hears(voices.Welcome, voices.Number)
	p.types("#")
	p.hears(voices.Number)
	p.passes(again)
	p.hears(voices.Number)
	p.types("9")
	p.passes(pauseNumber)
	p.hears(voices.UnknownNumber)
	if p.screen.Error != texts[langVI].unknown || p.screen.Entry != "" {
		t.Errorf("%+v", p.screen)
	}
	p.types("*")
	p.hears(voices.Number)
	p.types("AB" + strings.Repeat("7", 50))
	if len(p.screen.Entry) != maxDigits || p.screen.Language != "en" {
		t.Errorf("%+v", p.screen)
	}
	p.types("*1001#")
	if a, ok := p.end.(Admit); !ok || a.Route.Room != "board@acme" || a.Route.Language != "en" {
		t.Errorf("%+v", p.end)
	}
}

// Both languages have all the words.
func TestWords(t *testing.T) {
	for lang, w := range texts {
		v := reflect.ValueOf(*w)
		for i := range v.NumField() {
			if f := v.Field(i); f.IsZero() {
				t.Errorf("%s has no %s", lang, v.Type().Field(i).Name)
			}
		}
		for _, d := range []time.Duration{0, time.Second, 99 * time.Second, 100 * time.Second, time.Hour} {
			if w.in(d) == "" || w.left(1) == w.left(2) {
				t.Error(lang, d)
			}
		}
	}
}

// Whatever is typed and whatever time passes, a machine ends, and never shows a PIN.
func FuzzMachine(f *testing.F) {
	f.Add("1002#0000#4321#", uint8(0))
	f.Add("**1001t#", uint8(3))
	f.Add("4321tttttt#", uint8(5))
	f.Fuzz(func(t *testing.T, keys string, kind uint8) {
		routes := []bridge.Route{
			{Reception: true}, {Room: "r", Door: door{"4321", "999999"}, HostPIN: true}, {Room: "r", Role: bridge.RoleGuest, Greeting: "x"},
			{Reception: true, GreetingSound: "x"},
			{Room: "r", Role: bridge.RoleGuest, Lobby: true, Door: door{"4321", "999999"}, HostPIN: true},
		}
		p := arrive(t, routes[int(kind)%len(routes)], func(p *person) {
			p.waits, p.mute, p.voice = kind&8 != 0, kind&64 != 0, make([]int16, int(kind)*rate/8)
			if kind&16 != 0 {
				p.lock = locked(time.Duration(kind)*time.Second, kind&32 != 0)
			}
		})
		for _, k := range keys[:min(len(keys), 200)] {
			if k == 't' {
				p.passes(pausePIN)
			} else {
				p.types(string(k))
			}
			if p.stage == bridge.StagePIN && strings.ContainsAny(p.screen.Entry, "0123456789") {
				t.Fatalf("shows %q", p.screen.Entry)
			}
		}
		p.passes(3 * time.Hour)
		if p.end == nil {
			t.Fatalf("never ends: %+v", p.screen)
		}
	})
}

// The far end that a number leads to is called; why it did not answer is told.
func TestFarEndIsCalled(t *testing.T) {
	far := bridge.Route{Room: "dial", Number: "7001", Role: bridge.RoleGuest, Dial: &bridge.Target{Scheme: "sip", URI: "sip:x@192.0.2.1"}}
	p := arrive(t, far, nil)
	p.sees(bridge.Notice{Title: "7001", Lines: []string{"Đang gọi…"}, Waiting: true, Footer: "* English", Language: "vi"})
	p.hears(voices.Calling)
	if p.stage != bridge.StageCalling {
		t.Errorf("at %v", p.stage)
	}
	p.passes(again)
	p.hears(voices.Calling)
	p.types("1#*")
	p.hears(voices.Calling)
	p.act(p.Called(p.now, bridge.Route{}, &bridge.Refusal{Cause: bridge.CauseNoAnswer, Reason: "nobody answered"}))
	p.sees(bridge.Notice{Title: "7001", Lines: []string{"Please call again later"}, Error: "Nobody answered", Language: "en"})
	p.hears(voices.Goodbye)
	p.passes(parting)
	p.refused(bridge.CauseNoAnswer)

	p = arrive(t, far, nil)
	p.act(p.Called(p.now, bridge.Route{Room: "dial-1"}, nil))
	if a, ok := p.end.(Admit); !ok || a.Route.Room != "dial-1" {
		t.Errorf("ends with %+v", p.end)
	}
	if late := p.Called(p.now, far, nil); late != nil {
		t.Errorf("called again: %v", late)
	}
}
