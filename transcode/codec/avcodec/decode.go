//go:build cgo && !nocodecs

package avcodec

/*
#cgo pkg-config: libavcodec libavutil libswscale
#include "layer.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

var quiet = sync.OnceFunc(func() { C.lav_quiet() })

var decoders = map[media.Codec]C.enum_lav_codec{
	media.H264: C.LAV_H264, media.H265: C.LAV_H265, media.H263: C.LAV_H263, media.H263P: C.LAV_H263,
	media.H261: C.LAV_H261, media.AV1: C.LAV_AV1, media.VP8: C.LAV_VP8, media.VP9: C.LAV_VP9,
}

// Decodes tells whether this build decodes a codec.
func Decodes(c media.Codec) bool {
	id, ok := decoders[c]
	return ok && C.lav_decodes(id) != 0
}

func failure(code C.int) error {
	var buf [128]C.char
	C.lav_strerror(code, &buf[0], C.int(len(buf)))
	return errors.New(C.GoString(&buf[0]))
}

// Decoder decodes one stream.
type Decoder struct {
	name    media.Codec
	id      C.enum_lav_codec
	d       *C.decoder
	shown   C.shown
	large   C.int
	store   *store
	health  health
	refused int    // frames in a row
	changed []byte // the access unit whose parameter sets were changed last
}

// NewDecoder makes a decoder.
func NewDecoder(c media.Codec) (*Decoder, error) {
	quiet()
	id, ok := decoders[c]
	if !ok || C.lav_decodes(id) == 0 {
		return nil, unavailable(c)
	}
	d := C.lav_decoder_open(id, codec.MaxWidth, codec.MaxHeight)
	if d == nil {
		return nil, fmt.Errorf("%s: the decoder does not open", c)
	}
	h := health{heals: heals}
	if id == C.LAV_H263 || id == C.LAV_H261 {
		h.heals = healsUpdated
	}
	return &Decoder{name: c, id: id, d: d, store: new(store), health: h}, nil
}

var errEmpty = errors.New("an empty frame")

// Decode decodes one frame as it was coded. See codec.VideoDecoder. Of H.265,
// VP8 and VP9 the library does not notice when the end of a frame is missing.
func (d *Decoder) Decode(frame []byte) (*codec.Picture, bool, error) {
	if len(frame) == 0 {
		return nil, true, fmt.Errorf("%s: %w", d.name, errEmpty)
	}
	k, err := d.store.take()
	if err != nil {
		return nil, true, err
	}
	if d.id == C.LAV_H264 {
		frame = d.inOrder(frame)
	}
	r := d.run(frame, k)
	// A damaged header of H.263 sets options that stay, and then a keyframe without them decodes to rubbish.
	if d.id == C.LAV_H263 && r.repaired && r.shown.key != 0 && d.health.bad && d.renew() {
		r = d.run(frame, k)
	}
	d.unblock(r)
	if r.frames <= 0 || r.tooLarge {
		d.store.give(k)
		return d.nothing(r)
	}
	k.describe(&r.shown, d.aspect(&r.shown))
	return k.picture, d.health.picture(r.repaired, r.shown.shaky != 0, r.shown.key != 0), nil
}

// inOrder changes parameter sets so that no picture waits for others.
func (d *Decoder) inOrder(frame []byte) []byte {
	out := inOrder(d.changed, frame)
	if len(out) > 0 && &out[0] != &frame[0] {
		d.changed = out
	}
	if len(out) == 0 {
		return frame
	}
	return out
}

// result is what came of one frame.
type result struct {
	frames             C.int
	shown              C.shown
	repaired, tooLarge bool
}

func (d *Decoder) run(frame []byte, k *kept) result {
	d.shown = C.shown{}
	n := C.lav_decode(d.d, (*C.uint8_t)(&frame[0]), C.int(len(frame)), k.f, &d.shown, &d.large)
	r := result{frames: n, shown: d.shown, tooLarge: d.large != 0 || d.shown.width > codec.MaxWidth || d.shown.height > codec.MaxHeight}
	if n > 0 {
		r.repaired = r.shown.repaired != 0 || d.name == media.H261 && !wholeH261(frame, int(r.shown.width))
	}
	return r
}

// stuck is how many frames in a row are refused by a decoder that will hardly take another.
const stuck = 30

// unblock gives up a decoder that may refuse all that follows: that of VP9 sticks to
// a size that it has no memory for. Those with parameter sets of their own get over
// it, and would lose them.
func (d *Decoder) unblock(r result) {
	if d.id == C.LAV_H264 || d.id == C.LAV_H265 {
		return
	}
	if r.frames >= 0 && !r.tooLarge {
		d.refused = 0
		return
	}
	if d.refused++; r.tooLarge || d.refused >= stuck {
		d.refused = 0
		d.renew()
	}
}

// renew opens the decoder anew.
func (d *Decoder) renew() bool {
	fresh := C.lav_decoder_open(d.id, codec.MaxWidth, codec.MaxHeight)
	if fresh == nil {
		return false
	}
	C.lav_decoder_close(d.d)
	d.d = fresh
	return true
}

// nothing says why there is no picture.
func (d *Decoder) nothing(r result) (*codec.Picture, bool, error) {
	switch {
	case r.tooLarge:
		d.health.fault()
		return nil, true, fmt.Errorf("%s: %w", d.name, codec.ErrTooLarge)
	case r.frames < 0:
		d.health.fault()
		return nil, true, fmt.Errorf("%s: %w", d.name, failure(r.frames))
	}
	return nil, d.health.bad, nil
}

// aspect gives the width of a sample over its height, 0 for square ones and
// for what cannot be true.
func (d *Decoder) aspect(s *C.shown) float32 {
	if d.name == media.H261 {
		return 12.0 / 11 // H.261 3.1
	}
	if s.sar_num <= 0 || s.sar_den <= 0 || s.sar_num == s.sar_den {
		return 0
	}
	a := float32(s.sar_num) / float32(s.sar_den)
	if a < 0.25 || a > 4 {
		return 0
	}
	return a
}

// Close frees the decoder. Pictures it gave stay valid.
func (d *Decoder) Close() {
	if d.d != nil {
		C.lav_decoder_close(d.d)
		d.d = nil
		d.store.close()
	}
}

// kept is a picture in memory of libavcodec.
type kept struct {
	f       *C.frame
	picture *codec.Picture
}

func (k *kept) describe(s *C.shown, aspect float32) {
	p := k.picture
	p.Renew()
	p.Width, p.Height = int(s.width), int(s.height)
	p.StrideY, p.StrideC = int(s.stride_y), int(s.stride_c)
	p.SampleAspect = aspect
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	p.Y = unsafe.Slice((*byte)(s.planes[0]), p.StrideY*(p.Height-1)+p.Width)
	p.U = unsafe.Slice((*byte)(s.planes[1]), p.StrideC*(ch-1)+cw)
	p.V = unsafe.Slice((*byte)(s.planes[2]), p.StrideC*(ch-1)+cw)
}

// store keeps the frames of one decoder for use anew. Pictures come back to
// it from any goroutine, also after the decoder was closed.
type store struct {
	mu     sync.Mutex
	free   []*kept
	closed bool
}

func (s *store) take() (*kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		k := s.free[n-1]
		s.free = s.free[:n-1]
		return k, nil
	}
	k := &kept{f: C.lav_frame()}
	if k.f == nil {
		return nil, errors.New("avcodec: out of memory")
	}
	k.picture = codec.NewPicture(func(p *codec.Picture) {
		p.Y, p.U, p.V = nil, nil, nil
		s.give(k)
	})
	return k, nil
}

func (s *store) give(k *kept) {
	C.lav_frame_empty(k.f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		C.lav_frame_free(k.f)
		return
	}
	s.free = append(s.free, k)
}

func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, k := range s.free {
		C.lav_frame_free(k.f)
	}
	s.free = nil
}
