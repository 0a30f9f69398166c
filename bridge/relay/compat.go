package relay

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
)

// refusal says why a receiver cannot take packets of a format as they are;
// empty means that it can. Limits are not looked at: they travel back to the
// source instead.
func refusal(source, receiver media.Format) string {
	switch {
	case receiver.Codec == "":
		return "nothing was negotiated"
	case source.Codec != receiver.Codec:
		return fmt.Sprintf("the receiver takes %s, not %s", receiver.Codec, source.Codec)
	case source.ClockRate != 0 && receiver.ClockRate != 0 && source.ClockRate != receiver.ClockRate:
		return fmt.Sprintf("the receiver takes %s at %d Hz, not %d Hz", receiver.Codec, receiver.ClockRate, source.ClockRate)
	}
	if source.Codec == media.H264 {
		return refusalH264(source.H264, receiver.H264)
	}
	return ""
}

func refusalH264(source, receiver media.H264Params) string {
	if source.Mode > receiver.Mode {
		return fmt.Sprintf("the receiver takes H264 packetization-mode %d, not %d", receiver.Mode, source.Mode)
	}
	if !decodes(receiver.ProfileOf(), source.ProfileOf()) {
		return fmt.Sprintf("the receiver takes H264 profile %02x, not %02x", receiver.Profile, source.Profile)
	}
	return ""
}

// decodes tells whether a decoder of one profile takes a stream of another.
// What terminals call Baseline is Constrained Baseline, which all decode. A
// stream of unknown profile is given the benefit of the doubt only where
// everything is decoded.
func decodes(decoder, stream media.H264Profile) bool {
	switch stream {
	case media.H264ConstrainedBaseline, media.H264Baseline:
		return true
	case media.H264Main:
		return decoder == media.H264Main || decoder == media.H264High || decoder == media.H264ConstrainedHigh
	case media.H264ConstrainedHigh:
		return decoder == media.H264ConstrainedHigh || decoder == media.H264High
	}
	return decoder == media.H264High
}
