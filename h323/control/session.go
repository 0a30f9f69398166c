package control

import (
	"time"

	"github.com/roombridge/roombridge/h323/h245"
)

// Session is the H.245 engine of one call.
type Session struct {
	cfg  Config
	user User
	out  []*h245.MultimediaSystemControlMessage
}

// New makes the session of a call. Nothing is said before Start.
func New(cfg Config, u User) *Session { return &Session{cfg: cfg, user: u} }

// Start begins capability exchange and master-slave determination: messages can be
// carried from now on.
func (s *Session) Start(now time.Time) {}

// Receive takes a message of the far end.
func (s *Session) Receive(now time.Time, m *h245.MultimediaSystemControlMessage) {}

// Output gives what shall be sent, in order, and forgets it.
func (s *Session) Output() []*h245.MultimediaSystemControlMessage {
	out := s.out
	s.out = nil
	return out
}

// Deadline is when Expire wants to be called; zero is never.
func (s *Session) Deadline() time.Time { return time.Time{} }

// Expire lets timers run out, at Deadline or later.
func (s *Session) Expire(now time.Time) {}

// End closes our channels and ends the session (endSessionCommand). It may be called
// in any state, and again.
func (s *Session) End(now time.Time) {}

// RequestKeyframe asks the far end for a keyframe (videoFastUpdatePicture).
func (s *Session) RequestKeyframe(now time.Time) {}

// LimitBitrate asks the far end to send no more video than this, bit/s
// (flowControlCommand); 0 lifts it.
func (s *Session) LimitBitrate(now time.Time, bps int) {}

// SendDigits sends keys in the form that the far end understands.
func (s *Session) SendDigits(now time.Time, digits string) {}

// Hold stops what the far end sends with an empty capability set (H.323 8.4.6), and
// lets it begin again.
func (s *Session) Hold(now time.Time, hold bool) {}

// Status tells how far the session is, for logs and tests.
func (s *Session) Status() Status { return Status{} }

// Status is how far a session is.
type Status struct {
	Role        Role
	Established bool
	Ended       bool
	Channels    []ChannelStatus
}

// Role is the outcome of master-slave determination.
type Role uint8

// Roles.
const (
	Undetermined Role = iota
	Master
	Slave
)

// ChannelStatus is one logical channel.
type ChannelStatus struct {
	Number  uint16
	Ours    bool // we send on it
	Session uint8
	State   string
	Codec   string
}
