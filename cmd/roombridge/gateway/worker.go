package gateway

import (
	"context"
	"sync"

	"github.com/roombridge/roombridge/bridge/room"
	"github.com/roombridge/roombridge/transcode"
)

// artistName is no room's.
const artistName = "#stills"

// workers opens the meetings of rooms. The pictures with text that single
// terminals are shown, and what they are told in reception, are made for all by
// one worker that never sees media, so that a room whose media is relayed costs no process.
type workers struct {
	*transcode.Supervisor

	mu     sync.Mutex
	artist *transcode.Meeting
}

// Open implements room.Worker.
func (w *workers) Open(meeting string, ev transcode.Events) (room.Meeting, error) {
	m, err := w.Supervisor.Open(meeting, ev)
	if err != nil {
		return nil, err
	}
	return served{m, w}, nil
}

// served is a room's meeting whose stills the artist draws, and whose sounds it encodes.
type served struct {
	*transcode.Meeting
	workers *workers
}

// Still implements room.Meeting.
func (s served) Still(ctx context.Context, want transcode.Still) ([][]byte, error) {
	artist, err := s.workers.drawing()
	if err != nil {
		return nil, err
	}
	return artist.Still(ctx, want)
}

// Say has a sound encoded.
func (s served) Say(ctx context.Context, want transcode.Speech) (transcode.Spoken, error) {
	artist, err := s.workers.drawing()
	if err != nil {
		return transcode.Spoken{}, err
	}
	return artist.Say(ctx, want)
}

// Hold keeps the artist at work.
func (s served) Hold() (release func()) {
	artist, err := s.workers.drawing()
	if err != nil {
		return func() {}
	}
	return artist.Hold()
}

// drawing gives the artist, whose process runs while there is something to draw.
func (w *workers) drawing() (*transcode.Meeting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.artist == nil {
		m, err := w.Supervisor.Open(artistName, unheard{})
		if err != nil {
			return nil, err
		}
		w.artist = m
	}
	return w.artist, nil
}

// unheard takes the events of a worker without streams: there are none.
type unheard struct{}

func (unheard) Frame(transcode.Frame)             {}
func (unheard) Levels([]transcode.Level)          {}
func (unheard) Restarted(string)                  {}
func (unheard) Packet(transcode.Frame)            {}
func (unheard) KeyframeWanted(transcode.StreamID) {}
