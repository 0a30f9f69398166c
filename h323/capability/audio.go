package capability

import (
	"bytes"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// Milliseconds of sound in a packet: what we take, and what we send.
const (
	takeMillis = 60
	sendMillis = 20
)

// readAudio gives the format of a sound capability. For G.711 and G.722 the number in
// it counts milliseconds (H.225.0 annex A: eight samples are a frame).
func readAudio(a *h245.AudioCapability) (media.Format, bool) {
	switch {
	case a.G711Ulaw64k != nil:
		return sampled(media.PCMU, ptPCMU, *a.G711Ulaw64k)
	case a.G711Alaw64k != nil:
		return sampled(media.PCMA, ptPCMA, *a.G711Alaw64k)
	case a.G72264k != nil:
		return sampled(media.G722, ptG722, *a.G72264k)
	case a.G729 != nil, a.G729AnnexA != nil, a.G729wAnnexB != nil, a.G729AnnexAwAnnexB != nil:
		return media.Format{Codec: media.G729, ClockRate: 8000, PT: ptG729}, true
	case is(a.GenericAudioCapability, oidG7221):
		return readG7221(a.GenericAudioCapability, 16000, ptG7221)
	case is(a.GenericAudioCapability, oidG7221C):
		return readG7221(a.GenericAudioCapability, 32000, ptG7221C)
	case a.NonStandard != nil && isOpus(a.NonStandard.Data):
		return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PT: ptOpus}, true
	}
	return media.Format{}, false
}

func sampled(c media.Codec, pt uint8, millis uint16) (media.Format, bool) {
	f := media.Format{Codec: c, ClockRate: 8000, PT: pt}
	if millis > 0 && millis < sendMillis {
		f.PTime = int(millis)
	}
	return f, true
}

// readG7221 reads G.722.1 and its annex C. Terminals give the rate in bit/s, as annex
// A has it, or in units of 100 bit/s, as H.245 has it.
func readG7221(g *h245.GenericCapability, clock int, pt uint8) (media.Format, bool) {
	f := media.Format{Codec: media.G7221, ClockRate: clock, PT: pt}
	if g.MaxBitRate != nil {
		f.Bitrate = int(*g.MaxBitRate)
		if f.Bitrate < 1000 {
			f.Bitrate *= 100
		}
	}
	switch f.Bitrate {
	case 24000, 32000:
	case 48000:
		return f, clock == 32000
	default:
		return f, false
	}
	return f, true
}

// opusVendor is under which codecs without a standard form are named in ASCII
// (OpenH323 and what came of it). Opus has no H.245 form of its own.
var opusVendor = h245.NonStandardIdentifierH221NonStandard{T35CountryCode: 9, ManufacturerCode: 61}

func isOpus(name []byte) bool {
	return len(name) >= 4 && bytes.EqualFold(name[:4], []byte("opus"))
}

// writeAudio describes a decoder of ours; nil if H.245 has no form for it. millis is
// the longest packet.
func writeAudio(f media.Format, millis uint16) *h245.AudioCapability {
	switch f.Codec {
	case media.PCMU:
		return &h245.AudioCapability{G711Ulaw64k: new(millis)}
	case media.PCMA:
		return &h245.AudioCapability{G711Alaw64k: new(millis)}
	case media.G722:
		return &h245.AudioCapability{G72264k: new(millis)}
	case media.G729:
		return &h245.AudioCapability{G729AnnexA: new(frames(millis))}
	case media.G7221:
		id, rate := oidG7221, uint32(f.Bitrate)
		if f.ClockRate == 32000 {
			id, rate = oidG7221C, rate/100
		}
		return &h245.AudioCapability{GenericAudioCapability: generic(id, rate, unsigned(framesPerPacket, 1))}
	case media.Opus:
		return &h245.AudioCapability{NonStandard: &h245.NonStandardParameter{
			NonStandardIdentifier: h245.NonStandardIdentifier{H221NonStandard: new(opusVendor)},
			Data:                  per.Octets("Opus"),
		}}
	}
	return nil
}

// frames counts those of G.729 in a packet, 10 ms each.
func frames(millis uint16) uint16 { return millis / 10 }

// otherAudio describes a decoder under the name by which other terminals look for it:
// G.729 and its annex A decode each other.
func otherAudio(f media.Format, millis uint16) *h245.AudioCapability {
	if f.Codec != media.G729 {
		return nil
	}
	return &h245.AudioCapability{G729: new(frames(millis))}
}

// rates gives G.722.1 without a rate at each of its rates, best first; other formats
// as they are.
func rates(f media.Format) []media.Format {
	if f.Codec != media.G7221 || f.Bitrate != 0 {
		return []media.Format{f}
	}
	all := []int{32000, 24000}
	if f.ClockRate == 32000 {
		all = []int{48000, 32000, 24000}
	}
	list := make([]media.Format, len(all))
	for i, r := range all {
		list[i] = f
		list[i].Bitrate = r
	}
	return list
}

// narrowAudio is a capability of the far end as a channel towards it carries it.
func narrowAudio(a *h245.AudioCapability) *h245.AudioCapability {
	n := *a
	for _, p := range []**uint16{&n.G711Ulaw64k, &n.G711Alaw64k, &n.G72264k} {
		if *p != nil {
			*p = new(min(max(**p, 1), sendMillis))
		}
	}
	for _, p := range []**uint16{&n.G729, &n.G729AnnexA, &n.G729wAnnexB, &n.G729AnnexAwAnnexB} {
		if *p != nil {
			*p = new(min(max(**p, 1), frames(sendMillis)))
		}
	}
	return &n
}
