package bridge

import "sync"

// EventType says what happened to a call.
type EventType string

// Events of calls.
const (
	EventCallStarted EventType = "call.started"
	EventCallUpdated EventType = "call.updated"
	EventCallEnded   EventType = "call.ended"
)

// Event tells that a call changed. Whoever hears it reads the call's status.
type Event struct {
	Type EventType
	Call *Call // also when it has ended meanwhile
}

// eventQueue is how many events a subscriber may be behind. One that is
// further behind loses events and has to read the whole list again.
const eventQueue = 256

type events struct {
	mu   sync.Mutex
	subs map[chan Event]struct{}
}

func (e *events) publish(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ch := range e.subs {
		select {
		case ch <- ev:
		default: // the subscriber is behind; it reads the list again
		}
	}
}

// Subscribe gives the events of all calls from now on. The function ends the
// subscription and closes the channel.
func (c *Core) Subscribe() (<-chan Event, func()) {
	e := &c.events
	ch := make(chan Event, eventQueue)
	e.mu.Lock()
	if e.subs == nil {
		e.subs = make(map[chan Event]struct{})
	}
	e.subs[ch] = struct{}{}
	e.mu.Unlock()
	var once sync.Once
	return ch, func() {
		once.Do(func() {
			e.mu.Lock()
			delete(e.subs, ch)
			e.mu.Unlock()
			close(ch)
		})
	}
}
