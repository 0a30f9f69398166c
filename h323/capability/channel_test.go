package capability

import (
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

func packed(id per.OID, pt *uint8) *h245.H2250LogicalChannelParameters {
	return &h245.H2250LogicalChannelParameters{
		DynamicRTPPayloadType: pt,
		MediaPacketization: &h245.H2250LogicalChannelParametersMediaPacketization{RTPPayloadType: &h245.RTPPayloadType{
			PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{OID: new(id)},
		}},
	}
}

// Channels of the far end in formats of ours.
func TestRead(t *testing.T) {
	none := &h245.H2250LogicalChannelParameters{}
	video := h245.DataType{VideoData: new(h264(64, 92))}
	for _, x := range []struct {
		name  string
		dt    h245.DataType
		p     *h245.H2250LogicalChannelParameters
		codec media.Codec
		pt    uint8
		mode  uint8
		err   error
	}{
		{"A-law", h245.DataType{AudioData: &h245.AudioCapability{G711Alaw64k: new(uint16(240))}}, none, media.PCMA, 8, 0, nil},
		{"A-law with a payload type", h245.DataType{AudioData: &h245.AudioCapability{G711Alaw64k: new(uint16(20))}}, &h245.H2250LogicalChannelParameters{DynamicRTPPayloadType: new(uint8(100))}, media.PCMA, 100, 0, nil},
		{"a payload type below 96", h245.DataType{AudioData: &h245.AudioCapability{G711Alaw64k: new(uint16(20))}}, &h245.H2250LogicalChannelParameters{DynamicRTPPayloadType: new(uint8(0))}, media.PCMA, 8, 0, nil},
		{"H.264", video, none, media.H264, 96, 0, nil},
		{"no parameters at all", video, nil, media.H264, 96, 0, nil},
		{"H.264 of annex A", video, packed(packAnnexA, new(uint8(97))), media.H264, 97, 0, nil},
		{"H.264 of RFC 6184", video, packed(packNonInterleaved, new(uint8(110))), media.H264, 110, 1, nil},
		{"H.264 interleaved", video, packed(packInterleaved, new(uint8(110))), "", 0, 0, ErrOther},
		{"H.263", h245.DataType{VideoData: &h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 1}}}, none, media.H263, 34, 0, nil},
		{"H.262", h245.DataType{VideoData: &h245.VideoCapability{H262VideoCapability: &h245.H262VideoCapability{}}}, none, "", 0, 0, ErrOther},
		{"data", h245.DataType{Data: &h245.DataApplicationCapability{}}, none, "", 0, 0, ErrOther},
		{"encrypted", h245.DataType{H235Media: &h245.H235Media{}}, none, "", 0, 0, ErrEncrypted},
		{"of its own", h245.DataType{NonStandard: &h245.NonStandardParameter{}}, none, "", 0, 0, ErrUnknown},
		{"of the future", h245.DataType{Addition: &per.Addition{Index: 20}}, none, "", 0, 0, ErrUnknown},
	} {
		m, err := Read(own(), &x.dt, x.p)
		if !errors.Is(err, x.err) {
			t.Errorf("%s: %v, not %v", x.name, err, x.err)
			continue
		}
		if err == nil && (m.Format.Codec != x.codec || m.Format.PT != x.pt || m.Format.H264.Mode != x.mode) {
			t.Errorf("%s: %+v", x.name, m.Format)
		}
	}
	// What arrives is bounded by our own limits, whatever the channel says.
	m, _ := Read(own(), &video, packed(packNonInterleaved, nil))
	equal(t, "limits", m.Format.H264.Limits(), media.Limits{MaxFS: 8192, MaxMBPS: 245760, Bitrate: 14_000_000})
	m, _ = Read(own(), &h245.DataType{AudioData: &h245.AudioCapability{GenericAudioCapability: generic(oidG7221, 24000)}}, none)
	equal(t, "G.722.1", m.Format, media.Format{Codec: media.G7221, ClockRate: 16000, PT: 121, Bitrate: 24000})
	if _, ok := Sending(own(), &h245.DataType{NullData: true}, none); ok {
		t.Error("nothing can be sent as null data")
	}
}

