package video

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/transcode"
)

// input is one picture stream that comes. It is decoded while somebody is shown it.
type input struct {
	engine   *Engine
	spec     transcode.VideoInput
	decoding atomic.Pointer[decoding] // nil while nobody looks
	viewers  atomic.Pointer[viewers]
	newest   newest

	mu    sync.Mutex
	count transcode.VideoInputStats
	cost  meter
}

func newInput(e *Engine, spec transcode.VideoInput) *input {
	in := &input{engine: e, spec: spec}
	in.count.ID = spec.ID
	in.viewers.Store(new(viewers))
	return in
}

// viewers are who shows an input.
type viewers struct {
	encoders     []*encoder // as it is
	compositions []*composition
}

// show begins or ends decoding.
func (in *input) show(on bool) {
	d := in.decoding.Load()
	switch {
	case on && d == nil:
		d = newDecoding(in)
		in.decoding.Store(d)
		in.engine.running.Go(d.run)
	case !on && d != nil:
		in.decoding.Store(nil)
		close(d.quit)
		in.newest.set(shot{})
	}
}

// write takes a packet.
func (in *input) write(f transcode.Frame, now time.Duration) {
	in.mu.Lock()
	in.count.Packets++
	in.mu.Unlock()
	if d := in.decoding.Load(); d != nil {
		d.inbox.put(f, now)
	}
}

// publish takes a good picture over from a decoding, and gives it to those who show it
// as it is.
func (in *input) publish(d *decoding, s shot) {
	if in.decoding.Load() != d {
		s.drop()
		return
	}
	v := in.viewers.Load()
	for _, e := range v.encoders {
		e.offer(in, s)
	}
	in.newest.set(s)
	for _, c := range v.compositions {
		c.signal()
	}
	if in.decoding.Load() != d { // it ended meanwhile, and has been emptied already
		in.newest.set(shot{})
	}
}

func (in *input) stats() transcode.VideoInputStats {
	in.mu.Lock()
	defer in.mu.Unlock()
	st := in.count
	st.DecodeUS = in.cost.read()
	return st
}
