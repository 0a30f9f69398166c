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

// ErrNoRedundancy is a packet that tells nothing about the one before it.
var ErrNoRedundancy = errors.New("opus: packet without redundancy")

// redundant tells whether a packet carries redundancy about the one before
// (RFC 6716 4.2.3 and 4.2.4): a flag at the start of its SILK part, behind one
// voice flag for each 20 ms; in stereo those of both channels. Packets of
// several frames are taken to carry none.
func redundant(packet []byte) bool {
	if len(packet) < 2 || packet[0]&3 != 0 {
		return false
	}
	config := packet[0] >> 3
	if config >= 16 { // CELT only
		return false
	}
	frames := 1
	if config < 12 {
		frames = max(int(config&3), 1)
	}
	if packet[1]&(0x80>>frames) != 0 {
		return true
	}
	second := 2*frames + 1
	return packet[0]&4 != 0 && second < 8 && packet[1]&(0x80>>second) != 0
}
