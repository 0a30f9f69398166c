// Package h264 encodes still pictures of ITU-T H.264. With cgo it is a thin layer
// over libavcodec and libx264; without, or with the build tag nocodecs, it cannot.
package h264

import (
	"errors"
	"fmt"
)

// ErrUnavailable is what every call gives in a build without libavcodec.
var ErrUnavailable = errors.New("h264: this build has no H.264")

// Bounds of pictures.
const (
	MaxWidth  = 3840
	MaxHeight = 2400
	minSide   = 32
)

// StillConfig says how a still picture is encoded.
type StillConfig struct {
	Width, Height int
	Profile       uint8 // profile_idc: 66, 77 or 100
	Level         uint8 // level_idc, 9 is level 1b
	MaxNAL        int   // bytes, 0 is no bound
	MaxSize       int   // bytes of all NAL units, 0 is no bound
	Quick         bool  // the best quality is not tried: somebody waits
}

const leastNAL = 200 // a smaller bound cannot be kept

func (c StillConfig) check(i420 []byte) error {
	switch {
	case c.Width < minSide || c.Height < minSide || c.Width > MaxWidth || c.Height > MaxHeight || c.Width%2+c.Height%2 != 0:
		return fmt.Errorf("h264: no picture of %dx%d", c.Width, c.Height)
	case len(i420) != c.Width*c.Height*3/2:
		return errors.New("h264: picture and its size do not match")
	case c.Profile != 66 && c.Profile != 77 && c.Profile != 100:
		return fmt.Errorf("h264: no profile %d", c.Profile)
	case c.Level < 9 || c.Level > 52:
		return fmt.Errorf("h264: no level %d", c.Level)
	case c.MaxNAL < 0 || c.MaxSize < 0 || c.MaxNAL > 0 && c.MaxNAL < leastNAL:
		return fmt.Errorf("h264: bounds of %d and %d bytes cannot be kept", c.MaxNAL, c.MaxSize)
	}
	return nil
}

// Types of NAL units (ITU-T H.264 table 7-1).
const (
	typeIDR = 5
	typeSPS = 7
	typePPS = 8
)

// Split gives the NAL units of a byte stream (ITU-T H.264 Annex B).
func Split(b []byte) [][]byte {
	var units [][]byte
	start := -1
	for i := 0; i+2 < len(b); i++ {
		if b[i] != 0 || b[i+1] != 0 || b[i+2] != 1 {
			continue
		}
		if start >= 0 {
			units = appendUnit(units, b[start:i])
		}
		start = i + 3
		i += 2
	}
	if start >= 0 {
		units = appendUnit(units, b[start:])
	}
	return units
}

// appendUnit adds a unit without the zero bytes that may follow it.
func appendUnit(units [][]byte, u []byte) [][]byte {
	for len(u) > 0 && u[len(u)-1] == 0 {
		u = u[:len(u)-1]
	}
	if len(u) == 0 {
		return units
	}
	return append(units, u)
}

// stillUnits picks what a decoder needs of an encoded picture: SPS, PPS and
// slices, in this order, and no SEI.
func stillUnits(stream []byte) [][]byte {
	var units [][]byte
	for _, want := range []byte{typeSPS, typePPS, typeIDR} {
		for _, u := range Split(stream) {
			if u[0]&0x1f == want {
				units = append(units, append([]byte(nil), u...))
			}
		}
	}
	return units
}

func measure(units [][]byte) (total, largest int) {
	for _, u := range units {
		total += len(u)
		largest = max(largest, len(u))
	}
	return total, largest
}
