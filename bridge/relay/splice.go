package relay

import "github.com/roombridge/roombridge/bridge/media"

// SpliceConfig describes a splice.
type SpliceConfig struct {
	Out      Out
	Kind     media.Kind
	Now      func() int64   // nil is the real clock
	OnSwitch func(t *Track) // another track is shown from now on; must not block
}

// Splice makes one continuous RTP stream out of one of several tracks.
type Splice struct{ cfg SpliceConfig }

// NewSplice makes a splice that shows nothing.
func NewSplice(cfg SpliceConfig) *Splice { return &Splice{cfg: cfg} }

// Select says what to show: audio switches at once, video at the track's next
// keyframe, which is asked for; what is shown goes on until then. nil is nothing.
func (s *Splice) Select(t *Track) {}

// Showing is the track whose packets go out now, or nil.
func (s *Splice) Showing() *Track { return nil }

// Refusal says why the selected track cannot be shown as it is; empty when it can.
func (s *Splice) Refusal() string { return "" }

// KeyframeWanted, BitrateLimit and Loss pass the receiver's wishes to the shown track.
func (s *Splice) KeyframeWanted() {}

// BitrateLimit is a wish of the receiver.
func (s *Splice) BitrateLimit(bps int) {}

// Loss is a report of the receiver.
func (s *Splice) Loss(fraction float64) {}

// Close lets go of all tracks; the Out is not called any more.
func (s *Splice) Close() {}
