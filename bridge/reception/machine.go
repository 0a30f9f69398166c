package reception

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// Times and bounds.
const (
	pauseNumber = 5 * time.Second  // without a key ends a number
	pausePIN    = 8 * time.Second  // without a key ends a PIN: one that was not finished costs a try
	again       = 20 * time.Second // until a question is spoken again
	idle        = time.Minute      // without a key ends the call
	asksMost    = 30 * time.Minute // whatever keys come
	lobbyAgain  = time.Minute
	lobbyMost   = time.Hour
	lobbyAfter  = 300 * time.Millisecond // doors that open at once are not worth a screen
	greets      = 4 * time.Second
	afterwards  = time.Second     // what was said goes on to be heard: channels may open late
	parting     = 7 * time.Second // a refusal is told for so long
	polls       = 3 * time.Second // who holds a place in line
	counts      = 5 * time.Second // who sees how long it takes
	holdMost    = 20 * time.Minute
	pauseMost   = time.Minute // longer locks end the call
	maxDigits   = 32          // of a number
	minPIN      = 4
	maxPIN      = 16
	pinTries    = 3
	numberTries = 5
)

// state is what the person is asked or told.
type state uint8

const (
	asksNumber state = iota
	asksPIN
	holds    // a place in line of those whose PIN is looked at
	rests    // locked out for a moment
	welcomes // the greeting is shown
	knocks   // before the door
	calls    // a far end is called
	parts    // it is told why the call goes nowhere
	done
)

// Machine is a call's reception. It is used by one goroutine; time is an argument.
type Machine struct {
	route bridge.Route
	lang  string
	own   string // language of the greeting
	state state
	out   []Action

	entry   string
	problem string // with the last entry
	arrived time.Time
	began   time.Time // of the state
	keyed   time.Time // last key, or what was asked before it
	spoke   time.Time // last prompt
	due     time.Time // of states that end by themselves
	polled  time.Time // when somebody who waits was looked after last
	numbers int       // that led nowhere
	tries   int       // of PINs
	greeted bool
	awaits  bool            // the sound of the greeting
	then    []voices.Prompt // behind it
	shown   bool            // that the person waits
	parting *bridge.Refusal
	cause   error // of parting, where more is known of it
}

// New makes the reception of a call. refused is nil, or why the call goes nowhere.
func New(r bridge.Route, refused *bridge.Refusal) *Machine {
	m := &Machine{route: r, lang: langVI, parting: refused}
	if r.Language == langEN {
		m.lang = langEN
	}
	m.own = m.lang
	return m
}

// Begin starts it.
func (m *Machine) Begin(now time.Time) []Action {
	m.arrived = now
	if m.parting != nil {
		m.part(now, m.parting)
	} else {
		m.proceed(now)
	}
	return m.taken()
}

func (m *Machine) taken() []Action {
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) do(a ...Action) { m.out = append(m.out, a...) }

// proceed takes the next step of the route.
func (m *Machine) proceed(now time.Time) {
	r := &m.route
	switch {
	case r.Reception && r.Greets():
		m.ask(now, asksNumber, "")
		m.greet(now, voices.Number)
	case r.Reception:
		m.ask(now, asksNumber, "", voices.Welcome, voices.Number)
	case r.WrongPIN:
		r.WrongPIN = false
		m.wrongPIN(now)
	case r.Role == bridge.RoleNone:
		m.ask(now, asksPIN, "", voices.PIN)
	case r.Greets() && !m.greeted:
		m.greeted = true
		m.enter(now, welcomes, bridge.StageWelcome, greets)
		m.greet(now)
	case r.Dial != nil:
		m.enter(now, calls, bridge.StageCalling, 0)
		m.speak(now, voices.Calling)
		m.do(Call{*r})
	default:
		m.enter(now, knocks, bridge.StageLobby, 0)
		m.entry, m.problem, m.shown, m.tries = "", "", false, 0
		m.do(Knock{*r})
	}
}

