package control

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
	"github.com/roombridge/roombridge/h323/h245"
)

// maxProposals bounds the channels of a fast connect that are looked at. Terminals
// propose up to sixty.
const maxProposals = 256

// ErrFast tells that a fast connect answer has no channel of those that were offered.
var ErrFast = errors.New("control: fast connect was answered with channels that were not offered")

// proposal is a channel that we offered in fast connect.
type proposal struct {
	number uint16
	stream *stream
	format media.Format
}

// FastOffer gives the channels that a Setup of ours proposes (H.323 8.1.7.1), in
// order of preference.
func (s *Session) FastOffer() (list []*h245.OpenLogicalChannel) {
	s.offered = nil
	if !s.cfg.Caller || s.done() {
		return nil
	}
	for _, st := range s.streams {
		if s.find(st.Kind) != st {
			continue
		}
		for _, f := range capability.Proposals(s.cfg.Caps, st.Kind) {
			list = append(list, s.proposed(st, f, true)...)
		}
		for _, f := range capability.Proposals(s.cfg.Caps, st.Kind) {
			list = append(list, s.proposed(st, f, false)...)
		}
	}
	return list
}

// proposed offers to send, or to receive, a format. A channel of the far end is the
// reverse of an empty one.
func (s *Session) proposed(st *stream, f media.Format, sends bool) []*h245.OpenLogicalChannel {
	limit := s.cfg.Caps.SendBitrate
	if !sends {
		limit = s.cfg.Caps.RecvBitrate
	}
	dataType, p, ok := capability.Proposal(f, limit)
	if !ok {
		return nil
	}
	p.SessionID = sessionOf(st.Kind)
	p.MediaControlChannel = s.transport(st.RTCP)
	o := &h245.OpenLogicalChannel{ForwardLogicalChannelNumber: s.number()}
	if sends {
		s.offered = append(s.offered, proposal{o.ForwardLogicalChannelNumber, st, f})
		o.ForwardLogicalChannelParameters = h245.ForwardLogicalChannelParameters{
			DataType: dataType, MultiplexParameters: h245.ForwardMultiplexParameters{H2250LogicalChannelParameters: p},
		}
		return []*h245.OpenLogicalChannel{o}
	}
	p.MediaChannel, p.SilenceSuppression = s.transport(st.RTP), nil
	o.ForwardLogicalChannelParameters = h245.ForwardLogicalChannelParameters{
		DataType: h245.DataType{NullData: true}, MultiplexParameters: h245.ForwardMultiplexParameters{None: true},
	}
	o.ReverseLogicalChannelParameters = &h245.ReverseLogicalChannelParameters{
		DataType: dataType, MultiplexParameters: &h245.ReverseMultiplexParameters{H2250LogicalChannelParameters: p},
	}
	return []*h245.OpenLogicalChannel{o}
}

// fastChannel is a channel of fast connect, read.
type fastChannel struct {
	open    *h245.OpenLogicalChannel
	reverse bool // from the called to the calling end
	data    *h245.DataType
	p       *h245.H2250LogicalChannelParameters
}

func readFast(o *h245.OpenLogicalChannel) (c fastChannel, ok bool) {
	if o == nil {
		return c, false
	}
	c.open = o
	if r := o.ReverseLogicalChannelParameters; r != nil && o.ForwardLogicalChannelParameters.DataType.NullData {
		c.reverse, c.data = true, &r.DataType
		if r.MultiplexParameters != nil {
			c.p = r.MultiplexParameters.H2250LogicalChannelParameters
		}
		return c, c.p != nil
	}
	c.data = &o.ForwardLogicalChannelParameters.DataType
	c.p = o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters
	return c, c.p != nil && o.ReverseLogicalChannelParameters == nil
}

// FastAnswered takes the channels that the far end chose of FastOffer's. An empty
// list is a refusal. With an error nothing has changed, and H.245 has to open channels.
func (s *Session) FastAnswered(now time.Time, list []*h245.OpenLogicalChannel) error {
	s.now = now
	if s.fast || s.done() { // the answer may come again in a later message
		return nil
	}
	found := false
	for _, o := range list[:min(len(list), maxProposals)] {
		c, ok := readFast(o)
		if !ok || s.forbidden(c.p.MediaControlChannel) {
			continue
		}
		if c.reverse {
			found = s.fastReceives(c) || found
		} else {
			found = s.fastSends(c) || found
		}
	}
	if !found {
		return ErrFast
	}
	s.fastDone()
	return nil
}

func (s *Session) fastDone() {
	s.fast = true
	s.establish()
	s.tell()
}

