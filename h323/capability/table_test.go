package capability

import (
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// codecs names what is chosen.
func codecs(c Choice) (s string) {
	if c.Audio != nil {
		s = string(c.Audio.Format.Codec)
	}
	s += "+"
	if c.Video != nil {
		s += string(c.Video.Format.Codec)
	}
	return s
}

// What may be sent at the same time (H.245 B.2.2).
func TestSimultaneous(t *testing.T) {
	h := picture(h264(64, 71))
	h263 := picture(h245.VideoCapability{H263VideoCapability: &h245.H263VideoCapability{CifMPI: new(uint8(1)), MaxBitRate: 3840}})
	caps := []*h245.Capability{pcma(), pcmu(), h, h263} // 1 to 4
	two := said(caps, []uint16{1, 2}, []uint16{4})
	two.CapabilityDescriptors = append([]h245.CapabilityDescriptor{{CapabilityDescriptorNumber: 9, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{{2}, {3}}}}, two.CapabilityDescriptors...)
	first := said(caps, []uint16{1})
	first.CapabilityDescriptors = append(first.CapabilityDescriptors, h245.CapabilityDescriptor{CapabilityDescriptorNumber: 1, SimultaneousCapabilities: []h245.AlternativeCapabilitySet{{2}, {4}}})
	for _, x := range []struct {
		name string
		set  *h245.TerminalCapabilitySet
		want string
	}{
		{"no descriptor", said(caps), "PCMA+H264"},
		{"all", said(caps, []uint16{1, 2}, []uint16{3, 4}), "PCMA+H264"},
		{"what is in no descriptor", said(caps, []uint16{2}, []uint16{4}), "PCMU+H263"},
		{"sound or pictures", said(caps, []uint16{1, 2, 3, 4}), "PCMA+"},
		{"one list each", said(caps, []uint16{1}, []uint16{2}, []uint16{3}, []uint16{4}), "PCMA+H264"},
		{"numbers that are not there", said(caps, []uint16{77, 1}, []uint16{88}), "PCMA+"},
		{"the lower number first", two, "PCMA+H263"},
		{"more before the lower number", first, "PCMU+H263"},
		{"nothing for us", said([]*h245.Capability{audio(h245.AudioCapability{G728: new(uint16(1))})}, []uint16{1}), "+"},
	} {
		equal(t, x.name, codecs(takes(t, x.set).Choose(own(), nil, nil)), x.want)
	}
}

func TestChoose(t *testing.T) {
	sym := func(a h245.AudioCapability) *h245.Capability {
		return &h245.Capability{ReceiveAndTransmitAudioCapability: &a}
	}
	s := takes(t, said([]*h245.Capability{sym(h245.AudioCapability{G711Ulaw64k: new(uint16(20))}), sym(h245.AudioCapability{G711Alaw64k: new(uint16(20))}), picture(h264(64, 71))}))
	is := func(c media.Codec) func(*Entry) bool { return func(e *Entry) bool { return e.Format.Codec == c } }
	equal(t, "ours first", codecs(s.Choose(own(), nil, nil)), "PCMA+H264")
	equal(t, "what the far end sends", codecs(s.Choose(own(), nil, is(media.PCMU))), "PCMU+H264")
	equal(t, "what it refused", codecs(s.Choose(own(), is(media.PCMA), nil)), "PCMU+H264")
	equal(t, "and pictures", codecs(s.Choose(own(), is(media.H264), nil)), "PCMA+")
	if e := s.Choose(own(), nil, nil).Video; e.Format.H264.Mode != 0 {
		t.Errorf("packetization %d was not listed", e.Format.H264.Mode)
	}
}

// Packetizations are said of the terminal as a whole (H.241 8.3.3).
func TestPacketization(t *testing.T) {
	named := func(pt *uint8, ids ...per.OID) *h245.TerminalCapabilitySet {
		s := said([]*h245.Capability{picture(h264(64, 71))})
		c := &h245.H2250Capability{}
		for _, id := range ids {
			c.MediaPacketizationCapability.RTPPayloadType = append(c.MediaPacketizationCapability.RTPPayloadType,
				h245.RTPPayloadType{PayloadDescriptor: h245.RTPPayloadTypePayloadDescriptor{OID: new(id)}, PayloadType: pt})
		}
		s.MultiplexCapability = &h245.MultiplexCapability{H2250Capability: c}
		return s
	}
	for _, x := range []struct {
		name  string
		set   *h245.TerminalCapabilitySet
		modes []uint8
		pt    uint8
	}{
		{"none", named(nil), []uint8{0}, 96},
		{"annex A", named(new(uint8(103)), packAnnexA), []uint8{0}, 103},
		{"both", named(nil, packAnnexA, packNonInterleaved), []uint8{1, 0}, 96},
		{"RFC 6184 only", named(new(uint8(109)), packNonInterleaved), []uint8{1, 0}, 109},
		{"interleaved", named(new(uint8(109)), packInterleaved), []uint8{0}, 96},
		{"a payload type with a meaning of its own", named(new(uint8(9)), packAnnexA), []uint8{0}, 96},
	} {
		var modes []uint8
		for _, e := range takes(t, x.set).Video {
			modes = append(modes, e.Format.H264.Mode)
			equal(t, x.name+", payload type", e.Format.PT, x.pt)
			if nal := e.Format.H264.MaxNAL; (nal == 1400) != (e.Format.H264.Mode == 0) {
				t.Errorf("%s: NAL units of %d octets in mode %d", x.name, nal, e.Format.H264.Mode)
			}
		}
		equal(t, x.name, modes, x.modes)
	}
}

// A set changes what it names and leaves the rest (H.245 7.2).
func TestMerge(t *testing.T) {
	var table Table
	apply := func(s *h245.TerminalCapabilitySet) string {
		t.Helper()
		if err := table.Apply(s); err != nil {
			t.Fatal(err)
		}
		return codecs(table.Set().Choose(own(), nil, nil))
	}
	equal(t, "first", apply(said([]*h245.Capability{pcma(), picture(h264(64, 71))}, []uint16{1}, []uint16{2})), "PCMA+H264")
	equal(t, "another codec under a number", apply(said([]*h245.Capability{pcmu()})), "PCMU+H264")
	equal(t, "a number without capability", apply(said([]*h245.Capability{nil})), "+H264")
	equal(t, "back again", apply(said([]*h245.Capability{pcma()})), "PCMA+H264")
	equal(t, "another descriptor", apply(said(nil, []uint16{2})), "+H264")
	gone := said(nil)
	gone.CapabilityDescriptors = []h245.CapabilityDescriptor{{}}
	equal(t, "no descriptor", apply(gone), "PCMA+H264")
}

func TestApplyRefuses(t *testing.T) {
	var many []*h245.Capability
	for range maxEntries + 1 {
		many = append(many, pcma())
	}
	var large []*h245.Capability
	for range 40 {
		g := h264(64, 71)
		for range 300 {
			g.GenericVideoCapability.Collapsing = append(g.GenericVideoCapability.Collapsing, unsigned(99, 1))
		}
		large = append(large, picture(g))
	}
	junk := &h245.Capability{NonStandard: &h245.NonStandardParameter{
		NonStandardIdentifier: h245.NonStandardIdentifier{Object: new(per.OID("1.2"))}, Data: make(per.Octets, 2*maxSize),
	}}
	for _, x := range []struct {
		name string
		set  *h245.TerminalCapabilitySet
		want error
	}{
		{"entries", said(many), ErrEntries},
		{"size", said(large), ErrEntries},
		{"alternatives", said([]*h245.Capability{pcma()}, make([]uint16, maxAlternatives)), ErrDescriptors},
		{"nothing of the table", said([]*h245.Capability{pcma()}, []uint16{7}), ErrUndefined},
		{"what means nothing takes no room", said([]*h245.Capability{junk, pcmu()}, []uint16{1, 2}), nil},
	} {
		table := Table{}
		if err := table.Apply(said([]*h245.Capability{pcmu()}, []uint16{1})); err != nil {
			t.Fatal(err)
		}
		if err := table.Apply(x.set); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, not %v", x.name, err, x.want)
		}
		if x.want != nil {
			equal(t, x.name+": what was there", codecs(table.Set().Choose(own(), nil, nil)), "PCMU+")
		}
	}
}

