package reception

import (
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Due is when Tick has something to do; zero is never.
func (m *Machine) Due() time.Time {
	switch m.state {
	case asksNumber, asksPIN:
		if m.entry != "" && (m.state == asksNumber || len(m.entry) >= minPIN) {
			return m.keyed.Add(pause)
		}
		return earlier(m.spoke.Add(again), m.keyed.Add(idle))
	case holds:
		return m.polled.Add(polls)
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
			return m.keyed.Add(pause)
		}
		return earlier(m.spoke.Add(lobbyAgain), m.began.Add(lobbyMost))
	}
	return time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
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
		m.polled = now
		m.do(Enter{m.route, m.entry})
	case rests:
		m.polled = now
		if now.Before(m.due) {
			m.show(now)
		} else {
			m.ask(now, asksPIN, "", "pin")
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
	case m.entry != "" && now.Sub(m.keyed) >= pause:
		if m.state == asksPIN && len(m.entry) < minPIN {
			m.speak(now, "pin")
			return
		}
		m.submit(now)
	default:
		m.repeat(now)
	}
}

func (m *Machine) tickWaiting(now time.Time) {
	switch {
	case !m.shown:
		m.shown = true
		m.show(now)
		m.speak(now, "lobby")
	case len(m.entry) >= minPIN:
		m.submit(now)
	case !now.Before(m.began.Add(lobbyMost)):
		m.do(Withdraw{})
		m.part(now, &bridge.Refusal{Cause: bridge.CauseNoAnswer, Reason: "nobody let the call in"})
	default:
		m.repeat(now)
	}
}
