package room

import (
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// Header extensions that the room understands.
const (
	extMID       = sdp.SDESMidURI
	extRID       = sdp.SDESRTPStreamIDURI
	extRepairRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
	extTWCC      = sdp.TransportCCURI
	extAbsTime   = sdp.ABSSendTimeURI
	extLevel     = sdp.AudioLevelURI
)

// fmtpH264 is what browsers send: Constrained Baseline, which every terminal
// decodes, in packetization mode 1.
const fmtpH264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

var videoFeedback = []webrtc.RTCPFeedback{
	{Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "goog-remb"},
}

// audioOrder gives the audio codecs in the order in which browsers shall use
// them: those first that the worker serves both ways.
func audioOrder(worker transcode.Capabilities) []media.Codec {
	all := []media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA}
	var good, rest []media.Codec
	for _, c := range all {
		if worker.Mixes(c) {
			good = append(good, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(good) == 0 {
		return all // nothing is mixed; Opus keeps the microphone's level and a later worker possible
	}
	return append(good, rest...)
}

func audioCapability(c media.Codec) (webrtc.RTPCodecParameters, bool) {
	p := webrtc.RTPCodecParameters{}
	p.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "transport-cc"}}
	switch c {
	case media.Opus:
		p.MimeType, p.ClockRate, p.Channels, p.PayloadType = webrtc.MimeTypeOpus, 48000, 2, 111
		p.SDPFmtpLine = "minptime=10;useinbandfec=1"
	case media.G722:
		p.MimeType, p.ClockRate, p.PayloadType = webrtc.MimeTypeG722, 8000, 9
	case media.PCMU:
		p.MimeType, p.ClockRate, p.PayloadType = webrtc.MimeTypePCMU, 8000, 0
	case media.PCMA:
		p.MimeType, p.ClockRate, p.PayloadType = webrtc.MimeTypePCMA, 8000, 8
	default:
		return p, false
	}
	return p, true
}

// mediaEngine lists what is negotiated with a browser.
func mediaEngine(audio []media.Codec, vp8 bool) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	for _, c := range audio {
		if p, ok := audioCapability(c); ok {
			if err := m.RegisterCodec(p, webrtc.RTPCodecTypeAudio); err != nil {
				return nil, err
			}
		}
	}
	video := func(mime, fmtp string, pt, rtx webrtc.PayloadType, apt string) error {
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp, RTCPFeedback: videoFeedback},
			PayloadType:        pt,
		}, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
		return m.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/rtx", ClockRate: 90000, SDPFmtpLine: "apt=" + apt},
			PayloadType:        rtx,
		}, webrtc.RTPCodecTypeVideo)
	}
	if err := video(webrtc.MimeTypeH264, fmtpH264, 108, 109, "108"); err != nil {
		return nil, err
	}
	if vp8 {
		if err := video(webrtc.MimeTypeVP8, "", 96, 97, "96"); err != nil {
			return nil, err
		}
	}
	for _, uri := range []string{extMID, extTWCC, extLevel} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, err
		}
	}
	for _, uri := range []string{extMID, extRID, extTWCC, extAbsTime} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// preferred orders negotiated video codecs: H.264 before VP8, each followed
// by its retransmission codec.
func preferred(codecs []webrtc.RTPCodecParameters) []webrtc.RTPCodecParameters {
	var out []webrtc.RTPCodecParameters
	for _, mime := range []string{webrtc.MimeTypeH264, webrtc.MimeTypeVP8} {
		for _, c := range codecs {
			if strings.EqualFold(c.MimeType, mime) {
				out = append(out, c)
			}
		}
	}
	for _, c := range codecs {
		if strings.EqualFold(c.MimeType, "video/rtx") {
			out = append(out, c)
		}
	}
	return out
}
