package capability

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// What we say of ourselves is what another gateway reads.
func TestOwn(t *testing.T) {
	s := takes(t, wired(t, Own(own())))
	var sound []media.Format
	for _, e := range s.Audio {
		sound = append(sound, e.Format)
	}
	equal(t, "sound", sound, []media.Format{
		{Codec: media.Opus, ClockRate: 48000, Channels: 2, PT: 107},
		{Codec: media.G7221, ClockRate: 32000, PT: 122, Bitrate: 48000},
		{Codec: media.G7221, ClockRate: 32000, PT: 122, Bitrate: 32000},
		{Codec: media.G7221, ClockRate: 32000, PT: 122, Bitrate: 24000},
		{Codec: media.G7221, ClockRate: 16000, PT: 121, Bitrate: 32000},
		{Codec: media.G7221, ClockRate: 16000, PT: 121, Bitrate: 24000},
		{Codec: media.G722, ClockRate: 8000, PT: 9},
		{Codec: media.PCMA, ClockRate: 8000, PT: 8},
		{Codec: media.PCMU, ClockRate: 8000, PT: 0},
		{Codec: media.G729, ClockRate: 8000, PT: 18},
		{Codec: media.G729, ClockRate: 8000, PT: 18}, // without annex A
	})
	type pic struct {
		Codec                         media.Codec
		PT, Profile, Mode             uint8
		FS, MBPS, Bitrate, Width, FPS int
	}
	var pictures []pic
	for _, e := range s.Video {
		f, l := e.Format, e.Format.Limits()
		pictures = append(pictures, pic{f.Codec, f.PT, f.H264.Profile, f.H264.Mode, l.MaxFS, l.MaxMBPS, l.Bitrate, l.Width, l.FPS})
	}
	equal(t, "pictures", pictures, []pic{
		{media.H264, 96, 66, 1, 8192, 245500, 4_000_000, 0, 0},
		{media.H264, 96, 66, 0, 8192, 245500, 4_000_000, 0, 0},
		{media.H264, 96, 100, 1, 8192, 245500, 4_000_000, 0, 0},
		{media.H264, 96, 100, 0, 8192, 245500, 4_000_000, 0, 0},
		{media.H263P, 98, 0, 0, 396, 11880, 768_000, 352, 30}, // with options
		{media.H263, 34, 0, 0, 396, 11880, 768_000, 352, 30},
		{media.H263P, 98, 0, 0, 396, 11880, 768_000, 352, 30}, // and without
		{media.H263, 34, 0, 0, 396, 11880, 768_000, 352, 30},
		{media.H261, 31, 0, 0, 396, 11880, 768_000, 352, 30},
	})
	equal(t, "user input", s.Input, Input{Basic: true, IA5: true, General: true, Signal: true})
	if s.DTMF != 101 || s.H239 || s.Content || s.H224 {
		t.Errorf("telephone-event %d, H.239 %v, presentations %v, H.224 %v", s.DTMF, s.H239, s.Content, s.H224)
	}
	c := s.Choose(own(), nil, nil)
	if c.Audio.Format.Codec != media.Opus || c.Video.Format.H264.Mode != 1 {
		t.Errorf("chosen %+v and %+v", c.Audio.Format, c.Video.Format)
	}
}

// Codecs are listed only when the worker has them, and a list that is empty is left out.
func TestOwnOnlyWhatThereIs(t *testing.T) {
	c := media.Capabilities{Audio: []media.Format{{Codec: media.PCMA, ClockRate: 8000}, {Codec: "G728", ClockRate: 8000}}}
	set := Own(c)
	if n := len(set.CapabilityTable); n != 1+4 {
		t.Errorf("%d capabilities", n)
	}
	for _, list := range set.CapabilityDescriptors[0].SimultaneousCapabilities {
		if len(list) == 0 {
			t.Error("an empty list of alternatives")
		}
	}
	s := takes(t, wired(t, set))
	if s.DTMF != 0 || len(s.Video) != 0 || len(s.Audio) != 1 {
		t.Errorf("%+v", s)
	}
	if p := set.MultiplexCapability.H2250Capability.MediaPacketizationCapability.RTPPayloadType; p != nil {
		t.Errorf("packetizations %v without H.264", p)
	}
}

// A profile that H.241 has no bit for is not listed: its High is more than Constrained High.
func TestConstrainedHigh(t *testing.T) {
	c := own()
	c.Video = c.Video[2:3]
	c.Video[0].H264.Constraints = 0x0c
	if s := takes(t, wired(t, Own(c))); len(s.Video) != 0 {
		t.Errorf("listed %+v", s.Video)
	}
}

func TestProposals(t *testing.T) {
	kinds := map[media.Kind]int{media.Audio: 10, media.Video: 6}
	for k, n := range kinds {
		list := Proposals(own(), k)
		if len(list) != n {
			t.Errorf("%d proposals of %v, not %d: %+v", len(list), k, n, list)
		}
		for _, f := range list {
			dt, p, ok := Proposal(f, 1_000_000)
			if !ok {
				t.Errorf("no form for %+v", f)
				continue
			}
			o := wired(t, &h245.OpenLogicalChannel{ForwardLogicalChannelNumber: 1, ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
				DataType: dt, MultiplexParameters: h245.ForwardMultiplexParameters{H2250LogicalChannelParameters: p},
			}})
			x := &o.ForwardLogicalChannelParameters
			m, ok := Sending(own(), &x.DataType, x.MultiplexParameters.H2250LogicalChannelParameters)
			if !ok || m.Kind != k || !m.Format.Matches(f) || m.Format.PT != f.PT {
				t.Errorf("%+v is read as %+v, %v", f, m, ok)
			}
			if k == media.Video && m.Format.Limits().Bitrate > 1_000_000 {
				t.Errorf("%+v: at most %d bit/s", f, m.Format.Limits().Bitrate)
			}
		}
	}
	if _, _, ok := Proposal(media.Format{Codec: media.VP8}, 0); ok {
		t.Error("H.245 has a form for VP8")
	}
}
