package capability

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

func TestReadAudio(t *testing.T) {
	siren := func(id per.OID, rate uint32) h245.AudioCapability {
		return h245.AudioCapability{GenericAudioCapability: generic(id, rate, unsigned(framesPerPacket, 1))}
	}
	named := func(s string) h245.AudioCapability {
		return h245.AudioCapability{NonStandard: &h245.NonStandardParameter{
			NonStandardIdentifier: h245.NonStandardIdentifier{H221NonStandard: &opusVendor}, Data: per.Octets(s),
		}}
	}
	for _, x := range []struct {
		name string
		a    h245.AudioCapability
		want media.Format
	}{
		{"mu-law", h245.AudioCapability{G711Ulaw64k: new(uint16(60))}, media.Format{Codec: media.PCMU, ClockRate: 8000}},
		{"A-law in short packets", h245.AudioCapability{G711Alaw64k: new(uint16(10))}, media.Format{Codec: media.PCMA, ClockRate: 8000, PT: 8, PTime: 10}},
		{"G.722", h245.AudioCapability{G72264k: new(uint16(90))}, media.Format{Codec: media.G722, ClockRate: 8000, PT: 9}},
		{"G.722.1 in bit/s", siren(oidG7221, 24000), media.Format{Codec: media.G7221, ClockRate: 16000, PT: 121, Bitrate: 24000}},
		{"G.722.1 in 100 bit/s", siren(oidG7221, 320), media.Format{Codec: media.G7221, ClockRate: 16000, PT: 121, Bitrate: 32000}},
		{"G.722.1 annex C", siren(oidG7221C, 480), media.Format{Codec: media.G7221, ClockRate: 32000, PT: 122, Bitrate: 48000}},
		{"G.722.1 at 48 kbit/s, which is none", siren(oidG7221, 480), media.Format{}},
		{"G.722.1 without a rate", siren(oidG7221, 0), media.Format{}},
		{"AAC-LD", siren("0.0.8.245.1.1.0", 640), media.Format{}},
		{"Opus", named("OPUS_48"), media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PT: 107}},
		{"speex", named("speex sr=8000"), media.Format{}},
		{"G.711 at 56 kbit/s", h245.AudioCapability{G711Alaw56k: new(uint16(20))}, media.Format{}},
		{"G.729", h245.AudioCapability{G729: new(uint16(2))}, media.Format{Codec: media.G729, ClockRate: 8000, PT: 18}},
		{"G.729 annex A", h245.AudioCapability{G729AnnexA: new(uint16(6))}, media.Format{Codec: media.G729, ClockRate: 8000, PT: 18}},
		{"G.729 annexes A and B", h245.AudioCapability{G729AnnexAwAnnexB: new(uint16(6))}, media.Format{Codec: media.G729, ClockRate: 8000, PT: 18}},
		{"G.728", h245.AudioCapability{G728: new(uint16(2))}, media.Format{}},
	} {
		f, ok := readAudio(&x.a)
		if want := x.want != (media.Format{}); ok != want {
			t.Errorf("%s: understood %v", x.name, ok)
		} else if ok {
			equal(t, x.name, f, x.want)
		}
	}
}

// The level codes of H.241 and those between them.
func TestLevels(t *testing.T) {
	for code, idc := range map[uint32]uint8{
		0: 10, 15: 10, 19: 9, 22: 11, 28: 11, 29: 12, 36: 13, 43: 20, 50: 21, 57: 22, 64: 30,
		71: 31, 78: 32, 85: 40, 92: 41, 99: 42, 106: 50, 113: 51, 120: 52, 65535: 52,
	} {
		equal(t, "level", levelIDC(code), idc)
	}
	for idc, code := range map[uint8]uint32{9: 19, 10: 15, 11: 22, 13: 36, 22: 57, 31: 71, 39: 78, 40: 85, 52: 120, 60: 120} {
		equal(t, "code", levelCode(media.H264Params{Profile: 66, Level: idc}), code)
	}
	equal(t, "level 1b as 1.1 with a constraint", levelCode(media.H264Params{Profile: 66, Level: 11, Constraints: 0x10}), uint32(19))
}

