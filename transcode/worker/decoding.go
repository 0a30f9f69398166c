package worker

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec/h264"
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
	if media.Codec(name) != media.H264 {
		return nil, fmt.Errorf("codec %q is not decoded", name)
	}
	return h264.NewDecoder()
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
