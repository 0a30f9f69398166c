package gateway

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
	"github.com/roombridge/roombridge/bridge/reception/voices/wav"
	"github.com/roombridge/roombridge/config"
)

// prepared notes what is to be made.
type prepared struct{ words []speech.Words }

func (p *prepared) Prepare(w speech.Words)                      { p.words = append(p.words, w) }
func (p *prepared) Sound(context.Context, speech.Words) []int16 { return nil }

// routed is a router with one answer.
type routed struct {
	route bridge.Route
	err   error
}

func (r routed) Route(context.Context, bridge.Invite) (bridge.Route, error) { return r.route, r.err }

// A greeting is made as soon as it is known where a call goes, for calls that go somewhere.
func TestExpecting(t *testing.T) {
	p := &prepared{}
	usher := reception.Reception{Speech: p}
	hello := bridge.Route{Tenant: "acme", Room: "board@acme", Role: bridge.RoleGuest, Greeting: "Welcome", Language: "en"}
	for _, r := range []routed{{route: hello, err: errors.New("refused")}, {route: bridge.Route{Room: "board", Role: bridge.RoleGuest}}, {route: hello}} {
		if got, err := (expecting{r, usher}).Route(t.Context(), bridge.Invite{}); got.Room != r.route.Room || !errors.Is(err, r.err) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	want := []speech.Words{{Tenant: "acme", Lang: "en", Text: "Welcome"}, {Tenant: "acme", Lang: "en", Text: "You are entering board."}}
	if !slices.Equal(p.words, want) {
		t.Errorf("%+v", p.words)
	}
}

// Recordings lie beside the prompts, a folder for each tenant; without a voice texts are not spoken.
func TestOpenSpeech(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, greetings, "acme"), 0o755); err != nil {
		t.Fatal(err)
	}
	own, err := voices.Load("")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, greetings, "acme", "hello.wav"), wav.Encode(own.Sound("en", voices.PIN)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := voices.Load(dir); err != nil {
		t.Errorf("greetings are taken for prompts: %v", err)
	}
	g := &Gateway{cfg: config.Default(), log: slog.New(slog.DiscardHandler)}
	g.cfg.Reception = config.Reception{Prompts: dir, Speech: config.SpeechOff}
	m := g.openSpeech()
	defer m.Close()
	for w, heard := range map[speech.Words]bool{
		{Tenant: "acme", Recording: "hello"}: true, {Tenant: "beta", Recording: "hello"}: false, {Tenant: "acme", Lang: "en", Text: "Welcome"}: false,
	} {
		if n := len(m.Sound(t.Context(), w)); (n > 0) != heard {
			t.Errorf("%+v: %d samples", w, n)
		}
	}
}
