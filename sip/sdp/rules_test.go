package sdp

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"

	"github.com/roombridge/roombridge/bridge/media"
)

// breaches lists where an answer breaks the rules that every answer to an
// offer keeps (G1 to G16; those on repetition and size are tested by
// themselves). The answer is read by a strict reader that is not ours.
func breaches(offer *Description, body string, session media.Session) []string {
	var list []string
	bad := func(rule, format string, args ...any) {
		list = append(list, rule+": "+fmt.Sprintf(format, args...))
	}
	checkText(body, bad)
	// The strict reader knows a closed list of media and protocols; ours echoes
	// whatever was offered.
	var strict pion.SessionDescription
	if err := strict.UnmarshalString(mediaWords.ReplaceAllString(body, "m=audio $1 RTP/AVP ")); err != nil {
		bad("G9", "a strict reader refuses it: %v", err)
	}
	ours, err := Parse([]byte(body))
	if err != nil {
		bad("G9", "unreadable: %v", err)
		return list
	}
	if len(ours.Media) != len(offer.Media) {
		bad("G1", "%d lines for %d", len(ours.Media), len(offer.Media))
		return list
	}
	for i := range ours.Media {
		checkLine(offer, ours, i, func(rule, format string, args ...any) {
			bad(rule, "line %d: %s", i, fmt.Sprintf(format, args...))
		})
	}
	checkLimits(offer, ours, session, bad)
	return list
}

var mediaWords = regexp.MustCompile(`m=\S+ (\d+) \S+ `)

type report func(rule, format string, args ...any)

var head = regexp.MustCompile(`^v=0\r\no=\S+ \d+ \d+ IN IP[46] \S+\r\ns=[^\r\n]+\r\nc=IN IP[46] \S+\r\nt=0 0\r\n`)

var unasked = regexp.MustCompile(`(?m)^a=(group:|candidate|ice-|crypto:.*(UNENCRYPTED|UNAUTHENTICATED)).*$`)

func checkText(body string, bad report) {
	if !head.MatchString(body) {
		bad("G9", "head")
	}
	if strings.Count(body, "\n") != strings.Count(body, "\r\n") || strings.Count(body, "\r") != strings.Count(body, "\r\n") ||
		!strings.HasSuffix(body, "\r\n") {
		bad("G15", "line ends")
	}
	for _, c := range []byte(body) {
		if c > '~' || c < ' ' && c != '\r' && c != '\n' {
			bad("G15", "byte %#x", c)
			break
		}
	}
	for _, l := range unasked.FindAllString(body, -1) {
		bad("G10", "%s", l)
	}
}

func checkLine(offer, ours *Description, i int, bad report) {
	o, a := &offer.Media[i], &ours.Media[i]
	if a.Type != o.Type || a.Proto != o.Proto {
		bad("G1", "%s %s for %s %s", a.Type, a.Proto, o.Type, o.Proto)
	}
	for _, f := range a.Formats {
		if !slices.Contains(o.Formats, f) {
			bad("G4", "format %s was not offered", f)
		}
	}
	for _, name := range []string{"content", "label", "mid"} {
		was, offered := o.attribute(name)
		is, answered := a.attribute(name)
		if answered && !offered || offered && was != is && len(was) <= maxToken && visible(was) {
			bad("G10", "%s is %q for %q", name, is, was)
		}
	}
	if o.Port <= 0 && a.Port != 0 {
		bad("G3", "port %d", a.Port)
	}
	checkDirection(offer, ours, i, bad)
	if a.Port == 0 {
		return
	}
	checkPayloads(o, a, bad)
	checkOptions(offer, o, a, bad)
	checkCrypto(o, a, bad)
}

// checkDirection is G8: what is offered bounds what is answered.
func checkDirection(offer, ours *Description, i int, bad report) {
	o, a := readDirection(offer, &offer.Media[i]), readDirection(ours, &ours.Media[i])
	if a&^o.Reverse() != 0 {
		bad("G8", "%s for %s", a, o)
	}
	count := 0
	for _, x := range ours.Media[i].Attributes {
		switch x.Name {
		case "sendrecv", "sendonly", "recvonly", "inactive":
			count++
		}
	}
	if count != 1 {
		bad("G8", "%d directions", count)
	}
}

func checkPayloads(o, a *Media, bad report) {
	offered, codecs := readPayloads(o), 0
	for _, p := range readPayloads(a) {
		raw := rtpmapOf(a, p.PT)
		if p.PT >= 96 && raw == "" {
			bad("G4", "no rtpmap of %d", p.PT)
		}
		j := slices.IndexFunc(offered, func(q payload) bool { return q.PT == p.PT })
		if j < 0 || offered[j].Codec != p.Codec || offered[j].ClockRate != p.ClockRate {
			bad("G4", "%d is %s/%d", p.PT, p.Codec, p.ClockRate)
			continue
		}
		if p.Codec != media.DTMF {
			codecs++
		}
		if p.Codec == media.H264 {
			checkH264(p.params, offered[j].Format, p.Format, bad)
		}
	}
	if codecs == 0 {
		bad("G5", "no codec")
	}
}

func rtpmapOf(m *Media, pt uint8) string {
	for _, a := range m.Attributes {
		if rest, ok := strings.CutPrefix(a.Value, strconv.Itoa(int(pt))+" "); ok && a.Name == "rtpmap" {
			return rest
		}
	}
	return ""
}

