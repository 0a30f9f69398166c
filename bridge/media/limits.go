package media

import "math"

// Limits bounds a picture stream. A zero field is no bound.
type Limits struct {
	MaxFS   int // macroblocks (16 by 16) in a frame
	MaxMBPS int // macroblocks in a second
	Bitrate int // bit/s
	Width   int // luma samples
	Height  int
	FPS     int
}

func least(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Intersect gives the limits that obey both.
func (l Limits) Intersect(m Limits) Limits {
	return Limits{
		MaxFS:   least(l.MaxFS, m.MaxFS),
		MaxMBPS: least(l.MaxMBPS, m.MaxMBPS),
		Bitrate: least(l.Bitrate, m.Bitrate),
		Width:   least(l.Width, m.Width),
		Height:  least(l.Height, m.Height),
		FPS:     least(l.FPS, m.FPS),
	}
}

// Macroblocks counts the 16 by 16 blocks that cover a picture.
func Macroblocks(width, height int) int { return ((width + 15) / 16) * ((height + 15) / 16) }

// Fits tells whether a picture of this size and rate is within the limits.
// ITU-T H.264 A.3.1 also bounds each side to sqrt(8*MaxFS) macroblocks.
func (l Limits) Fits(width, height, fps int) bool {
	mbs := Macroblocks(width, height)
	switch {
	case l.MaxFS > 0 && mbs > l.MaxFS,
		l.MaxMBPS > 0 && mbs*fps > l.MaxMBPS,
		l.Width > 0 && width > l.Width,
		l.Height > 0 && height > l.Height,
		l.FPS > 0 && fps > l.FPS:
		return false
	}
	if l.MaxFS > 0 {
		side := int(math.Sqrt(float64(8 * l.MaxFS)))
		if (width+15)/16 > side || (height+15)/16 > side {
			return false
		}
	}
	return true
}
