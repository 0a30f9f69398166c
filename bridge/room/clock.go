package room

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/relay"
)

// clock calls what is due by time alone for all sessions, from one goroutine.
type clock struct {
	mu    sync.Mutex
	tasks map[*session]struct{}
	stop  chan struct{} // nil while there is nothing to do
	done  chan struct{}
}

// clockEvery is how late feedback on a stream that has just stopped may be.
const clockEvery = 25 * time.Millisecond

func (c *clock) add(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks == nil {
		c.tasks = map[*session]struct{}{}
	}
	c.tasks[s] = struct{}{}
	if c.stop == nil {
		c.stop, c.done = make(chan struct{}), make(chan struct{})
		go c.run(c.stop, c.done)
	}
}

// remove returns at once; the session may be called once more.
func (c *clock) remove(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tasks, s)
	if len(c.tasks) == 0 && c.stop != nil {
		close(c.stop)
		c.stop = nil
	}
}

func (c *clock) run(stop, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	var list []*session
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		c.mu.Lock()
		list = list[:0]
		for s := range c.tasks {
			list = append(list, s)
		}
		c.mu.Unlock()
		now := relay.Clock()
		for _, s := range list {
			s.tick(now)
		}
		clear(list)
	}
}

// wait returns when the goroutine that was stopped last has ended.
func (c *clock) wait() {
	c.mu.Lock()
	done := c.done
	c.mu.Unlock()
	if done != nil {
		<-done
	}
}
