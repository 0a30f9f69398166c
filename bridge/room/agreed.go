package room

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/roombridge/roombridge/bridge/media"
)

// agreed is what the browser may send, as offer and answer have it together.
type agreed struct {
	lines   []line
	sources map[uint32]named // that the offer names
	again   [128]uint8       // payload type of retransmissions -> of what they repeat, 0: none

	// Header extensions, 0: not agreed.
	mid, rid, repairs, transport, level uint8
}

// line is one of the page's lines on which it sends.
type line struct {
	mid     string
	kind    media.Kind
	role    media.Role
	rids    []string // of a camera with several encodings
	formats map[uint8]media.Format
}

// named says what an SSRC is.
type named struct {
	line   *line
	rid    string
	repair bool   // it sends again what was lost (RFC 4588)
	of     uint32 // the source that it repairs, 0: by rid
}

// readAgreed reads it of an answer to an offer.
func readAgreed(d *sdp.SessionDescription, o *offer) *agreed {
	a := &agreed{sources: map[uint32]named{}}
	for pt, of := range o.apt {
		a.again[pt] = of
	}
	for _, m := range d.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		l := line{mid: mid, kind: media.Video, role: media.Main}
		switch mid {
		case o.mic:
			l.kind = media.Audio
		case o.camera:
			l.rids = o.rids
		case o.screen:
			l.role = media.Content
		default:
			continue
		}
		if l.formats = readFormats(m); len(l.formats) == 0 || m.MediaName.Port.Value == 0 {
			continue // refused
		}
		a.lines = append(a.lines, l)
		for uri, id := range map[string]*uint8{
			extMID: &a.mid, extRID: &a.rid, extRepairRID: &a.repairs, extTWCC: &a.transport, extLevel: &a.level,
		} {
			if *id == 0 {
				*id = extensionID(m, uri)
			}
		}
	}
	for ssrc, mid := range o.ssrcs {
		if l := a.line(mid); l != nil && len(l.rids) == 0 {
			of, repair := o.fid[ssrc]
			a.sources[ssrc] = named{line: l, repair: repair, of: of}
		}
	}
	return a
}

func (a *agreed) line(mid string) *line {
	for i := range a.lines {
		if a.lines[i].mid == mid {
			return &a.lines[i]
		}
	}
	return nil
}

// name says what a packet's source is: the offer does, or else the header
// extensions (RFC 8843 9.2, RFC 8852). It is false for what belongs to no line.
func (a *agreed) name(ssrc uint32, b []byte) (named, bool) {
	if n, ok := a.sources[ssrc]; ok {
		return n, true
	}
	n := named{line: a.line(string(a.extension(b, a.mid)))}
	n.repair = a.again[b[1]&0x7f] != 0
	id := a.rid
	if n.repair {
		id = a.repairs
	}
	n.rid = string(a.extension(b, id))
	if n.line == nil && n.rid != "" {
		n.line = a.simulcast(n.rid)
	}
	switch {
	case n.line == nil:
		return n, false
	case len(n.line.rids) > 0 && n.rid == "":
		return n, n.repair // a probe until it says what it repairs
	case len(n.line.rids) > 0:
		return n, slices.Contains(n.line.rids, n.rid)
	}
	n.rid = ""
	return n, true
}

func (a *agreed) simulcast(rid string) *line {
	for i := range a.lines {
		if slices.Contains(a.lines[i].rids, rid) {
			return &a.lines[i]
		}
	}
	return nil
}

// extension gives a header extension that was agreed.
func (a *agreed) extension(b []byte, id uint8) []byte {
	if id == 0 {
		return nil
	}
	return extension(b, id)
}

// readFormats gives the formats of a line by their payload types.
func readFormats(m *sdp.MediaDescription) map[uint8]media.Format {
	fmtps := map[string]string{}
	for _, a := range m.Attributes {
		if pt, rest, ok := strings.Cut(a.Value, " "); ok && a.Key == "fmtp" {
			fmtps[pt] = rest
		}
	}
	out := map[uint8]media.Format{}
	for _, a := range m.Attributes {
		value, rest, _ := strings.Cut(a.Value, " ")
		pt, err := strconv.ParseUint(value, 10, 7)
		if a.Key != "rtpmap" || err != nil || !slices.Contains(m.MediaName.Formats, value) {
			continue
		}
		name, clock, _ := strings.Cut(rest, "/")
		clock, channels, _ := strings.Cut(clock, "/")
		rate, _ := strconv.ParseUint(clock, 10, 31)
		count, _ := strconv.ParseUint(channels, 10, 8)
		if f := formatNamed(name, fmtps[value]); f.Codec != "" {
			f.PT, f.ClockRate, f.Channels = uint8(pt), int(rate), int(count)
			out[f.PT] = f
		}
	}
	return out
}

// formatNamed says in neutral words what SDP calls a format.
func formatNamed(name, fmtp string) (f media.Format) {
	switch strings.ToUpper(name) {
	case "H264":
		f.Codec, f.H264 = media.H264, h264Params(fmtp)
	case "VP8":
		f.Codec = media.VP8
	case "OPUS":
		f.Codec = media.Opus
		f.FEC = strings.Contains(fmtp, "useinbandfec=1")
	case "G722":
		f.Codec = media.G722
	case "PCMU":
		f.Codec = media.PCMU
	case "PCMA":
		f.Codec = media.PCMA
	}
	return f
}
