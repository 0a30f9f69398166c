//go:build cgo && !nocodecs

package avcodec

/*
#include <stdlib.h>
#include "layer.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// Encodes tells whether this build encodes a codec.
func Encodes(c media.Codec) bool {
	switch c {
	case media.H264:
		return C.lav_encodes_h264() != 0
	}
	return false
}

// NewEncoder makes an encoder.
func NewEncoder(c media.Codec, s codec.VideoSettings) (codec.VideoEncoder, error) {
	quiet()
	if !Encodes(c) {
		return nil, unavailable(c)
	}
	return newH264(s)
}

// encoder is what all of them have in common.
type encoder struct {
	e             *C.encoder
	width, height int
}

// encode gives a frame in memory of libavcodec.
func (e *encoder) encode(p *codec.Picture, key bool) (C.coded, error) {
	var out C.coded
	if err := fits(p, e.width, e.height); err != nil {
		return out, err
	}
	k := C.int(0)
	if key {
		k = 1
	}
	n := C.lav_encode(e.e, (*C.uint8_t)(&p.Y[0]), (*C.uint8_t)(&p.U[0]), (*C.uint8_t)(&p.V[0]), C.int(p.StrideY), C.int(p.StrideC), k, &out)
	if n < 0 {
		return out, failure(n)
	}
	return out, nil
}

func (e *encoder) Close() {
	if e.e != nil {
		C.lav_encoder_close(e.e)
		e.e = nil
	}
}

// fits checks that a picture has the size and the memory it should.
func fits(p *codec.Picture, width, height int) error {
	cw, ch := (width+1)/2, (height+1)/2
	switch {
	case p.Width != width || p.Height != height:
		return fmt.Errorf("a picture of %dx%d for an encoder of %dx%d", p.Width, p.Height, width, height)
	case p.StrideY < width || p.StrideC < cw || len(p.Y) < p.StrideY*(height-1)+width || len(p.U) < p.StrideC*(ch-1)+cw || len(p.V) < p.StrideC*(ch-1)+cw:
		return fmt.Errorf("a picture of %dx%d with less memory", width, height)
	}
	return nil
}

func data(c C.coded) []byte { return unsafe.Slice((*byte)(c.data), int(c.size)) }
