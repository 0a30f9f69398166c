package sdp

import (
	"math"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// maxBandwidth is above anything real, and small enough to calculate with.
const maxBandwidth = 100_000_000_000

// limit gives a b= line in bit/s. AS and CT are kbit/s with IP and UDP
// overhead (RFC 8866 5.8), TIAS is bit/s without (RFC 3890).
func (b Bandwidth) limit() (bps int, gross, ok bool) {
	value := min(b.Value, maxBandwidth)
	switch b.Type {
	case "TIAS":
		return int(value), false, true
	case "AS", "CT":
		return int(min(value*1000, maxBandwidth)), true, true
	}
	return 0, false, false
}

const unbounded = math.MaxInt

// net takes the overhead off: about 5 % at the size of video packets.
func net(gross int) int { return gross / 20 * 19 }

// mediaLimit is the least of a section's lines in bit/s of media. Without any
// it is unbounded.
func mediaLimit(list []Bandwidth) int {
	least := unbounded
	for _, b := range list {
		if bps, gross, ok := b.limit(); ok {
			if gross {
				bps = net(bps)
			}
			least = min(least, bps)
		}
	}
	return least
}

// statedLimit is the least of a section's lines as they stand, in bit/s: no
// line of our answer goes above it.
func statedLimit(list []Bandwidth) int {
	least := unbounded
	for _, b := range list {
		if bps, _, ok := b.limit(); ok {
			least = min(least, bps)
		}
	}
	return least
}

// soundShare is what sound takes of a session's bandwidth: 64 kbit/s and its
// overhead. A session's b= bounds sound and picture together.
const soundShare = 80_000

// sendLimit is what we may send on a line, bit/s; unbounded without any b=.
func sendLimit(d *Description, m *Media, kind media.Kind) int {
	session := mediaLimit(d.Bandwidth)
	if kind == media.Video && session != unbounded {
		session = max(session-soundShare, session/2)
	}
	return min(session, mediaLimit(m.Bandwidth))
}

// recvLimit is the b= that an answer may state, bit/s; 0 is none.
func recvLimit(d *Description, m *Media, own int) int {
	l := min(statedLimit(d.Bandwidth), statedLimit(m.Bandwidth))
	if own > 0 {
		l = min(l, own)
	}
	if l == unbounded {
		return 0
	}
	return l
}

// bandwidthTypes says in which terms an answer states its limit: those of the
// offered line, or TIAS.
func bandwidthTypes(m *Media) []string {
	var types []string
	for _, b := range m.Bandwidth {
		if _, _, ok := b.limit(); ok && !slices.Contains(types, b.Type) {
			types = append(types, b.Type)
		}
	}
	if len(types) == 0 {
		types = []string{"TIAS"}
	}
	return types
}
