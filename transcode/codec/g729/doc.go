// Package g729 is the codec of ITU-T G.729, 8 kHz at 8 kbit/s, by libbcg729,
// which encodes as Annex A has it. Frames are 10 ms; a packet holds one or
// more of them and perhaps, last, a frame of Annex B that describes silence
// (RFC 3551 4.5.6). Without cgo, or with the build tag nocodecs, there is none.
package g729

import "errors"

const (
	sampleRate = 8000
	frameSize  = 80 // samples
	frameBytes = 10
	sidBytes   = 2 // of a frame of Annex B
)

// ErrUnavailable is what this build cannot do.
var ErrUnavailable = errors.New("g729: this build has no G.729")

var errSize = errors.New("g729: the packet is not of whole frames")
