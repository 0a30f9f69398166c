// Package scale scales pictures into places of others with libswscale. Without
// cgo, or with the build tag nocodecs, it cannot and says so.
package scale

import (
	"errors"
	"fmt"

	"github.com/roombridge/roombridge/transcode/codec"
)

// Rect is a place in a picture, in luma samples. X and Y are even.
type Rect struct{ X, Y, W, H int }

// Whole is the place that is all of a picture.
func Whole(p *codec.Picture) Rect { return Rect{0, 0, p.Width, p.Height} }

var errPlace = errors.New("scale: a place outside of the picture")

// check tells whether a place lies within a picture and its memory.
func check(p *codec.Picture, r Rect) error {
	if r.X < 0 || r.Y < 0 || r.W < 1 || r.H < 1 || r.X%2+r.Y%2 != 0 || r.X+r.W > p.Width || r.Y+r.H > p.Height {
		return fmt.Errorf("%w: %+v in %dx%d", errPlace, r, p.Width, p.Height)
	}
	return p.Check(p.Width, p.Height)
}

// luma and chroma give the samples of a place from its first on.
func luma(p *codec.Picture, r Rect) []byte { return p.Y[r.Y*p.StrideY+r.X:] }

func chroma(plane []byte, p *codec.Picture, r Rect) []byte {
	return plane[r.Y/2*p.StrideC+r.X/2:]
}

// copyRows copies a place of the same size.
func copyRows(dst []byte, dstStride int, src []byte, srcStride, w, h int) {
	for y := range h {
		copy(dst[y*dstStride:y*dstStride+w], src[y*srcStride:])
	}
}

func copyPicture(dst *codec.Picture, to Rect, src *codec.Picture, from Rect) {
	copyRows(luma(dst, to), dst.StrideY, luma(src, from), src.StrideY, to.W, to.H)
	cw, ch := (to.W+1)/2, (to.H+1)/2
	copyRows(chroma(dst.U, dst, to), dst.StrideC, chroma(src.U, src, from), src.StrideC, cw, ch)
	copyRows(chroma(dst.V, dst, to), dst.StrideC, chroma(src.V, src, from), src.StrideC, cw, ch)
}
