package secure

import "github.com/roombridge/roombridge/bridge/media"

// Outbound protects what we send. It belongs to one goroutine at a time.
type Outbound struct{ direction }

// NewOutbound makes the sending context of a master key.
func NewOutbound(suite media.Suite, key media.Key) (*Outbound, error) {
	c := &Outbound{}
	if err := c.init(suite, key); err != nil {
		return nil, err
	}
	return c, nil
}

// Clone makes another context under the same key, for another goroutine and
// other SSRCs: a packet must be sealed by one of them only. It costs little. It
// is nil when the context is closed.
func (c *Outbound) Clone() *Outbound {
	if c.t == nil {
		return nil
	}
	d := &Outbound{}
	d.suite, d.t, d.tag, d.tail, d.most = c.suite, c.t.clone(), c.tag, c.tail, c.most
	d.rtpLeft, d.rtcpLeft = c.rtpLeft, c.rtcpLeft
	return d
}

// Seal encrypts an RTP packet into dst, whose capacity is used when it
// suffices, and returns the SRTP packet. dst may be pkt[:0]; with room for
// Overhead behind the packet nothing is allocated. A sequence number is sealed
// once: under the same index another packet would give away both (RFC 7714
// 8.4, RFC 3711 9.1).
func (c *Outbound) Seal(dst, pkt []byte) ([]byte, error) {
	header, index, err := c.begin(pkt)
	if err != nil {
		return nil, err
	}
	p := place(dst, pkt, len(pkt)+c.tag)
	c.t.seal(p, header, index)
	c.stats.packets.Add(1)
	return p, nil
}

// begin checks a packet and uses its index up.
func (c *Outbound) begin(pkt []byte) (header int, index uint64, err error) {
	if c.t == nil {
		return 0, 0, ErrClosed
	}
	header, ok := rtpHeader(pkt)
	if !ok {
		c.stats.broken.Add(1)
		return 0, 0, ErrMalformed
	}
	if c.rtpLeft == 0 {
		return 0, 0, ErrKeyLifetime
	}
	s, err := c.admit(rtpSSRC(pkt))
	if err != nil {
		return 0, 0, err
	}
	index, ok = s.rtp.guess(rtpSeq(pkt))
	if !ok || !s.rtp.fresh(index) {
		c.stats.replayed.Add(1)
		return 0, 0, ErrReused
	}
	s.rtp.use(index)
	c.rtpLeft--
	return header, index, nil
}

// SealRTCP is Seal for a compound RTCP packet; the index is counted here.
func (c *Outbound) SealRTCP(dst, pkt []byte) ([]byte, error) {
	if c.t == nil {
		return nil, ErrClosed
	}
	if !rtcpHeader(pkt) {
		c.stats.broken.Add(1)
		return nil, ErrMalformed
	}
	if c.rtcpLeft == 0 {
		return nil, ErrKeyLifetime
	}
	s, err := c.admit(rtcpSSRC(pkt))
	if err != nil {
		return nil, err
	}
	next := uint64(1)
	if s.rtcp.started {
		next = s.rtcp.top + 1
	}
	p := place(dst, pkt, len(pkt)+c.tail)
	c.t.sealRTCP(p, uint32(next))
	s.rtcp.use(next)
	c.rtcpLeft--
	c.stats.packets.Add(1)
	return p, nil
}