// fastSends opens a channel of ours that the far end accepted.
func (s *Session) fastSends(c fastChannel) bool {
	m, ok := capability.Sending(s.cfg.Caps, c.data, c.p)
	to := s.elsewhere(c.p.MediaChannel)
	if !ok || !to.IsValid() {
		return false
	}
	st := s.find(m.Kind)
	offered := slices.ContainsFunc(s.offered, func(p proposal) bool { return p.stream == st && p.format.Matches(m.Format) })
	if st == nil || st.out != nil || !offered {
		return false
	}
	n := c.open.ForwardLogicalChannelNumber
	if s.ours(n) != nil {
		return false
	}
	st.out = &outgoing{
		number: n, session: c.p.SessionID, format: m.Format, open: true, fast: true,
		remote: to, control: s.elsewhere(c.p.MediaControlChannel),
	}
	return true
}

// fastReceives takes a channel of the far end.
func (s *Session) fastReceives(c fastChannel) bool {
	m, err := capability.Read(s.cfg.Caps, c.data, c.p)
	if err != nil {
		return false
	}
	st := s.find(m.Kind)
	if st == nil || len(st.in) > 0 {
		return false
	}
	s.admit(st, &incoming{
		number: c.open.ForwardLogicalChannelNumber, session: s.session(st, c.p.SessionID),
		media: m, control: s.elsewhere(c.p.MediaControlChannel),
	})
	return true
}

// elsewhere is an address of the far end. Some answer with the proposal as it was, where
// our own addresses still stand.
func (s *Session) elsewhere(t *h245.TransportAddress) netip.AddrPort {
	a := s.target(t)
	own := s.cfg.AddressFor(s.cfg.Remote).Unmap()
	for _, st := range s.streams {
		if a.Addr().Unmap() == own && (a.Port() == st.RTP || a.Port() == st.RTCP) {
			return netip.AddrPort{}
		}
	}
	return a
}

// FastAnswer chooses among the channels that a Setup of theirs proposes, and gives
// what the answer carries. Nil refuses fast connect: H.245 has to open channels.
func (s *Session) FastAnswer(now time.Time, offer []*h245.OpenLogicalChannel) (answer []*h245.OpenLogicalChannel) {
	s.now = now
	if s.fast || s.done() {
		return nil
	}
	var channels []fastChannel
	for _, o := range offer[:min(len(offer), maxProposals)] {
		if c, ok := readFast(o); ok {
			channels = append(channels, c)
		}
	}
	sound := false
	for _, st := range s.streams {
		if s.find(st.Kind) != st {
			continue
		}
		list := s.fastAnswer(st, channels)
		answer = append(answer, list...)
		sound = sound || st.Kind == media.Audio && len(list) > 0
	}
	if !sound { // a picture alone is no answer; H.245 may find more
		for _, st := range s.streams {
			st.out, st.in = nil, nil
		}
		return nil
	}
	s.fastDone()
	return answer
}

// fastAnswer chooses for one stream, each direction for itself.
func (s *Session) fastAnswer(st *stream, channels []fastChannel) (answer []*h245.OpenLogicalChannel) {
	own, pick := s.cfg.Caps.Audio, media.ChooseAudio
	if st.Kind == media.Video {
		own, pick = s.cfg.Caps.Video, media.ChooseVideo
	}
	for _, reverse := range []bool{false, true} {
		var usable []fastChannel
		var formats []media.Format
		for _, c := range channels {
			m, ok := capability.Sending(s.cfg.Caps, c.data, c.p)
			if !ok || c.reverse != reverse || m.Kind != st.Kind ||
				s.forbidden(c.p.MediaControlChannel) || reverse && !s.target(c.p.MediaChannel).IsValid() {
				continue
			}
			usable, formats = append(usable, c), append(formats, m.Format)
		}
		if _, j := pick(own, formats); j >= 0 {
			answer = append(answer, s.take(st, usable[j], formats[j]))
		}
	}
	return answer
}

// take opens a proposed channel and writes our part of it (H.323 8.1.7.1).
func (s *Session) take(st *stream, c fastChannel, f media.Format) *h245.OpenLogicalChannel {
	o, p := *c.open, *c.p
	if !c.reverse {
		s.fastReceives(c)
		p.MediaChannel, p.MediaControlChannel = s.transport(st.RTP), s.transport(st.RTCP)
		o.ForwardLogicalChannelParameters.MultiplexParameters.H2250LogicalChannelParameters = &p
		return &o
	}
	st.out = &outgoing{
		number: s.number(), session: p.SessionID, format: f, open: true, fast: true,
		remote: s.target(p.MediaChannel), control: s.target(p.MediaControlChannel),
	}
	r, m := *o.ReverseLogicalChannelParameters, *o.ReverseLogicalChannelParameters.MultiplexParameters
	p.MediaControlChannel = s.transport(st.RTCP)
	m.H2250LogicalChannelParameters, r.MultiplexParameters = &p, &m
	o.ForwardLogicalChannelNumber, o.ReverseLogicalChannelParameters = st.out.number, &r
	return &o
}
