package sip

import (
	"context"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/registrar"
)

// registrations is the registrar between its lock and the network.
type registrations struct {
	e  *Endpoint
	mu sync.Mutex
	r  *registrar.Registrar[way]
}

// way is the way by which a terminal registered: a connection, or a UDP port,
// which is one for all.
type way struct{ socket }

// Alive implements registrar.Flow.
func (w way) Alive() bool { return flow{socket: w.socket}.alive() }

// Hold implements registrar.Flow.
func (w way) Hold(n int) { w.hold(n) }

func newRegistrations(e *Endpoint, c registrar.Config) *registrations {
	return &registrations{e: e, r: registrar.New[way](c)}
}

// register answers a REGISTER.
func (e *Endpoint) register(in *inbound) {
	switch {
	case e.reg == nil:
		refuseMethod(in)
	case e.isClosing():
		in.reply(503, sipgo.NewHeader("Retry-After", strconv.Itoa(retryAfter)))
	default:
		e.reg.answer(in, e.reg.register(in))
	}
}

func (s *registrations) register(in *inbound) registrar.Answer {
	req := in.req
	to := req.To().Address
	expires, _ := header(req, "Expires")
	q := registrar.Request[way]{
		URI: req.Recipient.String(), Scheme: to.Scheme, User: to.User, Host: trimBrackets(to.Host),
		CallID: string(*req.CallID()), Seq: req.CSeq().SeqNo,
		Contacts: append(values(req, "Contact"), values(req, "m")...), Expires: expires,
		Authorization: values(req, "Authorization"), Agent: device(req),
		Source: in.f.remote, Symmetric: req.Via().Params.Has("rport"), Transport: in.f.network(), Flow: way{in.f.socket},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Register(time.Now(), q)
}

// values gives the headers of a name as they are.
func values(m headerSource, name string) []string {
	var all []string
	for _, h := range m.GetHeaders(name) {
		all = append(all, strings.TrimSpace(h.Value()))
	}
	return all
}

// passes asks whether an invitation may make a call, and answers one that may not.
func (s *registrations) passes(in *inbound) bool {
	from := in.req.From().Address
	s.mu.Lock()
	who, a := s.r.Invite(time.Now(), registrar.Call[way]{
		URI: in.req.Recipient.String(), User: from.User, Host: trimBrackets(from.Host),
		Agent: device(in.req), Authorization: values(in.req, "Proxy-Authorization"), Source: in.f.remote, Flow: way{in.f.socket},
	})
	s.mu.Unlock()
	if in.who = who; a.Status == 0 {
		return true
	}
	if a.Status != 407 {
		s.e.stats.refused(a.Status)
	}
	s.answer(in, a)
	return false
}

// answer sends what the registrar decided, and tells what happened.
func (s *registrations) answer(in *inbound, a registrar.Answer) {
	s.log(a.Events)
	var h []sipgo.Header
	for _, x := range a.Header {
		h = append(h, sipgo.NewHeader(x.Name, x.Value))
	}
	if a.Reason != "" {
		h = append(h, warning(399, s.e.cfg.UserAgent, a.Reason))
	}
	in.reply(a.Status, h...)
}

// log tells operators what happened. Lines with "security" are security events.
func (s *registrations) log(events []registrar.Event) {
	for _, v := range events {
		user, device := clean(v.User, maxAlias), clean(v.Device, maxAlias)
		switch v.Kind {
		case registrar.Registered:
			s.e.log.Info("sip: terminal registered", "user", user, "device", device, "remote", v.Source.String(), "transport", v.Transport)
		case registrar.Gone:
			s.e.log.Info("sip: terminal no longer registered", "user", user, "device", device, "remote", v.Source.String())
		case registrar.Denied:
			s.e.log.Info("sip: credentials refused", "security", "denied", "user", user, "remote", v.Source.String(), "reason", v.Text)
		case registrar.Locked:
			s.e.log.Warn("sip: locked out after wrong passwords", "security", "lock-out", "what", v.Scope, "user", user,
				"remote", v.Source.String(), "failures", v.Failures, slog.Duration("for", v.For))
		case registrar.Ambiguous:
			s.e.log.Warn("sip: credentials refused", "security", "ambiguous", "user", user, "remote", v.Source.String(), "reason", v.Text)
		}
		if f := s.e.cfg.Security; f != nil && (v.Kind == registrar.Locked || v.Kind == registrar.Ambiguous) {
			v.User = user
			f(v)
		}
	}
}

const (
	sweepEvery = time.Second
	mostProbes = 500 // a sweep
)

// run forgets who is silent and asks who may be, until ctx ends.
func (s *registrations) run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.r.Clear()
			s.mu.Unlock()
			return
		case now := <-tick.C:
			s.mu.Lock()
			gone, due := s.r.Sweep(now), s.r.Due(now, mostProbes)
			s.mu.Unlock()
			s.log(gone)
			for i := range due {
				s.probe(&due[i])
			}
		}
	}
}

