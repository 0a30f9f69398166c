package control

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
	"github.com/roombridge/roombridge/h323/h245"
)

// rejection is a cause for which a channel is refused.
type rejection = h245.OpenLogicalChannelRejectCause

// receiveOpen answers a channel that the far end wants to open (H.245 C.4).
func (s *Session) receiveOpen(o *h245.OpenLogicalChannel) {
	i, st, cause := s.accept(o)
	if cause != nil {
		s.note("H.245: channel of the far end refused", "channel", o.ForwardLogicalChannelNumber,
			"type", name(&o.ForwardLogicalChannelParameters.DataType), "cause", name(cause))
		s.respond(h245.ResponseMessage{OpenLogicalChannelReject: &h245.OpenLogicalChannelReject{
			ForwardLogicalChannelNumber: o.ForwardLogicalChannelNumber, Cause: *cause,
		}})
		return
	}
	s.admit(st, i)
	s.respond(h245.ResponseMessage{OpenLogicalChannelAck: s.openAck(st, i)})
	s.follow(st)
}

// admit takes a channel in. The same number again opens the channel anew; a newer
// channel of the same stream goes before those that were not closed, which Huawei's MCU
// leaves behind.
func (s *Session) admit(st *stream, i *incoming) {
	if old, _ := s.theirs(i.number); old != nil {
		old.drop(i.number)
	}
	st.in = slices.Insert(st.in, 0, i)
	if len(st.in) > maxIncoming {
		st.in = st.in[:maxIncoming]
	}
	if st.Kind == media.Video { // a new channel knows no limit yet
		st.told.opened, st.told.limit = s.now, 0
		if st.told.wanted != 0 {
			s.limitVideo(st)
		}
	}
}

func (st *stream) drop(number uint16) {
	st.in = slices.DeleteFunc(st.in, func(i *incoming) bool { return i.number == number })
}

// accept decides on a channel of the far end.
func (s *Session) accept(o *h245.OpenLogicalChannel) (*incoming, *stream, *rejection) {
	f := &o.ForwardLogicalChannelParameters
	p := f.MultiplexParameters.H2250LogicalChannelParameters
	if p == nil {
		return nil, nil, &rejection{Unspecified: true}
	}
	m, err := capability.Read(s.cfg.Caps, &f.DataType, p)
	switch {
	case errors.Is(err, capability.ErrEncrypted):
		return nil, nil, &rejection{SecurityDenied: true}
	case errors.Is(err, capability.ErrUnknown):
		return nil, nil, &rejection{UnknownDataType: true}
	case err != nil:
		return nil, nil, &rejection{DataTypeNotSupported: true}
	case o.ReverseLogicalChannelParameters != nil: // sound and pictures go one way
		return nil, nil, &rejection{UnsuitableReverseParameters: true}
	}
	st := s.find(m.Kind)
	if st == nil {
		return nil, nil, &rejection{DataTypeNotSupported: true}
	}
	if cause := s.refuse(st, o, p, m); cause != nil {
		return nil, nil, cause
	}
	return &incoming{
		number: o.ForwardLogicalChannelNumber, session: s.session(st, p.SessionID),
		media: m, control: s.target(p.MediaControlChannel),
	}, st, nil
}

// refuse looks for what is wrong with a channel whose codec would do.
func (s *Session) refuse(st *stream, o *h245.OpenLogicalChannel, p *h245.H2250LogicalChannelParameters, m capability.Media) *rejection {
	switch id := p.SessionID; {
	case multicast(p.MediaChannel), multicast(p.MediaControlChannel):
		return &rejection{MulticastChannelNotAllowed: true}
	case s.forbidden(p.MediaControlChannel): // its mediaChannel is not where we send
		return &rejection{Unspecified: true}
	case id == 0 && s.roles.role == Slave, // the master has to name sessions (H.225.0 7.5)
		id >= 1 && id <= 3 && id != sessionOf(m.Kind),
		id > 3 && s.roles.role == Master: // and we named none
		return &rejection{InvalidSessionID: true}
	case (id == 0 || id > 3) && s.another(st, o): // Tandberg opens a second picture so
		return &rejection{DataTypeNotAvailable: true}
	case s.conflict(st, m) && s.roles.role == Master && !s.keepsRefused():
		return &rejection{MasterSlaveConflict: true}
	}
	if r := o.ForwardLogicalChannelParameters.ReplacementFor; r != nil {
		if old, _ := s.theirs(*r); old != st {
			return &rejection{ReplacementForRejected: true}
		}
	}
	return nil
}

