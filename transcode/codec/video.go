package codec

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Bounds of pictures, in luma samples. A decoder refuses what is larger
// before it takes memory for it.
const (
	MaxWidth  = 3840
	MaxHeight = 2400
)

// Errors that all codecs have in common.
var (
	// ErrTooLarge is a picture beyond MaxWidth or MaxHeight.
	ErrTooLarge = errors.New("codec: the picture is larger than this gateway takes")
	// ErrUnavailable is a codec that this build does not have.
	ErrUnavailable = errors.New("codec: this build does not have it")
	// ErrSettings are settings that an encoder cannot keep to.
	ErrSettings = errors.New("codec: settings that cannot be kept to")
)

// Picture is a picture of 8 bits in 4:2:0: full-size luma, chroma of half the
// width and height rounded up. Planes may lie in memory of a codec library.
// A Picture is shared by counting: who keeps one retains it, and releases it
// once. Whoever made a picture may write to it until it hands it on.
type Picture struct {
	Width, Height    int
	Y, U, V          []byte
	StrideY, StrideC int // bytes from row to row
	// SampleAspect is the width of a sample over its height, 0 for square
	// ones. CIF and QCIF of H.261 and H.263 have 12:11.
	SampleAspect float32

	count atomic.Int32
	free  func(*Picture)
}

// NewPicture makes a picture around planes. free, which may be nil, is called
// when the last holder has released it.
func NewPicture(free func(*Picture)) *Picture {
	p := &Picture{free: free}
	p.count.Store(1)
	return p
}

// Allocate makes a picture in memory of Go, for drawing and for tests.
func Allocate(width, height int) *Picture {
	p := NewPicture(nil)
	p.Width, p.Height = width, height
	cw, ch := (width+1)/2, (height+1)/2
	p.StrideY, p.StrideC = width, cw
	all := make([]byte, width*height+2*cw*ch)
	p.Y, p.U, p.V = all[:width*height:width*height], all[width*height:width*height+cw*ch], all[width*height+cw*ch:]
	return p
}

// Renew makes a picture live again that its last holder has released, with
// one holder. It is for who made the picture and keeps a store of them.
func (p *Picture) Renew() { p.count.Store(1) }

// Retain adds a holder and gives the picture.
func (p *Picture) Retain() *Picture {
	p.count.Add(1)
	return p
}

// Release gives a hold up. Nobody may look at the picture after the last one.
func (p *Picture) Release() {
	switch n := p.count.Add(-1); {
	case n == 0 && p.free != nil:
		p.free(p)
	case n < 0:
		panic("codec: picture released too often")
	}
}

// Check tells whether a picture has a size and the memory for it.
func (p *Picture) Check(width, height int) error {
	cw, ch := (width+1)/2, (height+1)/2
	switch {
	case p.Width != width || p.Height != height:
		return fmt.Errorf("a picture of %dx%d where one of %dx%d is wanted", p.Width, p.Height, width, height)
	case p.StrideY < width || p.StrideC < cw || len(p.Y) < p.StrideY*(height-1)+width || min(len(p.U), len(p.V)) < p.StrideC*(ch-1)+cw:
		return fmt.Errorf("a picture of %dx%d with less memory", width, height)
	}
	return nil
}

// VideoDecoder decodes one stream. It is used by one goroutine at a time.
type VideoDecoder interface {
	// Decode takes one whole frame as it was coded: an access unit of H.264 or
	// H.265 as a byte stream with start codes, else the frame's bytes. It gives the
	// picture that is shown now, or nil when there is none yet. A picture
	// that was repaired or stands on a damaged one is marked in damaged.
	// After an error the decoder goes on with the next frame.
	Decode(frame []byte) (p *Picture, damaged bool, err error)
	Close()
}

// VideoSettings says how a stream is encoded.
type VideoSettings struct {
	Width, Height int
	FPS           int // pictures a second for which bits are planned
	Bitrate       int // bit/s
	// Profile and Level are H.264's profile_idc (66, 77, 100) and level_idc (9 is 1b).
	Profile, Level uint8
	// MaxUnit bounds NAL units, H.263 slices or GOBs as far as the codec can, bytes; 0 is no bound.
	MaxUnit int
	// Content asks for sharp slides rather than smooth motion.
	Content bool
}

// Bounds of an encoder's rates: bit/s and pictures a second.
const (
	MinBitrate = 16_000
	MaxBitrate = 50_000_000
	MaxFPS     = 120
)

// CheckRates tells whether encoders can keep to these rates.
func CheckRates(bitrate, fps int) error {
	if bitrate < MinBitrate || bitrate > MaxBitrate || fps < 1 || fps > MaxFPS {
		return fmt.Errorf("%w: %d bit/s and %d pictures a second", ErrSettings, bitrate, fps)
	}
	return nil
}

// Encoded is one encoded frame. Its memory is valid until the encoder's next call.
type Encoded struct {
	// Units are NAL units without start codes, or else one unit: the frame.
	Units [][]byte
	Key   bool
}

// VideoEncoder encodes one stream. It is used by one goroutine at a time, has
// no delay: each picture gives its frame at once or, when the encoder leaves it out
// to keep the bit rate, an Encoded without units.
type VideoEncoder interface {
	// Encode takes a picture of the size set. pts counts 90 kHz. key makes it a keyframe.
	Encode(p *Picture, pts int64, key bool) (Encoded, error)
	// Adjust changes bit rate (bit/s) and rate of pictures at once, without a keyframe.
	Adjust(bitrate, fps int) error
	Close()
}
