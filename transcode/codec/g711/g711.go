// Package g711 is the codec of ITU-T G.711: 64 kbit/s, 8 kHz, a logarithmic
// byte for each sample, in its two laws.
package g711

import (
	"math/bits"

	"github.com/roombridge/roombridge/transcode/codec"
)

// Law is one of the two companding laws.
type Law struct {
	decode [256]float32
	encode func(int16) byte
}

// The laws.
var (
	Mu = newLaw(muDecode, muEncode) // PCMU
	A  = newLaw(aDecode, aEncode)   // PCMA
)

const sampleRate = 8000

func newLaw(decode func(byte) int16, encode func(int16) byte) *Law {
	l := &Law{encode: encode}
	for i := range l.decode {
		l.decode[i] = codec.Float(decode(byte(i)))
	}
	return l
}

const (
	muBias = 132   // G.711 table 2 in 16 bit steps: 33 * 4
	muClip = 32635 // largest magnitude that has a code
)

func muDecode(b byte) int16 {
	b = ^b
	magnitude := (int16(b&0x0f)<<3+muBias)<<(b>>4&7) - muBias
	if b&0x80 != 0 {
		return -magnitude
	}
	return magnitude
}

func muEncode(s int16) byte {
	sign, v := byte(0), int(s)
	if v < 0 {
		sign, v = 0x80, -v
	}
	v = min(v, muClip) + muBias
	segment := bits.Len(uint(v)) - 8
	return ^(sign | byte(segment)<<4 | byte(v>>(segment+3))&0x0f)
}

func aDecode(b byte) int16 {
	b ^= 0x55 // even bits travel inverted (G.711 table 1a, note 2)
	magnitude := int16(b&0x0f)<<4 + 8
	if segment := b >> 4 & 7; segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if b&0x80 != 0 {
		return magnitude
	}
	return -magnitude
}

func aEncode(s int16) byte {
	sign, v := byte(0x80), int(s)
	if v < 0 {
		sign, v = 0, -v-1
	}
	segment := max(bits.Len(uint(v))-8, 0)
	return (sign | byte(segment)<<4 | byte(v>>max(segment+3, 4))&0x0f) ^ 0x55
}

// Decoder reads one of the laws. It has no state.
type Decoder struct{ law *Law }

// NewDecoder makes a decoder.
func NewDecoder(l *Law) *Decoder { return &Decoder{l} }

// Rate is 8000.
func (d *Decoder) Rate() int { return sampleRate }

// Decode gives a sample for each byte.
func (d *Decoder) Decode(pcm []float32, packet []byte) (int, error) {
	n := min(len(pcm), len(packet))
	for i, b := range packet[:n] {
		pcm[i] = d.law.decode[b]
	}
	return n, nil
}

// Close does nothing.
func (d *Decoder) Close() {}

// Encoder writes one of the laws. It has no state.
type Encoder struct{ law *Law }

// NewEncoder makes an encoder.
func NewEncoder(l *Law) *Encoder { return &Encoder{l} }

// Rate is 8000.
func (e *Encoder) Rate() int { return sampleRate }

// Encode gives a byte for each sample.
func (e *Encoder) Encode(dst []byte, pcm []float32) ([]byte, error) {
	for _, s := range pcm {
		dst = append(dst, e.law.encode(codec.Int16(s)))
	}
	return dst, nil
}

// Clone gives another.
func (e *Encoder) Clone() (codec.Encoder, error) { return NewEncoder(e.law), nil }

// Close does nothing.
func (e *Encoder) Close() {}
