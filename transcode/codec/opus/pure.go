//go:build !cgo || nocodecs

package opus

import (
	"fmt"

	"github.com/pion/opus"

	"github.com/roombridge/roombridge/transcode/codec"
)

// CanEncode tells whether this build has an encoder.
const CanEncode = false

// Decoder decodes one stream.
type Decoder struct{ d opus.Decoder }

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	d, err := opus.NewDecoderWithOutput(sampleRate, 1)
	if err != nil {
		return nil, err
	}
	return &Decoder{d}, nil
}

// Rate is 48000.
func (d *Decoder) Rate() int { return sampleRate }

// Decode decodes a packet; stereo is mixed to mono. A packet that brings the
// decoder to a panic is a bad packet, not the end of everybody's sound.
func (d *Decoder) Decode(pcm []float32, packet []byte) (n int, err error) {
	if len(packet) == 0 || len(pcm) == 0 {
		return 0, errEmpty
	}
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("opus: decoder: %v", p)
			_ = d.d.Init(sampleRate, 1)
		}
	}()
	return d.d.DecodeToFloat32(packet, pcm)
}

// Close does nothing.
func (d *Decoder) Close() {}

// Encoder does not exist in this build.
type Encoder struct{}

// NewEncoder fails.
func NewEncoder(EncoderConfig) (*Encoder, error) { return nil, ErrUnavailable }

// Rate is 48000.
func (e *Encoder) Rate() int { return sampleRate }

// Encode fails.
func (e *Encoder) Encode(dst []byte, _ []float32) ([]byte, error) { return dst, ErrUnavailable }

// Clone fails.
func (e *Encoder) Clone() (codec.Encoder, error) { return nil, ErrUnavailable }

// Close does nothing.
func (e *Encoder) Close() {}
