package sip

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// RegistrantConfig is a registration of ours at a trunk.
type RegistrantConfig struct {
	Trunk     string        // whose password proves us, and whose calls come by this way
	Registrar string        // sip:HOST[:PORT]
	Proxy     string        // sip:HOST[:PORT];transport=…, where requests are sent
	Address   string        // sip:USER@HOST, what is registered
	Expires   time.Duration // asked for; 0 is an hour
	Changed   func(RegistrationStatus)
}

// Registrant keeps one address of ours registered at a registrar, over UDP or over one connection, which calls
// use in both directions.
type Registrant struct {
	e        *Endpoint
	cfg      RegistrantConfig
	proxy    sipgo.Uri
	dlg      *dialog // its Call-ID and numbers are those of all our requests (RFC 3261 10.2)
	line     string
	attempts int
	hurry    chan struct{}

	mu      sync.Mutex
	g       *enrolment
	f       flow
	contact sipgo.Uri
}

// Registrant makes a registration, which Run keeps.
func (e *Endpoint) Registrant(cfg RegistrantConfig) (*Registrant, error) {
	var uris [3]sipgo.Uri
	for i, text := range []string{cfg.Registrar, cfg.Proxy, cfg.Address} {
		var err error
		if uris[i], err = targetURI(text); err != nil {
			return nil, err
		}
	}
	if cfg.Changed == nil {
		cfg.Changed = func(RegistrationStatus) {}
	}
	self := party{"", uris[2]}
	mark := sha256.Sum256([]byte(cfg.Trunk + "\x00" + cfg.Address)) // the same after a restart: it takes the place of what is registered yet
	return &Registrant{
		e: e, cfg: cfg, proxy: uris[1], line: hex.EncodeToString(mark[:8]),
		dlg:   newUACDialog(sipgo.GenerateTagN(24), newTag(), self, self, uris[0], firstCSeq()),
		hurry: make(chan struct{}, 1), g: newEnrolment(cfg.Expires, rand.Float64),
	}, nil
}

// Hurry tries again at once, where the registrar was silent and is no longer.
func (r *Registrant) Hurry() {
	select {
	case r.hurry <- struct{}{}:
	default:
	}
}

// Status tells how the registration stands.
func (r *Registrant) Status() RegistrationStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.g.status
}

// Run registers until ctx ends or the endpoint goes down, then unregisters, within Config.Goodbye.
func (r *Registrant) Run(ctx context.Context) {
	if !r.e.enrol(r) {
		return
	}
	defer r.e.dismiss(r)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(r.e.leaving, cancel)
	defer stop()
	for ctx.Err() == nil {
		if r.step((*enrolment).due) {
			r.try(ctx, r.g.begin())
		} else {
			r.rest(ctx)
		}
		r.settle(ctx)
	}
	r.farewell()
}

// settle lets the way go where we are not registered. In an attempt that was broken off we may be.
func (r *Registrant) settle(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() == nil && !r.g.status.Registered {
		r.take(flow{})
	}
}

// step has the state machine do something, and tells what changed by it.
func (r *Registrant) step(do func(g *enrolment, now time.Time) bool) bool {
	r.mu.Lock()
	before := r.g.status
	now := time.Now()
	r.g.look(now)
	did := do(r.g, now)
	after := r.g.status
	r.mu.Unlock()
	if after != before {
		r.cfg.Changed(after)
	}
	return did
}

// rest waits until there is something to do.
func (r *Registrant) rest(ctx context.Context) {
	r.mu.Lock()
	wait, f := time.Until(r.g.deadline()), r.f
	r.mu.Unlock()
	var broken <-chan struct{}
	if f.valid() {
		broken = f.done()
	}
	timer := time.NewTimer(max(wait, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-broken:
		r.step(func(g *enrolment, now time.Time) bool { g.lost(now); return true })
	case <-r.hurry:
		r.step(func(g *enrolment, now time.Time) bool { g.hurry(now); return true })
	case <-timer.C:
		r.step(func(*enrolment, time.Time) bool { return true })
	}
}

// farewell unregisters what is registered, or may be.
func (r *Registrant) farewell() {
	r.mu.Lock()
	wanted := r.f.alive()
	r.mu.Unlock()
	if !wanted {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.e.cfg.Goodbye)
	defer cancel()
	r.try(ctx, attempt{})
	r.mu.Lock()
	r.take(flow{})
	r.mu.Unlock()
}

// try makes one attempt: a request, and as many again as the registrar's answers ask for.
func (r *Registrant) try(ctx context.Context, a attempt) {
	f, err := r.reach(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.hear(&a, verdict{reason: "the registrar cannot be reached: " + err.Error()})
		}
		return
	}
	var proof sipgo.Header
	for again := true; again; {
		req, contact := r.request(f, a.expires, proof)
		res, err := r.ask(ctx, req, f)
		if ctx.Err() != nil {
			return
		}
		v := verdict{reason: "the registrar does not answer"}
		switch {
		case errors.Is(err, errClosed):
			v.reason = "the connection to the registrar broke"
		case err != nil:
			f.abandon()
		}
		proof = nil
		if err == nil {
			v = verdictOf(res, contact, a.expires)
			if v.status == 401 || v.status == 407 {
				proof, v.challenge = r.prove(req, res)
			}
		}
		again = r.hear(&a, v)
	}
}

