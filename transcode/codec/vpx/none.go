//go:build !cgo || nocodecs

package vpx

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// Encodes tells that this build encodes nothing.
func Encodes(media.Codec) bool { return false }

// NewEncoder fails.
func NewEncoder(c media.Codec, s codec.VideoSettings) (codec.VideoEncoder, error) {
	if err := check(c, s); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%s: %w", c, codec.ErrUnavailable)
}
