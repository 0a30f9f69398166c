package room

import (
	"encoding/json"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/bridge"
)

// connection is one WebSocket of a page. It implements bridge.Visitor.
type connection struct {
	visitor *visitor
	out     *outbox

	mu     sync.Mutex // messages are taken one by one
	pace   *rate.Limiter
	offers *rate.Limiter
}

var _ bridge.Visitor = (*connection)(nil)

// What a page may say: a burst while it sets itself up, then some messages a
// second. Offers cost more than other messages.
const (
	messagesBurst, messagesPerSec = 200, 40
	offersBurst, offersPerSec     = 15, 2
)

// Receive implements bridge.Visitor.
func (c *connection) Receive(msg []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pace == nil {
		c.pace = rate.NewLimiter(messagesPerSec, messagesBurst)
		c.offers = rate.NewLimiter(offersPerSec, offersBurst)
	}
	if !c.current() {
		return errReplaced
	}
	now := time.Now()
	if !c.pace.AllowN(now, 1) {
		return c.refuse("rate", errTooMany)
	}
	m, err := readRequest(msg)
	if err != nil {
		return c.refuse("message", err)
	}
	switch m.Type {
	case "offer":
		if !c.offers.AllowN(now, 1) {
			return c.refuse("rate", errTooMany)
		}
		err = c.visitor.offer(c, m)
	case "candidate":
		err = c.visitor.candidate(m)
	case "state":
		c.visitor.state(m)
	case "want":
		err = c.visitor.want(m)
	case "keyframe":
		c.visitor.keyframe(m.MID)
	case "pin":
		err = c.visitor.claim(m.PIN)
	case "mute", "remove", "role", "entry", "admit", "layout", "dial", "end":
		err = c.visitor.lead(m)
	case "devices":
		err = c.visitor.listDevices()
	case "ping":
		c.out.post(pongMsg{"pong", pingNumber(m)})
	case "leave":
		c.visitor.leave(byeMsg{})
	}
	if err != nil {
		c.out.post(errorMsg{"error", m.Type, err.Error()})
	}
	return nil
}

// pingNumber is what a pong gives back.
func pingNumber(m request) (n json.Number) {
	if n = m.N; n == "" {
		n = "0"
	}
	return n
}

func (c *connection) refuse(code string, err error) error {
	c.out.post(errorMsg{"error", code, err.Error()})
	return err
}

func (c *connection) current() bool {
	r := c.visitor.room
	r.mu.Lock()
	defer r.mu.Unlock()
	return c.visitor.conn == c && !c.visitor.left
}

// Disconnected implements bridge.Visitor.
func (c *connection) Disconnected() {
	r := c.visitor.room
	r.mu.Lock()
	c.visitor.detach(c)
	r.mu.Unlock()
	c.out.drop()
	<-c.out.closed
}
