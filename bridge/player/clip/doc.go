// Package clip holds a looped picture as a terminal sends it, in H.264 or an
// older codec: access units with their timing, packetised once for all calls
// that play it. It brings a moving test picture along.
package clip

import (
	_ "embed"
	"errors"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
)

//go:generate go run ./internal/draw/main.go -out testpicture.h264

//go:embed testpicture.h264
var testPicture []byte

// TestPicture is the built-in clip: three seconds of 640 by 360 at 25 frames a
// second, Constrained Baseline, a keyframe every second, slices that fit a
// packet each.
var TestPicture = sync.OnceValue(func() *Clip {
	c, err := Parse(testPicture, 0)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return c
})

// The same picture in other codecs: 352 by 288 at 15 frames a second, and for VP8
// 640 by 360 at 25. ffmpeg made them of testpicture.h264 (TestTestPictures says how).
var (
	//go:embed testpicture.h263
	testH263 []byte
	//go:embed testpicture.h261
	testH261 []byte
	//go:embed testpicture.ivf
	testVP8 []byte
)

// TestPictureOf is the built-in clip in a codec; nil where there is none.
func TestPictureOf(codec media.Codec) *Clip {
	stream := map[media.Codec][]byte{
		media.H264: testPicture, media.H263: testH263, media.H263P: testH263, media.H261: testH261, media.VP8: testVP8,
	}[codec]
	if codec == media.H264 {
		return TestPicture()
	}
	c, err := ParseAs(stream, codec, 0)
	if err != nil {
		return nil
	}
	return c
}

// Bounds of a file.
const (
	MaxSize    = 256 << 20 // bytes
	defaultFPS = 30
	maxFPS     = 120
)

// Reasons for which a file is refused.
var (
	ErrTooLarge   = errors.New("clip: the file is larger than 256 MiB")
	ErrNoKeyframe = errors.New("clip: no H.264 keyframe with its parameter sets is in the file (Annex B is expected, as ffmpeg -f h264 writes it)")
	ErrNoFrame    = errors.New("clip: the file does not begin with a picture of this codec that needs no other (ffmpeg -f h263, -f h261 or -f ivf is expected)")
	ErrReordered  = errors.New("clip: the file has B pictures, which room terminals do not send: encode it with -bf 0")
)
