package room

import (
	"encoding/json"
	"sync"
)

// outbox is the queue of messages to one page. A page that does not take
// them is cut off: the queue is dropped and nothing more is sent.
type outbox struct {
	send func([]byte)

	mu     sync.Mutex
	queue  [][]byte
	ended  bool // nothing more is taken
	wake   chan struct{}
	closed chan struct{} // the goroutine is gone
}

// outboxSize is how many messages wait for a page. A room says some ten a
// second when much is going on.
const outboxSize = 256

func newOutbox(send func([]byte)) *outbox {
	o := &outbox{send: send, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	go o.run()
	return o
}

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
	if len(o.queue) >= outboxSize {
		o.ended, o.queue = true, nil
		o.poke()
		return false
	}
	o.queue = append(o.queue, b)
	o.poke()
	return true
}

// end sends what is queued and then nothing more.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.poke()
}

// drop ends it without sending what is queued.
func (o *outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended, o.queue = true, nil
	o.poke()
}

func (o *outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) run() {
	defer close(o.closed)
	for range o.wake {
		for {
			o.mu.Lock()
			if len(o.queue) == 0 {
				ended := o.ended
				o.mu.Unlock()
				if ended {
					return
				}
				break
			}
			b := o.queue[0]
			o.queue = o.queue[1:]
			o.mu.Unlock()
			o.send(b)
		}
	}
}
