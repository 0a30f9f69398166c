//go:build cgo && !nocodecs

package avcodec

/*
#include <stdlib.h>
#include "layer.h"
*/
import "C"

import (
	"fmt"
	"strconv"
	"unsafe"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pace"
)

// h264Encoder is libx264. Its own rate control counts pictures, not time: it is told a
// bit rate with which each picture, at the rate they really come, gets its share.
type h264Encoder struct {
	encoder
	settings codec.VideoSettings
	opened   int // pictures a second that libx264 was opened for
	pace     *pace.Pace
	told     float64 // bit/s
	units    [][]byte
}

// buffered is how many seconds of bits a keyframe can take at most.
const buffered = 0.4

var profiles = map[uint8]string{66: "baseline", 77: "main", 100: "high"}

func checkH264(s codec.VideoSettings) error {
	switch {
	case s.Width < 32 || s.Height < 32 || s.Width > codec.MaxWidth || s.Height > codec.MaxHeight || s.Width%2+s.Height%2 != 0:
		return fmt.Errorf("H264: %w: a picture of %dx%d", codec.ErrSettings, s.Width, s.Height)
	case profiles[s.Profile] == "":
		return fmt.Errorf("H264: %w: profile %d", codec.ErrSettings, s.Profile)
	case s.Level < 9 || s.Level > 52:
		return fmt.Errorf("H264: %w: level %d", codec.ErrSettings, s.Level)
	case s.MaxUnit != 0 && s.MaxUnit < leastUnit:
		return fmt.Errorf("H264: %w: units of %d bytes", codec.ErrSettings, s.MaxUnit)
	}
	return codec.CheckRates(s.Bitrate, s.FPS)
}

func newH264(s codec.VideoSettings) (codec.VideoEncoder, error) {
	if err := checkH264(s); err != nil {
		return nil, err
	}
	level := strconv.Itoa(int(s.Level))
	if s.Level == 9 {
		level = "1b"
	}
	preset, params := "superfast", "keyint=infinite:scenecut=0:threads=1:lookahead-threads=1:qpmin=10:slice-max-size="+strconv.Itoa(s.MaxUnit)
	if s.Content { // edges count, and there is time: slides come at few pictures a second
		preset, params = "veryfast", params+":no-psy=1:deblock=-1,-1"
	}
	set := C.settings{
		width: C.int(s.Width), height: C.int(s.Height), fps: C.int(s.FPS), bitrate: C.int64_t(s.Bitrate), buffer: C.int64_t(buffered * float64(s.Bitrate)),
		profile: C.CString(profiles[s.Profile]), level: C.CString(level), preset: C.CString(preset), params: C.CString(params),
	}
	for _, text := range []*C.char{set.profile, set.level, set.preset, set.params} {
		defer C.free(unsafe.Pointer(text))
	}
	e := C.lav_encoder_h264(&set)
	if e == nil {
		return nil, fmt.Errorf("H264: the encoder does not open for %+v", s)
	}
	return &h264Encoder{
		encoder: encoder{e: e, width: s.Width, height: s.Height}, settings: s, opened: s.FPS,
		pace: pace.New(s.Bitrate, s.FPS), told: float64(s.Bitrate),
	}, nil
}

// Encode encodes a picture. See codec.VideoEncoder.
func (e *h264Encoder) Encode(p *codec.Picture, pts int64, key bool) (codec.Encoded, error) {
	if !e.pace.Arrive(pts) && !key {
		return codec.Encoded{}, nil
	}
	e.tell()
	if err := e.encode(p, key, 0); err != nil {
		return codec.Encoded{}, fmt.Errorf("H264: %w", err)
	}
	e.split(e.data())
	size := 0
	for _, u := range e.units {
		size += len(u)
	}
	e.pace.Spent(size)
	return codec.Encoded{Units: e.units, Key: e.out.key != 0}, nil
}

// tell gives libx264 the bit rate in its own time, when that has changed enough to matter.
func (e *h264Encoder) tell() {
	rate := e.pace.Due() * float64(e.opened) * e.pace.Drive()
	if rate > 0.97*e.told && rate < 1.03*e.told {
		return
	}
	e.told = rate
	C.lav_encoder_rate(e.e, C.int64_t(rate), C.int64_t(buffered*float64(e.settings.Bitrate)))
}

// split picks the NAL units a decoder needs: parameter sets and slices.
func (e *h264Encoder) split(stream []byte) {
	e.units = e.units[:0]
	for u := range codec.Units(stream) {
		switch u[0] & 0x1f {
		case 1, 5, 7, 8:
			e.units = append(e.units, u)
		}
	}
}

// Adjust changes the rates. See codec.VideoEncoder.
func (e *h264Encoder) Adjust(bitrate, fps int) error {
	if err := codec.CheckRates(bitrate, fps); err != nil {
		return fmt.Errorf("H264: %w", err)
	}
	e.settings.Bitrate, e.settings.FPS = bitrate, fps
	e.pace.Adjust(bitrate, fps)
	return nil
}
