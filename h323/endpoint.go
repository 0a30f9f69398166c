package h323

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/h323/control"
)

// Endpoint is the H.323 front-end.
type Endpoint struct {
	cfg   Config
	board switchboard
	log   *slog.Logger
	stats *counters
	rates *front.Rates
	ready chan struct{}

	// Seams for tests.
	dial    func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	control func(cfg control.Config, u control.User) session

	mu        sync.Mutex
	listeners []net.Listener
	legs      map[*leg]struct{}
	conns     map[*conn]struct{}
	sources   map[netip.Addr]int // accepted connections of call signalling
	accepted  int
	closing   bool
	reference uint16         // last call reference that we gave
	running   sync.WaitGroup // legs and what they started
	reading   sync.WaitGroup // listeners and connections
	empty     chan struct{}  // closed when the last leg goes while closing
}

// New opens the listeners. Serve has to follow, or Close.
func New(cfg Config, sb Switchboard) (*Endpoint, error) {
	e := newEndpoint(cfg, coreBoard{sb})
	if err := e.listen(); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func newEndpoint(cfg Config, b switchboard) *Endpoint {
	cfg.defaults()
	return &Endpoint{
		cfg: cfg, board: b, log: cfg.Log, stats: newCounters(), rates: front.NewRates(cfg.Rate, cfg.Burst),
		ready: make(chan struct{}), legs: make(map[*leg]struct{}), conns: make(map[*conn]struct{}),
		sources: make(map[netip.Addr]int), empty: make(chan struct{}), dial: dialTCP,
		control: func(cfg control.Config, u control.User) session { return control.New(cfg, u) },
	}
}

// Ready is closed when calls are taken.
func (e *Endpoint) Ready() <-chan struct{} { return e.ready }

// Serve answers terminals until ctx ends. Then it refuses new calls, hangs up every
// running one, and closes the connections.
func (e *Endpoint) Serve(ctx context.Context) error {
	for _, l := range e.listeners {
		e.reading.Go(func() { e.accept(l) })
	}
	close(e.ready)
	<-ctx.Done()
	e.goodbye()
	e.close()
	e.running.Wait()
	return nil
}

// Close frees what New opened, where Serve was not called. After Serve it does nothing.
func (e *Endpoint) Close() { e.close() }

func (e *Endpoint) goodbye() {
	e.mu.Lock()
	e.closing = true
	if len(e.legs) == 0 {
		close(e.empty)
	}
	for l := range e.legs {
		l.Hangup(bridge.CauseShutdown, "the gateway is going down")
	}
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), e.cfg.Goodbye)
	defer cancel()
	select {
	case <-e.empty:
	case <-ctx.Done():
	}
	e.settle(ctx)
	e.mu.Lock()
	for l := range e.legs {
		l.abandon()
	}
	e.mu.Unlock()
}

// settle lets far ends read our last words: their connections end when they have.
func (e *Endpoint) settle(ctx context.Context) {
	for _, l := range e.listeners {
		_ = l.Close()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.reading.Wait()
	}()
	e.mu.Lock()
	for s := range e.conns {
		if s.unused() {
			s.close()
		}
	}
	e.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// close ends all sockets and waits for their readers.
func (e *Endpoint) close() {
	e.mu.Lock()
	e.closing = true
	for s := range e.conns {
		s.close()
	}
	e.mu.Unlock()
	for _, l := range e.listeners {
		_ = l.Close()
	}
	e.reading.Wait()
}

// add enters a leg and starts it. It fails when the endpoint is closing or full.
func (e *Endpoint) add(l *leg) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closing:
		return &bridge.Refusal{Cause: bridge.CauseShutdown, Reason: "the gateway is going down"}
	case e.cfg.MaxCalls > 0 && len(e.legs) >= e.cfg.MaxCalls:
		return &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the gateway carries as many calls as it may"}
	}
	e.legs[l] = struct{}{}
	e.running.Go(l.run)
	return nil
}

func (e *Endpoint) remove(l *leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.legs, l)
	if e.closing && len(e.legs) == 0 {
		select {
		case <-e.empty:
		default:
			close(e.empty)
		}
	}
}

// nextReference gives a call reference value for a call of ours (Q.931 4.3): never
// zero, which stands for all calls.
func (e *Endpoint) nextReference() uint16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reference++; e.reference > 0x7fff {
		e.reference = 1
	}
	return e.reference
}

// Stats reads the counters.
func (e *Endpoint) Stats() Stats {
	s := e.stats.snapshot()
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Calls, s.Connections = len(e.legs), len(e.conns)
	return s
}

var _ bridge.FrontEnd = (*Endpoint)(nil)
