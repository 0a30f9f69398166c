package compose

import (
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// stretch draws one place of a picture into another, both even, with linear interpolation.
// It is for pictures that are seen for a moment: it needs nothing prepared for two sizes,
// and costs the same for any.
func stretch(dst *codec.Picture, to layout.Rect, src *codec.Picture, from layout.Rect) {
	if to.W < 2 || to.H < 2 || from.W < 2 || from.H < 2 {
		return
	}
	stretchPlane(dst.Y[to.Y*dst.StrideY+to.X:], dst.StrideY, to.W, to.H, src.Y[from.Y*src.StrideY+from.X:], src.StrideY, from.W, from.H)
	d, s := to.Y/2*dst.StrideC+to.X/2, from.Y/2*src.StrideC+from.X/2
	stretchPlane(dst.U[d:], dst.StrideC, to.W/2, to.H/2, src.U[s:], src.StrideC, from.W/2, from.H/2)
	stretchPlane(dst.V[d:], dst.StrideC, to.W/2, to.H/2, src.V[s:], src.StrideC, from.W/2, from.H/2)
}

func stretchPlane(dst []byte, ds, dw, dh int, src []byte, ss, sw, sh int) {
	stepX, stepY := ratio(sw, dw), ratio(sh, dh)
	for y := range dh {
		at := y * stepY
		top := src[at>>16*ss:]
		low := top
		if at>>16+1 < sh {
			low = src[(at>>16+1)*ss:]
		}
		stretchRow(dst[y*ds:y*ds+dw], top[:sw], low[:sw], stepX, at>>8&255)
	}
}

// ratio is by how much to go on in the source for each sample, in 1/65536, so that the last one
// is the last one.
func ratio(from, to int) int {
	if to < 2 {
		return 0
	}
	return (from - 1) << 16 / (to - 1)
}

// stretchRow draws a row between two others, of which the lower one gets part parts of 256.
func stretchRow(dst, top, low []byte, step, part int) {
	last := len(top) - 1
	low = low[:len(top)]
	at := 0
	for x := range dst {
		i, k := at>>16, at>>8&255
		j := min(i+1, last)
		a := int(top[i])*(256-k) + int(top[j])*k
		b := int(low[i])*(256-k) + int(low[j])*k
		dst[x] = byte((a*(256-part) + b*part) >> 16)
		at += step
	}
}
