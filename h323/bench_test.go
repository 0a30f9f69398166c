package h323_test

import (
	"testing"

	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// capabilitySet is a TerminalCapabilitySet as large terminals send it, 2 kB long:
// audio codecs, and H.264 in many forms.
func capabilitySet() *h245.MultimediaSystemControlMessage {
	set := &h245.TerminalCapabilitySet{
		SequenceNumber:     1,
		ProtocolIdentifier: "0.0.8.245.0.15",
		MultiplexCapability: &h245.MultiplexCapability{H2250Capability: &h245.H2250Capability{
			MaximumAudioDelayJitter: 250,
		}},
	}
	add := func(c *h245.Capability) {
		n := uint16(len(set.CapabilityTable) + 1)
		set.CapabilityTable = append(set.CapabilityTable, h245.CapabilityTableEntry{CapabilityTableEntryNumber: n, Capability: c})
	}
	for _, a := range []h245.AudioCapability{
		{G711Alaw64k: new(uint16(20))}, {G711Ulaw64k: new(uint16(20))}, {G72264k: new(uint16(20))},
		{GenericAudioCapability: &h245.GenericCapability{
			CapabilityIdentifier: h245.CapabilityIdentifier{Standard: new(per.OID("0.0.7.7221.1.0"))},
			MaxBitRate:           new(uint32(32000)),
		}},
	} {
		add(&h245.Capability{ReceiveAudioCapability: &a})
	}
	for i := range 52 {
		add(&h245.Capability{ReceiveVideoCapability: &h245.VideoCapability{GenericVideoCapability: h264(i)}})
	}
	all := make(h245.AlternativeCapabilitySet, len(set.CapabilityTable))
	for i := range all {
		all[i] = uint16(i + 1)
	}
	set.CapabilityDescriptors = []h245.CapabilityDescriptor{{SimultaneousCapabilities: []h245.AlternativeCapabilitySet{all}}}
	return &h245.MultimediaSystemControlMessage{Request: &h245.RequestMessage{TerminalCapabilitySet: set}}
}

// h264 is a capability of H.241 8.3 with profile, level and two limits.
func h264(i int) *h245.GenericCapability {
	parameter := func(id uint8, v h245.ParameterValue) h245.GenericParameter {
		return h245.GenericParameter{ParameterIdentifier: h245.ParameterIdentifier{Standard: new(id)}, ParameterValue: v}
	}
	return &h245.GenericCapability{
		CapabilityIdentifier: h245.CapabilityIdentifier{Standard: new(per.OID("0.0.8.241.0.0.1"))},
		MaxBitRate:           new(uint32(19200)),
		Collapsing: []h245.GenericParameter{
			parameter(41, h245.ParameterValue{BooleanArray: new(uint8(64))}),
			parameter(42, h245.ParameterValue{UnsignedMin: new(uint16(29 + i))}),
			parameter(3, h245.ParameterValue{UnsignedMin: new(uint16(490))}),
			parameter(4, h245.ParameterValue{UnsignedMin: new(uint16(32))}),
		},
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encoded(b, capabilitySet())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var v h245.MultimediaSystemControlMessage
		if err := per.Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	v := capabilitySet()
	buf := make([]byte, 0, 4096)
	b.SetBytes(int64(len(encoded(b, v))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := per.Append(buf[:0], v); err != nil {
			b.Fatal(err)
		}
	}
}