// Parameters of H.264 come in any of the forms of a number, and in either list.
func TestReadH264(t *testing.T) {
	as := func(id uint8, v h245.ParameterValue) h245.GenericParameter { return parameter(id, v) }
	v := h264(profileBaseline|profileHigh|4, 71,
		as(h264MaxMBPS, h245.ParameterValue{UnsignedMax: new(uint16(492))}),
		as(h264MaxFS, h245.ParameterValue{Unsigned32Min: new(uint32(32))}),
		as(h264MaxBR, h245.ParameterValue{Unsigned32Max: new(uint32(640))}),
		as(13, h245.ParameterValue{UnsignedMin: new(uint16(3000))}),
	)
	v.GenericVideoCapability.NonCollapsing = []h245.GenericParameter{unsigned(h264MaxNAL, 1200)}
	list := readH264(v.GenericVideoCapability)
	if len(list) != 2 || list[0].H264.Profile != 66 || list[1].H264.Profile != 100 {
		t.Fatalf("%+v", list)
	}
	equal(t, "limits", list[0].H264.Limits(), media.Limits{MaxFS: 8192, MaxMBPS: 246000, Bitrate: 16_000_000})
	if h := list[0].H264; h.MaxNAL != 1200 || list[0].Bitrate != 1_920_000 {
		t.Errorf("%+v at %d bit/s", h, list[0].Bitrate)
	}
	for name, bad := range map[string]h245.VideoCapability{
		"no profile (Tandberg MXP)":  h264(0, 71),
		"Extended profile":           h264(profileExtended, 71),
		"a profile of the future":    h264(128, 71),
		"no parameters":              {GenericVideoCapability: generic(oidH264, 1)},
		"parameters without numbers": {GenericVideoCapability: generic(oidH264, 1, parameter(h264Profile, h245.ParameterValue{OctetString: per.Octets{64}}))},
		"H.265":                      {GenericVideoCapability: generic("0.0.8.241.0.1.1", 1, boolArray(h264Profile, 64))},
		"nothing":                    {},
	} {
		if list, _ := readVideo(&bad); len(list) > 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// Of a capability for an H.264 decoder everything survives: H.241 in, H.241 out.
func TestWriteH264(t *testing.T) {
	for _, x := range []struct {
		p     media.H264Params
		limit int
		want  []h245.GenericParameter
		rate  uint32
	}{
		{media.H264Params{Profile: 66, Level: 13}, 384_000,
			[]h245.GenericParameter{boolArray(41, 64), unsigned(42, 36)}, 3840},
		{media.H264Params{Profile: 66, Level: 31, MaxFS: 8192, MaxMBPS: 245760}, 0,
			[]h245.GenericParameter{boolArray(41, 64), unsigned(42, 71), unsigned(3, 491), unsigned(4, 32)}, 140_000},
		{media.H264Params{Profile: 77, Level: 20, MaxBR: 6000}, 0,
			[]h245.GenericParameter{boolArray(41, 32), unsigned(42, 43), unsigned(6, 240)}, 60_000},
		{media.H264Params{Profile: 77, Level: 20, MaxBR: 6000}, 1_000_000,
			[]h245.GenericParameter{boolArray(41, 32), unsigned(42, 43)}, 10_000},
	} {
		g := writeH264(x.p, x.limit)
		equal(t, "parameters", g.Collapsing, x.want)
		equal(t, "rate", *g.MaxBitRate, x.rate)
	}
}

func TestReadContent(t *testing.T) {
	extended := func(ext ...h245.GenericCapability) h245.VideoCapability {
		nested := h245.VideoCapability{ExtendedVideoCapability: &h245.ExtendedVideoCapability{VideoCapability: []h245.VideoCapability{h264(64, 71)}}}
		return h245.VideoCapability{ExtendedVideoCapability: &h245.ExtendedVideoCapability{
			VideoCapability: []h245.VideoCapability{h264(64, 71), nested}, VideoCapabilityExtension: ext,
		}}
	}
	for _, x := range []struct {
		name    string
		v       h245.VideoCapability
		content bool
	}{
		{"presentation", extended(*generic(oidRole, 0, boolArray(roleBits, 1))), true},
		{"live picture", extended(*generic(oidRole, 0, boolArray(roleBits, 2))), false},
		{"no role said", extended(*generic(oidRole, 0)), true},
		{"another extension", extended(*generic("0.0.8.1", 0)), true},
		{"no extension", extended(), true},
		{"plain", h264(64, 71), false},
	} {
		list, content := readVideo(&x.v)
		if content != x.content || len(list) != 1 {
			t.Errorf("%s: presentation %v, %d formats", x.name, content, len(list))
		}
	}
	s := takes(t, said([]*h245.Capability{
		picture(extended()), {GenericControlCapability: generic(oidH239, 0)}, {GenericControlCapability: generic("0.0.8.460.1", 0)},
	}))
	if !s.Content || !s.H239 || len(s.Video) != 0 {
		t.Errorf("%+v", s)
	}
}