// probe asks a terminal whether it lives, and so keeps an address translator's
// way to it open. Any answer will do.
func (s *registrations) probe(b *registrar.Binding[way]) {
	uri, ok := addressURI("<" + b.Contact + ">")
	if !ok {
		return
	}
	f := flow{b.Flow.socket, b.Remote()}
	req := s.e.outgoingDialog(bridge.Target{}, uri, f).request(sipgo.OPTIONS)
	req.AppendHeader(sipgo.NewHeader("Accept", typeSDP))
	s.e.stamp(req, f)
	heard := func(answered bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.r.Probed(time.Now(), b, answered)
	}
	_, err := s.e.x.start(req, f, func(res *sipgo.Response, err error) {
		if err != nil || !res.IsProvisional() {
			heard(err == nil)
		}
	})
	if err != nil {
		heard(false)
	}
}

func (s *registrations) stats() registrar.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Stats()
}

// find gives the bindings of the terminal that a target means by a name.
func (s *registrations) find(t bridge.Target, name string) []registrar.Binding[way] {
	var tenants []string
	if f := s.e.cfg.Reach; f != nil {
		tenants = f(t)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Find(time.Now(), name, tenants...)
}

// named tells whether a target names a terminal and no host: "sip:NAME". What
// nobody is registered as is a host, if it looks like one.
func (s *registrations) named(t bridge.Target) (name string, ok bool) {
	if s == nil {
		return "", false
	}
	_, name, _ = strings.Cut(strings.TrimSpace(t.URI), ":")
	if strings.ContainsAny(name, "@;?") {
		return "", false
	}
	if u, err := url.PathUnescape(name); err == nil {
		name = u
	}
	return name, len(s.find(t, name)) > 0 || !strings.ContainsAny(name, ".:[") && name != "localhost"
}

// Check implements bridge.Checker: a terminal that is called by its name has to
// be registered.
func (e *Endpoint) Check(t bridge.Target) error {
	if name, ok := e.reg.named(t); ok && len(e.reg.find(t, name)) == 0 {
		return notRegistered(name)
	}
	return nil
}

func notRegistered(name string) error {
	return &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: "no terminal is registered as " + strconv.Quote(clean(name, maxAlias))}
}

// aim finds the way to a registered terminal: the best of its contacts that can
// be reached.
func (s *registrations) aim(ctx context.Context, t bridge.Target, name string) (aim, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	bindings := s.find(t, name)
	if len(bindings) == 0 {
		return aim{}, notRegistered(name)
	}
	why := "its connection is gone"
	for i := range bindings {
		b := &bindings[i]
		uri, ok := addressURI("<" + b.Contact + ">")
		if !ok {
			continue
		}
		if t.Scheme == "sips" && b.Transport != "tls" {
			why = "it is not registered by TLS"
			continue
		}
		if f, err := s.way(ctx, b, uri); err == nil {
			return aim{uri, f}, nil
		}
	}
	return aim{}, &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: "the terminal " + strconv.Quote(name) + " cannot be reached: " + why}
}

// way is the connection that a terminal registered on while that lives, and else
// what its Contact says if it is there; by UDP the port that it is heard from.
func (s *registrations) way(ctx context.Context, b *registrar.Binding[way], uri sipgo.Uri) (flow, error) {
	switch {
	case b.Transport != "udp" && b.Flow.Alive():
		return flow{b.Flow.socket, b.Source}, nil
	case b.Transport == "udp" && !(b.Elsewhere() && b.Direct()):
		return flow{b.Flow.socket, b.Remote()}, nil
	case b.Transport != "udp" && !b.Redial():
		return flow{}, errClosed
	}
	return s.e.reach(ctx, uri)
}

var _ bridge.Checker = (*Endpoint)(nil)
