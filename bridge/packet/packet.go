// Package packet holds the RTP packet that travels through the stages of a
// flow: a view of a pooled buffer with its fixed header parsed once.
package packet

// MaxSize is the largest datagram the packet path takes or sends.
const MaxSize = 1500

// Header is the part of an RTP header (RFC 3550 5.1) that stages read and
// rewrite. CSRCs and header extensions stay in the buffer; they are not
// forwarded between legs.
type Header struct {
	PT        uint8
	Marker    bool
	Seq       uint16
	Timestamp uint32
	SSRC      uint32
}

// Packet is one received RTP packet. Its bytes belong to the flow that
// received it and are valid only during the call that passes the packet on:
// whoever keeps it copies it, or shares a copy with others by Keep.
type Packet struct {
	Header
	Payload  []byte // without padding
	Arrived  int64  // monotonic clock in nanoseconds, one reading for a batch
	Keyframe bool   // video: first packet of a frame that decodes alone, parameter sets included
	Gap      bool   // packets before this one were lost though the numbers join (see h264.Normalizer)
	Audio    int8   // audio level in -dBov from RFC 6464, -1 when unknown

	kept *Buffer // the payload, for those who keep it
}

// Keep gives the payload in memory that outlives the call that passed the
// packet on; the caller is an owner of it. All who keep a packet share one copy,
// which the first of them makes with a buffer of its pool. It is nil when the
// payload does not fit.
func (p *Packet) Keep(pool *Pool) *Buffer {
	if p.kept == nil {
		if len(p.Payload) > pool.Size() {
			return nil
		}
		p.kept = pool.Get()
		p.kept.Bytes = p.kept.Bytes[:copy(p.kept.Bytes, p.Payload)]
	}
	p.kept.Hold()
	return p.kept
}

// Done is for who passed the packet on, when all have had it.
func (p *Packet) Done() {
	if p.kept != nil {
		p.kept.Release()
		p.kept = nil
	}
}