// enter begins a state, which ends by itself after a while where lasts says so.
func (m *Machine) enter(now time.Time, s state, at bridge.Stage, lasts time.Duration) {
	m.state, m.began, m.keyed, m.polled, m.due, m.awaits = s, now, now, now, now.Add(lasts), false
	m.do(Reach{at, m.route})
	if s != knocks {
		m.show(now)
	}
}

// ask asks for a number or a PIN.
func (m *Machine) ask(now time.Time, s state, problem string, prompts ...voices.Prompt) {
	m.entry, m.problem = "", problem
	at := bridge.StageNumber
	if s == asksPIN {
		at = bridge.StagePIN
	}
	m.enter(now, s, at, 0)
	m.speak(now, prompts...)
}

func (m *Machine) speak(now time.Time, prompts ...voices.Prompt) {
	m.spoke, m.awaits = now, false
	m.do(Say{Lang: m.lang, Prompts: prompts})
}

func (m *Machine) show(now time.Time) { m.do(Show{m.notice(now)}) }

// part tells why the call goes nowhere, and ends it.
func (m *Machine) part(now time.Time, no *bridge.Refusal) {
	m.parting = no
	m.enter(now, parts, bridge.StageRefused, parting)
	m.speak(now, m.partingPrompts()...)
}

func (m *Machine) end(a Action) {
	m.state = done
	m.do(a)
}

// Key takes a key.
func (m *Machine) Key(now time.Time, d rune) []Action {
	switch m.state {
	case asksNumber, asksPIN:
		m.keyed = now
		m.typed(now, d)
	case knocks:
		m.keyed = now
		if m.hostMay() || d == '*' {
			m.typed(now, d)
		}
	case parts:
		if d == '#' {
			m.end(Refuse{m.parting})
		}
	case welcomes:
		m.keyed = now
		m.passOver(now, d)
	case holds, rests, calls:
		if d == '*' {
			m.switchLanguage(now)
		}
	}
	return m.taken()
}

// passOver takes a key of somebody who is greeted. All but the star go on.
func (m *Machine) passOver(now time.Time, d rune) {
	if d == '*' {
		m.switchLanguage(now)
		return
	}
	m.hush()
	m.proceed(now)
	if m.state == knocks && d != '#' && m.hostMay() {
		m.typed(now, d)
	}
}

// hostMay tells whether who waits may say that they are the host.
func (m *Machine) hostMay() bool {
	return m.route.HostPIN && m.route.Door != nil && m.route.Role != bridge.RoleHost && m.tries < pinTries
}

func (m *Machine) typed(now time.Time, d rune) {
	switch {
	case d >= '0' && d <= '9':
		most := maxDigits
		if m.state != asksNumber {
			most = maxPIN
		}
		if len(m.entry) < most {
			m.entry += string(d)
		}
		m.problem = ""
		m.hush()
	case d == '*' && m.entry != "":
		m.entry = ""
		m.hush()
	case d == '*':
		m.switchLanguage(now)
		return
	case d == '#' && m.entry != "":
		m.submit(now)
		return
	case d == '#':
		m.repeat(now)
		return
	default:
		return
	}
	m.show(now)
}

// hush ends what is being said: who types has understood.
func (m *Machine) hush() {
	m.awaits = false
	m.do(Say{Lang: m.lang})
}

func (m *Machine) switchLanguage(now time.Time) {
	if m.lang == langVI {
		m.lang = langEN
	} else {
		m.lang = langVI
	}
	m.route.Language = m.lang
	m.show(now)
	m.repeat(now)
}

// repeat speaks what is asked or told again.
func (m *Machine) repeat(now time.Time) {
	switch m.state {
	case asksNumber:
		m.speak(now, voices.Number)
	case asksPIN:
		m.speak(now, voices.PIN)
	case knocks:
		m.speak(now, voices.Lobby)
	case holds:
		m.speak(now, voices.Turn)
	case rests:
		m.speak(now, voices.LockedOut)
	case calls:
		m.speak(now, voices.Calling)
	}
}

// secret is an entry that nobody reads over one's shoulder.
func secret(entry string) string { return strings.Repeat("•", utf8.RuneCountInString(entry)) }
