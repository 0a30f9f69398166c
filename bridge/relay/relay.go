// Package relay is the packet path of a leg: sockets, SRTP, admission,
// ordering, rewriting, and the feedback that travels against the packets.
//
// The stages of a flow, in the order in which a packet meets them:
//
//	receive (batch) -> admit (size, header, payload type, SSRC) ->
//	open (SRTP) -> latch -> order (pictures only) -> publish to sinks ->
//	rewrite (sequence, time, payload type) -> seal (SRTP) -> send (batch)
//
// Nothing is decrypted for an SSRC that was not admitted. One goroutine owns a
// flow up to and including its sinks. The clock is read once for a batch. Only
// small values go backwards: keyframe wanted, limits, loss.
//
// Who is called by a flow (sinks, feedback, a splice's OnSwitch) must not
// block, and must neither detach sinks nor close streams, tracks or stills:
// those wait for the flow. Digits, timeouts and signalling are told on a
// goroutine of their own and may do all that.
package relay

import (
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// Sink takes the packets of a Track. Both methods are called on the goroutine
// of the track's flow. A packet is valid only during the call. Flush ends a
// batch; a sink that sends may hold packets back (sealed, in its own buffer) until then.
type Sink interface {
	WriteRTP(p *packet.Packet)
	Flush()
}

// Out is the sending half of a stream: rewrite is done, it seals and sends.
// Its owner fills PT, Marker, Seq and Timestamp; the Out puts its own SSRC.
// Payload is not kept. Out is safe for use by one goroutine at a time.
type Out interface {
	Send(h packet.Header, payload []byte)
	Flush()
	// PayloadType gives the payload type negotiated for a format, or false
	// when the receiver cannot take it as it is.
	PayloadType(f media.Format) (uint8, bool)
}

// Sharer is an Out that keeps payloads for a while to send them again. It is
// given the packet where its payload goes out as it came, so that all receivers
// of a packet share one copy of it. h is as for Send.
type Sharer interface {
	SendShared(h packet.Header, p *packet.Packet)
}

// Upstream is how a Track reaches back to whoever makes its media. The
// methods must not block.
type Upstream interface {
	// RequestKeyframe asks for a keyframe. attempt counts from 0 within one
	// wanting; later attempts use other means (RTCP PLI, FIR, signalling).
	RequestKeyframe(attempt int)
	// Limit tells the maker the most that all receivers together can take;
	// the zero value lifts the limit.
	Limit(l media.Limits)
}

// Feedback is what a far receiver says of the stream we send it.
type Feedback interface {
	// KeyframeWanted is a PLI, FIR or their equivalent in signalling.
	KeyframeWanted()
	// BitrateLimit is a TMMBR, REMB, flow control or the like, bit/s; 0 lifts it.
	BitrateLimit(bps int)
	// Reported is a receiver report.
	Reported(r Report)
}

// Report is what a far receiver reports of the stream that we send it (RFC 3550
// 6.4.1), and what we know of the stream ourselves.
type Report struct {
	Lost float64       // part of the packets since its report before
	Trip time.Duration // round trip, if it was measured anew since the report before; 0: it was not
	Sent int           // bit/s of payload since the report before
	// Burst is the payload that went out without a pause before the sender report
	// that measured the trip, bits, and Span the time since its first packet.
	Burst int
	Span  time.Duration
}