// A channel of ours says what the far end listed, narrowed to what we send.
func TestChannel(t *testing.T) {
	both := &h245.H2250Capability{}
	both.MediaPacketizationCapability.RTPPayloadType = []h245.RTPPayloadType{packing(media.Format{H264: media.H264Params{Mode: 1}}, 105)}
	set := said([]*h245.Capability{
		audio(h245.AudioCapability{G72264k: new(uint16(90))}),
		picture(h264(profileBaseline|profileHigh, 71, unsigned(h264MaxFS, 32))),
		picture(h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 9000}}),
		picture(h245.VideoCapability{H261VideoCapability: &h245.H261VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 300}}),
	})
	set.MultiplexCapability = &h245.MultiplexCapability{H2250Capability: both}
	s := takes(t, set)
	dt, p := s.Audio[0].Channel(0)
	if *dt.AudioData.G72264k != 20 || p.DynamicRTPPayloadType != nil || p.SilenceSuppression == nil {
		t.Errorf("sound %+v, %+v", dt.AudioData, p)
	}
	dt, p = s.Video[0].Channel(1_000_000)
	g := dt.VideoData.GenericVideoCapability
	equal(t, "H.264", g.Collapsing, []h245.GenericParameter{boolArray(41, 64), unsigned(42, 71), unsigned(4, 32)})
	equal(t, "its rate", *g.MaxBitRate, uint32(10_000))
	if *p.DynamicRTPPayloadType != 105 || *p.MediaPacketization.RTPPayloadType.PayloadDescriptor.OID != packNonInterleaved {
		t.Errorf("H.264 with %+v", p)
	}
	if dt, _ := s.Video[0].Channel(9_000_000); *dt.VideoData.GenericVideoCapability.MaxBitRate != 19200 {
		t.Error("more than the far end takes")
	}
	for i, e := range s.Video[len(s.Video)-2:] {
		dt, _ := e.Channel(200_000)
		var rate uint32
		if v := dt.VideoData; v.H263VideoCapability != nil {
			rate = v.H263VideoCapability.MaxBitRate
		} else {
			rate = uint32(v.H261VideoCapability.MaxBitRate)
		}
		equal(t, "rate", rate, []uint32{2000, 300}[i])
	}
	if *set.CapabilityTable[0].Capability.ReceiveAudioCapability.G72264k != 90 || set.CapabilityTable[2].Capability.ReceiveVideoCapability.H263VideoCapability.MaxBitRate != 9000 {
		t.Error("what the far end said was changed")
	}
}

func TestReadMode(t *testing.T) {
	s := takes(t, wired(t, Own(own())))
	for _, x := range []struct {
		name string
		m    h245.ModeElementType
		kind media.Kind
		want int // entries that match
	}{
		{"A-law", h245.ModeElementType{AudioMode: &h245.AudioMode{G711Alaw64k: true}}, media.Audio, 1},
		{"mu-law", h245.ModeElementType{AudioMode: &h245.AudioMode{G711Ulaw64k: true}}, media.Audio, 1},
		{"G.722", h245.ModeElementType{AudioMode: &h245.AudioMode{G72264k: true}}, media.Audio, 1},
		{"G.722.1 annex C", h245.ModeElementType{AudioMode: &h245.AudioMode{GenericAudioMode: generic(oidG7221C, 480)}}, media.Audio, 1},
		{"Opus", h245.ModeElementType{AudioMode: &h245.AudioMode{NonStandard: &h245.NonStandardParameter{Data: per.Octets("opus")}}}, media.Audio, 1},
		{"G.728", h245.ModeElementType{AudioMode: &h245.AudioMode{G728: true}}, media.Audio, 0},
		{"H.261", h245.ModeElementType{VideoMode: &h245.VideoMode{H261VideoMode: &h245.H261VideoMode{Resolution: h245.H261VideoModeResolution{Cif: true}}}}, media.Video, 1},
		{"H.263", h245.ModeElementType{VideoMode: h263v(h245.H263VideoModeResolution{Qcif: true}, nil)}, media.Video, 4},
		{"H.263 with annexes", h245.ModeElementType{VideoMode: h263v(h245.H263VideoModeResolution{Cif: true}, &h245.H263Options{})}, media.Video, 4},
		{"H.263 in a size that is not listed", h245.ModeElementType{VideoMode: h263v(h245.H263VideoModeResolution{Cif4: true}, nil)}, media.Video, 0},
		{"H.263 in a size of its own", h245.ModeElementType{VideoMode: h263v(h245.H263VideoModeResolution{Custom: true}, nil)}, media.Video, 4},
		{"H.262", h245.ModeElementType{VideoMode: &h245.VideoMode{H262VideoMode: &h245.H262VideoMode{}}}, media.Video, 0},
		{"G.729", h245.ModeElementType{AudioMode: &h245.AudioMode{G729AnnexA: true}}, media.Audio, 2},
		{"H.264", h245.ModeElementType{VideoMode: &h245.VideoMode{GenericVideoMode: h264v(64)}}, media.Video, 2},
		{"H.264 High", h245.ModeElementType{VideoMode: &h245.VideoMode{GenericVideoMode: h264v(8)}}, media.Video, 2},
		{"another generic mode", h245.ModeElementType{VideoMode: &h245.VideoMode{GenericVideoMode: generic("0.0.8.1", 1)}}, media.Video, 0},
		{"encryption", h245.ModeElementType{EncryptionMode: &h245.EncryptionMode{H233Encryption: true}}, 0, 0},
	} {
		m := ReadMode(&x.m)
		n := 0
		for _, list := range [][]Entry{s.Audio, s.Video} {
			for i := range list {
				if m.Matches(&list[i]) {
					n++
				}
			}
		}
		if m.Kind != x.kind || n != x.want {
			t.Errorf("%s: %v, %d entries", x.name, m.Kind, n)
		}
	}
}

func h264v(profile uint8) *h245.GenericCapability { return h264(profile, 71).GenericVideoCapability }

func h263v(r h245.H263VideoModeResolution, o *h245.H263Options) *h245.VideoMode {
	return &h245.VideoMode{H263VideoMode: &h245.H263VideoMode{Resolution: r, BitRate: 1280, H263Options: o}}
}
