package capability

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

func TestReadOlderVideo(t *testing.T) {
	one, two, four := new(uint8(1)), new(uint8(2)), new(uint8(4))
	annexes := &h245.H263Options{
		AdvancedIntraCodingMode: true, DeblockingFilterMode: true, ModeCombos: []h245.H263VideoModeCombos{{}},
		CustomPictureFormat: []h245.CustomPictureFormat{{MaxCustomPictureWidth: 160, MaxCustomPictureHeight: 120, MinCustomPictureWidth: 160, MinCustomPictureHeight: 120}},
	}
	format := func(c media.Codec, pt uint8, rate int, s media.Sizes) []media.Format {
		return []media.Format{{Codec: c, ClockRate: 90000, PT: pt, Bitrate: rate, Sizes: s}}
	}
	for _, x := range []struct {
		name string
		v    h245.VideoCapability
		want []media.Format
	}{
		{"H.261 CIF", h245.VideoCapability{H261VideoCapability: &h245.H261VideoCapability{CifMPI: one, QcifMPI: two, MaxBitRate: 6217}},
			format(media.H261, 31, 621_700, media.Sizes{QCIF: 2, CIF: 1})},
		{"H.261 without a size", h245.VideoCapability{H261VideoCapability: &h245.H261VideoCapability{MaxBitRate: 1}}, nil},
		{"H.263 QCIF", h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{QcifMPI: four, MaxBitRate: 1000}},
			format(media.H263, 34, 100_000, media.Sizes{QCIF: 4})},
		{"H.263 without a size", h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{MaxBitRate: 1}}, nil},
		{"H.263 of custom sizes alone", h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{MaxBitRate: 1, H263Options: annexes}}, nil},
		{"all sizes and annexes", h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{
			SqcifMPI: one, QcifMPI: one, CifMPI: two, Cif4MPI: four, Cif16MPI: new(uint8(32)), MaxBitRate: 192_400,
			UnrestrictedVector: true, ArithmeticCoding: true, AdvancedPrediction: true, PbFrames: true, SlowQcifMPI: new(uint16(60)), H263Options: annexes,
		}}, format(media.H263, 34, 19_240_000, media.Sizes{SQCIF: 1, QCIF: 1, CIF: 2, CIF4: 4, CIF16: 32})},
	} {
		got, content := readVideo(&x.v)
		if content {
			t.Errorf("%s: a presentation", x.name)
		}
		equal(t, x.name, got, x.want)
	}
}

func TestWriteOlderVideo(t *testing.T) {
	slow := media.Format{Codec: media.H261, Sizes: media.Sizes{QCIF: 3, CIF: 9}}
	v := writeVideo(slow, 64_000).H261VideoCapability
	if *v.CifMPI != 4 || *v.QcifMPI != 3 || v.MaxBitRate != 640 || v.StillImageTransmission {
		t.Errorf("%+v", v)
	}
	large := media.Format{Codec: media.H263, Sizes: media.Sizes{CIF4: 2, QCIF: 1}}
	if c := writeVideo(large, 0).H263VideoCapability; *c.Cif4MPI != 2 || *c.QcifMPI != 1 || c.CifMPI != nil || c.MaxBitRate != 20_000 || c.H263Options != nil {
		t.Errorf("%+v", c)
	}
	if c := writeVideo(media.Format{Codec: media.H263P}, 10_000_000_000).H263VideoCapability; *c.QcifMPI != 1 || c.H263Options == nil {
		t.Errorf("%+v", c)
	}
	wired(t, Own(media.Capabilities{Video: []media.Format{large, slow, {Codec: media.H263P}, {Codec: media.H261, Bitrate: 1}}, RecvBitrate: 9_000_000_000}))
}

// lists makes a set with H.263 and what is said of its packetization.
func lists(c *h245.H263VideoCapability, packs ...h245.RTPPayloadType) *h245.TerminalCapabilitySet {
	s := said([]*h245.Capability{picture(h245.VideoCapability{H263VideoCapability: c})})
	h := &h245.H2250Capability{}
	h.MediaPacketizationCapability.RTPPayloadType = packs
	s.MultiplexCapability = &h245.MultiplexCapability{H2250Capability: h}
	return s
}

func rfc(n int64, pt *uint8) h245.RTPPayloadType {
	return h245.RTPPayloadType{PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{RfcNumber: &n}, PayloadType: pt}
}

