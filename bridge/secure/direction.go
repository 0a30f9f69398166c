package secure

import (
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/media"
)

// MaxSSRCs is how many SSRCs one context knows at a time, unless Limit says
// otherwise. A terminal's stream has one; it gets a new one when it starts over.
const MaxSSRCs = 8

// A master key protects at most this many packets (RFC 3711 9.2), counted over
// all its SSRCs.
const (
	maxSRTP  = 1 << 48
	maxSRTCP = 1<<31 - 1 // index 0 is not used
)

// Stats counts what a context did.
type Stats struct {
	Packets  uint64 // opened or sealed, RTP and RTCP
	Unknown  uint64 // refused for their SSRC
	Replayed uint64 // refused as seen before or too old
	Failed   uint64 // refused by authentication
	Broken   uint64 // refused as malformed
}

// source is what is kept for one SSRC.
type source struct {
	ssrc uint32
	rtp  window
	rtcp window
	left uint64 // what the key was still good for at its last packet: the lower, the younger
	stay bool   // was admitted by name: no other SSRC takes its place
}

// direction is what both directions have in common.
type direction struct {
	suite    media.Suite
	t        transform
	tag      int // bytes that an SRTP packet is longer
	tail     int // bytes that an SRTCP packet is longer
	most     int // sources
	sources  []*source
	rtpLeft  uint64 // packets that the key is still good for
	rtcpLeft uint64
	stats    counters
}

type counters struct {
	packets, unknown, replayed, failed, broken atomic.Uint64
}

func (c *direction) init(suite media.Suite, key media.Key) error {
	t, err := newTransform(suite, key)
	if err != nil {
		return err
	}
	c.suite, c.t, c.rtpLeft, c.rtcpLeft = suite, t, maxSRTP, maxSRTCP
	c.tag, c.tail = Overhead(suite)
	c.most = MaxSSRCs
	return nil
}

// Limit says how many SSRCs the context may know at a time.
func (c *direction) Limit(ssrcs int) { c.most = ssrcs }

func (c *direction) find(ssrc uint32) *source {
	for _, s := range c.sources {
		if s.ssrc == ssrc {
			return s
		}
	}
	return nil
}

func (c *direction) admit(ssrc uint32) (*source, error) {
	if s := c.find(ssrc); s != nil {
		return s, nil
	}
	if len(c.sources) >= c.most {
		return nil, ErrTooMany
	}
	return c.keep(source{ssrc: ssrc}), nil
}

func (c *direction) keep(s source) *source {
	c.sources = append(c.sources, &s)
	return &s
}

// Suite tells the suite of the context.
func (c *direction) Suite() media.Suite { return c.suite }

// Stats gives the counts so far. It may be called from any goroutine.
func (c *direction) Stats() Stats {
	return Stats{
		Packets:  c.stats.packets.Load(),
		Unknown:  c.stats.unknown.Load(),
		Replayed: c.stats.replayed.Load(),
		Failed:   c.stats.failed.Load(),
		Broken:   c.stats.broken.Load(),
	}
}

// Close wipes the key. The context refuses everything afterwards.
func (c *direction) Close() {
	if c.t != nil {
		c.t.close()
		c.t = nil
	}
	c.sources = nil
}

// String keeps keys out of logs.
func (c *direction) String() string { return "secure(" + c.suite.String() + ")" }

// GoString is described at String.
func (c *direction) GoString() string { return c.String() }
