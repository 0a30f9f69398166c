package relay

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// TrackConfig describes a source.
type TrackConfig struct {
	ID       string
	Kind     media.Kind
	Role     media.Role
	Upstream Upstream // nil: the source cannot be reached
	Format   media.Format
	Now      func() int64 // monotonic nanoseconds, the clock of Packet.Arrived; nil is the real one
}

// Track is one source's packets, for any number of sinks.
type Track struct{ cfg TrackConfig }

// NewTrack makes a track without sinks.
func NewTrack(cfg TrackConfig) *Track { return &Track{cfg: cfg} }

// ID, Kind and Role are as configured.
func (t *Track) ID() string { return t.cfg.ID }

// Kind tells sound from picture.
func (t *Track) Kind() media.Kind { return t.cfg.Kind }

// Role tells the camera from slides.
func (t *Track) Role() media.Role { return t.cfg.Role }

// Format is what the source sends now.
func (t *Track) Format() media.Format { return t.cfg.Format }

// SetFormat changes it.
func (t *Track) SetFormat(f media.Format) { t.cfg.Format = f }

// Publish gives a batch to all sinks.
func (t *Track) Publish(batch []packet.Packet) {}

// Attach adds a sink.
func (t *Track) Attach(s Sink) {}

// Detach removes a sink; after it returned the sink is not called any more.
func (t *Track) Detach(s Sink) {}

// RequestKeyframe asks the source for a keyframe, coalesced.
func (t *Track) RequestKeyframe() {}

// Want sets the limits of one receiver.
func (t *Track) Want(key any, l media.Limits) {}

// Unwant forgets them.
func (t *Track) Unwant(key any) {}

// Size is the picture's size, 0 when unknown.
func (t *Track) Size() (w, h int) { return 0, 0 }

// FPS is the frame rate over the last second.
func (t *Track) FPS() float64 { return 0 }

// Live tells whether packets came within the last second.
func (t *Track) Live(now int64) bool { return false }

// Stats reads the counters.
func (t *Track) Stats() TrackStats { return TrackStats{} }

// Tick is housekeeping, called every 100 ms by the track's owner.
func (t *Track) Tick(now int64) {}

// Close detaches all sinks.
func (t *Track) Close() {}
