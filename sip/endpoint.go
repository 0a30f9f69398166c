package sip

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/sip/sdp"
)

// Endpoint is the SIP front-end.
type Endpoint struct {
	cfg   Config
	board switchboard
	log   *slog.Logger
	stats *counters
	t     *transport
	x     *transactions
	rates *front.Rates
	reg   *registrations // nil: nobody can register
	ready chan struct{}

	// Seams for tests.
	negotiate func(sdp.Local) negotiation
	localAddr func(remote netip.Addr) netip.Addr

	mu      sync.Mutex
	legs    map[dialogKey]*leg
	closing bool
	running sync.WaitGroup // legs
	empty   chan struct{}  // closed when the last leg goes while closing

	registrants []*Registrant
	enrolled    sync.WaitGroup  // of them
	leaving     context.Context // done when goodbyes begin
	leave       context.CancelFunc
}

// dialogKey finds the leg of an in-dialog message. Our tag is random, so the
// far end's is only checked by the leg.
type dialogKey struct{ callID, localTag string }

// New opens the sockets. Serve has to follow, or Close.
func New(cfg Config, sb Switchboard) (*Endpoint, error) {
	e := newEndpoint(cfg, coreBoard{sb})
	if err := e.listen(); err != nil {
		e.t.close()
		return nil, err
	}
	return e, nil
}

func newEndpoint(cfg Config, b switchboard) *Endpoint {
	cfg.defaults()
	e := &Endpoint{
		cfg: cfg, board: b, log: cfg.Log, stats: newCounters(), rates: front.NewRates(cfg.Rate, cfg.Burst),
		ready: make(chan struct{}), legs: make(map[dialogKey]*leg), empty: make(chan struct{}),
		negotiate: func(l sdp.Local) negotiation { return sdp.NewState(l) },
		localAddr: routeAddr,
	}
	e.leaving, e.leave = context.WithCancel(context.Background())
	e.t = newTransport(cfg.Limits, cfg.Log, e.stats)
	e.t.trace = cfg.Trace
	e.x = newTransactions(e.t)
	e.x.ua = cfg.UserAgent
	if cfg.Register != nil {
		e.reg = newRegistrations(e, *cfg.Register)
	}
	e.x.onRequest, e.x.onCancel, e.x.onAck = e.onRequest, e.onCancel, e.onAck
	return e
}

// Ready is closed when messages are served.
func (e *Endpoint) Ready() <-chan struct{} { return e.ready }

// Serve answers terminals until ctx ends. Then it refuses new calls, hangs up
// every running one, unregisters, waits a moment for the answers, and closes the sockets.
func (e *Endpoint) Serve(ctx context.Context) error {
	e.t.serve()
	if e.reg != nil {
		e.running.Go(func() { e.reg.run(ctx) })
	}
	close(e.ready)
	<-ctx.Done()
	e.goodbye()
	e.x.close()
	e.t.close()
	e.running.Wait()
	return nil
}

// Close frees what New opened, where Serve was not called. After Serve it does nothing.
func (e *Endpoint) Close() {
	e.leave()
	e.t.close()
}

func (e *Endpoint) goodbye() {
	e.mu.Lock()
	e.closing = true
	if len(e.legs) == 0 {
		close(e.empty)
	}
	for _, l := range e.legs {
		l.Hangup(bridge.CauseShutdown, "the gateway is going down")
	}
	e.leave()
	e.mu.Unlock()
	patience := time.NewTimer(e.cfg.Goodbye)
	defer patience.Stop()
	select {
	case <-e.empty:
	case <-patience.C:
	}
	e.mu.Lock()
	for _, l := range e.legs {
		l.abandon()
	}
	e.mu.Unlock()
	e.enrolled.Wait()
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
	e.legs[l.key()] = l
	e.running.Go(l.run)
	return nil
}

func (e *Endpoint) remove(l *leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.legs, l.key())
	if e.closing && len(e.legs) == 0 {
		close(e.empty)
	}
}

func (e *Endpoint) find(callID, tag string) *leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.legs[dialogKey{callID, tag}]
}

func (e *Endpoint) isClosing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closing
}

// Stats reads the counters.
func (e *Endpoint) Stats() Stats {
	s := e.stats.snapshot()
	e.mu.Lock()
	s.Dialogs = len(e.legs)
	e.mu.Unlock()
	s.Transactions, s.Connections = e.x.len(), e.t.connections()
	if e.reg != nil {
		s.Register = e.reg.stats()
	}
	return s
}

// routeAddr is the local address from which the system reaches remote.
func routeAddr(remote netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return addrPort(c.LocalAddr()).Addr().Unmap()
}
