package reception

import (
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// Every key of an entry ends what is being said, also what began while somebody was slow.
func TestKeysInterrupt(t *testing.T) {
	p := arrive(t, bridge.Route{Room: "r", Door: door{"4321", "none"}}, nil)
	p.types("4")
	p.passes(again)
	p.hears(voices.PIN, voices.PIN)
	for i, key := range []string{"3", "2", "*", "4"} {
		if p.types(key); p.hushed != i+2 {
			t.Errorf("%s does not end what is said", key)
		}
	}
	p.hears()
}

// Nobody is spoken to in the middle of an entry.
func TestNobodyIsInterrupted(t *testing.T) {
	p := arrive(t, bridge.Route{Room: "r", Door: door{"4321", "none"}}, nil)
	p.hears(voices.PIN)
	p.passes(again - time.Second)
	p.types("4")
	p.passes(2 * time.Second)
	p.types("3")
	p.hears()
	p.passes(again - 1)
	p.hears()
}

// Who looks for the next digit of a PIN has time for it: a PIN that was not finished would cost a try.
func TestSlowKeys(t *testing.T) {
	p := arrive(t, bridge.Route{Room: "r", Door: door{"432100", "none"}}, nil)
	for _, key := range "432100" {
		p.types(string(key))
		p.passes(pausePIN - time.Second)
	}
	p.passes(time.Second)
	if a, ok := p.end.(Admit); !ok || len(p.tried) != 1 || a.Route.Role != bridge.RoleGuest {
		t.Errorf("%+v after %v", p.end, p.tried)
	}

	p = arrive(t, bridge.Route{Reception: true}, nil)
	for _, key := range "1001" {
		p.passes(pauseNumber - time.Second)
		p.types(string(key))
	}
	p.passes(pauseNumber)
	if a, ok := p.end.(Admit); !ok || a.Route.Number != "1001" {
		t.Errorf("%+v", p.end)
	}
}

// Whoever presses keys for ever is not asked for ever.
func TestAskedForLong(t *testing.T) {
	for _, keys := range []string{"#", "1", "1*"} {
		p := arrive(t, bridge.Route{Reception: true}, nil)
		for p.stage == bridge.StageNumber {
			p.types(keys)
			p.passes(time.Second)
			if d := p.now.Sub(p.arrived); d > asksMost+time.Second {
				t.Fatalf("%s: still asked after %v", keys, d)
			}
		}
		p.passes(parting)
		p.refused(bridge.CauseNoAnswer)
	}
}

// Who waits for a turn is told so, and not that they did wrong; again and again, because a silent line is a dead one.
func TestTurn(t *testing.T) {
	r := bridge.Route{Room: "r", Door: door{"4321", "none"}}
	p := arrive(t, r, func(p *person) { p.lock = locked(5*time.Minute, true) })
	p.types("4321#")
	p.hears(voices.PIN, voices.Turn)
	p.passes(2*lobbyAgain + time.Second)
	p.hears(voices.Turn, voices.Turn)
}

// Where a rule refuses the numbers that were typed, it is not said that a room is locked.
func TestRefusedNumbers(t *testing.T) {
	p := arrive(t, bridge.Route{Reception: true}, nil)
	for range numberTries {
		p.act(p.Found(p.now, bridge.Route{}, &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "this number is not in use"}))
	}
	if p.screen.Error != texts[langVI].unknown || strings.Contains(p.heard[len(p.heard)-2].String(), "locked") {
		t.Errorf("%+v, %v", p.screen, p.heard)
	}
}

// Each prompt is said to somebody.
func TestEveryPromptIsHeard(t *testing.T) {
	heard := map[voices.Prompt]bool{}
	note := func(p *person) {
		for _, v := range p.heard {
			heard[v] = true
		}
	}
	pin := bridge.Route{Room: "r", Door: door{"4321", "none"}}
	p := arrive(t, bridge.Route{Reception: true, Greeting: "x"}, func(p *person) { p.waits = true })
	p.types("5#1002#1#1111#4321#")
	p.passes(lobbyMost + parting)
	note(p)
	for _, hold := range []bool{false, true} {
		p = arrive(t, pin, func(p *person) { p.lock = locked(time.Second, hold) })
		p.types("4321#")
		note(p)
	}
	for _, cause := range []bridge.Cause{bridge.CauseCapacity, bridge.CauseForbidden} {
		note(arrive(t, bridge.Route{Room: "r", Role: bridge.RoleGuest}, func(p *person) { p.answer = &bridge.Refusal{Cause: cause, Reason: "no"} }))
	}
	note(arrive(t, bridge.Route{Role: bridge.RoleGuest, Dial: &bridge.Target{}}, nil))
	for _, v := range voices.Prompts() {
		if !heard[v] {
			t.Errorf("nobody hears %v", v)
		}
	}
}
