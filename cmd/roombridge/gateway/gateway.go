// Package gateway wires the parts of Roombridge into one running gateway.
// Front-ends, the room engine and the web side meet only here.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/doorkeeper"
	"github.com/roombridge/roombridge/bridge/load"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/reception"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/room"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/h323"
	"github.com/roombridge/roombridge/h323/ras"
	"github.com/roombridge/roombridge/sip"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/web"
)

// Bounds of a clean shutdown. Together they stay below the five seconds that
// service managers and operators are told.
const (
	goodbyeTime = 3 * time.Second
	closeTime   = time.Second
)

// Options is what a configuration file does not say.
type Options struct {
	Log     *slog.Logger
	Version string
	HasFile bool             // the configuration came from a file
	Cores   int              // processors to use, 0 is all that Go uses
	Started func(g *Gateway) // called when the gateway takes calls
}

// Gateway is the running whole.
type Gateway struct {
	cfg  config.Config
	opts Options
	log  *slog.Logger

	kept  kept
	loops *wire.Loops // of everything that carries media
	// What every call can do; nobody changes it.
	formats struct {
		once         sync.Once
		audio, video []media.Format
	}
	plane  *relay.Plane
	worker *transcode.Supervisor
	engine *room.Engine
	core   *bridge.Core
	doors  *doorkeeper.Keeper
	usher  reception.Reception
	speech *speech.Maker
	load   *load.Meter
	clock  load.Clock    // the meter reads it
	asked  atomic.Uint64 // how often there was to be room for a call or browser
	tidy   tidy

	exhausted exhausted // limits of tenants
	mixed     mixed     // names of devices that several tenants have with one password
	trunks    []*trunk

	sip  *sip.Endpoint
	h323 *h323.Endpoint
	ras  *ras.Service // nil: neither a gatekeeper nor registered with one
	web  *web.Server

	stopping chan struct{} // closed when goodbyes begin
}

// Run serves until ctx ends, then says goodbye to calls and pages.
func Run(ctx context.Context, cfg config.Config, opts Options) error {
	g, err := New(cfg, opts)
	if err != nil {
		return err
	}
	return g.Serve(ctx)
}

// New opens everything that can fail: ports, certificates, addresses.
func New(cfg config.Config, opts Options) (*Gateway, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{cfg: cfg, opts: opts, log: opts.Log, stopping: make(chan struct{})}
	for _, open := range []func() error{g.openStore, g.openMedia, g.openReception, g.openRooms, g.openLoad, g.openSIP, g.openRAS, g.openH323, g.openWeb} {
		if err := open(); err != nil {
			g.close()
			return nil, err
		}
	}
	return g, nil
}

func (g *Gateway) openMedia() (err error) {
	first, last, err := g.cfg.Media.PortRange()
	if err != nil {
		return err
	}
	address, err := netip.ParseAddr(g.cfg.Media.Address)
	if err != nil {
		return err
	}
	var announce netip.Addr
	if g.cfg.Media.Announce != "" {
		if announce, err = netip.ParseAddr(g.cfg.Media.Announce); err != nil {
			return err
		}
	}
	if g.loops, err = wire.NewLoops(g.opts.Cores, relay.Clock); err != nil {
		return err
	}
	g.plane, err = relay.NewPlane(relay.PlaneConfig{
		Listen: g.loops.Listen, Address: address, Announce: announce, PortMin: first, PortMax: last,
		MediaTimeout: g.cfg.Media.Timeout, Log: g.log.With("part", "media"),
	})
	return err
}

