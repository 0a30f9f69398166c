//go:build !cgo || nocodecs

package avcodec

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// Decodes tells that this build decodes nothing.
func Decodes(media.Codec) bool { return false }

// Encodes tells that this build encodes nothing.
func Encodes(media.Codec) bool { return false }

// NewDecoder fails.
func NewDecoder(c media.Codec) (codec.VideoDecoder, error) { return nil, unavailable(c) }

// NewEncoder fails.
func NewEncoder(c media.Codec, _ codec.VideoSettings) (codec.VideoEncoder, error) {
	return nil, unavailable(c)
}
