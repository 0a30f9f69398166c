package capability

import (
	"errors"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Why a channel of the far end is refused (openLogicalChannelReject).
var (
	ErrUnknown   = errors.New("a data type that is not known")
	ErrOther     = errors.New("a data type that we do not take")
	ErrEncrypted = errors.New("encrypted media")
)

// dynamic tells whether a payload type has no fixed meaning (RFC 3551 6).
func dynamic(pt uint8) bool { return pt >= 96 && pt < 128 }

// Media is what a channel carries.
type Media struct {
	Kind   media.Kind
	Role   media.Role
	Format media.Format // Format.PT is the channel's
	Given  bool         // the channel named a dynamic payload type
}

// Read tells what a channel of the far end carries, in a format of ours.
func Read(own media.Capabilities, dt *h245.DataType, p *h245.H2250LogicalChannelParameters) (Media, error) {
	var m Media
	var theirs []media.Format
	list := own.Audio
	switch {
	case dt.AudioData != nil:
		m.Kind = media.Audio
		if f, ok := readAudio(dt.AudioData); ok {
			theirs = []media.Format{f}
		}
	case dt.VideoData != nil:
		m.Kind, list = media.Video, own.Video
		var content bool
		if theirs, content = readVideo(dt.VideoData); content {
			m.Role = media.Content
			return m, ErrOther
		}
	case dt.H235Media != nil:
		return m, ErrEncrypted
	case dt.Addition != nil || dt.NonStandard != nil:
		return m, ErrUnknown
	default:
		return m, ErrOther
	}
	for _, f := range theirs {
		f = carried(f, p)
		if o, ok := arriving(list, f); ok {
			m.Format = o
			m.Given = p != nil && p.DynamicRTPPayloadType != nil && dynamic(*p.DynamicRTPPayloadType)
			if m.Given {
				m.Format.PT = *p.DynamicRTPPayloadType
			}
			return m, nil
		}
	}
	return m, ErrOther
}

// carried is a format in the packetization of a channel.
func carried(f media.Format, p *h245.H2250LogicalChannelParameters) media.Format {
	switch {
	case f.Codec == media.H264:
		f.H264.Mode = mode(p)
	case f.Codec == media.H263 && plus(p):
		f.Codec, f.PT = media.H263P, ptH263P
	}
	return f
}

// plus tells whether H.263 comes as H.263+ is packed. Without a word it comes under its
// static payload type, and so as RFC 2190 has it.
func plus(p *h245.H2250LogicalChannelParameters) bool {
	if p == nil {
		return false
	}
	if m := p.MediaPacketization; m != nil && m.RTPPayloadType != nil && m.RTPPayloadType.PayloadDescriptor.RfcNumber != nil {
		return isPlus(&m.RTPPayloadType.PayloadDescriptor)
	}
	return p.DynamicRTPPayloadType != nil && dynamic(*p.DynamicRTPPayloadType)
}

func isPlus(d *h245.RTPPayloadTypePayloadDescriptor) bool {
	return d.RfcNumber != nil && (*d.RfcNumber == rfc2429 || *d.RfcNumber == rfc4629)
}

// mode reads the packetization of H.264; without one it is that of H.241 annex A.
func mode(p *h245.H2250LogicalChannelParameters) uint8 {
	if p == nil || p.MediaPacketization == nil || p.MediaPacketization.RTPPayloadType == nil {
		return 0
	}
	id := p.MediaPacketization.RTPPayloadType.PayloadDescriptor.OID
	switch {
	case id == nil || *id == packAnnexA:
		return 0
	case *id == packNonInterleaved:
		return 1
	}
	return 2
}

// arriving gives our format for what comes as theirs. Who takes H.264 in mode 1 takes
// mode 0 as well.
func arriving(own []media.Format, theirs media.Format) (media.Format, bool) {
	for _, o := range own {
		m := theirs.H264.Mode
		if o.Codec == media.H264 && o.H264.Mode > m {
			o.H264.Mode = m
		}
		if o.Codec == media.DTMF || !o.Matches(theirs) {
			continue
		}
		o.PT = theirs.PT
		if o.Codec == media.H264 {
			o.PT = ptH264
		}
		if o.Codec == media.G7221 {
			o.Bitrate = theirs.Bitrate
		}
		return o, true
	}
	return media.Format{}, false
}

// Channel writes data type and payload of a channel that carries an entry to the far
// end which listed it, with at most limit bit/s of picture (0 is no bound).
func (e *Entry) Channel(limit int) (h245.DataType, *h245.H2250LogicalChannelParameters) {
	p := &h245.H2250LogicalChannelParameters{MediaGuaranteedDelivery: new(false)}
	payload(p, e.Format)
	if e.audio != nil {
		p.SilenceSuppression = new(false)
		return h245.DataType{AudioData: narrowAudio(e.audio)}, p
	}
	return h245.DataType{VideoData: narrowVideo(e.video, e.Format, limit)}, p
}

// payload names payload type and packetization where they are not fixed.
func payload(p *h245.H2250LogicalChannelParameters, f media.Format) {
	if dynamic(f.PT) {
		p.DynamicRTPPayloadType = new(f.PT)
	}
	if f.Codec == media.H264 || f.Codec == media.H263P {
		p.MediaPacketization = &h245.H2250LogicalChannelParametersMediaPacketization{RTPPayloadType: new(packing(f, f.PT))}
	}
}

// Proposal writes data type and payload of a channel that fast connect offers, in a
// format of ours with its payload type; ok is false if H.245 has no form for it.
// Description and payload type are the same whoever sends.
func Proposal(f media.Format, limit int) (dt h245.DataType, p *h245.H2250LogicalChannelParameters, ok bool) {
	p = &h245.H2250LogicalChannelParameters{MediaGuaranteedDelivery: new(false)}
	payload(p, f)
	if a := writeAudio(f, sendMillis); a != nil {
		p.SilenceSuppression = new(false)
		return h245.DataType{AudioData: a}, p, true
	}
	if v := writeVideo(f, limit); v != nil {
		return h245.DataType{VideoData: v}, p, true
	}
	return dt, nil, false
}

// Proposals gives the formats of ours that fast connect offers for a kind, each with
// its payload type.
func Proposals(own media.Capabilities, kind media.Kind) (list []media.Format) {
	from := own.Audio
	if kind == media.Video {
		from = own.Video
	}
	for _, f := range from {
		for _, r := range rates(f) {
			if pt, ok := payloadType(r); ok && !r.LastResort {
				r.PT = pt
				list = append(list, r)
			}
		}
	}
	return list
}

func payloadType(f media.Format) (uint8, bool) {
	switch f.Codec {
	case media.PCMU:
		return ptPCMU, true
	case media.PCMA:
		return ptPCMA, true
	case media.G722:
		return ptG722, true
	case media.G729:
		return ptG729, true
	case media.G7221:
		if f.ClockRate == 32000 {
			return ptG7221C, true
		}
		return ptG7221, true
	case media.Opus:
		return ptOpus, true
	case media.H264:
		return ptH264, profileBit(f.H264) != 0
	case media.H263:
		return ptH263, true
	case media.H263P:
		return ptH263P, true
	case media.H261:
		return ptH261, true
	}
	return 0, false
}

// Sending reads a channel of the far end's fast connect on which we would send: what it
// takes, if that is a format of ours.
func Sending(own media.Capabilities, dt *h245.DataType, p *h245.H2250LogicalChannelParameters) (Media, bool) {
	m, err := Read(own, dt, p)
	if err != nil {
		return m, false
	}
	theirs := []media.Format{}
	if dt.AudioData != nil {
		f, _ := readAudio(dt.AudioData)
		theirs = append(theirs, f)
	} else {
		theirs, _ = readVideo(dt.VideoData)
	}
	for _, f := range theirs {
		f = carried(f, p)
		if f.Matches(m.Format) {
			f.PT = m.Format.PT
			m.Format = f
			return m, true
		}
	}
	return m, false
}
