// Package pcm reads and writes WAV files of 16 bit samples and changes
// sampling rates. Sound is mono: several channels are averaged.
package pcm

import "errors"

// Sound is mono sound of 16 bit samples.
type Sound struct {
	Rate    int // Hz
	Samples []int16
}

// MaxSamples bounds what Read takes from a file, over all channels: eleven
// minutes of mono at 48 kHz.
const MaxSamples = 32 << 20

// Reasons for which Read refuses a file.
var (
	ErrFormat      = errors.New("pcm: not a WAV file")
	ErrUnsupported = errors.New("pcm: only 16 bit PCM with 1 to 8 channels and 4 to 192 kHz is played")
	ErrEmpty       = errors.New("pcm: the file holds no sound")
	ErrTooLong     = errors.New("pcm: the file is longer than is played")
)
