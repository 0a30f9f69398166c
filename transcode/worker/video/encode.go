package video

import (
	"errors"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/payload"
)

// encode is the task: it scales and encodes a picture on a thread of low priority.
func (e *encoder) encode() {
	w := &e.work
	begin := time.Now()
	if w.err = w.open(e); w.err != nil {
		e.fail(w.err)
		return
	}
	w.adjust()
	p, err := w.fitted(e)
	if err == nil {
		w.time(w.shot.pts)
		w.out, err = w.encoder.Encode(p, w.pts, w.key)
	}
	w.took = time.Since(begin)
	if w.err = err; err != nil { // another encoder may do better; it begins with a keyframe
		w.encoder.Close()
		w.encoder = nil
	}
}

// open makes the encoder when there is none.
func (w *encoding) open(e *encoder) (err error) {
	if w.opened = w.encoder == nil; !w.opened {
		return nil
	}
	c := e.coding
	if w.packets == nil {
		if w.packets, err = payload.NewPacketizer(c.codec, payload.Options{MTU: c.mtu, Mode: c.mode}); err != nil {
			return err
		}
	}
	settings := codec.VideoSettings{
		Width: c.width, Height: c.height, FPS: w.form.fps, Bitrate: w.form.bitrate,
		Profile: c.profile, Level: c.level, Content: c.content, MaxUnit: c.unit(),
	}
	if w.encoder, err = e.engine.build.Encoder(c.codec, settings); err != nil {
		return err
	}
	w.bitrate, w.fps, w.key = settings.Bitrate, settings.FPS, true
	return nil
}

// unit bounds the parts of a frame that must fit a packet.
func (c *coding) unit() int {
	switch {
	case c.codec == media.H264 && c.mode != 0:
		return 0
	case c.mtu == 0:
		return payload.DefaultMTU
	}
	return c.mtu
}

// openAgain is how long after a failure an encoder is tried again: memory may be there then.
const openAgain = 2 * time.Second

// fail tells that outputs of this form cannot be served, now or ever.
func (e *encoder) fail(err error) {
	e.mu.Lock()
	told, members := e.failed, e.members
	e.failed, e.retry = true, e.engine.now()+openAgain
	if errors.Is(err, codec.ErrSettings) || errors.Is(err, codec.ErrUnavailable) || errors.Is(err, payload.ErrUnsupported) {
		e.retry = 0
	}
	mayWork := e.retry != 0
	e.mu.Unlock()
	if mayWork && e.engine.scarcity.failed(e.engine.now()) {
		e.engine.sink.Starved(err)
	}
	if told {
		return
	}
	for _, o := range members {
		e.engine.refuse(o.id, err)
	}
}

// served notes that the encoder works.
func (e *encoder) served() {
	e.mu.Lock()
	e.failed, e.retry = false, 0
	e.mu.Unlock()
	e.engine.scarcity.made()
}

// adjust brings the encoder to the rates of the form.
func (w *encoding) adjust() {
	if w.bitrate == w.form.bitrate && w.fps == w.form.fps {
		return
	}
	w.bitrate, w.fps = w.form.bitrate, w.form.fps
	_ = w.encoder.Adjust(w.bitrate, w.fps) // of which the bounds were checked
}

// time makes the time of the next frame, which rises whatever the source's does: where a new
// source is behind, its times are shifted, and slowly brought back.
func (w *encoding) time(pts int64) {
	const step = clock / 100
	next := pts + w.shift
	if next < w.pts+step {
		w.shift += w.pts + step - next
		next = w.pts + step
	} else if back := min(w.shift, (next-w.pts-step)/8); back > 0 {
		w.shift -= back
		next -= back
	}
	w.pts = next
}

// fitted gives the picture in the encoder's size: itself where it has it.
func (w *encoding) fitted(e *encoder) (*codec.Picture, error) {
	p, c := w.shot.picture, &e.coding
	place := fit(p, c.width, c.height, c.aspect)
	if p.Width == c.width && p.Height == c.height && place.W == c.width && place.H == c.height {
		return p, nil
	}
	if w.canvas == nil {
		w.canvas = codec.Allocate(c.width, c.height)
	}
	if w.drawn == w.shot.id {
		return w.canvas, nil
	}
	if w.scaler == nil {
		var err error
		if w.scaler, err = e.engine.build.Scaler(); err != nil {
			return nil, err
		}
	}
	if place != w.place {
		blacken(w.canvas)
		w.place = place
	}
	if err := w.scaler.Scale(w.canvas, place, p); err != nil {
		return nil, err
	}
	w.drawn = w.shot.id
	return w.canvas, nil
}
