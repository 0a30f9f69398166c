package room

import (
	"math/rand/v2"
	"sync"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/secure"
)

// control sends a session's RTCP. All of it begins with a packet of one
// source, which SRTCP counts (RFC 3711 3.4), or is of reduced size (RFC 5506).
type control struct {
	ssrc uint32
	way  *way
	pool *packet.Pool

	mu  sync.Mutex
	out *secure.Outbound // nil before there are keys, and after the end
	one [1][]byte
}

func (c *control) init(w *way, pool *packet.Pool) {
	c.ssrc, c.way, c.pool = rand.Uint32(), w, pool
}

// open begins to send.
func (c *control) open(out *secure.Outbound) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = out
}

// outbound makes an SRTP context for sources of ours, nil without keys. Sources
// of one context wait for each other.
func (c *control) outbound() *secure.Outbound {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return nil
	}
	return c.out.Clone()
}

// close sends nothing more.
func (c *control) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out != nil {
		c.out.Close()
		c.out = nil
	}
}

// send seals RTCP in its place and sends it, unless it is empty. It never waits.
func (c *control) send(b []byte) {
	if len(b) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return
	}
	if b, err := c.out.SealRTCP(b[:0], b); err == nil {
		c.one[0] = b
		c.way.write(c.one[:])
	}
}

// post sends RTCP packets in one datagram; more than fits is not sent.
func (c *control) post(list ...rtcp.Packet) {
	b, err := rtcp.Marshal(list)
	if err != nil || len(b) > maxControl {
		return
	}
	buf := c.pool.Get()
	defer buf.Release()
	c.send(append(buf.Bytes[:0], b...))
}

// maxControl leaves room for what SRTCP adds.
const maxControl = packet.MaxSize - 64
