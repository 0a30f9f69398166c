package capability

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// own is a gateway whose worker has every codec.
func own() media.Capabilities {
	h := media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1, MaxFS: 8192, MaxMBPS: 245760}
	single, high := h, h
	single.Mode = 0
	high.Profile, high.Constraints = 100, 0
	cif := func(c media.Codec) media.Format {
		return media.Format{Codec: c, ClockRate: 90000, Bitrate: 768_000, Sizes: media.Sizes{QCIF: 1, CIF: 1}}
	}
	return media.Capabilities{
		Audio: []media.Format{
			{Codec: media.Opus, ClockRate: 48000, Channels: 2},
			{Codec: media.G7221, ClockRate: 32000},
			{Codec: media.G7221, ClockRate: 16000},
			{Codec: media.G722, ClockRate: 8000},
			{Codec: media.PCMA, ClockRate: 8000},
			{Codec: media.PCMU, ClockRate: 8000},
			{Codec: media.G729, ClockRate: 8000},
			{Codec: media.DTMF, ClockRate: 8000},
		},
		Video: []media.Format{
			{Codec: media.H264, ClockRate: 90000, H264: h},
			{Codec: media.H264, ClockRate: 90000, H264: single},
			{Codec: media.H264, ClockRate: 90000, H264: high},
			cif(media.H263P), cif(media.H263), cif(media.H261),
			{Codec: media.VP8, ClockRate: 90000},
		},
		RecvBitrate: 4_000_000, SendBitrate: 2_000_000,
	}
}

// wired gives a message as the far end decodes it.
func wired[T any, P interface {
	*T
	per.Value
}](t *testing.T, v *T) *T {
	t.Helper()
	b, err := per.Marshal(P(v))
	if err != nil {
		t.Fatalf("cannot be encoded: %v", err)
	}
	w := new(T)
	if err := per.Unmarshal(b, P(w)); err != nil {
		t.Fatal(err)
	}
	return w
}

// said makes a set of capabilities, numbered from 1, that go together as the lists say;
// no list is no descriptor.
func said(caps []*h245.Capability, together ...[]uint16) *h245.TerminalCapabilitySet {
	s := &h245.TerminalCapabilitySet{ProtocolIdentifier: h245.Version}
	for i, c := range caps {
		s.CapabilityTable = append(s.CapabilityTable, h245.CapabilityTableEntry{CapabilityTableEntryNumber: uint16(i + 1), Capability: c})
	}
	if len(together) > 0 {
		s.CapabilityDescriptors = []h245.CapabilityDescriptor{{SimultaneousCapabilities: together}}
	}
	return s
}

func takes(t *testing.T, s ...*h245.TerminalCapabilitySet) *Set {
	t.Helper()
	var table Table
	for _, x := range s {
		if err := table.Apply(x); err != nil {
			t.Fatal(err)
		}
	}
	return table.Set()
}

func audio(a h245.AudioCapability) *h245.Capability {
	return &h245.Capability{ReceiveAudioCapability: &a}
}
func picture(v h245.VideoCapability) *h245.Capability {
	return &h245.Capability{ReceiveVideoCapability: &v}
}

func pcmu() *h245.Capability { return audio(h245.AudioCapability{G711Ulaw64k: new(uint16(20))}) }
func pcma() *h245.Capability { return audio(h245.AudioCapability{G711Alaw64k: new(uint16(20))}) }

// h264 makes a capability with the given profiles, level code and further parameters.
func h264(profiles uint8, code uint32, more ...h245.GenericParameter) h245.VideoCapability {
	g := generic(oidH264, 19200, boolArray(h264Profile, profiles), unsigned(h264Level, code))
	g.Collapsing = append(g.Collapsing, more...)
	return h245.VideoCapability{GenericVideoCapability: g}
}
