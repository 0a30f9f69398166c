// Package vpx encodes VP8 and VP9 with libvpx, whose bit rate libavcodec cannot
// change on the fly. Decoding is libavcodec's: as fast, and without copying.
// Without cgo, or with the build tag nocodecs, it cannot and says so.
package vpx

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

func check(c media.Codec, s codec.VideoSettings) error {
	if s.Width < 16 || s.Height < 16 || s.Width > codec.MaxWidth || s.Height > codec.MaxHeight || s.Width%2+s.Height%2 != 0 {
		return fmt.Errorf("%s: %w: a picture of %dx%d", c, codec.ErrSettings, s.Width, s.Height)
	}
	return codec.CheckRates(s.Bitrate, s.FPS)
}
