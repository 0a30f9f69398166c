package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/sip"
	"github.com/roombridge/roombridge/web"
)

// This file looks after trunks: whether they answer, and whether we are registered with them.

const (
	trunkPace = 30 * time.Second // between two looks at a trunk
	trunkTime = 10 * time.Second // for its answer
)

// trunkState is how a trunk stands.
type trunkState struct {
	known      bool // it was asked, or registered with
	answers    bool // the last time that it was asked
	answered   bool // once
	registered sip.RegistrationStatus
	renewed    time.Time // the registration, last
	silence    string    // why it does not answer

	up    bool
	since time.Time
	why   string // it is down, or was the last time
}

// judge says whether a trunk is up. One that wants a registration is while we are registered; that it answers
// nobody's OPTIONS is held against it only where it once did, or where there is no registration.
func (s *trunkState) judge(t *trunk) (up bool, why string) {
	asked := t.Probe != "off"
	switch {
	case t.Register.On && !s.registered.Registered:
		return false, or(s.registered.Reason, "not registered yet")
	case asked && !s.answers && (s.answered || !t.Register.On):
		return false, or(s.silence, "not asked yet")
	}
	return true, ""
}

// ask takes the outcome of asking the trunk by OPTIONS. What it has renewed since then says more than silence.
func (s *trunkState) ask(err error, began time.Time) {
	if err != nil && s.renewed.After(began) {
		return
	}
	switch s.silence = ""; {
	case errors.Is(err, context.DeadlineExceeded):
		s.silence = "it does not answer"
	case err != nil:
		s.silence = "it does not answer: " + err.Error()
	}
	s.answers, s.answered = err == nil, s.answered || err == nil
}

// register takes what became of a registration. A trunk that renews it is there.
func (s *trunkState) register(now sip.RegistrationStatus, at time.Time) {
	if now.Registered && now.Expires.After(s.registered.Expires) {
		s.renewed, s.answers = at, true
	}
	s.registered = now
}

// usable tells whether calls are tried through the trunk: it is up, or nobody knows yet.
func (t *trunk) usable() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	up, _ := t.state.judge(t)
	return up || !t.state.known && !t.Register.On
}

func (t *trunk) why() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, why := t.state.judge(t)
	return why
}

// note changes what is known of a trunk, and tells operators when it comes up or goes down, or another reason
// keeps it down.
func (g *Gateway) note(t *trunk, change func(s *trunkState)) {
	now := time.Now()
	t.mu.Lock()
	s := &t.state
	first := !s.known
	if change(s); t.Register.On && s.registered.Since.IsZero() { // nothing is decided before the first attempt
		t.mu.Unlock()
		return
	}
	s.known = true
	up, why := s.judge(t)
	turned := first || up != s.up
	other := !up && why != s.why
	if turned {
		s.since = now
	}
	if s.up = up; !up {
		s.why = why
	}
	t.mu.Unlock()
	switch {
	case g.readiness() != nil: // going down is no news
	case turned && up:
		g.log.Info("trunk is up", "trunk", t.Name, "registered", t.Register.On)
		g.trunkEvent(t, now, "trunk.up", fmt.Sprintf("the trunk %s is up", t.Name), "")
	case turned || other:
		g.log.Warn("trunk is down", "trunk", t.Name, "reason", why)
		if turned {
			g.trunkEvent(t, now, "trunk.down", fmt.Sprintf("the trunk %s is down: %s", t.Name, why), why)
		}
	}
}

// trunkEvent writes down that a trunk came up or went down.
func (g *Gateway) trunkEvent(t *trunk, at time.Time, kind, text, why string) {
	v := store.NewEvent(at, kind, text)
	v.Data = map[string]string{"trunk": t.Name}
	if why != "" {
		v.Data["reason"] = why
	}
	g.kept.records.event(g.ownerOf(t.Name), v)
}

