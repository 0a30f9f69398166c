//go:build cgo && !nocodecs

package g729

/*
#cgo LDFLAGS: -lbcg729
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
*/
import "C"

import (
	"errors"

	"github.com/roombridge/roombridge/transcode/codec"
)

// Available tells whether this build has the codec.
const Available = true

var errMemory = errors.New("g729: no memory")

// Decoder decodes one stream.
type Decoder struct {
	d     *C.bcg729DecoderChannelContextStruct
	bytes [frameBytes]C.uint8_t
	pcm   [frameSize]C.int16_t
	rest  codec.Rest
}

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	d := C.initBcg729DecoderChannel()
	if d == nil {
		return nil, errMemory
	}
	return &Decoder{d: d}, nil
}

// Rate is 8000.
func (d *Decoder) Rate() int { return sampleRate }

// Decode gives 10 ms for each frame.
func (d *Decoder) Decode(pcm []float32, packet []byte) (int, error) {
	if tail := len(packet) % frameBytes; len(packet) == 0 || tail != 0 && tail != sidBytes {
		return 0, errSize
	}
	n := 0
	for len(packet) > 0 && n+frameSize <= len(pcm) {
		size := min(len(packet), frameBytes)
		for i, b := range packet[:size] {
			d.bytes[i] = C.uint8_t(b)
		}
		var silence C.uint8_t
		if size == sidBytes {
			silence = 1
		}
		d.frame(pcm[n:], size, 0, silence)
		n, packet = n+frameSize, packet[size:]
	}
	d.rest.Blend(pcm[:n])
	return n, nil
}

func (d *Decoder) frame(pcm []float32, size int, lost, silence C.uint8_t) {
	C.bcg729Decoder(d.d, &d.bytes[0], C.uint8_t(size), lost, silence, 0, &d.pcm[0])
	for i, s := range d.pcm {
		pcm[i] = codec.Float(int16(s))
	}
}

// Conceal makes up lost frames, or goes on with the silence that was described.
func (d *Decoder) Conceal(pcm []float32) error {
	d.rest.Fill(pcm, frameSize, func(frame []float32) { d.frame(frame, 0, 1, 0) })
	return nil
}

// Close frees what the decoder holds.
func (d *Decoder) Close() {
	if d.d != nil {
		C.closeBcg729DecoderChannel(d.d)
		d.d = nil
	}
}

// past is how much sound a new encoder must have heard to be where another is:
// its filters and predictors reach no further back.
const past = 10 * frameSize

// Encoder encodes one stream.
type Encoder struct {
	e     *C.bcg729EncoderChannelContextStruct
	heard [past]C.int16_t // the latest last
	bytes [frameBytes]C.uint8_t
	size  C.uint8_t
}

// NewEncoder makes an encoder, which never leaves silence out.
func NewEncoder() (*Encoder, error) {
	e := C.initBcg729EncoderChannel(0)
	if e == nil {
		return nil, errMemory
	}
	return &Encoder{e: e}, nil
}

// Rate is 8000.
func (e *Encoder) Rate() int { return sampleRate }

// Encode gives a frame for each whole 10 ms.
func (e *Encoder) Encode(dst []byte, pcm []float32) ([]byte, error) {
	for ; len(pcm) >= frameSize; pcm = pcm[frameSize:] {
		copy(e.heard[:], e.heard[frameSize:])
		for i, s := range pcm[:frameSize] {
			e.heard[past-frameSize+i] = C.int16_t(codec.Int16(s))
		}
		e.frame(past - frameSize)
		for _, b := range e.bytes[:min(e.size, frameBytes)] {
			dst = append(dst, byte(b))
		}
	}
	return dst, nil
}

func (e *Encoder) frame(at int) {
	C.bcg729Encoder(e.e, &e.heard[at], &e.bytes[0], &e.size)
}

// Clone lets another encoder hear what this one heard last: the library cannot
// copy one.
func (e *Encoder) Clone() (codec.Encoder, error) {
	c, err := NewEncoder()
	if err != nil {
		return nil, err
	}
	c.heard = e.heard
	for at := 0; at < past; at += frameSize {
		c.frame(at)
	}
	return c, nil
}

// Close frees what the encoder holds.
func (e *Encoder) Close() {
	if e.e != nil {
		C.closeBcg729EncoderChannel(e.e)
		e.e = nil
	}
}
