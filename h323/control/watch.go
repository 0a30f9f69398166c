package control

import (
	"slices"

	"github.com/roombridge/roombridge/bridge"
)

// watchMedia fails the call if after a while no channel is open either way, nor an
// answer to ours to be awaited.
func (s *Session) watchMedia() {
	s.timers.set("media", 0, s.now.Add(tMedia), func() {
		switch {
		case s.anything():
		case slices.ContainsFunc(s.streams, func(st *stream) bool { return st.out != nil }):
			s.watchMedia()
		case s.unanswered:
			s.fail(bridge.CauseMedia, "no answer to openLogicalChannel")
		default:
			s.fail(bridge.CauseMedia, "no codec in common")
		}
	})
}

// watch bounds a call that the relay's media timeout does not: it runs only while the far
// end has a channel to us, and never on hold.
func (s *Session) watch() {
	silent := s.settled && !s.caps.paused && !s.caps.holding && !s.receiving()
	s.timers.keep(silent, "incoming", s.now.Add(max(s.cfg.MediaTimeout, t103)), func() {
		s.fail(bridge.CauseMediaTimeout, "the far end had no channel to us for too long")
	})
	s.timers.keep(s.caps.paused, "hold", s.now.Add(tHold), func() {
		s.fail(bridge.CauseMediaTimeout, "on hold for too long")
	})
}

// receiving tells whether the far end has a channel to us.
func (s *Session) receiving() bool {
	return slices.ContainsFunc(s.streams, func(st *stream) bool { return len(st.in) > 0 })
}
