package secure

import "github.com/roombridge/roombridge/bridge/media"

// Inbound opens what the far end protected. It belongs to one goroutine.
//
// A packet is looked at only when its SSRC was admitted. A caller that learns
// SSRCs from the packets uses OpenNew for the first one.
type Inbound struct {
	direction
	scratch []byte // copy of a first packet that may have to be tried twice
}

// NewInbound makes the receiving context of a master key.
func NewInbound(suite media.Suite, key media.Key) (*Inbound, error) {
	c := &Inbound{}
	if err := c.init(suite, key); err != nil {
		return nil, err
	}
	return c, nil
}

// Admit lets an SSRC through, RTP and RTCP. ErrTooMany when MaxSSRCs are known.
func (c *Inbound) Admit(ssrc uint32) error {
	if c.t == nil {
		return ErrClosed
	}
	_, err := c.admit(ssrc)
	return err
}

// Forget ends what Admit began. Its replay window is lost, so an SSRC that
// was forgotten must not be admitted again under the same key, unless nothing
// of it was ever opened.
func (c *Inbound) Forget(ssrc uint32) {
	for i, s := range c.sources {
		if s.ssrc == ssrc {
			c.sources = append(c.sources[:i], c.sources[i+1:]...)
			return
		}
	}
}

// Admitted tells whether an SSRC is let through.
func (c *Inbound) Admitted(ssrc uint32) bool { return c.find(ssrc) != nil }

// Open authenticates and decrypts an SRTP packet into dst, whose capacity is
// used when it suffices, and returns the RTP packet. dst may be pkt[:0]; then
// pkt is spoilt also when an error is returned.
func (c *Inbound) Open(dst, pkt []byte) ([]byte, error) {
	if err := c.check(pkt); err != nil {
		return nil, err
	}
	s := c.find(rtpSSRC(pkt))
	if s == nil {
		c.stats.unknown.Add(1)
		return nil, ErrUnknownSSRC
	}
	return c.open(s, dst, pkt)
}

// OpenNew is Open for a packet whose SSRC need not be known: it is admitted if
// the packet proves to be the far end's, and only then.
func (c *Inbound) OpenNew(dst, pkt []byte) ([]byte, error) {
	if err := c.check(pkt); err != nil {
		return nil, err
	}
	if s := c.find(rtpSSRC(pkt)); s != nil {
		return c.open(s, dst, pkt)
	}
	s, err := c.admit(rtpSSRC(pkt))
	if err != nil {
		c.stats.unknown.Add(1)
		return nil, err
	}
	out, err := c.open(s, dst, pkt)
	if err != nil {
		c.Forget(s.ssrc)
	}
	return out, err
}

func (c *Inbound) check(pkt []byte) error {
	if c.t == nil {
		return ErrClosed
	}
	n, ok := rtpHeader(pkt)
	if tag, _ := Overhead(c.suite); !ok || len(pkt) < n+tag {
		c.stats.broken.Add(1)
		return ErrMalformed
	}
	if c.rtpLeft == 0 {
		return ErrKeyLifetime
	}
	return nil
}

func (c *Inbound) open(s *source, dst, pkt []byte) ([]byte, error) {
	index, ok := s.rtp.guess(rtpSeq(pkt))
	if !ok || !s.rtp.fresh(index) {
		c.stats.replayed.Add(1)
		return nil, ErrReplayed
	}
	if !s.rtp.started && index < earlyWrap {
		return c.openFirst(s, dst, pkt, index)
	}
	return c.openAt(s, dst, pkt, index)
}

// earlyWrap bounds the sequence numbers of a first packet that may lie behind
// a rollover which we did not see, because what came before was lost or came
// before we listened. RFC 3711 3.3.1 has senders begin below 2^15 to avoid
// this; terminals begin anywhere.
const earlyWrap = 1024

// openFirst tries the first packet of a source with a rollover count of none
// and of one.
func (c *Inbound) openFirst(s *source, dst, pkt []byte, index uint64) ([]byte, error) {
	c.scratch = append(c.scratch[:0], pkt...)
	out, err := c.t.open(dst, pkt, s.ssrc, index)
	if err == nil {
		return c.opened(s, out, index), nil
	}
	return c.openAt(s, dst, c.scratch, index|1<<16)
}

func (c *Inbound) openAt(s *source, dst, pkt []byte, index uint64) ([]byte, error) {
	out, err := c.t.open(dst, pkt, s.ssrc, index)
	if err != nil {
		c.stats.failed.Add(1)
		return nil, err
	}
	return c.opened(s, out, index), nil
}

func (c *Inbound) opened(s *source, out []byte, index uint64) []byte {
	s.rtp.use(index)
	c.rtpLeft--
	c.stats.packets.Add(1)
	return out
}

// OpenRTCP is Open for SRTCP.
func (c *Inbound) OpenRTCP(dst, pkt []byte) ([]byte, error) {
	index, err := c.checkRTCP(pkt)
	if err != nil {
		return nil, err
	}
	s := c.find(rtcpSSRC(pkt))
	if s == nil {
		c.stats.unknown.Add(1)
		return nil, ErrUnknownSSRC
	}
	return c.openRTCP(s, dst, pkt, index)
}

// OpenNewRTCP is OpenNew for SRTCP.
func (c *Inbound) OpenNewRTCP(dst, pkt []byte) ([]byte, error) {
	index, err := c.checkRTCP(pkt)
	if err != nil {
		return nil, err
	}
	if s := c.find(rtcpSSRC(pkt)); s != nil {
		return c.openRTCP(s, dst, pkt, index)
	}
	s, err := c.admit(rtcpSSRC(pkt))
	if err != nil {
		c.stats.unknown.Add(1)
		return nil, err
	}
	out, err := c.openRTCP(s, dst, pkt, index)
	if err != nil {
		c.Forget(s.ssrc)
	}
	return out, err
}

func (c *Inbound) checkRTCP(pkt []byte) (uint32, error) {
	if c.t == nil {
		return 0, ErrClosed
	}
	index, ok := rtcpIndex(c.suite, pkt)
	if !ok {
		c.stats.broken.Add(1)
		return 0, ErrMalformed
	}
	if c.rtcpLeft == 0 {
		return 0, ErrKeyLifetime
	}
	return index, nil
}

func (c *Inbound) openRTCP(s *source, dst, pkt []byte, index uint32) ([]byte, error) {
	if !s.rtcp.fresh(uint64(index)) {
		c.stats.replayed.Add(1)
		return nil, ErrReplayed
	}
	out, err := c.t.openRTCP(dst, pkt)
	if err != nil {
		c.stats.failed.Add(1)
		return nil, err
	}
	s.rtcp.use(uint64(index))
	c.rtcpLeft--
	c.stats.packets.Add(1)
	return out, nil
}
