package dial

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player"
)

// minBitrate is the least for a picture, bit/s.
const minBitrate = 32_000

// readCapabilities makes the terminal: a room system of some years ago.
func (s *settings) readCapabilities() error {
	if s.Bitrate < minBitrate {
		return fmt.Errorf("%d bit/s are too few for a picture", s.Bitrate)
	}
	audio, err := audioFormats(s.Codecs)
	if err != nil {
		return err
	}
	video, err := s.videoFormats()
	if err != nil {
		return err
	}
	s.capability = media.Capabilities{
		Audio: audio, Video: video, RecvBitrate: s.Bitrate, SendBitrate: s.Bitrate,
		Feedback:   media.PLI | media.FIR | media.TMMBR,
		Encryption: s.Encryption,
	}
	if s.NACK {
		s.capability.Feedback |= media.NACK
	}
	switch s.Encryption {
	case media.EncryptionOff, media.EncryptionPrefer, media.EncryptionRequire:
	default:
		return fmt.Errorf("encryption is off, prefer or require, not %q", s.Encryption)
	}
	sdes := []media.Suite{media.AESCM80, media.AESCM32, media.AEADGCM128, media.AEADGCM256}
	switch s.Keying {
	case "sdes":
		s.capability.Suites = sdes
	case "dtls":
		s.capability.DTLS = true
	case "both":
		s.capability.Suites, s.capability.DTLS = sdes, true
	default:
		return fmt.Errorf("keys are agreed by sdes, dtls or both, not %q", s.Keying)
	}
	return nil
}

// audioFormats lists the codecs that were asked for, and digits.
func audioFormats(names []string) ([]media.Format, error) {
	if len(names) == 0 {
		names = []string{string(media.G722), string(media.PCMA), string(media.PCMU)}
	}
	var list []media.Format
	for _, name := range names {
		c := media.Codec(strings.ToUpper(strings.TrimSpace(name)))
		if !player.Encodes(c) {
			return nil, fmt.Errorf("the terminal speaks G722, PCMA and PCMU, not %q", name)
		}
		list = append(list, media.Format{Codec: c, ClockRate: 8000})
	}
	return append(list, media.Format{Codec: media.DTMF, ClockRate: 8000}), nil
}

// pictureHigh is H.264 as a terminal has it that knows High profile alone.
const pictureHigh = "h264-high"

// pictureCodec reads the name of a codec for pictures.
func pictureCodec(name string) (media.Codec, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "h264", pictureHigh:
		return media.H264, nil
	case "h263":
		return media.H263, nil
	case "h263p":
		return media.H263P, nil
	case "h261":
		return media.H261, nil
	case "vp8":
		return media.VP8, nil
	}
	return "", fmt.Errorf("pictures are h264, h264-high, h263, h263p, h261 or vp8, not %q", name)
}

// videoFormats is the one codec of the terminal's pictures.
func (s *settings) videoFormats() ([]media.Format, error) {
	f := media.Format{Codec: s.picture, ClockRate: 90000}
	switch s.picture {
	case media.H264:
		list, err := h264Formats(s.H264Level, s.Mode0, s.Bitrate)
		if err == nil && strings.EqualFold(s.Picture, pictureHigh) {
			for i := range list {
				list[i].H264.Profile, list[i].H264.Constraints = 100, 0
			}
		}
		return list, err
	case media.VP8:
		if s.scheme == schemeH323 {
			return nil, errors.New("H.323 has no form for VP8")
		}
		f.VideoMax = media.Limits{MaxFS: 3600, FPS: 30}
	default:
		f.Sizes = media.Sizes{QCIF: 1, CIF: 1}
		if s.QCIF {
			f.Sizes.CIF = 0
		}
	}
	return []media.Format{f}, nil
}

// h264Formats is H.264 Constrained Baseline in both packetisations. Level
// 3.1 is lifted to 1080p; a level that was asked for stands as it is.
func h264Formats(level float64, mode0 bool, bitrate int) ([]media.Format, error) {
	h := media.H264Params{
		Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1,
		MaxFS: 8192, MaxMBPS: 245760, MaxBR: uint32(bitrate / 1000), AsymmetryAllowed: true,
	}
	if level != 0 {
		if level < 1 || level > 5.2 {
			return nil, fmt.Errorf("there is no H.264 level %v here: 1.0 to 5.2 are known", level)
		}
		h.Level = uint8(math.Round(level * 10))
		h.MaxFS, h.MaxMBPS, h.MaxBR = 0, 0, 0
	}
	single := h
	single.Mode = 0
	list := []media.Format{{Codec: media.H264, ClockRate: 90000, H264: h}, {Codec: media.H264, ClockRate: 90000, H264: single}}
	if mode0 {
		return list[1:], nil
	}
	return list, nil
}
