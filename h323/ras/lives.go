package ras

import (
	"time"

	"github.com/roombridge/roombridge/h323/h225"
)

// maxWaiting bounds those that wait for a silent terminal.
const maxWaiting = 8

// Expire does what is due. Terminals that said nothing for their time to live are asked
// whether they live before they are forgotten: those of version 1 know no time to live.
func (g *Gatekeeper) Expire(now time.Time) {
	g.now = now
	g.requests.expire(now)
	for _, t := range g.overdue(now) {
		g.probe(t, func(time.Time, bool) {})
	}
}

func (g *Gatekeeper) overdue(now time.Time) (list []*terminal) {
	for _, t := range g.table.byID {
		if !t.probing && !now.Before(t.Expires) {
			list = append(list, t)
		}
	}
	return list
}

// Deadline is when Expire has something to do; zero is never.
func (g *Gatekeeper) Deadline() time.Time {
	d := g.requests.deadline()
	for _, t := range g.table.byID {
		if !t.probing {
			d = earlier(d, t.Expires)
		}
	}
	return d
}

// probe asks a terminal whether it lives, by an IRQ (H.225.0 7.15). One that does not
// answer is forgotten before done hears of it.
func (g *Gatekeeper) probe(t *terminal, done func(now time.Time, lives bool)) {
	if len(t.waiting) >= maxWaiting {
		done(g.now, true)
		return
	}
	t.waiting = append(t.waiting, done)
	if t.probing {
		return
	}
	t.probing = true
	g.ask(t, kindIRQ, &h225.RasMessage{InfoRequest: &h225.InfoRequest{}}, func(now time.Time, m *h225.RasMessage) {
		t.probing = false
		if m == nil {
			g.unregister(t, "it does not answer any more", h225.UnregRequestReason{TtlExpired: true})
			return
		}
		g.heard(t)
		waiting := t.waiting
		t.waiting = nil
		for _, f := range waiting {
			f(now, true)
		}
	})
}

// Close tells every terminal that the gatekeeper goes away (H.225.0 7.10): they look for
// it again later. Until then nothing is answered any more: H.323Plus registers again in
// the moment that it hears of it.
func (g *Gatekeeper) Close(now time.Time) {
	g.now, g.closed = now, true
	for _, t := range g.table.byID {
		g.unregister(t, "the gatekeeper is going down", h225.UnregRequestReason{UndefinedReason: true})
	}
}

// HangUp tells a terminal to end its calls (H.225.0 7.13). It tells whether there are any.
func (g *Gatekeeper) HangUp(now time.Time, alias string) bool {
	g.now = now
	t := g.table.find(g.reach(""), []string{clean(alias, maxAlias)})
	if t == nil || len(t.calls) == 0 {
		return false
	}
	for k, c := range t.calls {
		g.ask(t, kindDRQ, &h225.RasMessage{DisengageRequest: &h225.DisengageRequest{EndpointIdentifier: t.ID, ConferenceID: c.conference,
			CallReferenceValue: c.reference, DisengageReason: h225.DisengageReason{ForcedDrop: true}, CallIdentifier: c.id,
			GatekeeperIdentifier: &g.cfg.ID, AnsweredCall: &k.answer}}, func(time.Time, *h225.RasMessage) {})
		delete(t.calls, k)
	}
	return true
}
