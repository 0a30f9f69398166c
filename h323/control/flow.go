package control

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
)

// tell tells the user what flows, if that has changed, and watches that something does.
func (s *Session) tell() {
	if s.done() {
		return
	}
	s.watch()
	now := s.flows()
	if s.told.Streams == nil && !s.anything() || reflect.DeepEqual(now, s.told) {
		return
	}
	s.told = now
	s.user.MediaChanged(now)
}

// anything tells whether a channel is open.
func (s *Session) anything() bool {
	for _, st := range s.streams {
		if st.out != nil && st.out.open || len(st.in) > 0 {
			return true
		}
	}
	return false
}

func (s *Session) flows() media.Session {
	session := media.Session{Streams: make([]media.Stream, len(s.streams))}
	for i, st := range s.streams {
		session.Streams[i] = s.flow(st)
	}
	return session
}

// flow is the outcome for one stream.
func (s *Session) flow(st *stream) media.Stream {
	m := media.Stream{Kind: st.Kind, Role: st.Role, Held: s.caps.paused}
	if o := st.out; o != nil && o.open {
		m.Remote = o.remote
		m.Send = s.packed(o.format)
		m.SendBitrate = s.sendRate(st)
		if !st.stopped {
			m.Direction |= media.Send
		}
	}
	if len(st.in) > 0 {
		m.Direction |= media.Recv
		m.Recv = st.formats()
		m.RecvBitrate = s.recvRate(st)
	}
	if st.out == nil && len(st.in) == 0 {
		m.Refused = s.refusal(st)
		return m
	}
	if m.Direction == media.Inactive && !m.Remote.IsValid() {
		return m
	}
	m.RemoteRTCP = st.controlled()
	if !m.Remote.IsValid() { // we only receive: by custom RTP has the port below RTCP
		m.Remote = s.below(m.RemoteRTCP)
	}
	if st.Kind == media.Audio {
		s.digits(&m)
	}
	return m
}

// refusal says why a stream has no channel, where no codec is common.
func (s *Session) refusal(st *stream) string {
	if !s.settled || s.caps.remote == nil || s.caps.paused {
		return ""
	}
	own, theirs := s.cfg.Caps.Audio, s.caps.remote.Audio
	if st.Kind == media.Video {
		own, theirs = s.cfg.Caps.Video, s.caps.remote.Video
	}
	for i := range theirs {
		if slices.ContainsFunc(own, theirs[i].Format.Matches) {
			return ""
		}
	}
	return fmt.Sprintf("no %s codec in common: the far end has %s, we have %s", st.Kind,
		codecNames(len(theirs), func(i int) media.Codec { return theirs[i].Format.Codec }),
		codecNames(len(own), func(i int) media.Codec { return own[i].Codec }))
}

// codecNames lists codecs, each once.
func codecNames(n int, codec func(int) media.Codec) string {
	var list []string
	for i := range n {
		if c := codec(i); c != media.DTMF && !slices.Contains(list, string(c)) {
			list = append(list, string(c))
		}
	}
	if len(list) == 0 {
		return "none that is known"
	}
	return strings.Join(list, ", ")
}

func (s *Session) below(control netip.AddrPort) netip.AddrPort {
	if control.Port() > 1 {
		return netip.AddrPortFrom(control.Addr(), control.Port()-1)
	}
	return netip.AddrPortFrom(s.cfg.Remote, 9) // nothing is sent there, but packets from the host are expected
}

// digits adds the payload types of RFC 4733.
func (s *Session) digits(m *media.Stream) {
	if pt := capability.OwnDTMF(s.cfg.Caps); pt != 0 && m.Direction.Receives() && !hasPayload(m.Recv, pt) {
		m.RecvDTMF = pt
	}
	if r := s.caps.remote; r != nil && m.Direction.Sends() && r.DTMF != m.Send.PT && capability.OwnDTMF(s.cfg.Caps) != 0 {
		m.SendDTMF = r.DTMF
	}
}

func hasPayload(list []media.Format, pt uint8) bool {
	for _, f := range list {
		if f.PT == pt {
			return true
		}
	}
	return false
}

// sendRate is the most that we may send, bit/s.
func (s *Session) sendRate(st *stream) int {
	if st.Kind == media.Audio {
		return 0
	}
	return least(least(st.out.format.Bitrate, s.cfg.Caps.SendBitrate), st.limit)
}

// recvRate is the most that the far end was told it may send.
func (s *Session) recvRate(st *stream) int {
	if st.Kind == media.Audio {
		return 0
	}
	return least(s.cfg.Caps.RecvBitrate, st.told.limit)
}

// least is the smaller of two limits, of which 0 is none.
func least(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
