package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/doorkeeper"
	"github.com/roombridge/roombridge/bridge/reception"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

// openReception loads the prompts, and begins to count wrong PINs, wherever they are typed.
func (g *Gateway) openReception() error {
	g.doors = doorkeeper.New(doorkeeper.Config{Tell: func(e doorkeeper.Event) { g.kept.records.event(e.Tenant, doorEvent(e)) }})
	prompts, err := voices.Load(g.cfg.Reception.Prompts)
	if err != nil {
		return fmt.Errorf("reception.prompts: %w", err)
	}
	g.speech = g.openSpeech()
	g.usher = reception.Reception{Voices: prompts, Speech: g.speech}
	return nil
}

// greetings is the folder of tenants' recordings, below that of the prompts.
const greetings = "greetings"

// openSpeech has greetings said: recordings, and texts where the program is installed that speaks them.
func (g *Gateway) openSpeech() *speech.Maker {
	cfg := speech.Config{Log: g.log.With("part", "reception")}
	if dir := g.cfg.Reception.Prompts; dir != "" {
		cfg.Recordings = filepath.Join(dir, greetings)
	}
	if g.cfg.Reception.Speech == config.SpeechAuto {
		voice, err := speech.Find()
		if err == nil {
			cfg.Voice = voice
			g.log.Info("greetings are spoken", "program", voice.Path)
		} else {
			g.log.Info("greetings are shown and not spoken", "error", err)
		}
	}
	return speech.New(cfg)
}

// expecting has greetings made while calls are still on their way.
type expecting struct {
	bridge.Router
	usher reception.Reception
}

// Route implements bridge.Router.
func (e expecting) Route(ctx context.Context, inv bridge.Invite) (bridge.Route, error) {
	r, err := e.Router.Route(ctx, inv)
	if err == nil {
		e.usher.Expect(r)
	}
	return r, err
}

// doorEvent is a wrong PIN, or a lock, as it is written down.
func doorEvent(e doorkeeper.Event) store.Event {
	kind := "security.pin"
	data := map[string]string{"number": e.Number, "rule": e.Rule, "room": e.Room}
	if e.Scope != "" {
		kind = "security.lock-out"
		data["scope"], data["failures"], data["seconds"] = e.Scope, strconv.Itoa(e.Failures), strconv.Itoa(int(e.For.Seconds()))
	}
	v := store.NewEvent(e.At, kind, e.Text())
	v.From, v.Data = e.From, data
	return v
}

// entrance says by which route a page comes into a room.
func (g *Gateway) entrance(_ context.Context, name, client string) (bridge.Route, error) {
	from, err := netip.ParseAddr(client)
	if p, bad := netip.ParseAddrPort(client); err != nil && bad == nil {
		from = p.Addr()
	}
	return g.kept.book.Directory().Entrance(name, from.Unmap(), time.Now(), g.cfg.Admission.Open).Route()
}
