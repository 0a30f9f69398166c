package reception

import (
	"errors"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// submit takes what was typed.
func (m *Machine) submit(now time.Time) {
	typed := m.entry
	switch {
	case m.state == asksNumber:
		m.do(Find{typed})
	case len(typed) < minPIN:
		m.entry, m.problem, m.keyed = "", m.words().shortPIN, now
		m.show(now)
		m.speak(now, voices.ShortPIN)
	default:
		m.do(Enter{m.route, typed})
	}
}

// Found takes what a number leads to.
func (m *Machine) Found(now time.Time, r bridge.Route, err error) []Action {
	if m.state != asksNumber {
		return nil
	}
	if err == nil {
		m.numbers = 0
		if r.Language != langVI && r.Language != langEN {
			r.Language = m.lang
		}
		m.route, m.lang, m.own = r, r.Language, r.Language
		m.proceed(now)
		return m.taken()
	}
	no := bridge.AsRefusal(err)
	if m.numbers++; m.numbers >= numberTries {
		m.part(now, &bridge.Refusal{Cause: no.Cause, Reason: "too many numbers were typed that lead nowhere: " + no.Reason})
		return m.taken()
	}
	m.ask(now, asksNumber, m.words().nowhere(no), voices.UnknownNumber)
	return m.taken()
}

// waits is an error of who has to wait.
type waits interface {
	error
	Wait() (d time.Duration, hold bool)
}

// Entered takes what a PIN made of the caller.
func (m *Machine) Entered(now time.Time, role bridge.Role, err error) []Action {
	var w waits
	switch {
	case m.state == knocks:
		m.enteredAtDoor(now, role, err)
	case m.state != asksPIN && m.state != holds:
	case errors.As(err, &w):
		m.locked(now, w)
	case err != nil:
		m.part(now, bridge.AsRefusal(err))
	case role == bridge.RoleNone:
		m.wrongPIN(now)
	default:
		m.entry = ""
		m.route.Role = role
		m.proceed(now)
	}
	return m.taken()
}

func (m *Machine) wrongPIN(now time.Time) {
	if m.tries++; m.tries >= pinTries {
		m.part(now, &bridge.Refusal{Cause: bridge.CauseForbidden, Reason: "the PIN was wrong three times"})
		return
	}
	m.ask(now, asksPIN, m.words().left(pinTries-m.tries), voices.WrongPIN, voices.PIN)
}

// enteredAtDoor is a PIN of somebody who waits: a host's opens.
func (m *Machine) enteredAtDoor(now time.Time, role bridge.Role, err error) {
	m.entry = ""
	switch {
	case role == bridge.RoleHost && err == nil:
		m.route.Role = role
		m.do(Withdraw{})
		m.proceed(now)
		return
	case err != nil:
		m.tries = pinTries
		m.problem = m.words().lockedOut
		m.speak(now, voices.LockedOut)
	case role == bridge.RoleNone:
		m.tries++
		m.problem = m.words().wrong
		m.speak(now, voices.WrongPIN)
	}
	m.show(now)
}

// locked is somebody whose PIN was not looked at. Who has done nothing wrong keeps a place in line; a short
// lock is waited for, a long one ends the call.
func (m *Machine) locked(now time.Time, w waits) {
	d, hold := w.Wait()
	switch {
	case hold && m.state == holds:
		if m.polled = now; now.Sub(m.began) > holdMost {
			m.lockedOut(now, w)
		}
	case hold:
		m.enter(now, holds, bridge.StagePIN, 0)
		m.speak(now, voices.Turn)
	case d <= pauseMost:
		m.entry = ""
		m.enter(now, rests, bridge.StagePIN, d)
		m.speak(now, voices.LockedOut)
	default:
		m.lockedOut(now, w)
	}
}

func (m *Machine) lockedOut(now time.Time, w waits) {
	m.cause = w
	m.part(now, bridge.AsRefusal(w))
}

// Decided takes the room's answer.
func (m *Machine) Decided(now time.Time, err error) []Action {
	switch {
	case m.state != knocks:
	case err != nil:
		m.part(now, bridge.AsRefusal(err))
	default:
		m.end(Admit{m.route})
	}
	return m.taken()
}

// Called takes what became of the call to the far end.
func (m *Machine) Called(now time.Time, r bridge.Route, err error) []Action {
	switch {
	case m.state != calls:
	case err != nil:
		m.part(now, bridge.AsRefusal(err))
	default:
		m.end(Admit{r})
	}
	return m.taken()
}
