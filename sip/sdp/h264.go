package sdp

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// fillH264 reads the parameters of RFC 6184 8.1. A payload type whose
// parameters cannot be understood is not one of ours: its codec is cleared.
func (p *payload) fillH264() {
	h := media.DefaultH264
	if id, ok := p.params["profile-level-id"]; ok {
		if h, ok = media.ParseProfileLevelID(id); !ok {
			p.Codec = ""
			return
		}
	}
	switch p.params["packetization-mode"] {
	case "", "0": // absent is mode 0
	case "1":
		h.Mode = 1
	default: // interleaved, or a mode of the future
		p.Codec = ""
		return
	}
	h.MaxMBPS = p.params.small("max-mbps")
	h.MaxFS = p.params.small("max-fs")
	h.MaxBR = p.params.small("max-br")
	h.MaxCPB = p.params.small("max-cpb")
	h.MaxDPB = p.params.small("max-dpb")
	h.MaxSMBPS = p.params.small("max-smbps")
	h.MaxNAL = p.params.small("max-rcmd-nalu-size")
	h.AsymmetryAllowed = p.params.flag("level-asymmetry-allowed")
	p.H264 = h
	p.sets = readParameterSets(p.params["sprop-parameter-sets"])
}

// Bounds of the parameter sets that are taken from a description: devices give
// one or two of each kind, of some tens of bytes.
const (
	maxSets    = 16
	maxSetSize = 512
)

// readParameterSets keeps of sprop-parameter-sets (RFC 6184 8.1) the units that
// are SPS or PPS, spelt in one way. What they say is not looked at here.
func readParameterSets(value string) string {
	var kept []string
	for part := range strings.SplitSeq(value, ",") {
		nal, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(part, "="))
		if err != nil || len(nal) < 2 || len(nal) > maxSetSize || nal[0]&0x9f != 7 && nal[0]&0x9f != 8 {
			continue
		}
		if kept = append(kept, base64.StdEncoding.EncodeToString(nal)); len(kept) == maxSets {
			break
		}
	}
	return strings.Join(kept, ",")
}

// describeH264 says in the terms of an offered payload type what our decoder
// takes: the offered profile and mode, the lower level of the two unless each
// end may have its own (RFC 6184 8.2.2), and our limits above that level.
func describeH264(own, offered media.H264Params, bitrate int) media.H264Params {
	h := media.H264Params{
		Profile: offered.Profile, Constraints: offered.Constraints, Level: offered.Level,
		Mode: offered.Mode, MaxNAL: own.MaxNAL, AsymmetryAllowed: offered.AsymmetryAllowed,
	}
	if offered.AsymmetryAllowed || own.BelowLevel(offered) {
		h = h.WithLevel(own)
	}
	return withOwnLimits(h, own, bitrate)
}

// withOwnLimits states our decoder's limits in full, because terminals refuse
// or starve a description without them (Polycom DMA, Cisco DX80). max-br may
// not be below the level's own.
func withOwnLimits(h, own media.H264Params, bitrate int) media.H264Params {
	level, limits := h.LevelLimits(), own.Limits()
	h.MaxFS = uint32(max(level.MaxFS, limits.MaxFS))
	h.MaxMBPS = uint32(max(level.MaxMBPS, limits.MaxMBPS))
	br := limits.Bitrate
	if bitrate > 0 {
		br = min(br, bitrate)
	}
	h.MaxBR = uint32(max(level.Bitrate, br) / 1000)
	return h
}

// writeH264 gives the parameters as a=fmtp has them.
func writeH264(h media.H264Params) string {
	var b strings.Builder
	b.WriteString("profile-level-id=" + h.ProfileLevelID())
	b.WriteString(";packetization-mode=" + strconv.Itoa(int(h.Mode)))
	for _, p := range [...]struct {
		name  string
		value uint32
	}{
		{"max-fs", h.MaxFS}, {"max-mbps", h.MaxMBPS}, {"max-br", h.MaxBR},
		{"max-rcmd-nalu-size", h.MaxNAL},
	} {
		if p.value > 0 {
			b.WriteString(";" + p.name + "=" + strconv.FormatUint(uint64(p.value), 10))
		}
	}
	if h.AsymmetryAllowed {
		b.WriteString(";level-asymmetry-allowed=1")
	}
	return b.String()
}
