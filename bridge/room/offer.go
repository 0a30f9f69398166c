package room

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/roombridge/roombridge/bridge/media"
)

// offer is what the room reads of a page's offer beside what pion does.
type offer struct {
	text     string // for pion, with what it has a use for
	identity string // the page's peer connection: session id and certificate
	ufrag    string
	mic      string // mids; empty when there is no such line
	camera   string
	screen   string
	rids     []string // of the camera, in the page's order
	slots    []slotOffer

	passive    bool // the page would leave the active part of DTLS to us
	candidates int

	// retransmissions of what the page sends (RFC 4588)
	apt    map[uint8]uint8   // payload types
	fid    map[uint32]uint32 // sources, where the offer names them
	ssrcs  map[uint32]string // sources that the offer names, and their lines
	ridID  uint8             // header extensions that name encodings
	rridID uint8
}

// slotOffer is a line on which the page receives a picture.
type slotOffer struct {
	mid     string
	formats []slotFormat
	twcc    uint8 // id of the transport-wide sequence number extension, 0 is none
}

// slotFormat is a format that a slot takes, and the payload type for sending
// its packets again (RFC 4588), 0 when there is none.
type slotFormat struct {
	media.Format
	rtx      uint8
	fmtp     string
	feedback []string // rtcp-fb values that both ends understand
}

var (
	errOfferLines = errors.New("the offer needs an audio line, then video lines for camera, screen and pictures")
	errOfferSize  = errors.New("the offer is too long")
	errOfferRole  = errors.New("the offer leaves the active part of DTLS to the room, which is passive")
)

// Most of what an offer may hold.
const (
	maxRIDs       = 3
	maxToken      = 32
	maxAttributes = 400 // of one line
)

// readOffer reads and bounds an offer. vp8 tells whether VP8 is used at all.
func readOffer(text string, vp8 bool) (*offer, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("the offer cannot be read: %w", err)
	}
	if len(d.MediaDescriptions) == 0 {
		return nil, errOfferLines
	}
	if len(d.MediaDescriptions) > 3+maxSlots {
		return nil, errOfferSize
	}
	o := &offer{apt: map[uint8]uint8{}, fid: map[uint32]uint32{}, ssrcs: map[uint32]string{}}
	setup, _ := d.Attribute("setup")
	o.passive = setup == "passive"
	seen := map[string]bool{}
	for i, m := range d.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		mid = strings.Clone(mid) // what is kept does not hold the whole text
		if !isToken(mid) || seen[mid] {
			return nil, fmt.Errorf("line %d of the offer has no name of its own", i+1)
		}
		seen[mid] = true
		if len(m.Attributes) > maxAttributes || len(m.MediaName.Formats) > 128 {
			return nil, errOfferSize
		}
		if o.scan(m, mid); o.passive {
			return nil, errOfferRole
		}
		if err := o.line(i, mid, m, vp8); err != nil {
			return nil, err
		}
	}
	if o.candidates > maxCandidates || len(o.ssrcs) > maxSSRCs {
		return nil, errOfferSize
	}
	o.identity = strconv.FormatUint(d.Origin.SessionID, 10) + " " + firstAttribute(&d, "fingerprint")
	o.ufrag = strings.Clone(firstAttribute(&d, "ice-ufrag"))
	for _, m := range d.MediaDescriptions {
		slim(m)
	}
	b, err := d.Marshal()
	o.text = string(b)
	return o, err
}

// scan reads what says the same on every line.
func (o *offer) scan(m *sdp.MediaDescription, mid string) {
	for _, a := range m.Attributes {
		switch a.Key {
		case "candidate":
			o.candidates++
		case "setup":
			o.passive = o.passive || a.Value == "passive"
		case "ssrc":
			source, _, _ := strings.Cut(a.Value, " ")
			if n, err := strconv.ParseUint(source, 10, 32); err == nil {
				o.ssrcs[uint32(n)] = mid
			}
		}
	}
}

// line reads one media line; its place says what it is for.
func (o *offer) line(i int, mid string, m *sdp.MediaDescription, vp8 bool) error {
	want := "video"
	if i == 0 {
		want = "audio"
	}
	if m.MediaName.Media != want {
		return errOfferLines
	}
	switch i {
	case 0:
		o.mic = mid
	case 1:
		o.camera = mid
		o.repairs(m)
		var err error
		o.rids, err = readRIDs(m)
		return err
	case 2:
		o.screen = mid
		o.repairs(m)
	default:
		o.slots = append(o.slots, slotOffer{mid: mid, formats: slotFormats(m, vp8), twcc: extensionID(m, extTWCC)})
	}
	return nil
}

// repairs reads what repeats lost packets of a line.
func (o *offer) repairs(m *sdp.MediaDescription) {
	if id := extensionID(m, extRID); id != 0 {
		o.ridID, o.rridID = id, extensionID(m, extRepairRID)
	}
	for _, a := range m.Attributes {
		first, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "fmtp":
			pt, err := strconv.ParseUint(first, 10, 7)
			apt, ok := strings.CutPrefix(rest, "apt=")
			of, err2 := strconv.ParseUint(apt, 10, 7)
			if ok && err == nil && err2 == nil {
				o.apt[uint8(pt)] = uint8(of)
			}
		case "ssrc-group":
			var of, by uint32
			if n, _ := fmt.Sscanf(a.Value, "FID %d %d", &of, &by); n == 2 {
				o.fid[by] = of
			}
		}
	}
}

func firstAttribute(d *sdp.SessionDescription, key string) string {
	if v, ok := d.Attribute(key); ok {
		return v
	}
	for _, m := range d.MediaDescriptions {
		if v, ok := m.Attribute(key); ok {
			return v
		}
	}
	return ""
}

func isToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]`, c) >= 0 {
			return false
		}
	}
	return true
}

// readRIDs gives the names of the camera's encodings (RFC 8851).
func readRIDs(m *sdp.MediaDescription) ([]string, error) {
	var rids []string
	for _, a := range m.Attributes {
		if a.Key != "rid" {
			continue
		}
		id, rest, _ := strings.Cut(a.Value, " ")
		if direction, _, _ := strings.Cut(rest, " "); direction != "send" {
			continue
		}
		if !isToken(id) || slices.Contains(rids, id) || len(rids) == maxRIDs {
			return nil, errors.New("the camera has too many encodings or an unusable name of one")
		}
		rids = append(rids, strings.Clone(id))
	}
	return rids, nil
}

func extensionID(m *sdp.MediaDescription, uri string) uint8 {
	for _, a := range m.Attributes {
		if a.Key != "extmap" {
			continue
		}
		id, rest, _ := strings.Cut(a.Value, " ")
		got, _, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(id)
		if err == nil && got == uri && n >= 1 && n <= 14 {
			return uint8(n)
		}
	}
	return 0
}

// slotFormats lists what a slot takes in the page's order: H.264 in
// packetization mode 1 of any profile, and VP8.
func slotFormats(m *sdp.MediaDescription, vp8 bool) []slotFormat {
	names, fmtps, rtx := map[uint8]string{}, map[uint8]string{}, map[uint8]uint8{}
	feedback := map[uint8][]string{}
	for _, a := range m.Attributes {
		value, rest, _ := strings.Cut(a.Value, " ")
		n, err := strconv.ParseUint(value, 10, 7)
		if err != nil {
			continue
		}
		pt := uint8(n)
		switch a.Key {
		case "rtpmap":
			names[pt] = strings.ToUpper(rest)
		case "fmtp":
			fmtps[pt] = rest
			if apt, ok := strings.CutPrefix(rest, "apt="); ok {
				if of, err := strconv.ParseUint(apt, 10, 7); err == nil {
					rtx[uint8(of)] = pt
				}
			}
		case "rtcp-fb":
			if i := slices.Index(understood, rest); i >= 0 {
				feedback[pt] = append(feedback[pt], understood[i])
			}
		}
	}
	var out []slotFormat
	for _, s := range m.MediaName.Formats {
		n, err := strconv.ParseUint(s, 10, 7)
		if err != nil {
			continue
		}
		pt := uint8(n)
		f := slotFormat{Format: media.Format{PT: pt, ClockRate: 90000}, rtx: rtx[pt], fmtp: strings.Clone(fmtps[pt]), feedback: feedback[pt]}
		if names[f.rtx] != "RTX/90000" {
			f.rtx = 0
		}
		switch names[pt] {
		case "H264/90000":
			f.Codec, f.H264 = media.H264, h264Params(fmtps[pt])
			if f.H264.Profile == 244 {
				// A High 4:4:4 Predictive decoder takes High (ITU-T H.264 A.2.8);
				// Chromium on Linux names no other for it.
				f.H264.Profile, f.H264.Constraints = 100, 0
			}
			if f.H264.Mode != 1 || f.H264.ProfileOf() == media.H264Other {
				continue
			}
		case "VP8/90000":
			if f.Codec = media.VP8; !vp8 {
				continue
			}
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// understood are the kinds of feedback that the room gives and takes.
var understood = []string{"transport-cc", "ccm fir", "nack", "nack pli", "goog-remb"}

// h264Params reads an fmtp line of a browser (RFC 6184 8.1).
func h264Params(fmtp string) media.H264Params {
	p := media.H264Params{Profile: 66, Constraints: 0, Level: 10}
	for part := range strings.SplitSeq(fmtp, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(key) {
		case "profile-level-id":
			if n, err := strconv.ParseUint(value, 16, 24); err == nil && len(value) == 6 {
				p.Profile, p.Constraints, p.Level = uint8(n>>16), uint8(n>>8), uint8(n)
			}
		case "packetization-mode":
			if n, err := strconv.ParseUint(value, 10, 8); err == nil {
				p.Mode = uint8(n)
			}
		case "level-asymmetry-allowed":
			p.AsymmetryAllowed = value == "1"
		}
	}
	return p
}

// decodedBy lists, for a profile of a stream, the profiles whose decoders
// take it, the closest first (ITU-T H.264 A.2).
var decodedBy = map[media.H264Profile][]media.H264Profile{
	media.H264ConstrainedBaseline: {media.H264ConstrainedBaseline, media.H264Baseline, media.H264Main, media.H264ConstrainedHigh, media.H264High},
	media.H264Baseline:            {media.H264ConstrainedBaseline, media.H264Baseline, media.H264Main, media.H264ConstrainedHigh, media.H264High},
	media.H264Main:                {media.H264Main, media.H264High},
	media.H264ConstrainedHigh:     {media.H264ConstrainedHigh, media.H264High},
	media.H264High:                {media.H264High},
}

// match finds the format under which a stream of format f can be sent as it is.
func match(formats []slotFormat, f media.Format) (slotFormat, bool) {
	if f.Codec != media.H264 {
		for _, s := range formats {
			if s.Codec == f.Codec {
				return s, true
			}
		}
		return slotFormat{}, false
	}
	for _, p := range decodedBy[f.H264.ProfileOf()] {
		for _, s := range formats {
			if s.Codec == media.H264 && s.H264.ProfileOf() == p {
				return s, true
			}
		}
	}
	return slotFormat{}, false
}
