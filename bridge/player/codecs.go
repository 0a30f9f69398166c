package player

import (
	"fmt"

	"github.com/pion/opus"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec/g711"
	"github.com/roombridge/roombridge/transcode/codec/g722"
)

// maxFrame bounds the samples of one packet: 120 ms at 48 kHz (RFC 6716 2.1.4).
const maxFrame = 5760

// encoder and decoder are what all audio codecs have in common. Samples are
// mono, with full scale at 1.
type encoder interface {
	Rate() int
	Encode(dst []byte, pcm []float32) ([]byte, error)
}

type decoder interface {
	Rate() int
	Decode(pcm []float32, packet []byte) (int, error)
}

// newEncoder makes the encoder of a codec, or gives nil.
func newEncoder(c media.Codec) encoder {
	switch c {
	case media.PCMU:
		return g711.NewEncoder(g711.Mu)
	case media.PCMA:
		return g711.NewEncoder(g711.A)
	case media.G722:
		return g722.NewEncoder()
	}
	return nil
}

// newDecoder makes the decoder of a codec, or gives nil.
func newDecoder(c media.Codec) decoder {
	switch c {
	case media.PCMU:
		return g711.NewDecoder(g711.Mu)
	case media.PCMA:
		return g711.NewDecoder(g711.A)
	case media.G722:
		return g722.NewDecoder()
	case media.Opus:
		d, err := opus.NewDecoderWithOutput(opusRate, 1)
		if err != nil {
			return nil
		}
		return &opusDecoder{d}
	}
	return nil
}

// Encodes tells whether the player can speak a codec.
func Encodes(c media.Codec) bool { return newEncoder(c) != nil }

// opusRate carries wideband speech and every tone of interest.
const opusRate = 16000

type opusDecoder struct{ d opus.Decoder }

func (*opusDecoder) Rate() int { return opusRate }

// Decode treats a packet that brings the decoder to a panic as a bad one.
func (o *opusDecoder) Decode(pcm []float32, packet []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("player: opus decoder: %v", p)
			_ = o.d.Init(opusRate, 1)
		}
	}()
	return o.d.DecodeToFloat32(packet, pcm)
}

func toFloat(dst []float32, pcm []int16) []float32 {
	dst = dst[:0]
	for _, s := range pcm {
		dst = append(dst, float32(s)/32768)
	}
	return dst
}

func toInt16(dst []int16, pcm []float32) []int16 {
	dst = dst[:0]
	for _, s := range pcm {
		dst = append(dst, int16(min(max(s*32768, -32768), 32767)))
	}
	return dst
}
