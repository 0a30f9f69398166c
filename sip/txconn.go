package sip

import (
	"bytes"
	"net"
	"sync"

	sipgo "github.com/emiago/sipgo/sip"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// write serialises a message, counts it and sends it.
func (t *transport) write(f flow, m sipgo.Message) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	m.StringWrite(b)
	t.count(true, m)
	return t.writeRaw(f, b.Bytes())
}

func (t *transport) writeRaw(f flow, raw []byte) error {
	if t.trace {
		t.traced("sent", f, raw)
	}
	return f.send(raw)
}

func (t *transport) count(out bool, m sipgo.Message) {
	status := 0
	if r, ok := m.(*sipgo.Response); ok {
		status = r.StatusCode
	}
	t.stats.message(out, string(m.CSeq().MethodName), status)
}

// txConn is what a transaction of sipgo writes to: one flow. The address in
// the message is not asked; the flow was chosen before.
type txConn struct {
	t *transport
	f flow

	mu   sync.Mutex
	last sipgo.Message // written last
	ack  []byte        // the ACK that the transaction wrote for a refusal
}

func (c *txConn) WriteMsg(m sipgo.Message) error {
	c.mu.Lock()
	again := c.last == m
	c.last = m
	if r, ok := m.(*sipgo.Request); ok && r.IsAck() {
		c.ack = []byte(r.String())
	}
	c.mu.Unlock()
	if again {
		c.t.stats.retransmitted()
	}
	return c.t.write(c.f, m)
}

// acknowledgeAgain repeats the ACK of a refusal whose answer came again
// (RFC 3261 17.1.1.2, Completed). It tells whether there was one. The
// transaction would hold its lock for 4 s before it repeats.
func (c *txConn) acknowledgeAgain() bool {
	c.mu.Lock()
	ack := c.ack
	c.mu.Unlock()
	if ack == nil {
		return false
	}
	c.t.stats.retransmitted()
	_ = c.t.writeRaw(c.f, ack)
	return true
}

func (c *txConn) LocalAddr() net.Addr    { return net.TCPAddrFromAddrPort(c.f.local()) }
func (c *txConn) Ref(int) int            { return 1 }
func (c *txConn) TryClose() (int, error) { return 1, nil }
func (c *txConn) Close() error           { return nil }
