package avcodec

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// Sizes that have a number in H.263 5.1.3.
var standard = map[[2]int]bool{{128, 96}: true, {176, 144}: true, {352, 288}: true, {704, 576}: true, {1408, 1152}: true}

// Bounds of custom sizes (H.263 5.1.5).
const (
	customWidth  = 2048
	customHeight = 1152
)

// checkOld tells whether H.261, H.263 or H.263+ have such pictures.
func checkOld(c media.Codec, s codec.VideoSettings) error {
	size := [2]int{s.Width, s.Height}
	ok := standard[size]
	switch c {
	case media.H261: // 3.1
		ok = size == [2]int{176, 144} || size == [2]int{352, 288}
	case media.H263P:
		ok = ok || s.Width >= 16 && s.Height >= 16 && s.Width <= customWidth && s.Height <= customHeight && s.Width%4+s.Height%4 == 0
	}
	switch {
	case !ok:
		return fmt.Errorf("%s: %w: a picture of %dx%d", c, codec.ErrSettings, s.Width, s.Height)
	case s.MaxUnit != 0 && s.MaxUnit < leastUnit:
		return fmt.Errorf("%s: %w: units of %d bytes", c, codec.ErrSettings, s.MaxUnit)
	}
	return codec.CheckRates(s.Bitrate, s.FPS)
}

// leastUnit is the smallest bound of units that can be kept, bytes.
const leastUnit = 200

// putReference writes the temporal reference, which counts pictures at 29.97
// a second whether they are coded or not (H.261 4.2.1, H.263 5.1.2). libavcodec
// counts those it codes.
func putReference(c media.Codec, frame []byte, pts int64) {
	n := uint64(pts) / 3003
	switch {
	case len(frame) < 5:
	case c == media.H261: // behind 20 bits of start code, 5 bits
		frame[2] = frame[2]&0xf0 | byte(n>>1)&0x0f
		frame[3] = frame[3]&0x7f | byte(n<<7)
	default: // behind 22 bits, 8 bits
		frame[2] = frame[2]&0xfc | byte(n>>6)&3
		frame[3] = frame[3]&0x03 | byte(n<<2)
	}
}

// sketch remembers some of the samples of a picture, to tell how much the next one differs.
type sketch struct{ samples []byte }

// step is how far apart the samples of a sketch are.
const step = 8

// sceneCut is the change beyond which a picture has nothing to gain from the one before.
const sceneCut = 40

// cutRest is how many pictures after a keyframe such a change makes no other: a pattern that
// changes all the time would be keyframes alone. What has nothing to refer to is coded so all the same.
const cutRest = 10

// change gives the mean difference of the samples from those of the last picture, 0 to 255.
func (s *sketch) change(p *codec.Picture) float64 {
	n := ((p.Width + step - 1) / step) * ((p.Height + step - 1) / step)
	if len(s.samples) != n {
		s.samples = make([]byte, n)
	}
	sum, i := 0, 0
	for y := 0; y < p.Height; y += step {
		row := p.Y[y*p.StrideY:]
		for x := 0; x < p.Width; x += step {
			d := int(row[x]) - int(s.samples[i])
			sum += max(d, -d)
			s.samples[i] = row[x]
			i++
		}
	}
	return float64(sum) / float64(n)
}

// wholeH261 tells whether all groups of blocks of a picture are there, which
// libavcodec does not look at: each has its header, whether it changes or not (H.261 4.2.2).
func wholeH261(frame []byte, width int) bool {
	want := uint16(1<<1 | 1<<3 | 1<<5)
	if width > 176 {
		want = 1<<13 - 2
	}
	var window uint32
	got := uint16(0)
	for _, b := range frame {
		for i := 7; i >= 0; i-- {
			window = window<<1 | uint32(b>>i)&1
			if window>>4&0xffff == 1 { // a start code, then the group's number
				got |= 1 << (window & 15)
			}
		}
	}
	return got&want == want
}
