package room

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/roombridge/roombridge/bridge"
)

// This file is what a page's messages do that lead the room.

var (
	errNotHost  = errors.New("only a host may do this")
	errNobody   = errors.New("nobody of that id is here")
	errNoEntry  = errors.New("the entry is open, lobby or locked")
	errNoLayout = errors.New("there is no such layout")
	errOneself  = errors.New("who wants to leave says leave")
	errNoRole   = errors.New("others are made hosts, and who is one gives it up themselves")
	errNotPage  = errors.New("only people at the meeting page lead")
	errLastHost = errors.New("nobody else is there who could lead")
)

// leading are the messages of hosts.
var leading = map[string]func(v *visitor, m request) error{
	"mute":   (*visitor).muteOther,
	"remove": (*visitor).removeOther,
	"role":   (*visitor).chooseRole,
	"entry":  (*visitor).chooseEntry,
	"admit":  (*visitor).admit,
	"layout": (*visitor).chooseLayout,
	"dial":   func(v *visitor, m request) error { return v.dialOut(m.Target) },
	"end":    (*visitor).endAll,
}

// lead does what a host asks. It refuses everybody else.
func (v *visitor) lead(m request) error {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.role != bridge.RoleHost {
		return errNotHost
	}
	return leading[m.Type](v, m)
}

func (v *visitor) muteOther(m request) error {
	return found(v.room.silence(m.Participant, m.Muted))
}

func (v *visitor) removeOther(m request) error {
	if m.Participant == v.id {
		return errOneself
	}
	return found(v.room.remove(m.Participant, "removed by "+v.name))
}

// chooseRole makes somebody else a host who may do what this one may, or gives the lead up.
func (v *visitor) chooseRole(m request) error {
	p := v.room.find(m.Participant)
	switch {
	case p == nil:
		return errNobody
	case m.Role == bridge.RoleHost.String() && p.id != v.id:
		return v.room.appoint(p, v.proven)
	case m.Role == bridge.RoleGuest.String() && p.id == v.id:
		return v.room.resign(p)
	}
	return errNoRole
}

func (v *visitor) admit(m request) error {
	return found(v.room.decide(m.Waiting, m.Admit))
}

func found(ok bool) error {
	if !ok {
		return errNobody
	}
	return nil
}

func (v *visitor) chooseEntry(m request) error {
	if !v.room.setEntry(m.Entry) {
		return errNoEntry
	}
	return nil
}

func (v *visitor) chooseLayout(m request) error {
	if !slices.Contains(bridge.Layouts, m.Layout) {
		return errNoLayout
	}
	v.room.setLayout(m.Layout)
	return nil
}

func (v *visitor) endAll(request) error {
	v.room.finish("the meeting was ended by " + v.name)
	return nil
}

// claim takes the PIN of a host from somebody who is in already.
func (v *visitor) claim(pin string) error {
	r := v.room
	r.mu.Lock()
	asked := v.route.HostPIN && v.role != bridge.RoleHost && pin != ""
	tired := asked && v.tries == 0
	if asked && !tired {
		v.tries--
	}
	r.mu.Unlock()
	if tired {
		return errTooMany
	}
	if !asked {
		return nil
	}
	role, err := v.engine.opens(v.route, v.client, pin)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		return err
	case v.left:
	case role == bridge.RoleHost:
		v.proven = true
		r.promote(v.participant)
	default:
		v.say(doorMsg{Type: "door", Asks: "pin", Wrong: true, Tries: v.tries})
	}
	return nil
}

// informRoom tells how the room is led, and hosts who waits, if the page does not know.
func (v *visitor) informRoom() {
	r := v.room
	if v.conn == nil {
		return
	}
	leads := v.role == bridge.RoleHost
	st := stateMsg{Type: "room", Entry: r.entry, Layout: r.layout, HostPIN: v.route.HostPIN && !leads, Dial: v.dialling()}
	if st != v.sent.room {
		v.sent.room = st
		v.say(st)
	}
	w := waitingMsg{Type: "waiting", List: []waitingOne{}}
	if leads {
		for _, g := range r.guests() {
			w.List = append(w.List, waitingOne{ID: g.ID, Name: g.Name, Kind: g.Kind, Number: g.Number, Since: g.Since})
		}
	}
	if v.sent.waiting == "" && len(w.List) == 0 {
		return
	}
	b, err := json.Marshal(w)
	if err != nil || string(b) == v.sent.waiting {
		return
	}
	v.sent.waiting = string(b)
	v.post(b)
}
