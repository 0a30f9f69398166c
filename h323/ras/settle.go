package ras

import (
	"slices"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// settle enters a terminal, after those that hold its aliases were asked whether they
// still live. Who proved an alias takes it over: it moved to another address.
func (g *Gatekeeper) settle(in *incoming, t *terminal, id string) {
	old := g.table.same(t.RAS, id, t.Signal)
	if old != nil && old.User != "" && t.User == "" {
		g.reject(in, t.RAS, refuseSecurity, nil) // somebody else in its place
		return
	}
	if old != nil && old.Tenant != t.Tenant {
		if old.User == "" || old.RAS == t.RAS {
			g.forget(old, "it registered as another's")
		}
		old = nil
	}
	var silent []*terminal
	for _, a := range t.Aliases {
		holder := g.table.byAlias[t.holds(a)]
		if holder == nil || holder == old || slices.Contains(silent, holder) {
			continue
		}
		guarded := false
		if t.User != "" {
			_, guarded = g.password(t.Tenant, a)
		}
		if !guarded && g.now.Sub(holder.Seen) < fresh {
			g.duplicate(in, t, a)
			return
		}
		if !guarded {
			silent = append(silent, holder)
		}
	}
	if len(silent) == 0 {
		g.enter(in, t, old)
		return
	}
	g.answer(in, t.RAS, &h225.RasMessage{RequestInProgress: &h225.RequestInProgress{RequestSeqNum: in.seq,
		Delay: uint16(probeTime / time.Millisecond)}}, g.signer(t))
	holder := silent[0] // the others, if there are any, when this one is gone
	g.probe(holder, func(now time.Time, lives bool) {
		if lives {
			g.duplicate(in, t, holder.Aliases...)
			return
		}
		if t.User != "" && !g.current(t) {
			g.reject(in, t.RAS, refuseSecurity, g.signer(t))
			return
		}
		g.settle(in, t, id)
	})
}

// current tells whether the password that a terminal proved is still its device's.
func (g *Gatekeeper) current(t *terminal) bool {
	w, ok := g.password(t.Tenant, t.User)
	return ok && w == t.password
}

// duplicate rejects a registration that claims what others have.
func (g *Gatekeeper) duplicate(in *incoming, t *terminal, aliases ...string) {
	g.stats.Refused++
	var list []string
	for _, a := range aliases {
		if slices.ContainsFunc(t.Aliases, func(b string) bool { return key(a) == key(b) }) {
			list = append(list, a)
		}
	}
	g.log.Info("a terminal claims aliases of another", "from", in.from, "aliases", list)
	g.answer(in, t.RAS, &h225.RasMessage{RegistrationReject: &h225.RegistrationReject{RequestSeqNum: in.seq,
		ProtocolIdentifier: h225.Version, GatekeeperIdentifier: &g.cfg.ID,
		RejectReason: h225.RegistrationRejectReason{DuplicateAlias: aliasesOf(list)}}}, g.signer(t))
}

// enter registers a terminal, in place of the registration it had. Who waited for that
// one, or for others that give way, sees what is there now.
func (g *Gatekeeper) enter(in *incoming, t, old *terminal) {
	if old == nil && len(g.table.byID) >= g.cfg.MaxTerminals {
		g.reject(in, t.RAS, refuseFull, g.signer(t))
		return
	}
	news := old == nil
	var waiting []func(now time.Time, lives bool)
	if old != nil {
		t.ID, t.Since, t.calls = old.ID, old.Since, old.calls
		news = !slices.Equal(old.Aliases, t.Aliases) || old.RAS != t.RAS || !slices.Equal(old.Signal, t.Signal)
		g.table.remove(old)
		g.requests.drop(old.RAS) // what was asked of it before no longer counts
		waiting, old.waiting = old.waiting, nil
	} else {
		t.ID = identifier()
	}
	for _, a := range t.Aliases {
		if holder := g.table.byAlias[t.holds(a)]; holder != nil {
			waiting = append(waiting, holder.waiting...)
			holder.waiting = nil
			g.unregister(holder, "it registered at another address", h225.UnregRequestReason{TtlExpired: true})
		}
	}
	t.Expires = g.now.Add(t.ttl + graceTTL)
	g.requests.drop(t.RAS)
	g.table.add(t)
	if news {
		g.stats.Registered++
		g.log.Info("a terminal is registered", "aliases", t.Aliases, "at", t.Signal[0], "device", t.Maker+" "+t.Product, "user", t.User)
		g.cfg.Changed(t.public(), true, "registered")
	}
	g.answer(in, t.RAS, g.confirmed(in, t, t.Aliases), g.signer(t))
	for _, f := range waiting {
		f(g.now, false)
	}
}

// forget takes a terminal out of the table.
func (g *Gatekeeper) forget(t *terminal, reason string) {
	g.table.remove(t)
	g.requests.drop(t.RAS)
	g.replies.drop(t.RAS)
	g.log.Info("a terminal is gone", "aliases", t.Aliases, "at", t.RAS, "reason", reason)
	g.cfg.Changed(t.public(), false, reason)
	waiting := t.waiting
	t.waiting = nil
	for _, f := range waiting {
		f(g.now, false)
	}
}

// Forget unregisters the terminals that proved the password of a device that is gone, or has another now. Their calls
// go on.
func (g *Gatekeeper) Forget(now time.Time, gone func(tenant, user, password string) bool) {
	g.now = now
	for _, t := range g.table.byID {
		if t.User != "" && gone(t.Tenant, t.User, t.password) {
			g.unregister(t, "its device is gone or has another password", h225.UnregRequestReason{SecurityDenial: true})
		}
	}
}

// unregister tells a terminal that it is no longer registered, and forgets it.
func (g *Gatekeeper) unregister(t *terminal, reason string, told h225.UnregRequestReason) {
	g.forget(t, reason)
	g.ask(t, kindURQ, &h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{
		CallSignalAddress: []h225.TransportAddress{*h225.NewTransportAddress(t.Signal[0])}, EndpointIdentifier: &t.ID,
		GatekeeperIdentifier: &g.cfg.ID, Reason: &told,
	}}, func(time.Time, *h225.RasMessage) {})
}
