package room

import (
	"slices"

	"github.com/roombridge/roombridge/bridge"
)

// This file is what hosts and administrators do to a room and who is in it.

// lead does something to a room that lives, with its mutex held.
func (e *Engine) lead(name string, do func(r *room) bool) bool {
	e.mu.Lock()
	en := e.rooms[name]
	e.mu.Unlock()
	if en == nil {
		return false
	}
	r := en.room
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.ended && do(r)
}

// Mute implements bridge.Chair.
func (e *Engine) Mute(name, participant string, muted bool) bool {
	return e.lead(name, func(r *room) bool { return r.silence(participant, muted) })
}

// Remove implements bridge.Chair.
func (e *Engine) Remove(name, participant, reason string) bool {
	return e.lead(name, func(r *room) bool { return r.remove(participant, reason) })
}

// SetRole implements bridge.Chair. Who may say so to the API may call terminals there, too.
func (e *Engine) SetRole(name, participant string, role bridge.Role) (known bool, err error) {
	e.lead(name, func(r *room) bool {
		p := r.find(participant)
		switch known = p != nil; {
		case p == nil:
		case role == bridge.RoleHost:
			err = r.appoint(p, true)
		default:
			err = r.resign(p)
		}
		return known
	})
	if err != nil {
		err = &bridge.Refusal{Cause: bridge.CauseDeclined, Reason: err.Error()}
	}
	return known, err
}

// SetEntry implements bridge.Chair.
func (e *Engine) SetEntry(name string, en bridge.Entry) bool {
	return e.lead(name, func(r *room) bool { return r.setEntry(en) })
}

// Decide implements bridge.Chair.
func (e *Engine) Decide(name, waiting string, admit bool) bool {
	return e.lead(name, func(r *room) bool { return r.decide(waiting, admit) })
}

// EndRoom implements bridge.Chair.
func (e *Engine) EndRoom(name, reason string) bool {
	return e.lead(name, func(r *room) bool { return r.finish(reason) })
}

var _ bridge.Chair = (*Engine)(nil)

// silence keeps the sound of a participant, or of all who do not lead, from
// everybody, or lets it be heard again.
func (r *room) silence(id string, muted bool) bool {
	found := false
	for _, p := range r.people {
		if p.id != id && (id != "" || p.role == bridge.RoleHost) {
			continue
		}
		found = true
		p.hush(muted)
		r.log.Info("silenced", "participant", p.id, "call", p.callID, "silenced", muted)
	}
	r.wake()
	return found || id == ""
}

// hush silences a participant, who is told, or takes it back.
func (p *participant) hush(on bool) {
	if p.silenced == on {
		return
	}
	p.silenced = on
	p.voice()
	if p.visitor != nil {
		p.visitor.say(silenceMsg{"silence", on})
	}
}

// heard tells whether others hear the participant.
func (p *participant) heard() bool { return p.audio && !p.silenced }

// voice turns the microphones as the participant is heard.
func (p *participant) voice() {
	switch {
	case p.visitor != nil && p.mic != nil:
		p.mic.turn(p.heard())
	case p.seat != nil && p.seat.listener != nil:
		p.seat.listener.turn(p.heard())
	}
}

// remove sends a participant away, on a goroutine of its own.
func (r *room) remove(id, reason string) bool {
	p := r.find(id)
	if p == nil {
		return false
	}
	r.log.Info("removed", "participant", p.id, "call", p.callID, "reason", reason)
	go p.part("removed", reason)
	return true
}

// part sends a participant away with a reason. It is called without locks.
func (p *participant) part(code, reason string) {
	switch {
	case p.visitor != nil:
		p.visitor.leave(newBye(code, reason))
	case p.seat.room.cfg.Hangup != nil:
		p.seat.room.cfg.Hangup(p.callID, reason)
	default:
		p.seat.Leave()
	}
}

// setEntry says who gets in from now on. Nobody who waits is turned away by it.
func (r *room) setEntry(en bridge.Entry) bool {
	if !knownEntry(en) {
		return false
	}
	if r.entry != en {
		r.entry = en
		r.log.Info("entry", "entry", en)
		r.reconsider()
		r.wake()
	}
	return true
}

// decide lets one who waits in, or all.
func (r *room) decide(id string, admit bool) bool {
	var answer error
	if !admit {
		answer = refusedByHost
	}
	return r.settle(answer, func(w *waiter) bool { return id == "" || w.guest.ID == id }) > 0 || id == ""
}

// finish sends everybody away and takes nobody in.
func (r *room) finish(reason string) bool {
	if r.dismissed != nil {
		return true
	}
	r.log.Info("meeting ended for all", "reason", reason)
	r.dismissed = &bridge.Refusal{Cause: bridge.CauseRemoved, Reason: reason}
	go r.dismiss("ended", r.dismissed)
	return true
}

// hosts counts who lead.
func (r *room) hosts() int {
	n := 0
	for _, p := range r.people {
		if p.role == bridge.RoleHost {
			n++
		}
	}
	return n
}

// succeed finds somebody to lead where nobody does.
func (r *room) succeed() {
	if i := heir(r.standings()); i >= 0 {
		r.promote(r.people[i])
	}
}

func (r *room) standings() []standing {
	list := make([]standing, len(r.people))
	for i, p := range r.people {
		list[i] = standing{role: p.role, claims: p.claims, here: p.visitor != nil && p.visitor.conn != nil}
	}
	return list
}

// appoint makes somebody at a page a host, as one who typed the PIN if proven.
func (r *room) appoint(p *participant, proven bool) error {
	if p.visitor == nil {
		return errNotPage
	}
	p.proven = p.proven || proven
	if p.role != bridge.RoleHost {
		r.promote(p)
	}
	r.wake()
	return nil
}

// resign makes a host at a page a guest. Where pages choose their hosts themselves somebody follows, and
// the last one stays.
func (r *room) resign(p *participant) error {
	if p.visitor == nil {
		return errNotPage
	}
	if p.role != bridge.RoleHost {
		return nil
	}
	list := r.standings()
	list[slices.Index(r.people, p)] = standing{}
	next := heir(list)
	leads := func(s standing) bool { return s.role == bridge.RoleHost }
	if p.claims && next < 0 && !slices.ContainsFunc(list, leads) {
		return errLastHost
	}
	p.role, p.proven = bridge.RoleGuest, false
	r.log.Info("leads no longer", "participant", p.id)
	if next >= 0 {
		r.promote(r.people[next])
	}
	r.wake()
	return nil
}

// promote makes a participant a host.
func (r *room) promote(p *participant) {
	p.role = bridge.RoleHost
	r.log.Info("leads", "participant", p.id, "call", p.callID)
	r.reconsider()
	r.wake()
}

// full tells whether there is no place for one more whose route bounds the room. Who is on
// the way in has one, and bounds the room by their own route.
func (r *room) full(capacity int) bool {
	most := least(least(r.cfg.MaxParticipants, r.capacity), capacity)
	for _, w := range r.granted {
		most = least(most, w.guest.Capacity)
	}
	return len(r.people)+len(r.granted) >= most
}

// adjourn forgets how a meeting was led when nobody is left of it but who waits, or is on the way in.
func (r *room) adjourn() {
	if !r.met || len(r.people)+len(r.granted) > 0 {
		return
	}
	r.met, r.entry, r.capacity, r.layout = false, bridge.EntryOpen, 0, bridge.LayoutAuto
	r.reconsider()
}
