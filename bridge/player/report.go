package player

import (
	"time"

	"github.com/roombridge/roombridge/bridge/relay"
)

// Report is what a terminal saw, heard and sent in a call.
type Report struct {
	Answered time.Time // when it was seated
	Ended    time.Time

	FirstPicture time.Duration // from the answer to the first complete keyframe
	HasPicture   bool
	FirstAudio   time.Duration
	HasAudio     bool

	Audio, Video Line
	Ear          EarReport
	Eye          EyeReport
	Digits       string // that the far end pressed

	Decoded *Decoded // nil: nobody decoded the picture

	FramesSent       uint64
	FramesLeftOut    uint64 // to obey the far end's limit
	KeyframeRequests uint64 // of the far end
	KeyframesAsked   uint64 // of the far end by us
	LimitAsked       int    // the far end's last wish, bit/s, 0 is none

	Warnings []string // what could not be played as it is, for people
}

// Line is one stream of a call as the packet path counted it.
type Line struct {
	relay.StreamStats
	Negotiated bool   // it was active at some time
	Keying     string // none, sdes, dtls
}

// count takes what the packet path counted. A stream that was closed before the end of
// the call has no codecs any more: those of before stay.
func (l *Line) count(s relay.StreamStats) {
	if s.Recv.Codec == "" {
		s.Recv.Codec = l.Recv.Codec
	}
	if s.Send.Codec == "" {
		s.Send.Codec = l.Send.Codec
	}
	l.StreamStats = s
}

// Decoded is what the media worker made of the picture.
type Decoded struct {
	Frames uint64
	Errors uint64
}
