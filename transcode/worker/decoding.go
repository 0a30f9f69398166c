package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/wire"
)

// viewing is a picture codec's decoder with the last picture that it gave.
type viewing struct {
	name media.Codec
	dec  codec.VideoDecoder
	last *codec.Picture
}

func newViewing(name string) (*viewing, error) {
	dec, err := pictures.NewVideoDecoder(media.Codec(name), "")
	if err != nil {
		return nil, err
	}
	return &viewing{name: media.Codec(name), dec: dec}, nil
}

// decode decodes a frame and counts what came of it.
func (v *viewing) decode(frame []byte, count *transcode.DecodeReport) {
	p, damaged, err := v.dec.Decode(frame)
	if damaged || err != nil {
		count.Errors++
	}
	if p == nil {
		return
	}
	count.Frames++
	if v.name == media.H264 && refresh(frame) {
		count.Keyframes++
	}
	v.drop()
	v.last = p
	count.Width, count.Height = p.Width, p.Height
}

// refresh tells whether an access unit of H.264 has an IDR picture. Of other codecs keyframes are not told.
func refresh(unit []byte) bool {
	for u := range codec.Units(unit) {
		if len(u) > 0 && u[0]&0x1f == 5 {
			return true
		}
	}
	return false
}

func (v *viewing) drop() {
	if v.last != nil {
		v.last.Release()
		v.last = nil
	}
}

var errNothing = errors.New("nothing decoded yet")

// picture gives the last picture as I420, its sides made even.
func (v *viewing) picture() (*transcode.Picture, error) {
	p := v.last
	if p == nil {
		return nil, errNothing
	}
	out := &transcode.Picture{Width: p.Width &^ 1, Height: p.Height &^ 1}
	for y := range out.Height {
		out.I420 = append(out.I420, p.Y[y*p.StrideY:][:out.Width]...)
	}
	for _, plane := range [][]byte{p.U, p.V} {
		for y := range out.Height / 2 {
			out.I420 = append(out.I420, plane[y*p.StrideC:][:out.Width/2]...)
		}
	}
	return out, nil
}

func (v *viewing) close() {
	v.drop()
	v.dec.Close()
}

// work is an access unit, or the wish for the last picture.
type work struct {
	unit    []byte
	picture bool
	id      uint32 // request
}

// reportEvery bounds how often a decoder reports while it has work.
const reportEvery = 50 * time.Millisecond

// decoding is one stream that is decoded and counted.
type decoding struct {
	id     uint32
	queue  *wire.Queue
	seen   *viewing
	work   chan work
	missed atomic.Uint64 // units that came faster than they were decoded
	count  transcode.DecodeReport
}

func (d *decoding) run() {
	defer d.seen.close()
	var told time.Time
	for w := range d.work {
		if w.picture {
			d.send(w.id)
			continue
		}
		d.decode(w.unit)
		if now := time.Now(); len(d.work) == 0 || now.Sub(told) > reportEvery {
			d.report()
			told = now
		}
	}
	d.report()
}

func (d *decoding) decode(unit []byte) {
	d.count.Units++
	d.seen.decode(unit, &d.count)
}

func (d *decoding) report() {
	r := d.count
	r.Errors += d.missed.Load()
	if body, err := json.Marshal(r); err == nil {
		d.queue.Control(wire.Message{Kind: wire.Decoded, ID: d.id, Payload: body})
	}
}

// send answers a wish for the last picture.
func (d *decoding) send(request uint32) {
	p, err := d.seen.picture()
	if err == nil && !d.queue.Bulk(wire.Message{Kind: wire.Picture, ID: request, Payload: transcode.AppendPicture(nil, p)}) {
		err = fmt.Errorf("no room for a picture of %dx%d", p.Width, p.Height)
	}
	if err != nil {
		text := err.Error()
		d.queue.Control(wire.Message{Kind: wire.Error, ID: request, Seq: uint16(wire.Picture), Payload: []byte(text)})
	}
}
