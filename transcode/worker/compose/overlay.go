package compose

import (
	"image"

	"github.com/roombridge/roombridge/transcode/codec"
)

// overlay is a small picture with transparency, ready to be laid over others. For each sample
// it has what to keep of the one below, of 256, and what to add.
type overlay struct {
	w, h         int // even
	luma, cb, cr []byte
	keep, keepC  []uint16
	invisible    []bool // of rows: there is nothing to see
}

// overlay converts an image with even sides.
func (l *look) overlay(img *image.RGBA) *overlay {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	o := &overlay{
		w: w, h: h, luma: make([]byte, w*h), cb: make([]byte, w*h/4), cr: make([]byte, w*h/4),
		keep: make([]uint16, w*h), keepC: make([]uint16, w*h/4), invisible: make([]bool, h),
	}
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			var r, g, b, a int
			for _, at := range [4]int{y*w + x, y*w + x + 1, (y+1)*w + x, (y+1)*w + x + 1} {
				p := img.Pix[at/w*img.Stride+at%w*4:]
				k := int(p[3])
				o.keep[at] = uint16(256 - (k*256+127)/255)
				// The offset of video range is added as often as the sample is opaque.
				o.luma[at] = byte(int(l.Luma(int(p[0]), int(p[1]), int(p[2]))) - 16 + (16*k+127)/255)
				r, g, b, a = r+int(p[0]), g+int(p[1]), b+int(p[2]), a+k
			}
			at := y/2*(w/2) + x/2
			_, cb, cr := l.YCbCr((r+2)/4, (g+2)/4, (b+2)/4)
			o.keepC[at] = uint16(256 - (a*64+127)/255)
			offset := (128*a + 510) / 1020
			o.cb[at], o.cr[at] = byte(int(cb)-128+offset), byte(int(cr)-128+offset)
		}
	}
	o.markRows()
	return o
}

func (o *overlay) markRows() {
	for y := range o.h {
		o.invisible[y] = true
		for _, k := range o.keep[y*o.w : (y+1)*o.w] {
			o.invisible[y] = o.invisible[y] && k == 256
		}
	}
}

// lay puts the overlay over a picture at an even place inside it.
func (o *overlay) lay(p *codec.Picture, x, y int) {
	for row := range o.h {
		if o.invisible[row] {
			continue
		}
		at := row * o.w
		blend(p.Y[(y+row)*p.StrideY+x:], o.keep[at:at+o.w], o.luma[at:at+o.w])
	}
	w := o.w / 2
	for row := range o.h / 2 {
		if o.invisible[2*row] && o.invisible[2*row+1] {
			continue
		}
		at, to := row*w, (y/2+row)*p.StrideC+x/2
		blend(p.U[to:], o.keepC[at:at+w], o.cb[at:at+w])
		blend(p.V[to:], o.keepC[at:at+w], o.cr[at:at+w])
	}
}

func blend(dst []byte, keep []uint16, add []byte) {
	dst, add = dst[:len(keep)], add[:len(keep)]
	for i, k := range keep {
		dst[i] = byte(uint32(dst[i])*uint32(k)>>8) + add[i]
	}
}

// tint mixes a place with a colour, of which it gets share parts of 256.
func tint(p *codec.Picture, x, y, w, h int, k colour, share int) {
	if w <= 0 || h <= 0 {
		return
	}
	tintPlane(p.Y[y*p.StrideY+x:], p.StrideY, w, h, k.y, share)
	c := y/2*p.StrideC + x/2
	tintPlane(p.U[c:], p.StrideC, w/2, h/2, k.u, share)
	tintPlane(p.V[c:], p.StrideC, w/2, h/2, k.v, share)
}

func tintPlane(plane []byte, stride, w, h int, value byte, share int) {
	keep, add := 256-share, int(value)*share
	for y := range h {
		row := plane[y*stride : y*stride+w]
		for i, s := range row {
			row[i] = byte((int(s)*keep + add) >> 8)
		}
	}
}
