package media

// H264Params is what an H.264 receiver said of itself, in SDP (RFC 6184 8.1)
// or in H.241 terms. The level is a floor: a Max value above the level's own
// lifts that one limit.
type H264Params struct {
	Profile     uint8 // profile_idc: 66 Baseline, 77 Main, 100 High
	Constraints uint8 // constraint_set flags and reserved bits, second byte of profile-level-id
	Level       uint8 // level_idc, ten times the level's number; see Is1b
	Mode        uint8 // packetization-mode: 0 single NAL unit, 1 non-interleaved

	MaxMBPS          uint32 // max-mbps, macroblocks per second; 0 is the level's
	MaxFS            uint32 // max-fs, macroblocks per frame; 0 is the level's
	MaxBR            uint32 // max-br, units of 1000 bit/s; 0 is the level's
	MaxCPB           uint32 // max-cpb
	MaxDPB           uint32 // max-dpb
	MaxSMBPS         uint32 // max-smbps
	MaxNAL           uint32 // largest NAL unit taken, bytes; 0 is none said
	AsymmetryAllowed bool   // level-asymmetry-allowed=1
}

// H264Profile tells apart the profiles that do not decode one another. It is
// profile_idc with the constraint flags that change its meaning (RFC 6184
// table 5).
type H264Profile uint8

// Profiles. Room terminals call Constrained Baseline content Baseline, so
// those two are taken for one another when formats are matched.
const (
	H264Other H264Profile = iota
	H264ConstrainedBaseline
	H264Baseline
	H264Main
	H264ConstrainedHigh
	H264High
)

// ProfileOf classifies the parameters by RFC 6184 table 5.
func (p H264Params) ProfileOf() H264Profile {
	set0, set1 := p.Constraints&0x80 != 0, p.Constraints&0x40 != 0
	switch p.Profile {
	case 66:
		if set1 {
			return H264ConstrainedBaseline
		}
		return H264Baseline
	case 77:
		if set0 {
			return H264ConstrainedBaseline
		}
		return H264Main
	case 88:
		if set0 && set1 {
			return H264ConstrainedBaseline
		}
	case 100:
		if p.Constraints&0x0c == 0x0c {
			return H264ConstrainedHigh
		}
		return H264High
	}
	return H264Other
}

// Is1b tells level 1b, which has no number of its own (ITU-T H.264 A.3.1).
func (p H264Params) Is1b() bool {
	if p.Level == 9 {
		return true
	}
	return p.Level == 11 && p.Constraints&0x10 != 0 && p.Profile < 100
}

type h264Level struct {
	idc  uint8
	mbps uint32
	fs   uint32
	br   uint32 // units of 1000 bit/s, Baseline and Main
}

// ITU-T H.264 table A-1.
var h264Levels = [...]h264Level{
	{10, 1485, 99, 64},
	{11, 3000, 396, 192},
	{12, 6000, 396, 384},
	{13, 11880, 396, 768},
	{20, 11880, 396, 2000},
	{21, 19800, 792, 4000},
	{22, 20250, 1620, 4000},
	{30, 40500, 1620, 10000},
	{31, 108000, 3600, 14000},
	{32, 216000, 5120, 20000},
	{40, 245760, 8192, 20000},
	{41, 245760, 8192, 50000},
	{42, 522240, 8704, 50000},
	{50, 589824, 22080, 135000},
	{51, 983040, 36864, 240000},
	{52, 2073600, 36864, 240000},
}

func (p H264Params) level() h264Level {
	if p.Is1b() {
		return h264Level{11, 1485, 99, 128}
	}
	l := h264Levels[0]
	for _, x := range h264Levels {
		if x.idc <= p.Level {
			l = x
		}
	}
	return l
}

// Limits gives what the receiver takes: its level, lifted by each max-*
// parameter that is above it. Parameters below the level are ignored, as RFC
// 6184 8.1 forbids them.
func (p H264Params) Limits() Limits {
	l := p.level()
	fs, mbps := max(l.fs, p.MaxFS), max(l.mbps, p.MaxMBPS)
	return Limits{MaxFS: int(fs), MaxMBPS: int(mbps), Bitrate: int(max(l.br, p.MaxBR)) * 1000}
}
