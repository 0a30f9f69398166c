package capability

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// levels pairs the level codes of H.241 table 5 with level_idc; 9 is level 1b.
var levels = [...]struct {
	code uint32
	idc  uint8
}{
	{15, 10}, {19, 9}, {22, 11}, {29, 12}, {36, 13}, {43, 20}, {50, 21}, {57, 22}, {64, 30},
	{71, 31}, {78, 32}, {85, 40}, {92, 41}, {99, 42}, {106, 50}, {113, 51}, {120, 52},
}

// levelIDC gives the level for a code, or the one below for a code that is not in the table.
func levelIDC(code uint32) uint8 {
	idc := levels[0].idc
	for _, l := range levels {
		if l.code <= code {
			idc = l.idc
		}
	}
	return idc
}

func levelCode(p media.H264Params) uint32 {
	if p.Is1b() {
		return 19
	}
	code := levels[0].code
	for _, l := range levels {
		if l.idc != 9 && l.idc <= p.Level {
			code = l.code
		}
	}
	return code
}

// defaultNAL is the largest NAL unit of a receiver that says nothing (H.241 8.3.2.10).
const defaultNAL = 1400

// readH264 gives a format for each profile of a capability. Tandberg MXP lists a
// second capability with no profile at all, which is none.
func readH264(g *h245.GenericCapability) []media.Format {
	bits, _ := value(g, h264Profile)
	code, _ := value(g, h264Level)
	p := media.H264Params{Level: levelIDC(code), MaxNAL: defaultNAL, AsymmetryAllowed: true}
	for _, x := range []struct {
		id   uint8
		unit uint32
		to   *uint32
	}{
		{h264MaxMBPS, 500, &p.MaxMBPS}, {h264MaxFS, 256, &p.MaxFS}, {h264MaxBR, 25, &p.MaxBR},
		{h264MaxSMBPS, 500, &p.MaxSMBPS}, {h264MaxDPB, 32, &p.MaxDPB}, {h264MaxNAL, 1, &p.MaxNAL},
	} {
		if v, ok := value(g, x.id); ok && v > 0 && v <= 65535 {
			*x.to = v * x.unit
		}
	}
	f := media.Format{Codec: media.H264, ClockRate: 90000, H264: p}
	if g.MaxBitRate != nil {
		f.Bitrate = bitrate(*g.MaxBitRate)
	}
	var list []media.Format
	for _, x := range []struct {
		bit     uint32
		profile uint8
	}{{profileBaseline, 66}, {profileMain, 77}, {profileHigh, 100}} {
		if bits&x.bit != 0 {
			f.H264.Profile = x.profile
			list = append(list, f)
		}
	}
	return list
}

// profileBit is what H.241 has for a profile; 0 is nothing. Its High is all of High,
// so a decoder of Constrained High cannot be described.
func profileBit(p media.H264Params) uint8 {
	switch p.ProfileOf() {
	case media.H264Baseline, media.H264ConstrainedBaseline:
		return profileBaseline
	case media.H264Main:
		return profileMain
	case media.H264High:
		return profileHigh
	}
	return 0
}

// writeH264 describes a decoder; limit is the most it may be sent, bit/s, 0 for its
// own. Limits are stated where they are above those of the level.
func writeH264(p media.H264Params, limit int) *h245.GenericCapability {
	all, level := p.Limits(), p.LevelLimits()
	rate := all.Bitrate
	if limit > 0 {
		rate = min(rate, limit)
	}
	g := generic(oidH264, hundreds(rate), boolArray(h264Profile, profileBit(p)), unsigned(h264Level, levelCode(p)))
	for _, x := range []struct {
		id           uint8
		value, floor int
		unit         int
	}{
		{h264MaxMBPS, all.MaxMBPS, level.MaxMBPS, 500},
		{h264MaxFS, all.MaxFS, level.MaxFS, 256},
		{h264MaxBR, rate, level.Bitrate, 25000},
	} {
		if x.value > x.floor && x.value/x.unit > 0 {
			g.Collapsing = append(g.Collapsing, unsigned(x.id, uint32(x.value/x.unit)))
		}
	}
	return g
}

// narrowH264 is a capability of the far end as a channel towards it carries it: one
// profile, and no more than limit bit/s.
func narrowH264(g *h245.GenericCapability, p media.H264Params, limit int) *h245.GenericCapability {
	n := *g
	n.Collapsing = nil
	for _, x := range g.Collapsing {
		if id := x.ParameterIdentifier.Standard; id != nil && *id == h264Profile {
			x = boolArray(h264Profile, profileBit(p))
		}
		n.Collapsing = append(n.Collapsing, x)
	}
	if limit > 0 && (n.MaxBitRate == nil || *n.MaxBitRate > hundreds(limit)) {
		n.MaxBitRate = new(hundreds(limit))
	}
	return &n
}
