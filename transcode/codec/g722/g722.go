// Package g722 is the codec of ITU-T G.722 at 64 kbit/s: 16 kHz, though its
// RTP clock is 8000 Hz (RFC 3551 4.5.2).
package g722

import (
	"github.com/gotranspile/g722"

	"github.com/roombridge/roombridge/transcode/codec"
)

const (
	sampleRate = 16000
	maxPacket  = codec.MaxFrame / 2 // a byte holds two samples
)

// Decoder decodes one stream.
type Decoder struct {
	d   *g722.Decoder
	pcm [codec.MaxFrame]int16
}

// NewDecoder makes a decoder.
func NewDecoder() *Decoder { return &Decoder{d: g722.NewDecoder(g722.Rate64000, 0)} }

// Rate is 16000.
func (d *Decoder) Rate() int { return sampleRate }

// Decode gives two samples for each byte.
func (d *Decoder) Decode(pcm []float32, packet []byte) (int, error) {
	packet = packet[:min(len(packet), maxPacket, len(pcm)/2)]
	if len(packet) == 0 {
		return 0, nil
	}
	n := d.d.Decode(d.pcm[:], packet)
	for i, s := range d.pcm[:n] {
		pcm[i] = codec.Float(s)
	}
	return n, nil
}

// Close does nothing.
func (d *Decoder) Close() {}

// Encoder encodes one stream.
type Encoder struct {
	e   *g722.Encoder
	pcm [codec.MaxFrame]int16
	out [maxPacket]byte
}

// NewEncoder makes an encoder.
func NewEncoder() *Encoder { return &Encoder{e: g722.NewEncoder(g722.Rate64000, 0)} }

// Rate is 16000.
func (e *Encoder) Rate() int { return sampleRate }

// Encode gives a byte for each two samples.
func (e *Encoder) Encode(dst []byte, pcm []float32) ([]byte, error) {
	pcm = pcm[:min(len(pcm), len(e.pcm))&^1]
	if len(pcm) == 0 {
		return dst, nil
	}
	for i, s := range pcm {
		e.pcm[i] = codec.Int16(s)
	}
	n := e.e.Encode(e.out[:], e.pcm[:len(pcm)])
	return append(dst, e.out[:n]...), nil
}

// Clone copies the predictors' state. Without it the receivers' decoders would
// hear a bang: they carry on from what they have, not from the beginning.
func (e *Encoder) Clone() (codec.Encoder, error) {
	state := *e.e
	return &Encoder{e: &state}, nil
}

// Close does nothing.
func (e *Encoder) Close() {}