// H.263+ is sent to terminals that say so of their packetizations; all others get what
// RFC 2190 has, whatever annexes they list.
func TestPacketizationOfH263(t *testing.T) {
	plain := &h245.H263VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 3840}
	annexes := &h245.H263VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 3840, UnrestrictedVector: true,
		H263Options: &h245.H263Options{DeblockingFilterMode: true}}
	for _, x := range []struct {
		name    string
		set     *h245.TerminalCapabilitySet
		codec   media.Codec
		pt      uint8
		options bool
	}{
		{"nothing said", lists(plain), media.H263, 34, false},
		{"RFC 2190", lists(plain, rfc(2190, new(uint8(34)))), media.H263, 34, false},
		{"annexes and no packetization", lists(annexes), media.H263, 34, false},
		{"RFC 2429", lists(annexes, rfc(2429, new(uint8(96)))), media.H263P, 96, true},
		{"RFC 2429 without a payload type", lists(plain, rfc(2429, nil)), media.H263P, 98, false},
		{"RFC 4629 and a static payload type", lists(annexes, rfc(2190, nil), rfc(4629, new(uint8(34)))), media.H263P, 98, true},
		{"another RFC", lists(plain, rfc(3984, new(uint8(99)))), media.H263, 34, false},
	} {
		e := takes(t, wired(t, x.set)).Choose(own(), nil, nil).Video
		if e == nil || e.Format.Codec != x.codec || e.Format.PT != x.pt {
			t.Errorf("%s: %+v", x.name, e)
			continue
		}
		dt, p := e.Channel(0)
		c := dt.VideoData.H263VideoCapability
		if c.UnrestrictedVector || (c.H263Options != nil) != x.options || x.options && c.H263Options.DeblockingFilterMode || *c.CifMPI != 1 {
			t.Errorf("%s: %+v", x.name, c)
		}
		if x.codec == media.H263 && (p.MediaPacketization != nil || p.DynamicRTPPayloadType != nil) {
			t.Errorf("%s: %+v", x.name, p)
		}
		if x.codec == media.H263P && (*p.MediaPacketization.RTPPayloadType.PayloadDescriptor.RfcNumber != 2429 || *p.DynamicRTPPayloadType != x.pt) {
			t.Errorf("%s: %+v", x.name, p)
		}
	}
}

// What comes on a channel of the far end.
func TestReadH263Channel(t *testing.T) {
	dt := h245.DataType{VideoData: &h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 3840}}}
	annexes := h245.DataType{VideoData: &h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{
		CifMPI: new(uint8(1)), MaxBitRate: 3840, H263Options: &h245.H263Options{}}}}
	named := func(n int64, pt *uint8) *h245.H2250LogicalChannelParameters {
		return &h245.H2250LogicalChannelParameters{DynamicRTPPayloadType: pt,
			MediaPacketization: &h245.H2250LogicalChannelParametersMediaPacketization{RTPPayloadType: new(rfc(n, pt))}}
	}
	for _, x := range []struct {
		name  string
		dt    h245.DataType
		p     *h245.H2250LogicalChannelParameters
		codec media.Codec
		pt    uint8
	}{
		{"nothing said", dt, nil, media.H263, 34},
		{"annexes", annexes, &h245.H2250LogicalChannelParameters{}, media.H263, 34},
		{"RFC 2190", dt, named(2190, nil), media.H263, 34},
		{"RFC 2190 under a dynamic payload type", dt, named(2190, new(uint8(100))), media.H263, 100},
		{"RFC 2429", annexes, named(2429, new(uint8(96))), media.H263P, 96},
		{"RFC 4629 without a payload type", dt, named(4629, nil), media.H263P, 98},
		{"a dynamic payload type", dt, &h245.H2250LogicalChannelParameters{DynamicRTPPayloadType: new(uint8(97))}, media.H263P, 97},
		{"packed by an object identifier", dt, packed(packAnnexA, nil), media.H263, 34},
	} {
		m, err := Read(own(), &x.dt, x.p)
		if err != nil || m.Format.Codec != x.codec || m.Format.PT != x.pt || m.Format.Sizes != (media.Sizes{QCIF: 1, CIF: 1}) {
			t.Errorf("%s: %+v, %v", x.name, m, err)
		}
	}
}

// A mode may want one size and fewer bits.
func TestNarrow(t *testing.T) {
	f := media.Format{Codec: media.H263, Bitrate: 384_000, Sizes: media.Sizes{QCIF: 1, CIF: 2}}
	m := ReadMode(&h245.ModeElementType{VideoMode: h263v(h245.H263VideoModeResolution{Qcif: true}, nil)})
	want := media.Format{Codec: media.H263, Bitrate: 128_000, Sizes: media.Sizes{QCIF: 1}}
	equal(t, "QCIF", m.Narrow(f), want)
	m = ReadMode(&h245.ModeElementType{VideoMode: &h245.VideoMode{H261VideoMode: &h245.H261VideoMode{Resolution: h245.H261VideoModeResolution{Cif: true}, BitRate: 19200}}})
	want = media.Format{Codec: media.H263, Bitrate: 384_000, Sizes: media.Sizes{CIF: 2}}
	equal(t, "CIF", m.Narrow(f), want)
	equal(t, "sound", Mode{}.Narrow(f), f)
}

// A channel in G.729 carries no more than 20 ms a packet, under the name that the far end has for it.
func TestG729Channel(t *testing.T) {
	s := takes(t, said([]*h245.Capability{audio(h245.AudioCapability{G729AnnexAwAnnexB: new(uint16(24))})}))
	dt, p := s.Audio[0].Channel(0)
	if *dt.AudioData.G729AnnexAwAnnexB != 2 || p.DynamicRTPPayloadType != nil {
		t.Errorf("%+v, %+v", dt.AudioData, p)
	}
	m, err := Read(own(), &dt, p)
	if err != nil || m.Format.Codec != media.G729 || m.Format.PT != 18 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := per.Marshal(Own(own())); err != nil {
		t.Error(err)
	}
}
