//go:build cgo && !nocodecs

package h264

/*
#cgo pkg-config: libavcodec libavutil
#include <stdlib.h>
#include "layer.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"unsafe"
)

// Available tells whether this build has H.264.
const Available = true

var quiet = sync.OnceFunc(func() { C.layer_quiet() })

func failure(code C.int) error {
	var buf [128]C.char
	C.layer_strerror(code, &buf[0], C.int(len(buf)))
	return fmt.Errorf("h264: %s", C.GoString(&buf[0]))
}

// Warm loads what the libraries load when first used.
func Warm() {
	cfg := StillConfig{Width: minSide, Height: minSide, Profile: 66, Level: 10}
	_, _ = EncodeStill(cfg, make([]byte, cfg.Width*cfg.Height*3/2))
}

// quickest is the constant rate factor that is tried first for who waits.
const quickest = 24

// EncodeStill encodes an I420 picture as SPS, PPS and slices of one IDR
// picture, in the best quality that keeps to the bounds.
func EncodeStill(c StillConfig, i420 []byte) ([][]byte, error) {
	if err := c.check(i420); err != nil {
		return nil, err
	}
	quiet()
	for _, crf := range []int{18, 24, 30, 36, 42, 47, 51} {
		if crf < quickest && c.Quick {
			continue
		}
		units, err := encodeStill(c, i420, crf)
		if err != nil {
			return nil, err
		}
		total, largest := measure(units)
		if c.MaxNAL > 0 && largest > c.MaxNAL {
			return nil, fmt.Errorf("h264: a NAL unit of %d bytes, %d are allowed", largest, c.MaxNAL)
		}
		if c.MaxSize == 0 || total <= c.MaxSize {
			return units, nil
		}
	}
	return nil, fmt.Errorf("h264: the picture does not fit into %d bytes", c.MaxSize)
}

func encodeStill(c StillConfig, i420 []byte, crf int) ([][]byte, error) {
	profile := C.CString(map[uint8]string{66: "baseline", 77: "main", 100: "high"}[c.Profile])
	defer C.free(unsafe.Pointer(profile))
	name := strconv.Itoa(int(c.Level))
	if c.Level == 9 {
		name = "1b"
	}
	level := C.CString(name)
	defer C.free(unsafe.Pointer(level))
	quick := C.int(0)
	if c.Quick {
		quick = 1
	}
	var out *C.uint8_t
	n := C.layer_encode_still((*C.uint8_t)(&i420[0]), C.int(c.Width), C.int(c.Height), profile, level, C.int(crf), quick, C.int(c.MaxNAL), &out)
	if n < 0 {
		return nil, failure(n)
	}
	defer C.layer_free(out)
	units := stillUnits(unsafe.Slice((*byte)(out), int(n)))
	if len(units) < 3 {
		return nil, errors.New("h264: the encoder gave no picture")
	}
	return units, nil
}
