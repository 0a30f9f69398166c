package ras

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Config is what a Service works with.
type Config struct {
	// Listen is where our gatekeeper listens; invalid: there is none. Discovery also
	// answers terminals that look for any gatekeeper by multicast.
	Listen     netip.AddrPort
	Discovery  bool
	Gatekeeper GatekeeperConfig
	// Register says that the gateway registers with a gatekeeper, from Local.
	Register bool
	Local    netip.AddrPort
	Client   ClientConfig

	Announce netip.Addr                             // told to far ends instead of the local address
	Signal   func(remote netip.Addr) netip.AddrPort // our call signalling as a far end reaches it
	Log      *slog.Logger
}

// Service holds our gatekeeper, our registration with another one, or both.
type Service struct {
	cfg    Config
	gk     *Gatekeeper
	client *Client
	server *socket // of gk
	agent  *socket // of client
	group  *net.UDPConn
	ready  chan struct{}
}

// goodbye bounds how long Serve waits for the answer to its last words.
const goodbye = time.Second

// New opens the sockets. Serve has to follow.
func New(cfg Config) (*Service, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, ready: make(chan struct{})}
	for _, open := range []func() error{s.openGatekeeper, s.openClient} {
		if err := open(); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *Service) openGatekeeper() (err error) {
	if !s.cfg.Listen.IsValid() {
		return nil
	}
	if s.server, err = openSocket(s.cfg.Listen); err != nil {
		return err
	}
	c := s.cfg.Gatekeeper
	c.RAS, c.Signal, c.Log = s.addresses(s.server), s.cfg.Signal, s.cfg.Log
	s.gk = NewGatekeeper(c)
	s.server.m = s.gk
	if s.cfg.Discovery {
		s.group, err = net.ListenMulticastUDP("udp4", nil, net.UDPAddrFromAddrPort(DiscoveryGroup))
	}
	return err
}

func (s *Service) openClient() (err error) {
	if !s.cfg.Register {
		return nil
	}
	if s.agent, err = openSocket(s.cfg.Local); err != nil {
		return err
	}
	c := s.cfg.Client
	c.RAS, c.Signal, c.Log = s.addresses(s.agent), s.cfg.Signal, s.cfg.Log
	s.client = NewClient(c)
	s.agent.m = s.client
	return nil
}

// addresses tells how far ends reach a socket: at what is announced, else at the address
// that the system has towards them.
func (s *Service) addresses(k *socket) func(netip.Addr) netip.AddrPort {
	bound := k.bound()
	return func(remote netip.Addr) netip.AddrPort {
		a := s.cfg.Announce
		switch {
		case a.IsValid():
		case !bound.Addr().IsUnspecified():
			a = bound.Addr()
		default:
			a = routeAddr(remote)
		}
		if !a.IsValid() {
			a = netip.IPv4Unspecified()
		}
		return netip.AddrPortFrom(a, bound.Port())
	}
}

// Ready is closed when datagrams are served.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Addr is where our gatekeeper listens; invalid when there is none.
func (s *Service) Addr() netip.AddrPort {
	if s.server == nil {
		return netip.AddrPort{}
	}
	return s.server.bound()
}

// Serve runs until ctx ends. Then it unregisters the gateway, and the terminals that are
// registered with it.
func (s *Service) Serve(ctx context.Context) error {
	clock, stop := context.WithCancel(context.Background())
	defer stop()
	if s.server != nil {
		s.server.serve(clock)
		if s.group != nil {
			s.server.done.Go(func() { s.server.read(s.group, s.gk.Discover) })
		}
	}
	if s.agent != nil {
		s.agent.serve(clock)
		s.agent.do(s.client.Start)
	}
	close(s.ready)
	<-ctx.Done()
	s.farewell()
	stop()
	s.Close()
	return nil
}

// farewell says goodbye and waits a moment for the answers.
func (s *Service) farewell() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if s.agent != nil {
		s.agent.do(s.client.Close)
		s.agent.settle(ctx)
	}
	if s.server != nil {
		s.server.do(s.gk.Close)
		s.server.settle(ctx)
	}
}

