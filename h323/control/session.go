package control

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// maxOutput bounds what waits to be sent; nobody who reads what we say comes near.
const maxOutput = 512

// Session is the H.245 engine of one call.
type Session struct {
	cfg  Config
	user User
	log  *slog.Logger
	now  time.Time // of the method that runs
	out  []*h245.MultimediaSystemControlMessage

	timers  timers
	roles   roles
	caps    capabilitySets
	streams []*stream
	numbers uint16 // last logical channel number of ours
	closing map[uint16]bool
	offered []proposal // of fast connect
	fast    bool       // fast connect opened channels
	told    media.Session
	label   *h245.TerminalLabel // what an MCU calls us

	notes      int
	unanswered bool // an openLogicalChannel was

	started bool // Start was called
	settled bool // Established was told
	left    bool // endSessionCommand was sent
	over    bool // the far end ended the session, or it failed
}

// New makes the session of a call. Nothing is said before Start.
func New(cfg Config, u User) *Session {
	cfg.defaults()
	s := &Session{cfg: cfg, user: u, log: cfg.Log, closing: make(map[uint16]bool), numbers: 100}
	for _, l := range cfg.Local {
		s.streams = append(s.streams, &stream{LocalStream: l})
	}
	return s
}

// random is the default of Config.Random.
func random() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:])
}

// Start begins capability exchange and master-slave determination (H.323 8.2):
// messages can be carried from now on.
func (s *Session) Start(now time.Time) {
	s.now = now
	if s.started || s.done() {
		return
	}
	s.started = true
	s.sendCapabilities()
	if s.roles.role == Undetermined {
		s.determine()
	}
}

// done tells whether nothing may be said or heard any more.
func (s *Session) done() bool { return s.left || s.over }

// Receive takes a message of the far end.
func (s *Session) Receive(now time.Time, m *h245.MultimediaSystemControlMessage) {
	s.now = now
	if s.done() || m == nil {
		return
	}
	switch {
	case m.Request != nil:
		s.receiveRequest(m.Request)
	case m.Response != nil:
		s.receiveResponse(m.Response)
	case m.Command != nil:
		s.receiveCommand(m.Command)
	case m.Indication != nil:
		s.receiveIndication(m.Indication)
	}
	s.tell()
}

// Output gives what shall be sent, in order, and forgets it.
func (s *Session) Output() []*h245.MultimediaSystemControlMessage {
	out := s.out
	s.out = nil
	return out
}

// Deadline is when Expire wants to be called; zero is never.
func (s *Session) Deadline() time.Time { return s.timers.next() }

// Expire lets timers run out, at Deadline or later.
func (s *Session) Expire(now time.Time) {
	s.now = now
	for {
		t, ok := s.timers.due(now)
		if !ok {
			break
		}
		t.fire()
	}
	s.tell()
}

// End closes our channels and ends the session (H.323 8.5). It may be called in any
// state, and again.
func (s *Session) End(now time.Time) {
	s.now = now
	if s.left {
		return
	}
	for _, st := range s.streams {
		if st.out != nil && s.started {
			s.request(h245.RequestMessage{CloseLogicalChannel: closeOf(st.out.number, false)})
		}
		st.out, st.in = nil, nil
	}
	s.endSession()
}

func (s *Session) endSession() {
	s.left = true
	s.timers = nil
	clear(s.closing)
	s.command(h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: true}})
}

// fail gives the session up.
func (s *Session) fail(cause bridge.Cause, reason string) {
	if s.done() {
		return
	}
	s.over, s.timers = true, nil
	s.user.Failed(cause, reason)
}

func (s *Session) say(m *h245.MultimediaSystemControlMessage) {
	if len(s.out) >= maxOutput {
		s.fail(bridge.CauseProtocol, "H.245 messages are not taken away")
		return
	}
	s.out = append(s.out, m)
}

func (s *Session) request(r h245.RequestMessage) {
	s.say(&h245.MultimediaSystemControlMessage{Request: &r})
}

func (s *Session) respond(r h245.ResponseMessage) {
	s.say(&h245.MultimediaSystemControlMessage{Response: &r})
}

func (s *Session) command(c h245.CommandMessage) {
	s.say(&h245.MultimediaSystemControlMessage{Command: &c})
}

func (s *Session) indicate(i h245.IndicationMessage) {
	s.say(&h245.MultimediaSystemControlMessage{Indication: &i})
}

// settle tells that channels may be opened, and opens ours.
func (s *Session) settle() {
	if !s.negotiated() {
		return
	}
	s.establish()
	s.openMissing()
	s.watchMedia()
}

// negotiated tells whether H.323 8.2 and 8.3 are done, so that channels can be opened.
func (s *Session) negotiated() bool {
	return !s.done() && s.roles.role != Undetermined && s.caps.acknowledged && s.caps.remote != nil && !s.caps.paused
}

func (s *Session) establish() {
	if !s.settled {
		s.settled = true
		s.user.Established()
	}
}

// Status tells how far the session is, for logs and tests.
func (s *Session) Status() Status {
	st := Status{Role: s.roles.role, Established: s.settled, Ended: s.done(), Paused: s.caps.paused}
	for _, x := range s.streams {
		if o := x.out; o != nil {
			state := "opening"
			if o.open {
				state = "open"
			}
			st.Channels = append(st.Channels, ChannelStatus{o.number, true, o.session, state, o.format.Codec})
		}
		for _, i := range x.in {
			st.Channels = append(st.Channels, ChannelStatus{i.number, false, i.session, "open", i.media.Format.Codec})
		}
	}
	return st
}

// Status is how far a session is.
type Status struct {
	Role        Role
	Established bool // roles and capabilities were settled, or fast connect opened channels
	Paused      bool // the far end asked for silence with an empty capability set
	Ended       bool
	Channels    []ChannelStatus
}

// ChannelStatus is one logical channel.
type ChannelStatus struct {
	Number  uint16
	Ours    bool // we send on it
	Session uint8
	State   string // "opening" or "open"
	Codec   media.Codec
}

// maxNotes is how much of what goes wrong is worth an operator's while in one call.
const maxNotes = 20

// note logs what goes wrong; a far end that does not stop is heard with less attention.
func (s *Session) note(text string, args ...any) {
	level := slog.LevelInfo
	if s.notes++; s.notes > maxNotes {
		level = slog.LevelDebug
	}
	s.log.Log(context.Background(), level, text, args...)
}

// name is what a message is called, for logs.
func name(choice any) string { return per.Alternative(choice) }