// another tells whether a channel would be a second one beside the main one of a stream.
func (s *Session) another(st *stream, o *h245.OpenLogicalChannel) bool {
	return slices.ContainsFunc(st.in, func(i *incoming) bool {
		return i.number != o.ForwardLogicalChannelNumber && i.session == sessionOf(st.Kind)
	})
}

// session is the RTP session of an accepted channel; a slave leaves it to us with 0.
func (s *Session) session(st *stream, id uint8) uint8 {
	if id == 0 {
		return sessionOf(st.Kind)
	}
	return id
}

// conflict tells whether the far end wants to send another codec than it receives, and
// cannot do both at once (H.245 C.4.1.3).
func (s *Session) conflict(st *stream, m capability.Media) bool {
	o := st.out
	return o != nil && o.entry != nil && o.entry.Symmetric && !sameCodec(o.format, m.Format)
}

// keepsRefused tells of terminals that do not open a channel again after
// masterSlaveConflict: NetMeeting and Tandberg T1000. Our channel gives way instead.
func (s *Session) keepsRefused() bool {
	d := strings.ToLower(s.cfg.Device())
	return strings.Contains(d, "netmeeting") || strings.Contains(d, "t1000")
}

// follow changes our channel to the codec of theirs where the far end has one for both,
// if that can be sent.
func (s *Session) follow(st *stream) {
	o := st.out
	if o == nil || !s.conflict(st, st.in[0].media) || !s.negotiated() {
		return
	}
	st.out = nil
	c := s.choose()
	st.out = o
	e := c.Audio
	if st.Kind == media.Video {
		e = c.Video
	}
	if e != nil && sameCodec(e.Format, st.in[0].media.Format) {
		s.closeOurs(st)
		s.openMissing()
	}
}

// openAck tells where the far end shall send.
func (s *Session) openAck(st *stream, i *incoming) *h245.OpenLogicalChannelAck {
	p := &h245.H2250LogicalChannelAckParameters{
		SessionID:           new(i.session),
		MediaChannel:        s.transport(st.RTP),
		MediaControlChannel: s.transport(st.RTCP),
		FlowControlToZero:   new(false),
	}
	if pt := i.media.Format.PT; pt >= 96 {
		p.DynamicRTPPayloadType = new(pt)
	}
	return &h245.OpenLogicalChannelAck{
		ForwardLogicalChannelNumber:   i.number,
		ForwardMultiplexAckParameters: &h245.ForwardMultiplexAckParameters{H2250LogicalChannelAckParameters: p},
	}
}

// receiveClose closes a channel of the far end; one that is not there is closed already.
func (s *Session) receiveClose(c *h245.CloseLogicalChannel) {
	n := c.ForwardLogicalChannelNumber
	if st, _ := s.theirs(n); st != nil {
		st.drop(n)
	}
	s.respond(h245.ResponseMessage{CloseLogicalChannelAck: &h245.CloseLogicalChannelAck{ForwardLogicalChannelNumber: n}})
}

// controlled is where RTCP about a stream goes.
func (st *stream) controlled() netip.AddrPort {
	if st.out != nil && st.out.control.IsValid() {
		return st.out.control
	}
	for _, i := range st.in {
		if i.control.IsValid() {
			return i.control
		}
	}
	return netip.AddrPort{}
}

// formats are what may arrive, the newest channel's first.
func (st *stream) formats() (list []media.Format) {
	for _, i := range st.in {
		f := i.media.Format
		if !slices.ContainsFunc(list, func(g media.Format) bool { return g.PT == f.PT }) {
			list = append(list, f)
		}
	}
	return list
}
