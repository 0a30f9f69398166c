package dial

import (
	"context"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/player"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

const (
	// mediaTimeout ends a call in which nothing comes.
	mediaTimeout = 30 * time.Second
	// goodbyeTime is for hanging up what runs when the program is stopped.
	goodbyeTime = 4 * time.Second
	// workerStart is how long the media worker may take to start.
	workerStart = 3 * time.Second
)

// Run plays the terminals until all calls are over or ctx ends, which hangs up.
// The error is for what kept it from starting; how calls went is in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	s, err := o.read()
	if err != nil {
		return nil, err
	}
	d := &dialer{s: s, events: make(map[string]*progress)}
	defer d.close()
	if err := d.open(); err != nil {
		return nil, err
	}
	events, unsubscribe := d.core.Subscribe() // before the first call can come
	defer unsubscribe()
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	var served sync.WaitGroup
	for _, f := range d.fronts {
		served.Go(func() { _ = f.Serve(serving) })
	}
	defer served.Wait()
	defer stop()
	var addrs []string
	for _, f := range d.fronts {
		select {
		case <-f.Ready():
		case <-ctx.Done():
		}
		addrs = append(addrs, f.Addrs()...)
	}
	if s.Started != nil {
		s.Started(addrs)
	}
	calls := d.run(ctx, events, unsubscribe)
	d.goodbye()
	return newReport(s, calls), nil
}

// dialer holds the parts of a simulated terminal.
type dialer struct {
	s       *settings
	plane   *relay.Plane
	worker  *transcode.Supervisor
	meeting *transcode.Meeting
	engine  *player.Engine
	core    *bridge.Core
	fronts  []front

	mu     sync.Mutex
	events map[string]*progress // by call
}

func (d *dialer) open() (err error) {
	s := d.s
	d.openWorker()
	d.engine, err = player.New(player.Config{
		Video: s.clip, Picture: s.picture, Damage: s.Damage, Audio: s.sound, Record: s.Record, Digits: s.Digits,
		Press: d.press, Signal: s.Signal, Refresh: s.Refresh, Take: s.Take,
		Meeting: d.meeting, Decoded: s.Decode, Log: s.Log,
	})
	if err != nil {
		return err
	}
	d.plane, err = relay.NewPlane(relay.PlaneConfig{
		Address: s.bind, PortMin: s.first, PortMax: s.last, MediaTimeout: mediaTimeout, Log: s.Log,
	})
	if err != nil {
		return err
	}
	d.core = bridge.NewCore(bridge.Config{
		Plane: d.plane, Engine: d.engine, Router: anyNumber{},
		Capabilities: s.capabilities, MediaTimeout: mediaTimeout, Log: s.Log,
	})
	return d.openFronts()
}

// openWorker starts counting decoded pictures where there is a worker for it.
func (d *dialer) openWorker() {
	if d.s.Decode <= 0 {
		return
	}
	d.worker = transcode.NewSupervisor(transcode.SupervisorConfig{Path: d.s.Worker, Log: d.s.Log, MaxWorkers: 1})
	if !d.worker.Available().Decodes(d.s.picture) {
		return
	}
	m, err := d.worker.Open("dial", deaf{})
	if err != nil {
		d.s.Log.Warn("pictures are not decoded", "reason", err.Error())
		return
	}
	d.meeting = m
	d.awaitWorker()
}

// awaitWorker lets the worker start before the first call, so that no picture
// is missed. That there is no picture yet is an answer, too.
func (d *dialer) awaitWorker() {
	first, err := d.meeting.Decoder(d.s.picture)
	if err != nil {
		return
	}
	defer first.Close()
	ctx, cancel := context.WithTimeout(context.Background(), workerStart)
	defer cancel()
	_, _ = first.Picture(ctx)
}

// deaf hears nothing of what a worker says beside its decoders.
type deaf struct{}

func (deaf) Frame(transcode.Frame)             {}
func (deaf) Packet(transcode.Frame)            {}
func (deaf) KeyframeWanted(transcode.StreamID) {}
func (deaf) Levels([]transcode.Level)          {}
func (deaf) Restarted(string)                  {}

// anyNumber is the plan of a terminal: every call is for it.
type anyNumber struct{}

func (anyNumber) Route(context.Context, bridge.Invite) (bridge.Route, error) {
	return bridge.Route{Room: "terminal"}, nil
}

// goodbye hangs up what still runs.
func (d *dialer) goodbye() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	if err := d.core.Shutdown(ctx); err != nil {
		d.s.Log.Warn("not every call ended in time", "error", err)
	}
	_ = d.engine.Close(ctx)
}

func (d *dialer) close() {
	if d.plane != nil {
		_ = d.plane.Close()
	}
	if d.meeting != nil {
		d.meeting.Close()
	}
	if d.worker != nil {
		d.worker.Close()
	}
}
