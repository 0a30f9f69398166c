//go:build cgo && !nocodecs

package vpx

/*
#cgo pkg-config: vpx
#include "layer.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pace"
)

// Encodes tells whether this build encodes a codec.
func Encodes(c media.Codec) bool { return c == media.VP8 || c == media.VP9 }

type encoder struct {
	name          media.Codec
	e             *C.vpx_layer
	width, height int
	pace          *pace.Pace
	in            C.vpx_input
	out           C.vpx_output
	last          int64
	units         [1][]byte
}

// NewEncoder makes an encoder.
func NewEncoder(c media.Codec, s codec.VideoSettings) (codec.VideoEncoder, error) {
	if !Encodes(c) {
		return nil, fmt.Errorf("%s: %w", c, codec.ErrUnavailable)
	}
	if err := check(c, s); err != nil {
		return nil, err
	}
	set := C.vpx_settings{width: C.int(s.Width), height: C.int(s.Height), kbits: kbits(s.Bitrate), intra: intra(s.FPS), effort: effort(c, s)}
	if c == media.VP9 {
		set.vp9 = 1
	}
	if s.Content {
		set.content = 1
	}
	var code C.int
	e := C.vpx_layer_open(&set, &code)
	if e == nil {
		return nil, fmt.Errorf("%s: %w", c, failure(code))
	}
	return &encoder{name: c, e: e, width: s.Width, height: s.Height, pace: pace.New(s.Bitrate, s.FPS), last: -1}, nil
}

type failure C.int

func (f failure) Error() string { return C.GoString(C.vpx_layer_words(C.int(f))) }

func kbits(bitrate int) C.uint { return C.uint((bitrate + 500) / 1000) }

// intra bounds a keyframe to half a second of bits, as percent of a mean frame.
func intra(fps int) C.uint { return C.uint(max(50*fps, 300)) }

// effort is libvpx's cpu-used: how little it thinks, so that 720p at 30 pictures a
// second takes half a processor. VP8 takes it below 0 for a fixed one.
func effort(c media.Codec, s codec.VideoSettings) C.int {
	load := s.Width * s.Height * s.FPS
	switch {
	case c == media.VP9 && load <= 640*360*30:
		return 7
	case c == media.VP9:
		return 8
	case load <= 640*360*30:
		return -4
	case load <= 1280*720*30:
		return -6
	}
	return -8
}

// Encode encodes a picture. See codec.VideoEncoder.
func (e *encoder) Encode(p *codec.Picture, pts int64, key bool) (codec.Encoded, error) {
	if err := p.Check(e.width, e.height); err != nil {
		return codec.Encoded{}, fmt.Errorf("%s: %w", e.name, err)
	}
	if !e.pace.Arrive(pts) && !key {
		return codec.Encoded{}, nil
	}
	pts = max(pts, e.last+1)
	e.last = pts
	e.in = C.vpx_input{stride_y: C.int(p.StrideY), stride_c: C.int(p.StrideC), pts: C.int64_t(pts), duration: C.int64_t(pace.Clock / e.pace.FPS())}
	if key {
		e.in.key = 1
	}
	code := C.vpx_layer_encode(e.e, (*C.uint8_t)(&p.Y[0]), (*C.uint8_t)(&p.U[0]), (*C.uint8_t)(&p.V[0]), &e.in, &e.out)
	if code != 0 {
		return codec.Encoded{}, fmt.Errorf("%s: %w", e.name, failure(code))
	}
	if e.out.size == 0 {
		return codec.Encoded{}, nil
	}
	e.pace.Spent(int(e.out.size))
	e.units[0] = unsafe.Slice((*byte)(e.out.data), int(e.out.size))
	return codec.Encoded{Units: e.units[:], Key: e.out.key != 0}, nil
}

// Adjust changes the rates. See codec.VideoEncoder.
func (e *encoder) Adjust(bitrate, fps int) error {
	if err := codec.CheckRates(bitrate, fps); err != nil {
		return fmt.Errorf("%s: %w", e.name, err)
	}
	e.pace.Adjust(bitrate, fps)
	if code := C.vpx_layer_rate(e.e, kbits(bitrate), intra(fps)); code != 0 {
		return fmt.Errorf("%s: %w", e.name, failure(code))
	}
	return nil
}

// Close frees the encoder.
func (e *encoder) Close() {
	if e.e != nil {
		C.vpx_layer_close(e.e)
		e.e = nil
	}
}
