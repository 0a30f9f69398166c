package reception

import (
	"reflect"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// The greeting is shown before the door, once, and heard as long as it is; without a voice a prompt welcomes.
func TestGreeting(t *testing.T) {
	r := bridge.Route{Room: "board@acme", Tenant: "acme", Role: bridge.RoleGuest, Greeting: "Chào mừng đến Đà Nẵng", GreetingSound: "hello"}
	for _, c := range []struct {
		voice int // seconds
		takes time.Duration
		heard []voices.Prompt
	}{{0, greets, []voices.Prompt{voices.Welcome}}, {1, greets, nil}, {10, 10*time.Second + afterwards, nil}} {
		p := arrive(t, r, func(p *person) { p.voice = make([]int16, c.voice*rate) })
		p.sees(bridge.Notice{Title: "board", Lines: []string{"Chào mừng đến Đà Nẵng"}, Footer: "# vào ngay", Language: "vi"})
		p.hears(c.heard...)
		want := []speech.Words{
			{Tenant: "acme", Recording: "hello", Lang: "vi", Text: "Chào mừng đến Đà Nẵng"},
			{Tenant: "acme", Lang: "vi", Text: "Bạn đang vào phòng board."},
		}
		if !reflect.DeepEqual(p.words, want) || p.greeting != c.voice*rate {
			t.Errorf("%d samples of %+v", p.greeting, p.words)
		}
		p.passes(c.takes - 1)
		if p.end != nil || p.stage != bridge.StageWelcome {
			t.Errorf("%+v too early", p.end)
		}
		p.passes(1)
		if _, ok := p.end.(Admit); !ok {
			t.Errorf("%+v", p.end)
		}
	}
}

// The greeting is in the rule's language, whatever the caller chose; the rest in the caller's.
func TestGreetingKeepsItsLanguage(t *testing.T) {
	p := arrive(t, bridge.Route{Room: "board", Door: door{"4321", "none"}, Language: "en", Greeting: "Welcome to Acme"}, nil)
	p.types("*4321#")
	want := []speech.Words{{Lang: langEN, Text: "Welcome to Acme"}, {Lang: langVI, Text: "Bạn đang vào phòng board."}}
	if p.stage != bridge.StageWelcome || !reflect.DeepEqual(p.words, want) {
		t.Errorf("%v %+v", p.stage, p.words)
	}
	p = arrive(t, bridge.Route{Number: "1001", Role: bridge.RoleGuest, Dial: &bridge.Target{}, Room: "dial", GreetingSound: "hello"}, nil)
	if len(p.words) != 1 || p.words[0].Text != "" || p.words[0].Recording != "hello" {
		t.Errorf("%+v", p.words)
	}
}

// Reception welcomes by its rule's greeting before it asks. It does not ask again while it still greets.
func TestReceptionGreets(t *testing.T) {
	r := bridge.Route{Reception: true, Tenant: "acme", Greeting: "Công ty Acme xin chào", Language: "vi"}
	p := arrive(t, r, func(p *person) { p.voice = make([]int16, 25*rate) })
	p.sees(bridge.Notice{
		Title: "Công ty Acme xin chào", Lines: []string{texts[langVI].askNumber}, Asks: true, Footer: texts[langVI].start, Language: "vi",
	})
	if len(p.words) != 1 || p.words[0].Text != r.Greeting {
		t.Errorf("%+v", p.words)
	}
	p.hears(voices.Number)
	p.passes(25 * time.Second)
	p.hears()
	p.passes(again)
	p.hears(voices.Number)
	p.types("1001#")
	if a, ok := p.end.(Admit); !ok || a.Route.Room != "board@acme" {
		t.Errorf("%+v", p.end)
	}

	p = arrive(t, r, nil)
	p.hears(voices.Welcome, voices.Number)
}

// Who types before the greeting has come does not hear it any more; who only waits is let in without it.
func TestGreetingTooLate(t *testing.T) {
	p := arrive(t, bridge.Route{Reception: true, Greeting: "x"}, func(p *person) { p.mute = true })
	p.types("1")
	p.act(p.Spoken(p.now, make([]int16, rate)))
	if p.greeting != 0 || p.screen.Entry != "1" {
		t.Errorf("%d samples over %+v", p.greeting, p.screen)
	}

	p = arrive(t, bridge.Route{Room: "r", Role: bridge.RoleGuest, Greeting: "x"}, func(p *person) { p.mute, p.waits = true, true })
	p.passes(greets)
	if p.act(p.Spoken(p.now, make([]int16, rate))); p.greeting != 0 || len(p.knocked) != 1 {
		t.Errorf("%d samples, %+v", p.greeting, p.knocked)
	}
}

// A key goes past the greeting; a digit of the hosts' PIN is one.
func TestGreetingIsPassedOver(t *testing.T) {
	r := bridge.Route{Room: "r", Role: bridge.RoleGuest, Greeting: "Chào mừng", Lobby: true, HostPIN: true, Door: door{"4321", "999999"}}
	p := arrive(t, r, func(p *person) { p.waits = true })
	p.types("*")
	if p.stage != bridge.StageWelcome || p.screen.Language != "en" {
		t.Errorf("%v %+v", p.stage, p.screen)
	}
	p.types("999999#")
	if len(p.knocked) != 2 || p.knocked[1].Role != bridge.RoleHost || p.hushed == 0 {
		t.Errorf("%+v", p.knocked)
	}

	p = arrive(t, r, nil)
	p.types("#")
	if _, ok := p.end.(Admit); !ok {
		t.Errorf("%+v", p.end)
	}
}
