package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
)

// Switchboard routes what terminals dial. *bridge.Core is one.
type Switchboard interface {
	Incoming(ctx context.Context, inv bridge.Invite, leg bridge.Leg) (*bridge.Call, error)
}

// call is what a leg needs of the core's call.
type call interface {
	ID() string
	Room() string
	Log() *slog.Logger
	Attach(l bridge.Leg)
	Describe(c bridge.Caller)
	Ringing()
	Connected() error
	Capabilities() media.Capabilities
	LocalAddr(remote netip.Addr) netip.Addr
	Fingerprint() (hash, value string)
	Apply(s media.Session) error
	Digit(d rune)
	KeyframeWanted()
	MediaSeen() time.Time
	End(c bridge.Cause, reason string)

	ports() ([]ports, error)
	onStreamDigit(f func(d rune))
}

// ports are one local stream's, in the order of a session's streams.
type ports struct {
	kind      media.Kind
	role      media.Role
	rtp, rtcp uint16
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

func (c coreCall) ports() ([]ports, error) {
	streams, err := c.Streams()
	if err != nil {
		return nil, err
	}
	list := make([]ports, 0, len(streams))
	for i, s := range streams {
		if i >= len(kinds) {
			break
		}
		rtp, rtcp := s.Ports()
		list = append(list, ports{kinds[i], media.Main, rtp, rtcp})
	}
	return list, nil
}

// onStreamDigit takes the RFC 4733 digits in the core's place, to hold them
// against those of INFO.
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
