package control

import (
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// packed is the format in which a channel of ours is really filled. H323Plus 1.28 names
// the packetization of H.241 annex A alone, for which its H.264 codec sends and takes
// RFC 6184 packetization-mode 1.
func (s *Session) packed(f media.Format) media.Format {
	if f.Codec == media.H264 && f.H264.Mode == 0 && strings.Contains(strings.ToLower(s.cfg.Device()), "h323plus") {
		f.H264.Mode, f.H264.MaxNAL = 1, 0
	}
	return f
}
