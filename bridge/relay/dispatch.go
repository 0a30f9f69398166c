package relay

import "sync"

// dispatchDepth bounds what waits to be told; more is dropped.
const dispatchDepth = 64

// dispatcher tells things in order on a goroutine of its own, so that who is
// told may block, or close the stream that tells. The goroutine lives only
// while there is something to tell.
type dispatcher struct {
	mu      sync.Mutex
	queue   []func()
	running bool
	closed  bool
}

func (d *dispatcher) post(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.queue) >= dispatchDepth {
		return
	}
	d.queue = append(d.queue, f)
	if !d.running {
		d.running = true
		go d.run()
	}
}

func (d *dispatcher) run() {
	for {
		d.mu.Lock()
		if len(d.queue) == 0 {
			d.running = false
			d.mu.Unlock()
			return
		}
		f := d.queue[0]
		d.queue = d.queue[1:]
		d.mu.Unlock()
		f()
	}
}

// close drops what waits; nothing is told that has not begun.
func (d *dispatcher) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed, d.queue = true, nil
}
