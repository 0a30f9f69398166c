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

// Admit lets an SSRC through, RTP and RTCP. ErrTooMany when as many are known as may be.
func (c *Inbound) Admit(ssrc uint32) error {
	if c.t == nil {
		return ErrClosed
	}
	s, err := c.admit(ssrc)
	if err == nil {
		s.stay = true
	}
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
// used when it suffices for the SRTP packet, and returns the RTP packet. dst
// may be pkt[:0]; then pkt is spoilt when an AEAD suite refuses it, and left as
// it was when it fails under AES-CM or is refused for another reason.
func (c *Inbound) Open(dst, pkt []byte) ([]byte, error) {
	header, err := c.check(pkt)
	if err != nil {
		return nil, err
	}
	s := c.find(rtpSSRC(pkt))
	if s == nil {
		c.stats.unknown.Add(1)
		return nil, ErrUnknownSSRC
	}
	return c.open(s, dst, pkt, header)
}

// OpenNew is Open for a packet whose SSRC need not be known: it is admitted if
// the packet proves to be the far end's, and only then. When as many are known
// as may be, the one that was silent longest, of those that were not named by
// Admit, is forgotten for it with its replay window; ErrTooMany when all were
// named.
func (c *Inbound) OpenNew(dst, pkt []byte) ([]byte, error) {
	header, err := c.check(pkt)
	if err != nil {
		return nil, err
	}
	if s := c.find(rtpSSRC(pkt)); s != nil {
		return c.open(s, dst, pkt, header)
	}
	if err := c.room(); err != nil {
		return nil, err
	}
	s := source{ssrc: rtpSSRC(pkt)}
	out, err := c.open(&s, dst, pkt, header)
	if err == nil {
		c.replace(s)
	}
	return out, err
}

// room tells whether another SSRC may be admitted.
func (c *Inbound) room() error {
	if len(c.sources) < c.most || c.oldest() >= 0 {
		return nil
	}
	c.stats.unknown.Add(1)
	return ErrTooMany
}

// oldest finds the source that was silent longest, -1 when all stay.
func (c *Inbound) oldest() int {
	at := -1
	for i, s := range c.sources {
		if !s.stay && (at < 0 || s.left > c.sources[at].left) {
			at = i
		}
	}
	return at
}

// replace keeps a source that has proved to be the far end's, in the place of
// the one that was silent longest if need be.
func (c *Inbound) replace(s source) {
	if len(c.sources) >= c.most {
		c.Forget(c.sources[c.oldest()].ssrc)
	}
	c.keep(s)
}

// check gives the length of a packet's header.
func (c *Inbound) check(pkt []byte) (header int, err error) {
	if c.t == nil {
		return 0, ErrClosed
	}
	header, ok := rtpHeader(pkt)
	if !ok || len(pkt) < header+c.tag {
		c.stats.broken.Add(1)
		return 0, ErrMalformed
	}
	if c.rtpLeft == 0 {
		return 0, ErrKeyLifetime
	}
	return header, nil
}

func (c *Inbound) open(s *source, dst, pkt []byte, header int) ([]byte, error) {
	index, ok := s.rtp.guess(rtpSeq(pkt))
	if !ok || !s.rtp.fresh(index) {
		c.stats.replayed.Add(1)
		return nil, ErrReplayed
	}
	p := place(dst, pkt, len(pkt))
	if !s.rtp.started && index < earlyWrap {
		index, ok = c.openFirst(p, header, index)
	} else {
		ok = c.t.open(p, header, index)
	}
	if !ok {
		c.stats.failed.Add(1)
		return nil, ErrAuth
	}
	c.opened(s, index)
	return p[:len(p)-c.tag], nil
}

func (c *Inbound) opened(s *source, index uint64) {
	s.rtp.use(index)
	c.rtpLeft--
	s.left = c.rtpLeft + c.rtcpLeft
	c.stats.packets.Add(1)
}

// earlyWrap bounds the sequence numbers of a first packet that may lie behind
// a rollover which we did not see, because what came before was lost or came
// before we listened. RFC 3711 3.3.1 has senders begin below 2^15 to avoid
// this; terminals begin anywhere.
const earlyWrap = 1024

// openFirst tries the first packet of a source with a rollover count of none
// and of one, and gives the index it has.
func (c *Inbound) openFirst(p []byte, header int, index uint64) (uint64, bool) {
	c.scratch = append(c.scratch[:0], p...)
	if !c.t.open(p, header, index) {
		copy(p, c.scratch)
		index |= 1 << 16
		if !c.t.open(p, header, index) {
			return 0, false
		}
	}
	c.scratch = nil
	return index, true
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
	if err := c.room(); err != nil {
		return nil, err
	}
	s := source{ssrc: rtcpSSRC(pkt)}
	out, err := c.openRTCP(&s, dst, pkt, index)
	if err == nil {
		c.replace(s)
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
	p := place(dst, pkt, len(pkt))
	if !c.t.openRTCP(p) {
		c.stats.failed.Add(1)
		return nil, ErrAuth
	}
	s.rtcp.use(uint64(index))
	c.rtcpLeft--
	s.left = c.rtpLeft + c.rtcpLeft
	c.stats.packets.Add(1)
	return p[:len(p)-c.tail], nil
}
