//go:build !cgo || nocodecs

package g729

import "github.com/roombridge/roombridge/transcode/codec"

// Available tells whether this build has the codec.
const Available = false

// NewDecoder fails.
func NewDecoder() (codec.Decoder, error) { return nil, ErrUnavailable }

// NewEncoder fails.
func NewEncoder() (codec.Encoder, error) { return nil, ErrUnavailable }