func TestEmpty(t *testing.T) {
	if !Empty(&h245.TerminalCapabilitySet{SequenceNumber: 3, ProtocolIdentifier: h245.Version}) {
		t.Error("the empty set is not")
	}
	if Empty(said([]*h245.Capability{pcma()})) || Empty(Own(media.Capabilities{})) {
		t.Error("a set is empty")
	}
}

func TestOtherCapabilities(t *testing.T) {
	h224 := &h245.DataApplicationCapability{Application: h245.DataApplicationCapabilityApplication{H224: &h245.DataProtocolCapability{HdlcFrameTunnelling: true}}}
	s := takes(t, said([]*h245.Capability{
		{ReceiveAndTransmitDataApplicationCapability: h224},
		{ReceiveAndTransmitUserInputCapability: &h245.UserInputCapability{IA5String: true}},
		{ReceiveUserInputCapability: &h245.UserInputCapability{GeneralString: true}},
		{ReceiveRTPAudioTelephonyEventCapability: &h245.AudioTelephonyEventCapability{DynamicRTPPayloadType: 99, AudioTelephoneEvent: "0-16"}},
		{TransmitAudioCapability: &h245.AudioCapability{G711Alaw64k: new(uint16(20))}},
		{ReceiveAndTransmitVideoCapability: new(h264(64, 71))},
	}))
	if !s.H224 || s.DTMF != 99 || len(s.Audio) != 0 || len(s.Video) != 1 || !s.Video[0].Symmetric {
		t.Errorf("%+v", s)
	}
	equal(t, "user input", s.Input, Input{IA5: true, General: true})
	bad := takes(t, said([]*h245.Capability{
		{ReceiveDataApplicationCapability: h224},
		{ReceiveRTPAudioTelephonyEventCapability: &h245.AudioTelephonyEventCapability{DynamicRTPPayloadType: 5}},
	}))
	if !bad.H224 || bad.DTMF != 0 {
		t.Errorf("%+v", bad)
	}
}