func checkH264(said params, offered, ours media.Format, bad report) {
	if ours.H264.Profile != offered.H264.Profile || ours.H264.ProfileOf() != offered.H264.ProfileOf() {
		bad("G6", "profile %s for %s", ours.H264.ProfileLevelID(), offered.H264.ProfileLevelID())
	}
	if ours.H264.Mode != offered.H264.Mode {
		bad("G6", "mode %d for %d", ours.H264.Mode, offered.H264.Mode)
	}
	if said["profile-level-id"] == "" || said["max-fs"] == "" || said["max-mbps"] == "" || said["packetization-mode"] == "" {
		bad("G6", "parameters missing: %v", said)
	}
	if !offered.H264.AsymmetryAllowed && offered.H264.BelowLevel(ours.H264) {
		bad("G6", "level raised to %s", ours.H264.ProfileLevelID())
	}
	level := ours.H264.LevelLimits()
	if int(ours.H264.MaxFS) < level.MaxFS || int(ours.H264.MaxMBPS) < level.MaxMBPS || int(ours.H264.MaxBR)*1000 < level.Bitrate {
		bad("G6", "max values below the level: %v", said)
	}
}

// checkOptions is G10, G12 and G14.
func checkOptions(offer *Description, o, a *Media, bad report) {
	_, fp := attribute(offer.Attributes, "fingerprint")
	for _, name := range []string{"rtcp-mux", "rtcp", "fingerprint", "crypto", "ptime"} {
		_, offered := o.attribute(name)
		if _, answered := a.attribute(name); answered && !offered && !(name == "fingerprint" && fp) {
			bad("G10", "%s was not offered", name)
		}
	}
	for _, x := range a.Attributes {
		if x.Name == "rtcp-fb" && !slices.ContainsFunc(o.Attributes, func(y Attribute) bool {
			return y.Name == "rtcp-fb" && hasWords(y.Value, x.Value)
		}) {
			bad("G12", "%s", x.Value)
		}
	}
	for _, b := range a.Bandwidth {
		for _, list := range [][]Bandwidth{o.Bandwidth, offer.Bandwidth} {
			for _, c := range list {
				mine, _, _ := b.limit()
				if theirs, _, ok := c.limit(); ok && mine > theirs {
					bad("G14", "%s:%d above %s:%d", b.Type, b.Value, c.Type, c.Value)
				}
			}
		}
	}
}

// hasWords tells whether one feedback line says all that another does.
func hasWords(offered, answered string) bool {
	o, a := strings.Fields(offered), strings.Fields(answered)
	if len(o) < len(a) || o[0] != a[0] || o[1] != a[1] || len(a) == 2 && len(o) > 2 {
		return false
	}
	return !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(o, w) })
}

// checkCrypto is G11.
func checkCrypto(o, a *Media, bad report) {
	lines := valuesOf(a, "crypto")
	_, dtls := a.attribute("fingerprint")
	if len(lines) > 1 || profileOf(a.Proto).secure && len(lines) != 1 && !dtls {
		bad("G11", "%d crypto lines", len(lines))
	}
	for _, l := range lines {
		f := strings.Fields(l)
		found := false
		for _, offered := range valuesOf(o, "crypto") {
			g := strings.Fields(offered)
			found = found || len(g) >= 3 && g[0] == f[0] && strings.EqualFold(g[1], f[1])
			if len(g) >= 3 && g[2] == f[2] {
				bad("G11", "their key")
			}
		}
		if !found {
			bad("G11", "tag %s with %s was not offered", f[0], f[1])
		}
	}
}

func valuesOf(m *Media, name string) []string {
	var list []string
	for _, a := range m.Attributes {
		if a.Name == name {
			list = append(list, a.Value)
		}
	}
	return list
}

// checkLimits is G7: the outcome obeys the offered b= lines, and its streams
// stand on lines that were answered.
func checkLimits(offer, ours *Description, session media.Session, bad report) {
	ports := map[int]int{4000: 0, 4002: 1}
	live := 0
	for i := range ours.Media {
		j, ok := ports[ours.Media[i].Port]
		if !ok {
			continue
		}
		live++
		st := session.Streams[j]
		for _, list := range [][]Bandwidth{offer.Media[i].Bandwidth, offer.Bandwidth} {
			for _, b := range list {
				if bps, _, ok := b.limit(); ok && st.Direction.Sends() && (st.SendBitrate > bps || st.SendBitrate == 0) {
					bad("G7", "stream %d sends %d over %s:%d", j, st.SendBitrate, b.Type, b.Value)
				}
			}
		}
		if st.Direction != readDirection(ours, &ours.Media[i]) {
			bad("G8", "stream %d is %s", j, st.Direction)
		}
		if st.Remote.IsValid() && (st.Remote.Port() != uint16(offer.Media[i].Port) || st.Remote.Addr() == netip.IPv4Unspecified()) {
			bad("G7", "stream %d goes to %s", j, st.Remote)
		}
	}
	for _, st := range session.Streams {
		if st.Send.Codec != "" {
			live--
		}
	}
	if live != 0 {
		bad("G1", "streams and lines differ by %d", live)
	}
}
