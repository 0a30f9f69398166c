// Package codec is the little interface that all audio codecs of the media
// worker have. Samples are float32, mono, with full scale at 1. The codecs
// themselves are in the folders below; cgo is nowhere else in the project.
package codec

// MaxFrame is the longest packet in time, 120 ms (RFC 6716 2.1.4), in samples
// at 48 kHz. Buffers for Decode have room for it.
const MaxFrame = 5760

// Decoder turns packets of one stream into samples. It is used by one
// goroutine and allocates nothing per packet.
type Decoder interface {
	// Rate is the sample rate of what it gives.
	Rate() int
	// Decode writes the packet's samples to pcm, which has room for MaxFrame
	// of them, and tells how many there are.
	Decode(pcm []float32, packet []byte) (int, error)
	// Close frees what the decoder holds.
	Close()
}

// Concealer is a Decoder that knows how to fill in for lost packets.
type Concealer interface {
	Decoder
	// Conceal fills pcm with what the lost packet may have held.
	Conceal(pcm []float32) error
}

// Recoverer is a Concealer of a codec whose packets can carry redundancy.
type Recoverer interface {
	Concealer
	// Recover fills pcm with the packet lost before next. It is an error when
	// next carries no redundancy about it.
	Recover(pcm []float32, next []byte) error
}

// Encoder turns samples of one stream into packets.
type Encoder interface {
	// Rate is the sample rate of what it takes.
	Rate() int
	// Encode appends the packet for pcm to dst.
	Encode(dst []byte, pcm []float32) ([]byte, error)
	// Clone gives a second encoder in the same state: what either makes goes
	// on where the packets so far have brought their receivers' decoders.
	Clone() (Encoder, error)
	// Close frees what the encoder holds.
	Close()
}

// Int16 converts a sample, limiting it to what 16 bits hold.
func Int16(s float32) int16 {
	v := s * 32768
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v < 0:
		return int16(v - 0.5)
	case v >= 0:
		return int16(v + 0.5)
	}
	return 0 // not a number
}

// Float converts a 16 bit sample.
func Float(s int16) float32 { return float32(s) / 32768 }
