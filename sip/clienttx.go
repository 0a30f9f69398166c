package sip

import (
	"errors"

	sipgo "github.com/emiago/sipgo/sip"
)

// clientTx is a request of ours on its way.
type clientTx struct {
	tx   *sipgo.ClientTx
	conn *txConn
	req  *sipgo.Request
}

// start sends a request and calls on for each response, in order, and once
// with an error when no final response comes. A 2xx to INVITE is given again
// each time it is received, so that it is acknowledged again. on must not block.
func (x *transactions) start(req *sipgo.Request, f flow, on func(*sipgo.Response, error)) (*clientTx, error) {
	key, err := sipgo.ClientTxKeyMake(req)
	if err != nil {
		return nil, err
	}
	c := &clientTx{req: req, conn: &txConn{t: x.t, f: f}}
	c.tx = sipgo.NewClientTx(key, req, c.conn, quiet)
	x.mu.Lock()
	if x.closed || len(x.client) >= maxTransactions {
		x.mu.Unlock()
		return nil, errClosed
	}
	x.client[key] = c
	x.wg.Add(1)
	x.mu.Unlock()
	c.tx.OnTerminate(func(string, error) { x.dropClient(key) })
	c.tx.OnRetransmission(func(r *sipgo.Response) { on(r, nil) })
	if err := c.tx.Init(); err != nil {
		c.tx.Terminate()
		x.wg.Done()
		return nil, err
	}
	go func() {
		defer x.wg.Done()
		c.follow(on)
	}()
	return c, nil
}

func (c *clientTx) follow(on func(*sipgo.Response, error)) {
	for {
		select {
		case r := <-c.tx.Responses():
			on(r, nil)
			if !r.IsProvisional() {
				return
			}
		case <-c.tx.Done():
			on(nil, c.failure())
			return
		case <-c.conn.f.done():
			c.tx.Terminate()
			on(nil, errClosed)
			return
		}
	}
}

// errTimeout is a request that nobody answered.
var errTimeout = errors.New("sip: no answer")

func (c *clientTx) failure() error {
	if err := c.tx.Err(); err != nil && errors.Is(err, sipgo.ErrTransactionTimeout) {
		return errTimeout
	}
	return errClosed
}

// stop gives the transaction up; on hears errClosed unless it heard a final
// response before.
func (c *clientTx) stop() { c.tx.Terminate() }

func (x *transactions) response(res *sipgo.Response) {
	key, err := sipgo.ClientTxKeyMake(res)
	if err != nil {
		return
	}
	x.mu.Lock()
	c := x.client[key]
	x.mu.Unlock()
	if c == nil || res.StatusCode >= 300 && c.conn.acknowledgeAgain() {
		return
	}
	c.tx.Receive(res)
}

func (x *transactions) dropClient(key string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.client, key)
}
