// Package clip holds a looped H.264 picture as a terminal sends it: access
// units with their timing, packetised once for all calls that play it. It
// brings a moving test picture along.
package clip

import (
	_ "embed"
	"errors"
	"sync"
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
	ErrReordered  = errors.New("clip: the file has B pictures, which room terminals do not send: encode it with -bf 0")
)
