package web

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// A page that is this far behind is cut; it comes back with its resume token
// and is told everything anew.
const (
	queueMessages = 512
	queueBytes    = 2 << 20
	writeTimeout  = 10 * time.Second
)

// sendQueue holds what a page has still to be sent. Pushing never blocks; a
// queue that is full closes itself.
type sendQueue struct {
	mu     sync.Mutex
	msgs   [][]byte
	bytes  int
	closed bool
	last   websocket.CloseError
	wake   chan struct{} // holds one token when there is something to do
}

func newSendQueue() *sendQueue { return &sendQueue{wake: make(chan struct{}, 1)} }

func (q *sendQueue) push(msg []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if len(q.msgs) >= queueMessages || q.bytes+len(msg) > queueBytes {
		q.end(websocket.CloseError{Code: websocket.StatusTryAgainLater, Reason: "too slow"})
		q.msgs = nil
		return
	}
	q.msgs = append(q.msgs, msg)
	q.bytes += len(msg)
	if isBye(msg) {
		q.end(websocket.CloseError{Code: websocket.StatusNormalClosure})
	}
	q.signal()
}

// isBye knows the message after which nothing follows. Quotes inside names
// are escaped, so nobody can bring it about with a name.
func isBye(msg []byte) bool { return len(msg) < 1024 && bytes.Contains(msg, []byte(`"type":"bye"`)) }

// close ends the queue once what is in it has gone out.
func (q *sendQueue) close(last websocket.CloseError) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.end(last)
	}
}

func (q *sendQueue) end(last websocket.CloseError) {
	q.closed, q.last = true, last
	q.signal()
}

func (q *sendQueue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take empties the queue and tells whether it has ended.
func (q *sendQueue) take() (msgs [][]byte, ended bool, last websocket.CloseError) {
	q.mu.Lock()
	defer q.mu.Unlock()
	msgs, q.msgs, q.bytes = q.msgs, nil, 0
	return msgs, q.closed, q.last
}

// write sends the queue to the page, and pings it when there is nothing to
// send, until the queue ends, the page is lost or ctx ends.
func (p *pageConn) write(ctx context.Context) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = p.conn.Close(websocket.StatusGoingAway, "the gateway is going down")
			return
		case <-p.queue.wake:
			msgs, ended, last := p.queue.take()
			for _, m := range msgs {
				if p.writeOne(ctx, m) != nil {
					return
				}
			}
			if ended {
				_ = p.conn.Close(last.Code, last.Reason)
				return
			}
		case <-ping.C:
			pctx, cancel := context.WithTimeout(ctx, pongTimeout)
			err := p.conn.Ping(pctx)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

func (p *pageConn) writeOne(ctx context.Context, m []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return p.conn.Write(ctx, websocket.MessageText, m)
}
