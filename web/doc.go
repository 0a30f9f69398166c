// Package web is the gateway's face to browsers and administrators: the
// landing page, the meeting page and its WebSocket, the administration page,
// the REST API with its event stream, metrics and health.
//
// It knows calls and rooms through the small interfaces below and nothing of
// SIP, H.323 or WebRTC: page and room speak over the WebSocket in the words of
// docs/signalling.md, which pass through here unread.
package web

import (
	"context"

	"github.com/roombridge/roombridge/bridge"
)

// Calls is what the API needs of the call table. *bridge.Core implements it.
type Calls interface {
	Calls() []bridge.CallStatus
	Place(ctx context.Context, t bridge.Target, room string) (*bridge.Call, error)
	Hangup(id string, cause bridge.Cause, reason string) bool
	SetLayout(id string, l bridge.Layout) (known, chosen bool)
	Subscribe() (<-chan bridge.Event, func())
}

// Rooms is what the pages and the API need of the room engine. Every
// bridge.Engine implements it.
type Rooms interface {
	Rooms() []bridge.RoomStatus
	Join(ctx context.Context, j bridge.Join, send func(msg []byte)) (bridge.Visitor, error)
}
