package clip

import (
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
)

// Clip is a looped picture. It is not changed after it was read, so that any
// number of calls may play it.
type Clip struct {
	Codec         media.Codec
	Width, Height int
	FPS           float64
	Profile       uint8 // H.264: of the first parameter set, as in profile-level-id
	Constraints   uint8
	Level         uint8
	Bitrate       int // bit/s, mean
	Units         []Unit

	mu    sync.Mutex
	cache map[packing]*Packets
}

// Unit is an access unit: one picture.
type Unit struct {
	NALs     [][]byte // of other codecs than H.264: one, which is all of it
	Keyframe bool     // decodes alone, its parameter sets included
	Size     int      // bytes
}

// Open reads a file of H.264; fps 0 takes the rate that the file tells.
func Open(path string, fps float64) (*Clip, error) { return OpenAs(path, media.H264, fps) }

// OpenAs reads a file of a codec.
func OpenAs(path string, codec media.Codec, fps float64) (*Clip, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	stream, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	c, err := ParseAs(stream, codec, fps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseAs reads what a file of a codec holds, which must not be changed any more.
func ParseAs(stream []byte, codec media.Codec, fps float64) (*Clip, error) {
	if len(stream) > MaxSize {
		return nil, ErrTooLarge
	}
	switch codec {
	case media.H264:
		return Parse(stream, fps)
	case media.H263, media.H263P, media.H261, media.VP8:
		return parseFrames(stream, codec, fps)
	}
	return nil, fmt.Errorf("clip: %s is not played here", codec)
}

// Parse reads a byte stream, which must not be changed any more. It begins
// with the first keyframe.
func Parse(stream []byte, fps float64) (*Clip, error) {
	if len(stream) > MaxSize {
		return nil, ErrTooLarge
	}
	r := newReader()
	for _, nal := range h264.SplitAnnexB(stream) {
		if err := r.add(nal); err != nil {
			return nil, err
		}
	}
	r.finish()
	if len(r.units) == 0 {
		return nil, ErrNoKeyframe
	}
	c := &Clip{
		Codec: media.H264, Width: r.first.Width, Height: r.first.Height,
		Profile: r.first.Profile, Constraints: r.first.Constraints, Level: r.first.Level,
		FPS: rate(fps, r.first.FPS()), Units: r.units, cache: make(map[packing]*Packets),
	}
	c.weigh()
	return c, nil
}

// weigh finds the mean bit rate.
func (c *Clip) weigh() {
	size := 0
	for _, u := range c.Units {
		size += u.Size
	}
	c.Bitrate = int(math.Round(float64(size) * 8 * c.FPS / float64(len(c.Units))))
}

func rate(asked, told float64) float64 {
	for _, fps := range []float64{asked, told} {
		if fps >= 0.1 && fps <= maxFPS {
			return fps
		}
	}
	return defaultFPS
}

// NextKeyframe gives the first keyframe at or after a position, going around.
func (c *Clip) NextKeyframe(at int) int {
	for i := range c.Units {
		if k := (at + i) % len(c.Units); c.Units[k].Keyframe {
			return k
		}
	}
	return 0 // the first unit is one
}

// Exceeds says in words what of a receiver's format the clip does not obey.
func (c *Clip) Exceeds(f media.Format, bitrate int) []string {
	var list []string
	l := f.Limits()
	fps := int(math.Ceil(c.FPS - 0.01))
	if !l.Fits(c.Width, c.Height, fps) {
		list = append(list, fmt.Sprintf("the picture is %dx%d at %.4g frames a second (%d macroblocks, %d a second), the receiver takes %d macroblocks, %d a second",
			c.Width, c.Height, c.FPS, media.Macroblocks(c.Width, c.Height), media.Macroblocks(c.Width, c.Height)*fps, l.MaxFS, l.MaxMBPS))
	}
	if least := l.Intersect(media.Limits{Bitrate: bitrate}).Bitrate; least > 0 && c.Bitrate > least {
		list = append(list, fmt.Sprintf("the picture has %d bit/s, the receiver takes %d", c.Bitrate, least))
	}
	if c.Codec != media.H264 {
		return list
	}
	own := media.H264Params{Profile: c.Profile, Constraints: c.Constraints}.ProfileOf()
	if want := f.H264.ProfileOf(); !decodes(want, own) {
		list = append(list, fmt.Sprintf("the picture's profile is %d, the receiver takes %d", c.Profile, f.H264.Profile))
	}
	return list
}

// decodes tells whether a receiver of one profile takes a stream of another.
// Every profile here takes Constrained Baseline (ITU-T H.264 A.2.1.1).
func decodes(receiver, stream media.H264Profile) bool {
	switch stream {
	case receiver, media.H264ConstrainedBaseline:
		return true
	case media.H264Baseline:
		return receiver == media.H264ConstrainedBaseline // the same thing under another name
	case media.H264Main, media.H264ConstrainedHigh:
		return receiver == media.H264High
	}
	return false
}