func (r *Registrant) hear(a *attempt, v verdict) (again bool) {
	return r.step(func(g *enrolment, now time.Time) bool { return g.heard(now, a, v) })
}

// reach finds the way to the registrar: the one that we have, while it lives; else each of its addresses in turn.
func (r *Registrant) reach(ctx context.Context) (flow, error) {
	r.mu.Lock()
	f := r.f
	r.mu.Unlock()
	if f.alive() && r.g.failed == 0 {
		return f, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	proto, _ := protocolOf(r.proxy)
	addrs, err := r.e.resolve(ctx, r.proxy, proto)
	if err != nil {
		return flow{}, err
	}
	n := r.attempts % len(addrs)
	if f, err = r.e.reachAny(ctx, proto, append(addrs[n:len(addrs):len(addrs)], addrs[:n]...), trimBrackets(r.proxy.Host)); err != nil {
		return flow{}, err
	}
	r.attempts++
	r.mu.Lock()
	r.take(f)
	r.mu.Unlock()
	return f, nil
}

// take keeps the way by which we are registered open. mu is held.
func (r *Registrant) take(f flow) {
	if f.valid() {
		f.hold(1)
	}
	if r.f.valid() {
		r.f.hold(-1)
	}
	r.f = f
}

// request is a REGISTER (RFC 3261 10.2). The contact is where the registrar calls us.
func (r *Registrant) request(f flow, expires time.Duration, proof sipgo.Header) (*sipgo.Request, sipgo.Uri) {
	host, port := r.e.sentBy(f)
	contact := sipgo.Uri{Scheme: "sip", User: r.dlg.local.uri.User, Host: host, Port: int(port)}
	if f.network() != "udp" {
		contact.UriParams.Add("transport", f.network())
	}
	contact.UriParams.Add(lineParam, r.line)
	r.mu.Lock()
	r.contact = contact
	r.mu.Unlock()
	req := r.dlg.request(sipgo.REGISTER)
	h := &sipgo.ContactHeader{Address: contact}
	h.Params.Add("expires", seconds(expires))
	req.AppendHeader(h)
	req.AppendHeader(sipgo.NewHeader("Expires", seconds(expires)))
	req.AppendHeader(sipgo.NewHeader("Allow", allows))
	req.AppendHeader(sipgo.NewHeader("Supported", supports))
	if proof != nil {
		req.AppendHeader(proof)
	}
	r.e.stamp(req, f)
	return req, contact
}

// prove answers a challenge with the trunk's password.
func (r *Registrant) prove(req *sipgo.Request, res *sipgo.Response) (sipgo.Header, bool) {
	if r.e.cfg.Credentials == nil {
		return nil, false
	}
	return authorize(req, res, bridge.Target{Trunk: r.cfg.Trunk}, r.e.cfg.Credentials)
}

// ask sends a request and waits for its final answer. Meanwhile the registration may run out.
func (r *Registrant) ask(ctx context.Context, req *sipgo.Request, f flow) (*sipgo.Response, error) {
	ch, stop, err := r.e.ask(req, f)
	if err != nil {
		return nil, err
	}
	ends := time.NewTimer(time.Hour)
	defer ends.Stop()
	if s := r.Status(); s.Registered {
		ends.Reset(time.Until(s.Expires))
	}
	for {
		select {
		case a := <-ch:
			return a.res, a.err
		case <-ctx.Done():
			stop()
			return nil, ctx.Err()
		case <-ends.C:
			r.step(func(*enrolment, time.Time) bool { return true })
		}
	}
}

// by tells how well an invitation fits the registration: it comes from where we are registered, and is for our contact.
func (r *Registrant) by(in *inbound) (from, ours bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.f.valid() || !r.g.status.Registered {
		return false, false
	}
	from = r.f.network() == in.f.network() && r.f.remote == in.f.remote && (!in.f.reliable() || r.f.socket == in.f.socket)
	to := in.req.Recipient
	line, marked := to.UriParams.Get(lineParam)
	return from, marked && line == r.line || !marked && to.User == r.contact.User
}

// way is the way of calls through the trunk, if they go to where we are registered.
func (r *Registrant) way(uri sipgo.Uri) (flow, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	proto, _ := protocolOf(uri)
	own, _ := protocolOf(r.proxy)
	same := proto == own && strings.EqualFold(uri.Host, r.proxy.Host) && uri.Port == r.proxy.Port
	return r.f, same && r.g.status.Registered && r.f.alive()
}