// Close closes the sockets without a word. Serve does so too.
func (s *Service) Close() {
	if s.group != nil {
		_ = s.group.Close()
	}
	for _, k := range []*socket{s.server, s.agent} {
		if k != nil {
			k.close()
		}
	}
}

// Admit decides about a call: one to a terminal that is registered with us goes there,
// others are asked of the gatekeeper that we are registered with. The error is a
// *bridge.Refusal.
func (s *Service) Admit(ctx context.Context, a Admission) (Admitted, error) {
	if to, ok := s.registered(a); ok {
		return Admitted{Signal: to}, nil
	}
	if s.client == nil {
		if a.Answer || a.Signal.IsValid() {
			return Admitted{}, nil
		}
		return Admitted{}, refuse(bridge.CauseUnreachable, "no terminal of that name is registered")
	}
	return s.ask(ctx, a)
}

// ask asks the gatekeeper that we are registered with.
func (s *Service) ask(ctx context.Context, a Admission) (Admitted, error) {
	type outcome struct {
		Admitted
		err error
	}
	heard := make(chan outcome, 1)
	gone := false // under the lock of the agent
	s.agent.do(func(now time.Time) {
		s.client.Admit(now, a, func(d Admitted, err error) {
			if gone && err == nil {
				s.client.Released(s.client.now, a.CallID, true) // admitted too late
			}
			heard <- outcome{d, err}
		})
	})
	select {
	case o := <-heard:
		return o.Admitted, o.err
	case <-ctx.Done():
	}
	s.agent.do(func(now time.Time) {
		gone = true
		if len(heard) > 0 {
			s.client.Released(now, a.CallID, true)
		}
	})
	return Admitted{}, refuse(bridge.CauseCancelled, "the call was given up")
}

// registered finds where a call of ours goes that one of our terminals is called by.
func (s *Service) registered(a Admission) (netip.AddrPort, bool) {
	if s.gk == nil || a.Answer || a.Signal.IsValid() {
		return netip.AddrPort{}, false // who names an address means it
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	reach := a.Reach
	if reach == nil {
		reach = s.gk.reach("")
	}
	t := s.gk.table.find(reach, texts(a.To))
	if t == nil {
		return netip.AddrPort{}, false
	}
	return t.Signal[0], true
}

// Released tells the gatekeeper that a call is over. forced: by us.
func (s *Service) Released(a Admission, forced bool) {
	if s.client != nil {
		s.agent.do(func(now time.Time) { s.client.Released(now, a.CallID, forced) })
	}
}

// Terminals lists the terminals that are registered with our gatekeeper.
func (s *Service) Terminals() []Terminal {
	if s.gk == nil {
		return nil
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	return s.gk.Terminals()
}

// Forget unregisters the terminals that proved the password of a device that is gone, or has another now. Their calls
// go on.
func (s *Service) Forget(gone func(tenant, user, password string) bool) {
	if s.gk != nil {
		s.server.do(func(now time.Time) { s.gk.Forget(now, gone) })
	}
}

// At gives the terminal with an alias, whosever it is, that is heard or called at a host.
func (s *Service) At(alias string, host netip.Addr) (Terminal, bool) {
	if s.gk == nil {
		return Terminal{}, false
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	return s.gk.At(alias, host)
}

// Find gives the terminal that an alias leads to for who is no tenant's.
func (s *Service) Find(alias string) (Terminal, bool) {
	if s.gk == nil {
		return Terminal{}, false
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	return s.gk.Find(alias)
}

// HangUp tells a terminal that is registered with our gatekeeper to end its calls. It
// tells whether there are any.
func (s *Service) HangUp(alias string) (ok bool) {
	if s.gk != nil {
		s.server.do(func(now time.Time) { ok = s.gk.HangUp(now, alias) })
	}
	return ok
}

// Registration says where ours stands; ok is false when none is wanted.
func (s *Service) Registration() (st Status, ok bool) {
	if s.client == nil {
		return Status{}, false
	}
	s.agent.mu.Lock()
	defer s.agent.mu.Unlock()
	return s.client.Status(), true
}

// Stats gives the counters of our gatekeeper.
func (s *Service) Stats() Stats {
	if s.gk == nil {
		return Stats{}
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	return s.gk.Stats()
}
