package reception

import (
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// Due is when Tick has something to do; zero is never.
func (m *Machine) Due() time.Time {
	switch m.state {
	case asksNumber, asksPIN:
		return earlier(m.dueAsking(), m.arrived.Add(asksMost))
	case holds:
		return earlier(m.polled.Add(polls), m.spoke.Add(lobbyAgain))
	case rests:
		return earlier(m.due, m.polled.Add(counts))
	case welcomes, parts:
		return m.due
	case calls:
		return m.spoke.Add(again)
	case knocks:
		if !m.shown {
			return m.began.Add(lobbyAfter)
		}
		if len(m.entry) >= minPIN {
			return m.keyed.Add(pausePIN)
		}
		return earlier(m.spoke.Add(lobbyAgain), m.began.Add(lobbyMost))
	}
	return time.Time{}
}

// dueAsking is when an entry ends, or the question is spoken again.
func (m *Machine) dueAsking() time.Time {
	switch {
	case m.state == asksNumber && m.entry != "":
		return m.keyed.Add(pauseNumber)
	case m.state == asksPIN && len(m.entry) >= minPIN:
		return m.keyed.Add(pausePIN)
	}
	return earlier(later(m.spoke, m.keyed).Add(again), m.keyed.Add(idle))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Tick does what is due.
func (m *Machine) Tick(now time.Time) []Action {
	due := m.Due()
	if due.IsZero() || now.Before(due) {
		return nil
	}
	switch m.state {
	case asksNumber, asksPIN:
		m.tickAsking(now)
	case holds:
		m.tickHolding(now)
	case rests:
		m.polled = now
		if now.Before(m.due) {
			m.show(now)
		} else {
			m.ask(now, asksPIN, "", voices.PIN)
		}
	case welcomes:
		m.proceed(now)
	case knocks:
		m.tickWaiting(now)
	case calls:
		m.repeat(now)
	case parts:
		m.end(Refuse{m.parting})
	}
	return m.taken()
}

func (m *Machine) tickAsking(now time.Time) {
	switch {
	case !now.Before(m.keyed.Add(idle)):
		m.part(now, &bridge.Refusal{Cause: bridge.CauseNoAnswer, Reason: "nobody typed what was asked for"})
	case !now.Before(m.arrived.Add(asksMost)):
		m.part(now, &bridge.Refusal{Cause: bridge.CauseNoAnswer, Reason: "nothing was typed for too long that leads into a room"})
	case m.state == asksNumber && m.entry != "" || len(m.entry) >= minPIN:
		m.submit(now)
	default:
		m.repeat(now)
	}
}

// tickHolding tries the PIN of somebody who keeps a place in line.
func (m *Machine) tickHolding(now time.Time) {
	if !now.Before(m.spoke.Add(lobbyAgain)) {
		m.repeat(now)
	}
	if !now.Before(m.polled.Add(polls)) {
		m.polled = now
		m.do(Enter{m.route, m.entry})
	}
}

func (m *Machine) tickWaiting(now time.Time) {
	switch {
	case !m.shown:
		m.shown = true
		m.show(now)
		m.speak(now, voices.Lobby)
	case len(m.entry) >= minPIN:
		m.submit(now)
	case !now.Before(m.began.Add(lobbyMost)):
		m.do(Withdraw{})
		m.part(now, &bridge.Refusal{Cause: bridge.CauseNoAnswer, Reason: "nobody let the call in"})
	default:
		m.repeat(now)
	}
}
