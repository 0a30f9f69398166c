package sdp

import (
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// payload is one payload type of a media line.
type payload struct {
	media.Format        // Codec is empty when we do not know the coding
	name         string // what a=rtpmap says, as it was spelt
	params       params
	sets         string // H.264 parameter sets of what the far end sends
}

// arriving is a format of ours as the far end sends it: with its parameter sets.
func (p *payload) arriving(own media.Format) media.Format {
	own.ParameterSets = p.sets
	return own
}

// readPayloads gives the payload types of a line in its order. The scope of a
// number is its line: 97 may be speex in one and H264 in the next.
func readPayloads(m *Media) []payload {
	var list []payload
	var index [128]int // one more than the place in list
	for _, s := range m.Formats {
		pt, err := strconv.ParseUint(s, 10, 7)
		if err != nil || index[pt] != 0 || len(s) > 1 && s[0] == '0' {
			continue
		}
		list = append(list, payload{Format: media.Format{PT: uint8(pt)}, params: params{}})
		index[pt] = len(list)
	}
	for _, a := range m.Attributes {
		if a.Name != "rtpmap" && a.Name != "fmtp" {
			continue
		}
		pt, rest, ok := splitPT(a.Value)
		if !ok || index[pt] == 0 {
			continue
		}
		p := &list[index[pt]-1]
		if a.Name == "fmtp" {
			p.params.add(rest)
		} else if p.name == "" && strings.Contains(rest, "/") {
			p.name = rest // one that is cut short says nothing
		}
	}
	for i := range list {
		list[i].fill()
	}
	return list
}

// splitPT takes the payload type off the front of an attribute's value.
func splitPT(s string) (uint8, string, bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return 0, "", false
	}
	pt, err := strconv.ParseUint(s[:i], 10, 7)
	return uint8(pt), strings.Trim(s[i:], " \t"), err == nil
}

// staticNames are the payload types that need no a=rtpmap (RFC 3551 6), as far
// as a codec of ours or of terminals has one.
var staticNames = map[uint8]string{
	0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 18: "G729/8000",
	31: "H261/90000", 34: "H263/90000",
}

var codecs = func() map[string]media.Codec {
	m := map[string]media.Codec{}
	for _, c := range []media.Codec{
		media.Opus, media.G722, media.G7221, media.PCMU, media.PCMA, media.G729, media.DTMF,
		media.H264, media.H265, media.H263, media.H263P, media.H261, media.VP8, media.VP9, media.AV1,
	} {
		m[strings.ToLower(string(c))] = c
	}
	m["h263-2000"] = media.H263P // one payload format with two names (RFC 4629 8.1.2)
	return m
}()

// fill reads the name and the parameters into the format.
func (p *payload) fill() {
	if p.name == "" {
		p.name = staticNames[p.PT]
	}
	if !visible(p.name) {
		p.name = ""
		return
	}
	f := strings.Split(p.name, "/")
	if len(f) < 2 {
		return
	}
	clock, err := strconv.ParseUint(f[1], 10, 31)
	if err != nil {
		return
	}
	p.Codec, p.ClockRate = codecs[strings.ToLower(f[0])], int(clock)
	if len(f) > 2 {
		p.Channels, _ = strconv.Atoi(f[2])
		p.Channels = min(max(p.Channels, 0), 255)
	}
	// G.722 counts 8000 a second whatever it samples (RFC 3551 4.5.2), and some
	// name the sampling rate.
	if p.Codec == media.G722 && p.ClockRate == 16000 {
		p.ClockRate = 8000
	}
	if p.Codec == media.H264 {
		p.fillH264()
	}
	p.fillParams()
}

// fillParams reads the parameters of codecs other than H.264.
func (p *payload) fillParams() {
	switch p.Codec {
	case media.Opus: // RFC 7587 6.1
		p.Stereo, p.FEC = p.params.flag("stereo"), p.params.flag("useinbandfec")
		p.Bitrate = p.params.number("maxaveragebitrate")
	case media.G7221: // RFC 5577 4.1
		p.Bitrate = p.params.number("bitrate")
	case media.PCMU, media.PCMA, media.G722:
		p.Bitrate = 64000
	case media.VP8, media.VP9:
		p.fillVPx()
	case media.H263, media.H263P, media.H261:
		p.fillSizes()
	}
}
