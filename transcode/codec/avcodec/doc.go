// Package avcodec decodes and encodes pictures with libavcodec (libx264 for
// H.264, libdav1d for AV1). Without cgo, or with the build tag nocodecs, or
// where the library lacks a codec, it can do none of it and says so.
package avcodec

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

func unavailable(c media.Codec) error { return fmt.Errorf("%s: %w", c, codec.ErrUnavailable) }

// Pictures without a fault after which a picture counts as whole again though
// no keyframe came. H.261 3.4 and H.263 4.4 have each macroblock coded without
// reference at least once in 132 times; for the others ten seconds may pass:
// a stale corner is better than no picture for good.
const (
	healsUpdated = 132
	heals        = 300
)

// health follows whether pictures stand on damaged ones.
type health struct {
	heals  int
	bad    bool // what was decoded last cannot be relied on
	since  int  // pictures without a fault
	primed bool // a keyframe came, or enough pictures
}

// picture takes what is known of a picture and tells whether it is damaged.
func (h *health) picture(repaired, shaky, key bool) bool {
	switch {
	case repaired:
		h.fault()
	case key && !shaky:
		h.bad, h.primed = false, true
	default:
		if !h.primed {
			h.bad = true
		}
		if h.since++; h.since >= h.heals {
			h.bad, h.primed = false, true
		}
	}
	return h.bad
}

// fault is a frame that was not decoded, or not as it was coded.
func (h *health) fault() { h.bad, h.since = true, 0 }
