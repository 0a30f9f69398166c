package control

import (
	"slices"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
	"github.com/roombridge/roombridge/h323/h245"
)

// openMissing opens a channel for each stream that has none (H.323 8.3).
func (s *Session) openMissing() {
	if !s.negotiated() {
		return
	}
	c := s.choose()
	for _, st := range s.streams {
		if st.out != nil || st.given || st.closed || s.find(st.Kind) != st {
			continue
		}
		e := c.Audio
		if st.Kind == media.Video {
			e = c.Video
		}
		if e != nil {
			s.open(st, e)
		}
	}
}

// choose picks codecs for all streams together, those that run among them.
func (s *Session) choose() capability.Choice {
	return s.caps.remote.Choose(s.offerable(), s.avoid, s.prefer)
}

// avoid tells whether an entry is out of question.
func (s *Session) avoid(e *capability.Entry) bool {
	st := s.find(e.Format.Codec.Kind())
	if st == nil {
		return true
	}
	if st.out != nil {
		return !e.Format.Matches(st.out.format)
	}
	if st.wanted != nil && !st.wanted.Matches(e) {
		return true
	}
	return slices.ContainsFunc(st.refused, e.Format.Matches)
}

// prefer tells whether the far end sends in an entry's codec.
func (s *Session) prefer(e *capability.Entry) bool {
	st := s.find(e.Format.Codec.Kind())
	return st != nil && len(st.in) > 0 && sameCodec(e.Format, st.in[0].media.Format)
}

// sameCodec tells whether one codec serves both formats. Packetization and limits of
// H.264 may differ.
func sameCodec(a, b media.Format) bool {
	if a.Codec == media.H264 {
		return b.Codec == media.H264 && a.H264.SameProfile(b.H264)
	}
	return a.Matches(b)
}

// open proposes a channel of ours.
func (s *Session) open(st *stream, e *capability.Entry) {
	o := &outgoing{number: s.number(), session: sessionOf(st.Kind), entry: e, format: e.Format}
	if st.wanted != nil {
		o.format = st.wanted.Narrow(e.Format)
	}
	st.out = o
	dataType, p := e.Channel(s.cfg.Caps.SendBitrate)
	p.SessionID = o.session
	p.MediaControlChannel = s.transport(st.RTCP)
	s.request(h245.RequestMessage{OpenLogicalChannel: &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: o.number,
		ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
			DataType:            dataType,
			MultiplexParameters: h245.ForwardMultiplexParameters{H2250LogicalChannelParameters: p},
		},
	}})
	s.timers.set("T103", o.number, s.now.Add(t103), func() { s.expireOpen(o.number) })
}

// expireOpen gives up a channel that nobody answers.
func (s *Session) expireOpen(number uint16) {
	if st := s.ours(number); st != nil {
		s.note("H.245: no answer to openLogicalChannel", "channel", number)
		s.closeOurs(st)
		st.given, s.unanswered = true, true
	}
}

func (s *Session) receiveOpenAck(a *h245.OpenLogicalChannelAck) {
	st := s.ours(a.ForwardLogicalChannelNumber)
	if st == nil || st.out.open {
		return
	}
	s.timers.stop("T103", st.out.number)
	p := ackParameters(a)
	if p == nil || !s.target(p.MediaChannel).IsValid() || s.forbidden(p.MediaControlChannel) {
		s.note("H.245: channel without an address for media", "channel", st.out.number)
		s.closeOurs(st)
		st.given = true
		return
	}
	st.out.open = true
	st.out.remote, st.out.control = s.target(p.MediaChannel), s.target(p.MediaControlChannel)
	if pt := p.DynamicRTPPayloadType; pt != nil && *pt >= 96 && *pt < 128 && st.out.format.PT >= 96 {
		st.out.format.PT = *pt
	}
	if p.SessionID != nil && st.out.session == 0 {
		st.out.session = *p.SessionID
	}
	st.stopped = p.FlowControlToZero != nil && *p.FlowControlToZero
}

func ackParameters(a *h245.OpenLogicalChannelAck) *h245.H2250LogicalChannelAckParameters {
	if a.ForwardMultiplexAckParameters == nil {
		return nil
	}
	return a.ForwardMultiplexAckParameters.H2250LogicalChannelAckParameters
}

// receiveOpenReject tries what else the far end may take. After masterSlaveConflict the
// master's own codec comes first, because choose prefers what it sends.
func (s *Session) receiveOpenReject(r *h245.OpenLogicalChannelReject) {
	st := s.ours(r.ForwardLogicalChannelNumber)
	if st == nil || st.out.open {
		return
	}
	s.note("H.245: channel refused", "kind", st.Kind.String(), "codec", string(st.out.format.Codec), "cause", name(&r.Cause))
	s.timers.stop("T103", st.out.number)
	st.refused = append(st.refused, st.out.format)
	st.out = nil
	switch c := &r.Cause; {
	case c.DataTypeNotSupported, c.DataTypeNotAvailable, c.UnknownDataType, c.DataTypeALCombinationNotSupported,
		c.MasterSlaveConflict, c.Unspecified:
		st.given = len(st.refused) >= maxRefused
	default: // another codec would fare no better
		st.given = true
	}
	s.openMissing()
}

// closeOurs closes a channel of ours, or withdraws its proposal.
func (s *Session) closeOurs(st *stream) {
	n := st.out.number
	st.out, st.stopped, st.limit = nil, false, 0
	if len(s.closing) >= maxClosing {
		s.fail(bridge.CauseProtocol, "closeLogicalChannel is not answered")
		return
	}
	s.closing[n] = true
	s.request(h245.RequestMessage{CloseLogicalChannel: closeOf(n, false)})
	s.timers.set("T103", n, s.now.Add(t103), func() { delete(s.closing, n) })
}

func (s *Session) receiveCloseAck(a *h245.CloseLogicalChannelAck) {
	n := a.ForwardLogicalChannelNumber
	if s.closing[n] {
		delete(s.closing, n)
		s.timers.stop("T103", n)
	}
}

// receiveRequestClose is asked to close a channel of ours (H.245 C.8), and to open it
// again if the far end says so.
func (s *Session) receiveRequestClose(r *h245.RequestChannelClose) {
	n := r.ForwardLogicalChannelNumber
	st := s.ours(n)
	if st == nil {
		s.respond(h245.ResponseMessage{RequestChannelCloseReject: &h245.RequestChannelCloseReject{
			ForwardLogicalChannelNumber: n, Cause: h245.RequestChannelCloseRejectCause{Unspecified: true},
		}})
		return
	}
	s.respond(h245.ResponseMessage{RequestChannelCloseAck: &h245.RequestChannelCloseAck{ForwardLogicalChannelNumber: n}})
	s.closeOurs(st)
	st.closed = r.Reason == nil || !r.Reason.Reopen
	s.openMissing()
}
