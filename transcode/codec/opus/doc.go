// Package opus is the Opus codec of RFC 6716, mono at 48 kHz. With cgo it is
// libopus; without, or with the build tag nocodecs, a decoder in Go remains
// and there is no encoder.
package opus

import "errors"

const sampleRate = 48000

// MaxPacket bounds what an encoder makes: enough for 60 ms at any bitrate in use.
const MaxPacket = 1500

// ErrUnavailable is what this build cannot do.
var ErrUnavailable = errors.New("opus: this build has no Opus encoder")

var errEmpty = errors.New("opus: empty packet")

// EncoderConfig says how to encode. The zero value works.
type EncoderConfig struct {
	Bitrate int  // bit/s, 0 is 40000
	FEC     bool // carry redundancy about the packet before (RFC 6716 2.1.7)
	Loss    int  // percent of packets that the receiver loses, with FEC; 0 is 10
}

// The usual bitrate, and the bounds RFC 6716 2.1.1 gives.
const (
	usualBitrate = 40000
	minBitrate   = 6000
	maxBitrate   = 128000
)

func (c EncoderConfig) withDefaults() EncoderConfig {
	if c.Bitrate == 0 {
		c.Bitrate = usualBitrate
	}
	c.Bitrate = min(max(c.Bitrate, minBitrate), maxBitrate)
	if c.Loss <= 0 {
		c.Loss = 10
	}
	return c
}
