package control

import (
	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h245"
)

// Role is the outcome of master-slave determination.
type Role uint8

// Roles.
const (
	Undetermined Role = iota
	Master
	Slave
)

func (r Role) String() string { return [...]string{"undetermined", "master", "slave"}[r] }

func (r Role) opposite() Role { return [...]Role{Undetermined, Slave, Master}[r] }

// maxTies is N100, how often a tie is tried again.
const maxTies = 10

// msdState is a state of H.245 C.2.
type msdState uint8

const (
	msdIdle     msdState = iota
	msdOutgoing          // ours is out, nothing of theirs came
	msdIncoming          // theirs was answered, the answer to ours is awaited
)

// roles is master-slave determination (H.245 C.2).
type roles struct {
	role   Role // what was settled
	last   Role // what was settled last, also while it is again
	state  msdState
	next   Role // what our answer said, in msdIncoming
	number uint32
	ties   int
}

// determine begins a determination.
func (s *Session) determine() {
	if s.roles.state != msdIdle {
		return
	}
	s.roles.ties = 0
	s.propose()
}

// propose sends our number, a new one each time.
func (s *Session) propose() {
	s.roles.state = msdOutgoing
	s.roles.number = s.cfg.Random() & 0xffffff
	s.request(h245.RequestMessage{MasterSlaveDetermination: &h245.MasterSlaveDetermination{
		TerminalType: s.cfg.Terminal, StatusDeterminationNumber: s.roles.number,
	}})
	s.timers.set("T106", 0, s.now.Add(t106), s.expireRoles)
}

// expireRoles ends the wait for an answer. A far end that never acknowledges ours has
// still heard who is who from our answer to its own. Later in a call it does no harm:
// after a hold roles stay as they were, and with one that does fast connect and knows
// nothing of roles we give way.
func (s *Session) expireRoles() {
	if s.roles.state == msdIncoming {
		s.log.Debug("H.245: no masterSlaveDeterminationAck came")
		s.decided(s.roles.next)
		return
	}
	s.roles.state = msdIdle
	s.indicate(h245.IndicationMessage{MasterSlaveDeterminationRelease: &h245.MasterSlaveDeterminationRelease{}})
	if !s.settled {
		s.fail(bridge.CauseSignalling, "no answer to masterSlaveDetermination")
		return
	}
	s.log.Debug("H.245: no answer to masterSlaveDetermination")
	if s.roles.last == Undetermined {
		s.roles.last = Slave
	}
	s.decided(s.roles.last)
}

func (s *Session) decided(r Role) {
	s.roles.role, s.roles.last, s.roles.state = r, r, msdIdle
	s.timers.stop("T106", 0)
	s.settle()
}

// compare gives our role towards a far end (H.245 C.2.5.1): the greater terminalType is
// master, and of equal ones the numbers decide as if they stood in a circle.
func (s *Session) compare(m *h245.MasterSlaveDetermination) Role {
	if m.TerminalType != s.cfg.Terminal {
		if m.TerminalType < s.cfg.Terminal {
			return Master
		}
		return Slave
	}
	switch d := (m.StatusDeterminationNumber - s.roles.number) & 0xffffff; {
	case d == 0 || d == 0x800000:
		return Undetermined
	case d < 0x800000:
		return Master
	}
	return Slave
}

func (s *Session) receiveDetermination(m *h245.MasterSlaveDetermination) {
	if s.roles.state == msdIdle && s.roles.role == Undetermined && !s.started {
		s.roles.number = s.cfg.Random() & 0xffffff
	}
	r := s.compare(m)
	if r == Undetermined {
		s.tie()
		return
	}
	s.roles.next, s.roles.state = r, msdIncoming
	s.acknowledgeRole(r)
	s.timers.set("T106", 0, s.now.Add(t106), s.expireRoles)
}

// tie handles numbers that decide nothing.
func (s *Session) tie() {
	if s.roles.state == msdIdle {
		s.roles.number = s.cfg.Random() & 0xffffff
		s.respond(h245.ResponseMessage{MasterSlaveDeterminationReject: &h245.MasterSlaveDeterminationReject{
			Cause: h245.MasterSlaveDeterminationRejectCause{IdenticalNumbers: true},
		}})
		return
	}
	s.again()
}

// again proposes another number, a few times.
func (s *Session) again() {
	if s.roles.ties++; s.roles.ties >= maxTies {
		s.fail(bridge.CauseProtocol, "master and slave could not be determined")
		return
	}
	s.propose()
}

// acknowledgeRole tells the far end what it is.
func (s *Session) acknowledgeRole(ours Role) {
	s.respond(h245.ResponseMessage{MasterSlaveDeterminationAck: &h245.MasterSlaveDeterminationAck{
		Decision: h245.MasterSlaveDeterminationAckDecision{Master: ours == Slave, Slave: ours == Master},
	}})
}

func (s *Session) receiveDeterminationAck(m *h245.MasterSlaveDeterminationAck) {
	r := Slave
	if m.Decision.Master {
		r = Master
	}
	switch s.roles.state {
	case msdOutgoing:
		s.acknowledgeRole(r)
		s.decided(r)
	case msdIncoming:
		if r == s.roles.next {
			s.decided(r)
			return
		}
		// Both ends think to be the same (C.2.5.4, error C): a new number decides.
		s.again()
	}
}

func (s *Session) receiveDeterminationReject() {
	if s.roles.state != msdIdle {
		s.again()
	}
}

// receiveDeterminationRelease hears that the far end waited in vain.
func (s *Session) receiveDeterminationRelease() {
	if s.roles.state != msdIdle {
		s.again()
	}
}
