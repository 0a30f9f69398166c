package gateway

import (
	"slices"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// suites are ours for SDES, best first.
var suites = []media.Suite{media.AEADGCM256, media.AEADGCM128, media.AESCM80, media.AESCM32}

// capabilities is what our end of a call can do. Sound is mixed by the media
// worker, so its codecs bound ours; H.264 is relayed and bounded only by what
// browsers decode, other pictures pass through the worker. H.323 has no keys:
// H.235.6 is not spoken.
func (g *Gateway) capabilities(inv bridge.Invite) media.Capabilities {
	rate := g.cfg.Media.Bitrate
	g.formats.once.Do(func() {
		worker := g.worker.Available()
		g.formats.audio, g.formats.video = slices.Clip(audio(worker)), slices.Clip(video(worker, rate))
	})
	c := media.Capabilities{
		Audio:       g.formats.audio,
		Video:       g.formats.video,
		RecvBitrate: rate,
		SendBitrate: rate,
		Feedback:    media.NACK | media.PLI | media.FIR | media.TMMBR,
		Encryption:  g.trunkEncryption(inv.Trunk),
		Suites:      suites,
		DTLS:        true,
	}
	if inv.Protocol == "h323" {
		c.Encryption, c.Suites, c.DTLS = media.EncryptionOff, nil, false
	}
	return c
}

// audio lists the codecs of the worker, best first. Without a worker the
// codecs that every terminal has are listed all the same, so that a call is
// not refused for its sound.
func audio(worker transcode.Capabilities) []media.Format {
	var list []media.Format
	for _, f := range []media.Format{
		{Codec: media.Opus, ClockRate: 48000, Channels: 2, FEC: true},
		{Codec: media.G7221, ClockRate: 32000, Bitrate: 48000},
		{Codec: media.G7221, ClockRate: 32000, Bitrate: 32000},
		{Codec: media.G7221, ClockRate: 32000, Bitrate: 24000},
		{Codec: media.G722, ClockRate: 8000},
		{Codec: media.G7221, ClockRate: 16000, Bitrate: 32000},
		{Codec: media.G7221, ClockRate: 16000, Bitrate: 24000},
		{Codec: media.PCMA, ClockRate: 8000},
		{Codec: media.PCMU, ClockRate: 8000},
		{Codec: media.G729, ClockRate: 8000},
	} {
		if worker.Mixes(f.Codec) || f.Codec == media.PCMA || f.Codec == media.PCMU {
			list = append(list, f)
		}
	}
	return append(list, media.Format{Codec: media.DTMF, ClockRate: 8000}, media.Format{Codec: media.DTMF, ClockRate: 48000})
}

// video lists H.264 and behind it what the worker takes and makes: browsers
// decode none of the old codecs, so their pictures are never passed on to them.
// High profile is for terminals that have no other; where it were offered they
// would send it, and it cannot be passed on to all browsers.
func video(worker transcode.Capabilities, rate int) []media.Format {
	list := h264(rate)
	if worker.Decodes(media.H264) && worker.Encodes(media.H264) {
		high := list[0]
		high.H264.Profile, high.H264.Constraints, high.LastResort = 100, 0, true
		list = append(list, high)
	}
	sizes := media.Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 1}
	for _, f := range []media.Format{
		{Codec: media.VP8, VideoMax: media.Limits{MaxFS: 8160, FPS: 30}},
		{Codec: media.H263P, Sizes: sizes},
		{Codec: media.H263, Sizes: sizes},
		{Codec: media.H261, Sizes: media.Sizes{QCIF: 1, CIF: 1}},
	} {
		if worker.Decodes(f.Codec) && worker.Encodes(f.Codec) {
			f.ClockRate = 90000
			list = append(list, f)
		}
	}
	return list
}

// h264 is H.264 as browsers decode it: constrained baseline in both
// packetisations, which every terminal and browser shares, then high profile
// for terminals that offer nothing else; up to 1080p at 30 pictures a second.
// Level 3.1 is the floor that browsers name; the max parameters lift it.
func h264(rate int) []media.Format {
	h := media.H264Params{
		Profile: 66, Constraints: 0xc0 | 0x20, Level: 31, Mode: 1,
		MaxFS: 8192, MaxMBPS: 245760, MaxBR: uint32(rate / 1000), AsymmetryAllowed: true,
	}
	single, high := h, h
	single.Mode = 0
	high.Profile, high.Constraints = 100, 0x0c
	return []media.Format{
		{Codec: media.H264, ClockRate: 90000, H264: h},
		{Codec: media.H264, ClockRate: 90000, H264: single},
		{Codec: media.H264, ClockRate: 90000, H264: high},
	}
}
