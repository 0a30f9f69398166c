//go:build cgo && !nocodecs

package scale

/*
#cgo pkg-config: libswscale libavutil
#include <libswscale/swscale.h>

static struct SwsContext *scale_open(int sw, int sh, int dw, int dh, int flags)
{
	return sws_getContext(sw, sh, AV_PIX_FMT_YUV420P, dw, dh, AV_PIX_FMT_YUV420P, flags, NULL, NULL, NULL);
}

static int scale_run(struct SwsContext *c, const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssc, int rows,
	uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsc)
{
	const uint8_t *src[4] = {sy, su, sv, NULL};
	uint8_t *dst[4] = {dy, du, dv, NULL};
	int from[4] = {ssy, ssc, ssc, 0};
	int to[4] = {dsy, dsc, dsc, 0};
	return sws_scale(c, src, from, 0, rows, dst, to);
}
*/
import "C"

import (
	"errors"
	"slices"

	"github.com/roombridge/roombridge/transcode/codec"
)

// maxContexts bounds how many pairs of sizes are kept ready; the one used least recently goes.
const maxContexts = 48

type pair struct{ sw, sh, dw, dh int }

type context struct {
	pair pair
	c    *C.struct_SwsContext
}

// Scaler scales pictures. It is used by one goroutine at a time.
type Scaler struct {
	contexts []context     // the one used last is at the end
	scratch  codec.Picture // for places beside which libswscale would draw
}

// New makes a scaler.
func New() (*Scaler, error) { return new(Scaler), nil }

// Scale draws a place of src into a place of dst, whatever their shapes, and nothing
// beside it.
func (s *Scaler) Scale(dst *codec.Picture, to Rect, src *codec.Picture, from Rect) error {
	if err := errors.Join(check(dst, to), check(src, from)); err != nil {
		return err
	}
	if to.W == from.W && to.H == from.H {
		copyPicture(dst, to, src, from)
		return nil
	}
	c, err := s.context(pair{from.W, from.H, to.W, to.H})
	if err != nil {
		return err
	}
	if to.W%step == 0 {
		return run(c, dst, to, src, from)
	}
	place := s.room(to)
	if err := run(c, &s.scratch, place, src, from); err != nil {
		return err
	}
	copyPicture(dst, to, &s.scratch, place)
	return nil
}

// step is how many luma samples libswscale draws at once: of a place whose width
// is no multiple of it, it writes beyond the end of rows.
const step = 64

// room makes room for a place in the scratch picture.
func (s *Scaler) room(to Rect) Rect {
	w, h := (to.W+2*step-1)/step*step, to.H+to.H%2
	p := &s.scratch
	if p.Width < w || p.Height < h {
		p.Width, p.Height = max(p.Width, w), max(p.Height, h)
		p.StrideY, p.StrideC = p.Width, p.Width/2
		all := make([]byte, p.StrideY*p.Height+p.StrideC*p.Height+step)
		luma, half := p.StrideY*p.Height, p.StrideC*p.Height/2
		p.Y, p.U, p.V = all[:luma], all[luma:luma+half], all[luma+half:]
	}
	return Rect{0, 0, to.W, to.H}
}

func run(c *C.struct_SwsContext, dst *codec.Picture, to Rect, src *codec.Picture, from Rect) error {
	sy, su, sv := luma(src, from), chroma(src.U, src, from), chroma(src.V, src, from)
	dy, du, dv := luma(dst, to), chroma(dst.U, dst, to), chroma(dst.V, dst, to)
	n := C.scale_run(c, (*C.uint8_t)(&sy[0]), (*C.uint8_t)(&su[0]), (*C.uint8_t)(&sv[0]), C.int(src.StrideY), C.int(src.StrideC), C.int(from.H),
		(*C.uint8_t)(&dy[0]), (*C.uint8_t)(&du[0]), (*C.uint8_t)(&dv[0]), C.int(dst.StrideY), C.int(dst.StrideC))
	if n < 0 {
		return errors.New("scale: libswscale fails")
	}
	return nil
}

func (s *Scaler) context(p pair) (*C.struct_SwsContext, error) {
	for i, k := range s.contexts {
		if k.pair == p {
			s.contexts = append(slices.Delete(s.contexts, i, i+1), k)
			return k.c, nil
		}
	}
	c := C.scale_open(C.int(p.sw), C.int(p.sh), C.int(p.dw), C.int(p.dh), method(p))
	if c == nil {
		return nil, errors.New("scale: libswscale does not take these sizes")
	}
	if len(s.contexts) == maxContexts {
		C.sws_freeContext(s.contexts[0].c)
		s.contexts = slices.Delete(s.contexts, 0, 1)
	}
	s.contexts = append(s.contexts, context{p, c})
	return c, nil
}

// method is the filter: for enlarging the sharp one, which costs 1.4 times the soft one;
// else the mean of what a sample covers, which is the cheapest that sees all samples.
func method(p pair) C.int {
	if p.dw >= p.sw && p.dh >= p.sh {
		return C.SWS_BICUBIC
	}
	return C.SWS_AREA
}

// Close frees what the scaler holds.
func (s *Scaler) Close() {
	for _, k := range s.contexts {
		C.sws_freeContext(k.c)
	}
	s.contexts = nil
}
