package sdp

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// leanBody is how long an offer over datagrams shall be at most, bytes. What
// goes beyond it is left out as far as no terminal misses it.
const leanBody = 1300

// spare says what an offer leaves out.
type spare uint8

const (
	spareNothing  spare = iota
	spareRates          // all but the best rate of G.722.1 at each clock; events at clocks that no terminal has them at
	spareProfiles       // also H.264 beyond the first profile
)

// has tells whether a format is left out of an offer that has those of the list
// before it.
func (s spare) has(f media.Format, list []media.Format) bool {
	switch {
	case f.Codec == media.DTMF:
		return s >= spareRates && f.ClockRate != 8000 && f.ClockRate != 48000
	case f.Codec == media.G7221:
		return s >= spareRates && slices.ContainsFunc(list, func(g media.Format) bool {
			return g.Codec == media.G7221 && g.ClockRate == f.ClockRate
		})
	case f.Codec == media.H264:
		return s >= spareProfiles && slices.ContainsFunc(list, func(g media.Format) bool {
			return g.Codec == media.H264 && !g.H264.SameProfile(f.H264)
		})
	}
	return false
}
