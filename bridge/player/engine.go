package player

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/transcode"
)

// Config says what an Engine plays and what it does with what comes back.
type Config struct {
	Video *clip.Clip // nil: no picture is sent
	// Picture is the codec of pictures, both ways: the clip's, or the other H.263
	// for a clip of H.263. Empty is H.264.
	Picture media.Codec
	Damage  uint64 // 0: the picture is sent as it is; else spoiled on purpose, by this seed
	Audio   *Sound // nil: no sound is sent
	Record  string // folder for recordings, made when missing; empty: none
	Digits  string // pressed a second after the answer

	// Press sends keys of a call through signalling and tells whether there is a
	// way: where the far end takes no RFC 4733, or always with Signal. It may be nil.
	Press  func(callID, digits string) bool
	Signal bool

	Refresh time.Duration // a keyframe is asked for this often; 0: only where one is missing
	Take    int           // two seconds after the answer no more picture is wanted, bit/s; 0: what was negotiated

	Meeting *transcode.Meeting // decodes the pictures that come, to count them; nil: nobody does
	Decoded int                // most calls whose pictures are decoded at once

	Log *slog.Logger
}

// Engine seats every call in front of a simulated room terminal. It implements
// bridge.Engine.
type Engine struct {
	cfg   Config
	began time.Time
	pool  *packet.Pool

	mu      sync.Mutex
	seats   map[string]*seat // by call, until the report is taken
	closed  bool
	decoded int
}

var errNoBrowsers = errors.New("player: no browser can join a terminal")

// New makes an engine.
func New(cfg Config) (*Engine, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Picture == "" {
		cfg.Picture = media.H264
	}
	if cfg.Record != "" {
		if err := os.MkdirAll(cfg.Record, 0o755); err != nil {
			return nil, err
		}
	}
	return &Engine{
		cfg: cfg, began: time.Now(), pool: packet.NewPool(packet.MaxSize), seats: make(map[string]*seat),
	}, nil
}

// now is the engine's clock: nanoseconds since it was made, never 0.
func (e *Engine) now() int64 { return 1 + int64(time.Since(e.began)) }

// Seat implements bridge.Engine.
func (e *Engine) Seat(_ context.Context, t bridge.Terminal) (bridge.Seat, error) {
	e.mu.Lock()
	closed := e.closed
	e.mu.Unlock()
	if closed {
		return nil, &bridge.Refusal{Cause: bridge.CauseShutdown, Reason: "the terminal is going down"}
	}
	s := newSeat(e, t)
	e.mu.Lock()
	e.seats[t.CallID] = s
	e.mu.Unlock()
	return s, nil
}

// Join implements bridge.Engine.
func (e *Engine) Join(context.Context, bridge.Join, func([]byte)) (bridge.Visitor, error) {
	return nil, errNoBrowsers
}

// Rooms implements bridge.Engine.
func (e *Engine) Rooms() []bridge.RoomStatus { return nil }

// Close implements bridge.Engine. Running calls are hung up by the core.
func (e *Engine) Close(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

// Take waits until a call has left and gives its report, once. It is false for
// a call that never had a seat.
func (e *Engine) Take(ctx context.Context, callID string) (Report, bool) {
	e.mu.Lock()
	s := e.seats[callID]
	e.mu.Unlock()
	if s == nil {
		return Report{}, false
	}
	select {
	case <-s.left:
	case <-ctx.Done():
		return Report{}, false
	}
	e.mu.Lock()
	delete(e.seats, callID)
	e.mu.Unlock()
	return s.report, true
}

// decoder opens a decoder for a call's picture where that is wanted.
func (e *Engine) decoder() *transcode.Decoder {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cfg.Meeting == nil || e.decoded >= e.cfg.Decoded {
		return nil
	}
	d, err := e.cfg.Meeting.Decoder(e.cfg.Picture)
	if err != nil {
		e.cfg.Log.Warn("pictures are not decoded", "reason", err.Error())
		return nil
	}
	e.decoded++
	return d
}

func (e *Engine) decoderClosed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.decoded--
}
