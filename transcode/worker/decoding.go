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
	"github.com/roombridge/roombridge/transcode/codec/h264"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/wire"
)

// pictureDecoder is a video codec's decoder.
type pictureDecoder interface {
	Decode(unit []byte) (h264.Result, error)
	Size() (width, height int)
	Picture() (i420 []byte, width, height int, err error)
	Close()
}

func newPictureDecoder(name string) (pictureDecoder, error) {
	if media.Codec(name) == media.H264 {
		return h264.NewDecoder()
	}
	dec, err := pictures.NewVideoDecoder(media.Codec(name), "")
	if err != nil {
		return nil, err
	}
	return &otherDecoder{dec: dec}, nil
}

// otherDecoder decodes what is not H.264. It does not tell keyframes.
type otherDecoder struct {
	dec  codec.VideoDecoder
	last *codec.Picture
}

// Decode implements pictureDecoder.
func (d *otherDecoder) Decode(frame []byte) (h264.Result, error) {
	p, damaged, err := d.dec.Decode(frame)
	var r h264.Result
	if damaged {
		r.Damaged = 1
	}
	if p != nil {
		r.Frames = 1
		d.drop()
		d.last = p
	}
	return r, err
}

func (d *otherDecoder) drop() {
	if d.last != nil {
		d.last.Release()
		d.last = nil
	}
}

// Size implements pictureDecoder.
func (d *otherDecoder) Size() (width, height int) {
	if d.last == nil {
		return 0, 0
	}
	return d.last.Width, d.last.Height
}

var errNothing = errors.New("nothing decoded yet")

// Picture implements pictureDecoder.
func (d *otherDecoder) Picture() (i420 []byte, width, height int, err error) {
	if d.last == nil {
		return nil, 0, 0, errNothing
	}
	p := d.last
	width, height = p.Width&^1, p.Height&^1
	for y := range height {
		i420 = append(i420, p.Y[y*p.StrideY:][:width]...)
	}
	for _, plane := range [][]byte{p.U, p.V} {
		for y := range height / 2 {
			i420 = append(i420, plane[y*p.StrideC:][:width/2]...)
		}
	}
	return i420, width, height, nil
}

// Close implements pictureDecoder.
func (d *otherDecoder) Close() {
	d.drop()
	d.dec.Close()
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
	dec    pictureDecoder
	work   chan work
	missed atomic.Uint64 // units that came faster than they were decoded
	count  transcode.DecodeReport
}

func (d *decoding) run() {
	defer d.dec.Close()
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
	r, err := d.dec.Decode(unit)
	if err != nil {
		d.count.Errors++
		return
	}
	d.count.Frames += uint64(r.Frames)
	d.count.Keyframes += uint64(r.Keyframes)
	d.count.Errors += uint64(r.Damaged)
	d.count.Width, d.count.Height = d.dec.Size()
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
	i420, w, h, err := d.dec.Picture()
	if err == nil && !d.queue.Bulk(wire.Message{Kind: wire.Picture, ID: request, Payload: transcode.AppendPicture(nil, &transcode.Picture{Width: w, Height: h, I420: i420})}) {
		err = fmt.Errorf("no room for a picture of %dx%d", w, h)
	}
	if err != nil {
		text := err.Error()
		d.queue.Control(wire.Message{Kind: wire.Error, ID: request, Seq: uint16(wire.Picture), Payload: []byte(text)})
	}
}
