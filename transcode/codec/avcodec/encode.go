//go:build cgo && !nocodecs

package avcodec

/*
#include <stdlib.h>
#include "layer.h"
*/
import "C"

import (
	"unsafe"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

var olds = map[media.Codec]C.enum_lav_old{media.H263: C.LAV_OLD_H263, media.H263P: C.LAV_OLD_H263P, media.H261: C.LAV_OLD_H261}

// Encodes tells whether this build encodes a codec.
func Encodes(c media.Codec) bool {
	if c == media.H264 {
		return C.lav_encodes_h264() != 0
	}
	id, ok := olds[c]
	return ok && C.lav_encodes_old(id) != 0
}

// NewEncoder makes an encoder.
func NewEncoder(c media.Codec, s codec.VideoSettings) (codec.VideoEncoder, error) {
	quiet()
	if !Encodes(c) {
		return nil, unavailable(c)
	}
	if c == media.H264 {
		return newH264(s)
	}
	return newOld(c, s)
}

// encoder is what all of them have in common.
type encoder struct {
	e             *C.encoder
	width, height int
	in            C.input
	out           C.coded
}

// encode makes a frame, which then lies in out.
func (e *encoder) encode(p *codec.Picture, key bool, quant int) error {
	if err := p.Check(e.width, e.height); err != nil {
		return err
	}
	e.in = C.input{stride_y: C.int(p.StrideY), stride_c: C.int(p.StrideC), quant: C.int(quant)}
	if key {
		e.in.key = 1
	}
	n := C.lav_encode(e.e, (*C.uint8_t)(&p.Y[0]), (*C.uint8_t)(&p.U[0]), (*C.uint8_t)(&p.V[0]), &e.in, &e.out)
	if n < 0 {
		return failure(n)
	}
	return nil
}

// data is the frame.
func (e *encoder) data() []byte { return unsafe.Slice((*byte)(e.out.data), int(e.out.size)) }

// Close frees the encoder.
func (e *encoder) Close() {
	if e.e != nil {
		C.lav_encoder_close(e.e)
		e.e = nil
	}
}
