package room

import (
	"slices"
	"sync/atomic"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// incoming is one encoding of a browser's camera or screen on its way in. It
// is the Upstream of its track.
type incoming struct {
	session *session
	role    media.Role
	rid     string
	ssrc    uint32
	track   *relay.Track
	limit   atomic.Pointer[media.Limits]
	firSeq  atomic.Uint32

	expected, lost atomic.Uint32 // packets, since loss was called
}

// picture makes the track of a source that has begun.
func (s *session) picture(from *source, f media.Format) *incoming {
	l := from.named.line
	in := &incoming{session: s, role: l.role, rid: from.named.rid, ssrc: from.ssrc}
	in.track = relay.NewTrack(relay.TrackConfig{
		ID: l.role.String() + "/" + in.rid, Kind: media.Video, Role: l.role, Upstream: in, Format: f, Now: s.link.now,
	})
	s.mu.Lock()
	s.incoming = append(s.incoming, in)
	s.mu.Unlock()
	s.host.picture(s, in)
	return in
}

// retire ends it.
func (s *session) retire(in *incoming) {
	s.mu.Lock()
	s.incoming = slices.DeleteFunc(s.incoming, func(x *incoming) bool { return x == in })
	s.mu.Unlock()
	s.host.gone(s, in)
	in.track.Close()
}

// RequestKeyframe implements relay.Upstream: PLI, then FIR too (RFC 4585
// 6.3.1, RFC 5104 4.3.1).
func (in *incoming) RequestKeyframe(attempt int) {
	c := &in.session.control
	list := []rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: c.ssrc, MediaSSRC: in.ssrc}}
	if attempt >= 2 {
		list = append(list, &rtcp.FullIntraRequest{
			SenderSSRC: c.ssrc, MediaSSRC: in.ssrc,
			FIR: []rtcp.FIREntry{{SSRC: in.ssrc, SequenceNumber: uint8(in.firSeq.Add(1))}},
		})
	}
	c.post(list...)
}

// Limit implements relay.Upstream. The room tells the page.
func (in *incoming) Limit(l media.Limits) {
	in.limit.Store(&l)
	in.session.host.wake()
}

func (in *incoming) limits() media.Limits {
	if l := in.limit.Load(); l != nil {
		return *l
	}
	return media.Limits{}
}

// count adds what the gate has counted.
func (in *incoming) count(expected, lost uint32) {
	in.expected.Add(expected)
	in.lost.Add(lost)
}

// loss gives the packets expected and missing since the last call.
func (in *incoming) loss() (expected, lost uint32) { return in.expected.Swap(0), in.lost.Swap(0) }
