package bridge

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// Config is what a Core works with.
type Config struct {
	Plane        *relay.Plane
	Engine       Engine
	Router       Router
	Capabilities func(Invite) media.Capabilities // what our end of a call can do
	MaxCalls     int                             // 0 is no bound
	Admit        func(Invite, Route) error       // nil, or the *Refusal of a call for which there is no capacity; one is asked for after the other
	MediaTimeout time.Duration                   // a call that hears nothing for this long ends
	Usher        Usher                           // leads those who have to be asked; nil refuses them
	Doorkeeper   Doorkeeper                      // judges PINs; nil asks the door alone
	Record       func(Record)                    // nil, or told of calls that ended or were refused; never blocks
	Log          *slog.Logger
}

// Core is the call table. It routes what front-ends bring, gives each call
// its streams and its seat, and ends it once.
type Core struct {
	cfg    Config
	events events

	admit sync.Mutex // one call after the other is admitted, so that the next sees it

	mu       sync.Mutex
	calls    map[string]*Call
	fronts   map[string]FrontEnd
	closing  bool
	finished sync.WaitGroup // one for each call in the table
	visits   sync.WaitGroup // one for each call at a desk
	refused  map[Cause]uint64
	total    uint64
	setup    Histogram // from the first message to the answer
}

// NewCore makes a core without calls.
func NewCore(cfg Config) *Core {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Core{
		cfg:     cfg,
		calls:   make(map[string]*Call),
		fronts:  make(map[string]FrontEnd),
		refused: make(map[Cause]uint64),
		setup:   newHistogram(),
	}
}

// Register says which front-end places calls to targets of a scheme.
func (c *Core) Register(scheme string, f FrontEnd) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fronts[scheme] = f
}

// Incoming routes a call that a terminal places. The error is a *Refusal,
// with which the front-end answers the terminal.
func (c *Core) Incoming(ctx context.Context, inv Invite, leg Leg) (*Call, error) {
	route, err := c.cfg.Router.Route(ctx, inv)
	if err != nil {
		return nil, c.refuse(inv, route, err)
	}
	if route.Number != "" {
		inv.Number = route.Number // from here on nobody sees the PIN behind it
	}
	call := newCall(c, Inbound, inv, route)
	call.leg = leg
	if err := c.add(call); err != nil {
		return nil, c.refuse(inv, route, err)
	}
	call.log.Info("call in", "protocol", inv.Protocol, "transport", inv.Transport, "remote", inv.Caller.Addr.String(),
		"alias", inv.Caller.Alias, "device", inv.Caller.Device, "number", inv.Number, "room", route.Room)
	return call, nil
}

func (c *Core) refuse(inv Invite, route Route, err error) error {
	r := AsRefusal(err)
	c.mu.Lock()
	c.refused[r.Cause]++
	c.mu.Unlock()
	number := route.Number
	if number == "" {
		number = withoutPIN(inv.Number)
	}
	c.cfg.Log.Info("call refused", "protocol", inv.Protocol, "remote", inv.Caller.Addr.String(),
		"alias", inv.Caller.Alias, "number", number, "cause", r.Cause.String(), "reason", r.Reason)
	c.recordRefusal(inv, route, number, r)
	return r
}

func (c *Core) add(call *Call) error {
	if c.cfg.Admit != nil {
		c.admit.Lock()
		defer c.admit.Unlock()
		if err := c.cfg.Admit(call.inv, call.route); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return &Refusal{CauseShutdown, "the gateway is going down"}
	case c.cfg.MaxCalls > 0 && len(c.calls) >= c.cfg.MaxCalls:
		return &Refusal{CauseCapacity, "the gateway carries as many calls as it may"}
	}
	c.calls[call.id] = call
	c.total++
	c.finished.Add(1)
	c.events.publish(Event{Type: EventCallStarted, Call: call})
	return nil
}

func (c *Core) remove(call *Call) {
	c.mu.Lock()
	_, had := c.calls[call.id]
	delete(c.calls, call.id)
	c.mu.Unlock()
	if had {
		c.events.publish(Event{Type: EventCallEnded, Call: call})
		c.finished.Done()
	}
}

// Call gives a running call, or nil.
func (c *Core) Call(id string) *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[id]
}

func (c *Core) running() []*Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*Call, 0, len(c.calls))
	for _, call := range c.calls {
		list = append(list, call)
	}
	return list
}

// Hangup ends a call from our side. It tells whether there was such a call.
func (c *Core) Hangup(id string, cause Cause, reason string) bool {
	call := c.Call(id)
	if call == nil {
		return false
	}
	call.Hangup(cause, reason)
	return true
}

// Shutdown takes no more calls, hangs up all that run, and returns when they
// are gone or ctx ends.
func (c *Core) Shutdown(ctx context.Context) error {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	var wg sync.WaitGroup
	for _, call := range c.running() {
		wg.Go(func() { call.Hangup(CauseShutdown, "the gateway is going down") })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
		c.finished.Wait()
		c.visits.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newID makes a call id: 64 random bits, short enough to read out.
func newID() string {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand.Read never fails
	}
	return hex.EncodeToString(b[:])
}

// CoreStats counts what went through the core since it started.
type CoreStats struct {
	Running int
	Total   uint64
	Refused map[string]uint64
	Setup   Histogram // from the first message to the answer
}

// Stats reads the counters.
func (c *Core) Stats() CoreStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := CoreStats{Running: len(c.calls), Total: c.total, Setup: c.setup.clone(), Refused: make(map[string]uint64, len(c.refused))}
	for k, n := range c.refused {
		s.Refused[k.String()] = n
	}
	return s
}

func (c *Core) answered(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setup.add(c.now().Sub(call.since))
}

// now is the wall clock of call records.
func (c *Core) now() time.Time { return time.Now() }
