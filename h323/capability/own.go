package capability

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Own describes our end: the capability set that we send, without sequence number.
func Own(c media.Capabilities) *h245.TerminalCapabilitySet {
	b := builder{set: &h245.TerminalCapabilitySet{
		ProtocolIdentifier:  h245.Version,
		MultiplexCapability: &h245.MultiplexCapability{H2250Capability: transport(c)},
	}}
	b.begin()
	for _, f := range c.Audio {
		for _, r := range rates(f) {
			for _, a := range []*h245.AudioCapability{writeAudio(r, takeMillis), otherAudio(r, takeMillis)} {
				if a != nil {
					b.add(&h245.Capability{ReceiveAudioCapability: a})
				}
			}
		}
	}
	b.begin()
	for _, f := range profiles(c.Video) {
		if v := writeVideo(f, c.RecvBitrate); v != nil {
			b.add(&h245.Capability{ReceiveVideoCapability: v})
		}
	}
	for _, u := range []*h245.UserInputCapability{{BasicString: true}, {IA5String: true}, {GeneralString: true}, {Dtmf: true}} {
		b.begin()
		b.add(&h245.Capability{ReceiveUserInputCapability: u})
	}
	if OwnDTMF(c) != 0 {
		b.begin()
		b.add(&h245.Capability{ReceiveRTPAudioTelephonyEventCapability: &h245.AudioTelephonyEventCapability{
			DynamicRTPPayloadType: ptDTMF, AudioTelephoneEvent: "0-15",
		}})
	}
	b.finish()
	return b.set
}

// OwnDTMF is the payload type under which we take RFC 4733, 0 if we do not.
func OwnDTMF(c media.Capabilities) uint8 {
	for _, f := range c.Audio {
		if f.Codec == media.DTMF {
			return ptDTMF
		}
	}
	return 0
}

// builder numbers capabilities and joins them to lists of alternatives.
type builder struct {
	set  *h245.TerminalCapabilitySet
	sets []h245.AlternativeCapabilitySet
}

// begin starts a list of alternatives, which goes together with those before.
func (b *builder) begin() { b.sets = append(b.sets, nil) }

func (b *builder) add(c *h245.Capability) {
	n := uint16(len(b.set.CapabilityTable) + 1)
	b.set.CapabilityTable = append(b.set.CapabilityTable, h245.CapabilityTableEntry{CapabilityTableEntryNumber: n, Capability: c})
	last := &b.sets[len(b.sets)-1]
	*last = append(*last, n)
}

func (b *builder) finish() {
	var d h245.CapabilityDescriptor
	for _, s := range b.sets {
		if len(s) > 0 {
			d.SimultaneousCapabilities = append(d.SimultaneousCapabilities, s)
		}
	}
	b.set.CapabilityDescriptors = []h245.CapabilityDescriptor{d}
}

// profiles gives our picture formats with each codec and H.264 profile once:
// capabilities know no packetization, that is told in transport.
func profiles(own []media.Format) (list []media.Format) {
	for _, f := range own {
		known := f.LastResort
		for _, g := range list {
			same := f.Codec == g.Codec && (f.Codec != media.H264 || profileBit(f.H264) == profileBit(g.H264))
			known = known || same
		}
		if !known {
			list = append(list, f)
		}
	}
	return list
}

// transport is what H.225.0 carries for us: unicast, and H.264 and H.263+ in the
// packetizations of our formats.
func transport(c media.Capabilities) *h245.H2250Capability {
	none := func() h245.MultipointCapability {
		return h245.MultipointCapability{MediaDistributionCapability: []h245.MediaDistributionCapability{{}}}
	}
	t := &h245.H2250Capability{
		MaximumAudioDelayJitter:                250,
		ReceiveMultipointCapability:            none(),
		TransmitMultipointCapability:           none(),
		ReceiveAndTransmitMultipointCapability: none(),
		LogicalChannelSwitchingCapability:      new(false),
		T120DynamicPortCapability:              new(false),
	}
	p := &t.MediaPacketizationCapability
	known := [2]bool{}
	for _, f := range c.Video {
		switch {
		case f.Codec == media.H264 && f.H264.Mode < 2 && !known[f.H264.Mode]:
			known[f.H264.Mode] = true
			p.RTPPayloadType = append(p.RTPPayloadType, packing(f, ptH264))
		case f.Codec == media.H263P:
			p.RTPPayloadType = append(p.RTPPayloadType, packing(f, ptH263P))
		}
	}
	return t
}

// packing names the packetization of H.264 and H.263+.
func packing(f media.Format, pt uint8) h245.RTPPayloadType {
	d := h245.RTPPayloadTypePayloadDescriptor{}
	switch {
	case f.Codec == media.H263P:
		d.RfcNumber = new(int64(rfc2429))
	case f.H264.Mode == 1:
		d.OID = new(packNonInterleaved)
	default:
		d.OID = new(packAnnexA)
	}
	return h245.RTPPayloadType{PayloadDescriptor: d, PayloadType: new(pt)}
}
