package room

import (
	"encoding/json"
	"sync"
)

// outbox is the queue of messages to one page. A page that does not take
// them is cut off: the queue is dropped and nothing more is sent. It has a
// goroutine while there is something to send.
type outbox struct {
	send func([]byte)

	mu      sync.Mutex
	queue   [][]byte
	sending bool
	ended   bool          // nothing more is taken
	closed  chan struct{} // nothing more is sent
}

// outboxSize is how many messages wait for a page. A room says some ten a
// second when much is going on.
const outboxSize = 256

func newOutbox(send func([]byte)) *outbox { return &outbox{send: send, closed: make(chan struct{})} }

// post queues a message and tells whether the page still takes any.
func (o *outbox) post(m any) bool {
	b, err := json.Marshal(m)
	if err != nil {
		return false
	}
	return o.postRaw(b)
}

func (o *outbox) postRaw(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return false
	}
	full := len(o.queue) >= outboxSize
	if full {
		o.ended, o.queue = true, nil
	} else {
		o.queue = append(o.queue, b)
	}
	o.wake()
	return !full
}

// end sends what is queued and then nothing more.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finish(o.queue)
}

// drop ends it without sending what is queued.
func (o *outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finish(nil)
}

// finish takes no more than what is left. The mutex is held.
func (o *outbox) finish(left [][]byte) {
	o.queue = left
	if !o.ended {
		o.ended = true
		o.wake()
	}
}

// wake has the queue sent. The mutex is held.
func (o *outbox) wake() {
	if !o.sending {
		o.sending = true
		go o.run()
	}
}

// run sends what is queued.
func (o *outbox) run() {
	for {
		o.mu.Lock()
		if len(o.queue) == 0 {
			o.sending, o.queue = false, nil
			ended := o.ended
			o.mu.Unlock()
			if ended {
				close(o.closed)
			}
			return
		}
		b := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		o.send(b)
	}
}