// openTrunks prepares the registrations, which tend keeps.
func (g *Gateway) openTrunks() error {
	for _, t := range g.trunks {
		if !t.Register.On {
			continue
		}
		host, port, err := t.Registrar()
		if err != nil {
			return err
		}
		proxy, proxyPort, err := t.Proxy()
		if err != nil {
			return err
		}
		user, domain := t.Registered()
		t.reg, err = g.sip.Registrant(sip.RegistrantConfig{
			Trunk: t.Name, Registrar: registrarURI(host, port), Proxy: t.at("", proxy, proxyPort), Address: "sip:" + user + "@" + bracketed(domain),
			Expires: t.Register.Expires,
			Changed: func(now sip.RegistrationStatus) { g.note(t, func(s *trunkState) { s.register(now, time.Now()) }) },
		})
		if err != nil {
			return fmt.Errorf("trunk %s: %w", t.Name, err)
		}
	}
	return nil
}

func registrarURI(host string, port uint16) string {
	if port == 0 {
		return "sip:" + bracketed(host)
	}
	return "sip:" + net.JoinHostPort(host, fmt.Sprint(port))
}

// tend looks after the trunks, until the function it gives is called: where they are, whether they answer, and
// that we are registered. Registrations end with the SIP front-end, which still has a way to say so.
func (g *Gateway) tend() func() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, t := range g.trunks {
		wg.Go(func() { g.attendTo(ctx, t) })
		if t.reg != nil {
			wg.Go(func() { t.reg.Run(ctx) })
		}
	}
	return func() { cancel(); wg.Wait() }
}

// attendTo looks at a trunk again and again.
func (g *Gateway) attendTo(ctx context.Context, t *trunk) {
	tick := time.NewTicker(trunkPace)
	defer tick.Stop()
	for {
		g.look(ctx, t)
		select {
		case <-ctx.Done():
			return
		case <-g.stopping:
			return
		case <-tick.C:
		}
	}
}

func (g *Gateway) look(ctx context.Context, t *trunk) {
	t.locate(ctx)
	ctx, cancel := context.WithTimeout(ctx, trunkTime)
	defer cancel()
	if t.Probe == "off" {
		if t.reg == nil {
			g.note(t, func(*trunkState) {})
		}
		return
	}
	began := time.Now()
	err := g.sip.Ping(ctx, t.uri(""))
	if ctx.Err() == context.Canceled { //nolint:errorlint // the context's own
		return
	}
	back := false
	g.note(t, func(s *trunkState) {
		back = s.answered && !s.answers && err == nil
		s.ask(err, began)
	})
	if back && t.reg != nil {
		t.reg.Hurry() // what was silent may have forgotten us
	}
}

// locate finds the addresses of the trunk's hosts.
func (t *trunk) locate(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, trunkTime)
	defer cancel()
	hosts := []string{t.host}
	if t.Register.On {
		for _, f := range []func() (string, uint16, error){t.Registrar, t.Proxy} {
			if host, _, err := f(); err == nil && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
	}
	var all []netip.Addr
	for _, host := range hosts {
		if a, err := netip.ParseAddr(host); err == nil {
			all = append(all, a.Unmap())
			continue
		}
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			all = append(all, *t.addrs.Load()...) // what it was known by stays
		}
		for _, a := range found {
			all = append(all, a.Unmap())
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	all = slices.Compact(all)
	t.addrs.Store(&all)
}

// listTrunks is the trunks of a tenant, or all where it is "".
func (g *Gateway) listTrunks(tenant string) []web.Trunk {
	list := []web.Trunk{}
	for _, t := range g.trunks {
		owner := g.ownerOf(t.Name)
		if tenant != "" && owner != tenant {
			continue
		}
		list = append(list, t.shown(owner))
	}
	return list
}

func (t *trunk) shown(owner string) web.Trunk {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state
	v := web.Trunk{
		Name: t.Name, Tenant: owner, Address: t.Address, Transport: or(t.Transport, "udp"), Prefixes: append([]string{}, t.Prefixes...),
		Up: s.known && s.up, Registers: t.Register.On, Registered: s.registered.Registered, Since: s.since.UTC(), LastError: s.why,
		Failures: s.registered.Failures,
	}
	if s.registered.Registered {
		v.Expires = s.registered.Expires.UTC()
		v.LastError = or(s.registered.Reason, v.LastError)
	}
	return v
}
