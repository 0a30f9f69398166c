//go:build cgo && !nocodecs

package avcodec

/*
#include "layer.h"
*/
import "C"

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pace"
)

// oldEncoder is libavcodec's H.263, H.263+ or H.261 with a rate control of ours.
type oldEncoder struct {
	encoder
	name    media.Codec
	stage   *C.encoder // where keyframes are rehearsed
	pace    *pace.Pace
	quant   quant
	sketch  sketch
	since   int // pictures since the last keyframe
	units   [1][]byte
	content bool
}

// Where H.263 can be cut when nothing is said of units, bytes.
const usualUnit = 1200

func newOld(c media.Codec, s codec.VideoSettings) (codec.VideoEncoder, error) {
	if err := checkOld(c, s); err != nil {
		return nil, err
	}
	e := &oldEncoder{name: c, pace: pace.New(s.Bitrate, s.FPS), content: s.Content}
	e.width, e.height = s.Width, s.Height
	unit := s.MaxUnit
	if unit == 0 {
		unit = usualUnit
	}
	gob := 0
	if c == media.H263 {
		gob = unit / 3 // a packet is some of these, and still fits
	}
	if e.e = C.lav_encoder_old(olds[c], C.int(s.Width), C.int(s.Height), C.int(gob)); e.e == nil {
		return nil, fmt.Errorf("%s: the encoder does not open for %dx%d", c, s.Width, s.Height)
	}
	if e.stage = C.lav_encoder_old(olds[c], C.int(s.Width), C.int(s.Height), 0); e.stage == nil {
		e.Close()
		return nil, fmt.Errorf("%s: a second encoder does not open", c)
	}
	e.quant = quant{pace: e.pace, bitrate: float64(s.Bitrate), most: mostQuant}
	if s.Content {
		e.quant.most = mostContent
	}
	return e, nil
}

// Encode encodes a picture. See codec.VideoEncoder.
func (e *oldEncoder) Encode(p *codec.Picture, pts int64, key bool) (codec.Encoded, error) {
	if err := p.Check(e.width, e.height); err != nil {
		return codec.Encoded{}, fmt.Errorf("%s: %w", e.name, err)
	}
	if !e.pace.Arrive(pts) && !key {
		return codec.Encoded{}, nil
	}
	change := e.sketch.change(p)
	key = key || e.since == 0 || e.since >= healsUpdated || change > sceneCut && e.since >= cutRest
	q, err := e.choose(p, key, change)
	if err == nil {
		err = e.encode(p, key, q)
	}
	if err != nil {
		return codec.Encoded{}, fmt.Errorf("%s: %w", e.name, err)
	}
	b := e.data()
	e.pace.Spent(len(b))
	if key = e.out.key != 0; key {
		e.since = 0
		e.quant.last = q
	} else {
		e.quant.coded(8*len(b), q, change)
	}
	e.since++
	putReference(e.name, b, pts)
	e.units[0] = b
	return codec.Encoded{Units: e.units[:], Key: key}, nil
}

func (e *oldEncoder) choose(p *codec.Picture, key bool, change float64) (int, error) {
	if !key {
		return e.quant.next(change), nil
	}
	return e.quant.rehearse(e.quant.keyBits(), func(q int) (int, error) {
		s := encoder{e: e.stage, width: e.width, height: e.height}
		err := s.encode(p, true, q)
		return 8 * int(s.out.size), err
	})
}

// Adjust changes the rates. See codec.VideoEncoder.
func (e *oldEncoder) Adjust(bitrate, fps int) error {
	if err := codec.CheckRates(bitrate, fps); err != nil {
		return fmt.Errorf("%s: %w", e.name, err)
	}
	e.pace.Adjust(bitrate, fps)
	e.quant.bitrate = float64(bitrate)
	return nil
}

// Close frees the encoder.
func (e *oldEncoder) Close() {
	e.encoder.Close()
	if e.stage != nil {
		C.lav_encoder_close(e.stage)
		e.stage = nil
	}
}
