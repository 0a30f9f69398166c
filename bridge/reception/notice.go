package reception

import (
	"cmp"
	"errors"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// notice is the screen of now.
func (m *Machine) notice(now time.Time) bridge.Notice {
	w := m.words()
	n := bridge.Notice{Language: m.lang, Error: m.problem}
	room, _ := bridge.TenantOf(m.route.Room)
	switch m.state {
	case asksNumber:
		n.Title, n.Lines, n.Asks, n.Entry = cmp.Or(m.route.Greeting, w.welcome), []string{w.askNumber}, true, m.entry
		n.Footer = m.keys()
	case asksPIN:
		n.Title, n.Lines, n.Asks, n.Entry = room, []string{w.askPIN}, true, secret(m.entry)
		n.Footer = m.keys()
	case holds:
		n.Title, n.Lines, n.Waiting, n.Footer = room, []string{w.lobby, w.hold}, true, w.otherTongue
	case rests:
		n.Title, n.Lines, n.Error, n.Waiting, n.Footer = room, []string{w.rest, w.in(m.due.Sub(now))}, w.lockedOut, true, w.otherTongue
	case welcomes:
		n.Title, n.Lines, n.Footer = room, []string{cmp.Or(m.route.Greeting, w.welcome)}, w.skip
	case knocks:
		m.waiting(&n, room)
	case calls:
		n.Title, n.Lines, n.Waiting, n.Footer = m.route.Number, []string{w.calling}, true, w.otherTongue
	case parts, done:
		m.farewell(&n, room)
	}
	return n
}

// keys says what star and hash do.
func (m *Machine) keys() string {
	if m.entry == "" {
		return m.words().start
	}
	return m.words().keys
}

// waiting is the screen before the door.
func (m *Machine) waiting(n *bridge.Notice, room string) {
	w := m.words()
	n.Title, n.Lines, n.Waiting, n.Footer = room, []string{w.lobbyMore, w.lobby}, true, w.otherTongue
	if m.hostMay() {
		n.Footer = w.lobbyHost + " · " + w.otherTongue
	}
	if m.entry != "" {
		n.Entry, n.Footer = secret(m.entry), w.keys
	}
}

// farewell is the screen that says why the call goes nowhere.
func (m *Machine) farewell(n *bridge.Notice, room string) {
	w, no := m.words(), m.parting
	n.Title, n.Lines, n.Error = room, []string{w.goodbye}, ""
	if n.Title == "" {
		n.Title = w.refused
	}
	var locked waits
	switch {
	case errors.As(m.cause, &locked):
		d, _ := locked.Wait()
		n.Error, n.Lines = w.lockedOut, []string{w.in(d)}
	case m.tries >= pinTries && no.Cause == bridge.CauseForbidden:
		n.Error = w.wrongThrice
	case m.route.Dial != nil:
		n.Title, n.Error = m.route.Number, no.Reason
		if no.Cause == bridge.CauseNoAnswer {
			n.Error = w.unanswered
		}
	case m.numbers >= numberTries:
		n.Error = w.unknown
	case no.Cause == bridge.CauseCapacity:
		n.Error = w.full
	case no.Cause == bridge.CauseForbidden:
		n.Error = w.locked
	case no.Cause == bridge.CauseDeclined:
		n.Error = w.declined
	case no.Cause == bridge.CauseNoAnswer && m.shown:
		n.Error = w.unopened
	case no.Cause == bridge.CauseNoAnswer:
		n.Error = w.late
	case no.Cause == bridge.CauseNoRoute:
		n.Error = w.unknown
	case no.Cause == bridge.CauseEncryption:
		n.Error = w.encrypted
	default:
		n.Error = no.Reason
	}
}
