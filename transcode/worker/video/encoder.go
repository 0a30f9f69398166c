package video

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/payload"
)

const (
	repeatAfter = time.Second            // receivers see a live stream though the source stands still
	keyPause    = 300 * time.Millisecond // between keyframes that receivers ask for
)

// encoder makes the frames of one form, for one or more outputs.
type encoder struct {
	engine *Engine
	coding coding
	wake   chan struct{} // holds one
	quit   chan struct{}

	mu      sync.Mutex
	form    form
	from    any // whose pictures it takes: an input or a composition
	members []*output
	spacing spacing
	pending shot
	offered time.Duration
	force   bool // a keyframe, at once
	asked   bool // a keyframe, when the last is a while ago
	keyAt   time.Duration
	late    uint64
	made    int // since stats were read
	readAt  time.Duration
	cost    meter
	delays  delays
	failed  bool          // it could not be opened; told already
	retry   time.Duration // when it is tried again, 0: never

	work encoding // its goroutine's
}

func newEncoder(e *Engine, f form) *encoder {
	enc := &encoder{engine: e, coding: f.coding, form: f, wake: make(chan struct{}, 1), quit: make(chan struct{}), readAt: e.now()}
	enc.work.task = newTask(enc.encode)
	return enc
}

func (e *encoder) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// offer gives a picture to encode. One that still waits is left out for it,
// which is told. Pictures of others than it takes them from, and those that are too
// many, are no loss.
func (e *encoder) offer(from any, s shot) (late bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.from != from || e.failed && e.retry == 0 || !e.spacing.admit(s.pts, e.form.fps) {
		return false
	}
	if late = e.pending.picture != nil; late {
		e.late++
		e.pending.drop()
	}
	e.pending = s.retain()
	e.offered = e.engine.now()
	e.signal()
	return late
}

// refresh asks for a keyframe.
func (e *encoder) refresh() {
	e.mu.Lock()
	e.asked = true
	e.mu.Unlock()
	e.signal()
}

// set gives the encoder what it does from now on. fresh are members that need a keyframe.
// It tells whether it takes pictures of another than before.
func (e *encoder) set(f form, from any, members []*output, fresh bool) (changed bool) {
	e.mu.Lock()
	if changed = e.from != from; changed {
		e.pending.drop()
		e.spacing = spacing{}
	}
	e.form, e.from, e.members = f, from, members
	e.force = e.force || fresh
	if fresh {
		e.failed, e.retry = false, 0
	}
	e.mu.Unlock()
	e.signal()
	return changed
}

// encoding is what an encoder's goroutine works with.
type encoding struct {
	task    task
	encoder codec.VideoEncoder
	packets payload.Packetizer
	scaler  Scaler
	canvas  *codec.Picture // what was scaled
	drawn   uint64         // shot on canvas
	place   Rect

	last    shot
	sentAt  time.Duration
	pts     int64
	shift   int64
	bitrate int
	fps     int

	opened bool // with this picture

	shot shot // to encode
	form form
	key  bool
	out  codec.Encoded
	took time.Duration
	err  error
}

func (e *encoder) run() {
	defer e.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		s, again, wait := e.next()
		if s.picture != nil {
			e.make(s, again)
			continue
		}
		if wait > 0 {
			timer.Reset(wait)
		}
		select {
		case <-e.wake:
		case <-timer.C:
		case <-e.quit:
			return
		}
		select {
		case <-e.quit:
			return
		default:
		}
	}
}

// next gives what is to be encoded now: a new picture, or again the last one. Otherwise it
// tells how long nothing is to be done.
func (e *encoder) next() (s shot, repeated bool, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w, now := &e.work, e.engine.now()
	if e.failed && (e.retry == 0 || now < e.retry) {
		return shot{}, false, max(e.retry-now, 0)
	}
	w.form = e.form
	again := max(repeatAfter, 3*time.Second/time.Duration(2*e.form.fps))
	w.key = e.force || e.asked && now-e.keyAt >= keyPause
	switch {
	case e.pending.picture != nil:
		s, e.pending = e.pending, shot{}
		return s, false, 0
	case w.last.picture == nil:
		return shot{}, false, 0
	case w.key || now-w.sentAt >= again:
		s = w.last.retain()
		s.pts = max(ticks90(now), w.last.pts+1)
		return s, true, 0
	}
	wait = w.sentAt + again - now
	if e.asked {
		wait = min(wait, e.keyAt+keyPause-now)
	}
	return shot{}, false, wait
}

// make encodes a picture and sends it.
func (e *encoder) make(s shot, again bool) {
	w := &e.work
	w.shot = s
	e.engine.threads.do(&w.task)
	w.last.drop()
	w.last = s
	w.sentAt = e.engine.now()
	if w.err != nil {
		return
	}
	e.served()
	payloads, err := w.packets.Payloads(w.out)
	if err != nil || len(payloads) == 0 {
		e.count(again, s, false)
		return
	}
	e.mu.Lock()
	members := e.members
	if w.out.Key {
		e.force, e.asked, e.keyAt = false, false, w.sentAt
	}
	e.mu.Unlock()
	for i, o := range members {
		o.send(e, w.out.Key, w.pts, payloads, e.engine.sink)
		if i == 0 {
			e.count(again, s, true)
		}
	}
}

// count counts a frame that was just handed out, or left out to keep the bit rate.
func (e *encoder) count(again bool, s shot, sent bool) {
	now := e.engine.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cost.add(e.work.took)
	if sent {
		e.made++
	}
	if again {
		return
	}
	if sent && s.single {
		e.delays.add(now - s.at)
	}
	step, c := time.Second/time.Duration(e.form.fps), e.composed()
	if c != nil {
		step = max(step, c.step())
	}
	if now-e.offered <= step || e.work.opened {
		return
	}
	e.late++
	if c != nil {
		c.late.Add(1)
	}
}

// miss counts pictures that were not made at all.
func (e *encoder) miss(n uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.late += n
}

// composed gives the composition that it encodes, if it does.
func (e *encoder) composed() *composition {
	c, _ := e.from.(*composition)
	return c
}

// close frees what the encoder holds.
func (e *encoder) close() {
	e.mu.Lock()
	e.from, e.members = nil, nil
	e.pending.drop()
	e.mu.Unlock()
	w := &e.work
	w.last.drop()
	w.task.run = w.free
	e.engine.threads.do(&w.task)
}

func (w *encoding) free() {
	if w.encoder != nil {
		w.encoder.Close()
	}
	if w.scaler != nil {
		w.scaler.Close()
	}
}

// stats gives what all members of the encoder have in common.
func (e *encoder) stats(now time.Duration) transcode.VideoOutputStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := transcode.VideoOutputStats{Late: e.late, Width: e.coding.width, Height: e.coding.height, EncodeUS: e.cost.read()}
	if passed := now - e.readAt; passed > 0 {
		st.FPS = float64(e.made) / passed.Seconds()
	}
	e.made, e.readAt = 0, now
	st.DelayP50, st.DelayMax = e.delays.read()
	if c := e.composed(); c != nil {
		st.ComposeUS, st.Slowed = c.stats()
	}
	return st
}
