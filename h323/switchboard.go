package h323

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/control"
	"github.com/roombridge/roombridge/h323/h245"
)

// Switchboard routes what terminals dial. *bridge.Core is one.
type Switchboard interface {
	Incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (*bridge.Call, error)
}

// call is what a leg needs of the core's call.
type call interface {
	ID() string
	Log() *slog.Logger
	Attach(l bridge.Leg)
	Describe(c bridge.Caller)
	Ringing()
	Connected() error
	Capabilities() media.Capabilities
	LocalAddr(remote netip.Addr) netip.Addr
	Apply(s media.Session) error
	Digit(d rune)
	KeyframeWanted()
	End(c bridge.Cause, reason string)

	ports() ([]control.LocalStream, error)
	onStreamDigit(f func(d rune))
}

// session is what a leg needs of the H.245 engine; *control.Session is one.
type session interface {
	Start(now time.Time)
	Receive(now time.Time, m *h245.MultimediaSystemControlMessage)
	Output() []*h245.MultimediaSystemControlMessage
	Deadline() time.Time
	Expire(now time.Time)
	End(now time.Time)
	RequestKeyframe(now time.Time)
	LimitBitrate(now time.Time, bps int)
	SendDigits(now time.Time, digits string)
	Hold(now time.Time, hold bool)
	FastOffer() []*h245.OpenLogicalChannel
	FastAnswered(now time.Time, list []*h245.OpenLogicalChannel) error
	FastAnswer(now time.Time, offer []*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel
	Status() control.Status
}

// switchboard is Switchboard in terms of call, so that tests need no core.
type switchboard interface {
	incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (call, error)
}

type coreBoard struct{ Switchboard }

func (b coreBoard) incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (call, error) {
	c, err := b.Incoming(ctx, inv, leg)
	if err != nil {
		return nil, err
	}
	return coreCall{c}, nil
}

type coreCall struct{ *bridge.Call }

// kinds is the order of a call's streams (see bridge.Call.Streams).
var kinds = []media.Kind{media.Audio, media.Video}

// ports takes the call's ports.
func (c coreCall) ports() ([]control.LocalStream, error) {
	streams, err := c.Streams()
	if err != nil {
		return nil, err
	}
	list := make([]control.LocalStream, 0, len(streams))
	for i, s := range streams {
		if i >= len(kinds) {
			break
		}
		rtp, rtcp := s.Ports()
		list = append(list, control.LocalStream{Kind: kinds[i], Role: media.Main, RTP: rtp, RTCP: rtcp})
	}
	return list, nil
}

// onStreamDigit takes the RFC 4733 digits in the core's place, to hold them against
// those of signalling.
func (c coreCall) onStreamDigit(f func(d rune)) {
	streams, err := c.Streams()
	if err != nil {
		return
	}
	for i, s := range streams {
		if i < len(kinds) && kinds[i] == media.Audio {
			s.OnDigit(f)
		}
	}
}
