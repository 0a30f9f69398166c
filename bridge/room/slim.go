package room

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/roombridge/roombridge/bridge/media"
)

// slim takes out of a line of an offer what pion would keep and has no use
// for: formats and header extensions that the room does not know, which are
// most of what browsers offer, and sources, for each of which pion would wait.
func slim(m *sdp.MediaDescription) {
	known := knownFormats(m)
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		switch a.Key {
		case "ssrc", "ssrc-group", "msid", "rtcp":
			return true
		case "extmap":
			_, uri, _ := strings.Cut(a.Value, " ")
			uri, _, _ = strings.Cut(uri, " ")
			return !slices.Contains(knownExtensions, uri)
		case "rtpmap", "fmtp", "rtcp-fb":
			pt, _, _ := strings.Cut(a.Value, " ")
			return len(known) > 0 && pt != "*" && !known[pt]
		}
		return false
	})
	if len(known) > 0 {
		m.MediaName.Formats = slices.DeleteFunc(m.MediaName.Formats, func(pt string) bool { return !known[pt] })
	}
}

var knownExtensions = []string{extMID, extRID, extTWCC, extAbsTime, extLevel}

// knownFormats gives the payload types of a line that the room negotiates, and
// of what sends their packets again. Where H.264 is there as the room offers it
// itself, that is enough for pion.
func knownFormats(m *sdp.MediaDescription) map[string]bool {
	known := map[string]bool{}
	formats := readFormats(m)
	ours := h264Params(fmtpH264)
	exact := false
	for _, f := range formats {
		exact = exact || isOurs(f, ours)
	}
	for pt, f := range formats {
		if f.Codec != media.H264 || !exact || isOurs(f, ours) {
			known[strconv.Itoa(int(pt))] = true
		}
	}
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		if apt, ok := strings.CutPrefix(rest, "apt="); ok && a.Key == "fmtp" && known[apt] && slices.Contains(m.MediaName.Formats, pt) {
			known[pt] = true
		}
	}
	return known
}

func isOurs(f media.Format, ours media.H264Params) bool {
	return f.Codec == media.H264 && f.H264.Profile == ours.Profile && f.H264.Constraints == ours.Constraints && f.H264.Mode == ours.Mode
}
