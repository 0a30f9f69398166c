package compose

import (
	"sync/atomic"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// maxCanvases is how many pictures may be held outside at once, and one more.
const maxCanvases = 6

// canvas is a picture that is drawn on again when nobody holds it any more.
type canvas struct {
	*codec.Picture
	held        atomic.Bool // by somebody, here or outside
	arrangement uint64      // of which it has the background
	versions    [maxTiles]uint64
}

// take holds a canvas that nobody holds.
func (v *canvas) take() {
	v.held.Store(true)
	v.Renew()
}

// pool has the canvases of one size.
type pool struct {
	width, height int
	aspect        float32
	all           []*canvas
}

// next gives a canvas that nobody holds, but not a certain one: the one preferred, if it is
// free, or nil when there is none.
func (p *pool) next(preferred, not *canvas) *canvas {
	if preferred != nil && !preferred.held.Load() {
		return preferred
	}
	for _, v := range p.all {
		if v != not && !v.held.Load() {
			return v
		}
	}
	if len(p.all) == maxCanvases {
		return nil
	}
	v := &canvas{}
	v.Picture = allocate(p.width, p.height, func(*codec.Picture) { v.held.Store(false) })
	v.SampleAspect = p.aspect
	p.all = append(p.all, v)
	return v
}

// allocate makes a picture in memory of Go.
func allocate(width, height int, free func(*codec.Picture)) *codec.Picture {
	plain, p := codec.Allocate(width, height), codec.NewPicture(free)
	p.Width, p.Height, p.StrideY, p.StrideC = width, height, plain.StrideY, plain.StrideC
	p.Y, p.U, p.V = plain.Y, plain.U, plain.V
	return p
}

func copyPlane(dst []byte, dstStride int, src []byte, srcStride, w, h int) {
	for y := range h {
		copy(dst[y*dstStride:y*dstStride+w], src[y*srcStride:y*srcStride+w])
	}
}

// copyPart copies from a place of src, which has its corner at x and y, to a place of dst.
func copyPart(dst *codec.Picture, r layout.Rect, src *codec.Picture, x, y int) {
	c, d := r.Y/2*dst.StrideC+r.X/2, y/2*src.StrideC+x/2
	copyPlane(dst.Y[r.Y*dst.StrideY+r.X:], dst.StrideY, src.Y[y*src.StrideY+x:], src.StrideY, r.W, r.H)
	copyPlane(dst.U[c:], dst.StrideC, src.U[d:], src.StrideC, r.W/2, r.H/2)
	copyPlane(dst.V[c:], dst.StrideC, src.V[d:], src.StrideC, r.W/2, r.H/2)
}

// copyRect copies one place between pictures of the same size.
func copyRect(dst, src *codec.Picture, r layout.Rect) { copyPart(dst, r, src, r.X, r.Y) }

// copyInto copies a picture of the place's size into it.
func copyInto(dst *codec.Picture, r layout.Rect, src *codec.Picture) { copyPart(dst, r, src, 0, 0) }

func fillPlane(plane []byte, stride, x, y, w, h int, value byte) {
	if w <= 0 || h <= 0 {
		return
	}
	first := plane[y*stride+x : y*stride+x+w]
	for i := range first {
		first[i] = value
	}
	for row := y + 1; row < y+h; row++ {
		copy(plane[row*stride+x:], first)
	}
}

// fill paints a place in one colour.
func fill(p *codec.Picture, r layout.Rect, k colour) {
	fillPlane(p.Y, p.StrideY, r.X, r.Y, r.W, r.H, k.y)
	fillPlane(p.U, p.StrideC, r.X/2, r.Y/2, r.W/2, r.H/2, k.u)
	fillPlane(p.V, p.StrideC, r.X/2, r.Y/2, r.W/2, r.H/2, k.v)
}