func (g *Gateway) openRooms() (err error) {
	g.worker = transcode.NewSupervisor(transcode.SupervisorConfig{
		Path: g.cfg.Worker.Path, Log: g.log.With("part", "worker"),
		MemoryLimit: g.cfg.Worker.Memory, MaxWorkers: g.cfg.Worker.Max, CPUs: g.cfg.Worker.CPUs,
	})
	rooms := room.Config{
		Listen: listened(g.cfg.Room.Listen, "udp"), Binder: g.loops, Announce: g.cfg.Room.Announce, VP8: g.cfg.Room.VP8, Doorkeeper: g.doors,
		Worker: &workers{Supervisor: g.worker}, MaxRooms: g.cfg.Limits.Rooms, MaxParticipants: g.cfg.Room.MaxParticipants, Admit: g.admitPage, Open: g.openRoom, Loaded: g.loaded,
		Version: g.opts.Version, Hangup: g.hangup, Log: g.log.With("part", "room"),
	}
	g.dialling(&rooms)
	if g.engine, err = room.New(rooms); err != nil {
		return err
	}
	g.core = bridge.NewCore(bridge.Config{
		Plane: g.plane, Engine: g.engine, Router: expecting{g.router(), g.usher}, Capabilities: g.capabilities, Usher: g.usher, Doorkeeper: g.doors,
		Admit: g.admitCall, MaxCalls: g.cfg.Limits.Calls, MediaTimeout: g.cfg.Media.Timeout, Record: g.kept.records.call, Log: g.log,
	})
	return nil
}

// Serve runs the front-ends until ctx ends or one of them fails.
func (g *Gateway) Serve(ctx context.Context) error {
	defer g.close()
	for _, n := range g.cfg.Notes(g.opts.HasFile) {
		g.log.Warn(n)
	}
	failed := make(chan error, 4)
	defer g.kept.serve()() // ended when everything has ended that may have a record
	stopSIP := g.start("sip", g.sip.Serve, failed)
	stopH323 := g.start("h323", g.h323.Serve, failed)
	stopRAS := func() {}
	if g.ras != nil {
		stopRAS = g.start("ras", g.ras.Serve, failed)
	}
	stopWeb := g.start("web", g.web.Serve, failed)
	defer g.attend()()
	defer g.tend()()
	g.announce(ctx)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	g.goodbye(stopSIP, stopH323)
	stopRAS() // after the calls, whose ends it tells the gatekeeper
	stopWeb() // last, so that pages hear the goodbye
	return err
}

// start serves a front-end in the background. The function it gives ends it
// and waits until it is done.
func (g *Gateway) start(name string, serve func(context.Context) error, failed chan<- error) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := serve(ctx); err != nil && ctx.Err() == nil {
			failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
	return func() { cancel(); <-done }
}

// announce waits for the front-ends and tells that calls are taken.
func (g *Gateway) announce(ctx context.Context) {
	all := []<-chan struct{}{g.sip.Ready(), g.h323.Ready(), g.web.Ready()}
	if g.ras != nil {
		all = append(all, g.ras.Ready())
	}
	for _, ready := range all {
		select {
		case <-ready:
		case <-ctx.Done():
			return
		}
	}
	g.log.Info("ready", "version", g.opts.Version, "sip", g.sip.Addrs(), "h323", g.h323.Addrs(), "web", g.web.Addr().String())
	go func() {
		debug.FreeOSMemory() // what starting took, above all bringing a database up to date
		trim()
	}()
	if g.opts.Started != nil {
		g.opts.Started(g)
	}
}

// goodbye hangs up every call and tells every page, at once and each within
// its time, so that a dead terminal or a slow worker delays nobody.
func (g *Gateway) goodbye(stopFronts ...func()) {
	close(g.stopping)
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := g.core.Shutdown(ctx); err != nil {
			g.log.Warn("not every call ended in time", "error", err)
		}
	})
	for _, stop := range stopFronts {
		wg.Go(stop)
	}
	wg.Go(func() {
		if err := g.engine.Close(ctx); err != nil {
			g.log.Warn("not every room closed in time", "error", err)
		}
	})
	wg.Wait()
}

// close frees what New opened, as far as it got.
func (g *Gateway) close() {
	if g.load != nil {
		g.load.Close()
	}
	if g.sip != nil {
		g.sip.Close()
	}
	if g.h323 != nil {
		g.h323.Close()
	}
	if g.ras != nil {
		g.ras.Close()
	}
	if g.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		_ = g.engine.Close(ctx)
	}
	if g.speech != nil {
		g.speech.Close()
	}
	if g.worker != nil {
		g.worker.Close()
	}
	if g.plane != nil {
		_ = g.plane.Close()
	}
	if g.loops != nil {
		_ = g.loops.Close()
	}
	if g.web != nil {
		g.web.Close()
	}
	g.kept.close()
}

// Core is the call table, for tests.
func (g *Gateway) Core() *bridge.Core { return g.core }
