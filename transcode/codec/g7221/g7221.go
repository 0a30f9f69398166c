// Package g7221 is the codec of ITU-T G.722.1, 16 kHz at 24 and 32 kbit/s, and
// of its Annex C, 32 kHz at 24, 32 and 48 kbit/s, written from the algorithm in
// the Recommendation in floating point. A frame is 20 ms; a packet holds one
// or more of them (RFC 5577).
//
// A frame's samples and those of the frame before become the coefficients of
// a lapped transform (mlt.go). Twenty neighbours are a region. The bits of a
// frame are, in this order: the powers of the regions (envelope.go), which of
// 16 or 32 ways to share out the bits was taken (categories.go), and the
// coefficients, divided by their region's power (vectors.go).
package g7221

import (
	"fmt"
	"math"
)

const (
	perRegion  = 20 // coefficients
	maxRegions = 28
	maxSize    = 640
	maxBytes   = 120 // a frame at 48 kbit/s
)

// annexC is how much smaller the coefficients of Annex C are than those of an
// orthonormal transform: its integer arithmetic loses that much.
var annexC = float32(2 * math.Sqrt2 * math.Pow(10, -0.25))

// mode is what the codings differ in.
type mode struct {
	rate        int // Hz
	size        int // samples of a frame, and its coefficients
	regions     int // the uppermost eighth of the coefficients is in none
	controlBits int
	bytes       int     // of a frame
	full        float32 // what the loudest sample is to the transform
}

// Usual gives the bit rate that is meant where none is said: the best.
func Usual(rate int) int {
	if rate == 32000 {
		return 48000
	}
	return 32000
}

// modeOf gives the coding of a sample rate and a bit rate, 0 being the usual.
func modeOf(rate, bitrate int) (mode, error) {
	if bitrate == 0 {
		bitrate = Usual(rate)
	}
	m := mode{rate: rate, size: rate / 50, regions: 14, controlBits: 4, bytes: bitrate / 400, full: 32768}
	known := rate == 16000 && (bitrate == 24000 || bitrate == 32000)
	if rate == 32000 {
		m.regions, m.controlBits, m.full = 28, 5, 32768/annexC
		known = bitrate == 24000 || bitrate == 32000 || bitrate == 48000
	}
	if !known {
		return m, fmt.Errorf("g7221: there is no coding of %d Hz at %d bit/s", rate, bitrate)
	}
	return m, nil
}

func (m *mode) controls() int { return 1 << m.controlBits }
