package gateway

import (
	"github.com/roombridge/roombridge/bridge/room"
	"github.com/roombridge/roombridge/transcode"
)

// supervised lets rooms open meetings of the supervisor.
type supervised struct{ *transcode.Supervisor }

// Open implements room.Worker.
func (s supervised) Open(meeting string, ev transcode.Events) (room.Meeting, error) {
	m, err := s.Supervisor.Open(meeting, ev)
	if err != nil {
		return nil, err
	}
	return m, nil
}
