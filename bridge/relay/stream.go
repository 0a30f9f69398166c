package relay

import (
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// Stream is one RTP and RTCP port pair of a leg: both directions of one
// m-line. It is the Out of its sending direction and the Upstream of its Track.
type Stream struct{}

// Ports are the local RTP and RTCP ports.
func (s *Stream) Ports() (rtp, rtcp uint16) { return 0, 0 }

// Apply takes the outcome of a negotiation. It is idempotent and keeps what
// did not change: SSRC, sequence, latch, SRTP contexts.
func (s *Stream) Apply(st media.Stream) error { return nil }

// Negotiated is what was applied last.
func (s *Stream) Negotiated() media.Stream { return media.Stream{} }

// Track is what the far end sends.
func (s *Stream) Track() *Track { return nil }

// SetFeedback says who hears the far receiver's wishes; nil is nobody.
func (s *Stream) SetFeedback(f Feedback) {}

// SetSignalling gives the leg's means beside RTCP.
func (s *Stream) SetSignalling(keyframe func(), limit func(bps int)) {}

// OnDigit is told each RFC 4733 digit of the far end once.
func (s *Stream) OnDigit(f func(d rune)) {}

// SendDigit presses a digit for ms milliseconds.
func (s *Stream) SendDigit(d rune, ms int) {}

// OnTimeout is told once when nothing valid arrived for the media timeout.
func (s *Stream) OnTimeout(f func()) {}

// LastReceived is when the last valid RTP or RTCP packet came; zero is never.
func (s *Stream) LastReceived() time.Time { return time.Time{} }

// Stats reads the counters of both directions.
func (s *Stream) Stats() StreamStats { return StreamStats{} }

// Send seals a packet for the next Flush.
func (s *Stream) Send(h packet.Header, payload []byte) {}

// Flush sends what Send held back.
func (s *Stream) Flush() {}

// PayloadType is the payload type for a format the receiver can take as it is.
func (s *Stream) PayloadType(f media.Format) (uint8, bool) { return 0, false }

// RequestKeyframe asks the far end for a keyframe.
func (s *Stream) RequestKeyframe(attempt int) {}

// Limit tells the far end the most it may send.
func (s *Stream) Limit(l media.Limits) {}

// Close says BYE, frees the ports and waits for the stream's goroutines.
func (s *Stream) Close() error { return nil }

var (
	_ Out      = (*Stream)(nil)
	_ Upstream = (*Stream)(nil)
	_ Feedback = (*Splice)(nil)
)
