package control

import (
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// receiveCommand obeys a command. What is not for us is passed over in silence: Huawei's
// MCU sends commands of its own that must not be answered.
func (s *Session) receiveCommand(c *h245.CommandMessage) {
	switch {
	case c.SendTerminalCapabilitySet != nil:
		s.receiveSendCapabilities()
	case c.FlowControlCommand != nil:
		s.receiveFlowControl(c.FlowControlCommand)
	case c.MiscellaneousCommand != nil:
		s.receiveMiscellaneous(&c.MiscellaneousCommand.Type)
	case c.EndSessionCommand != nil:
		s.receiveEndSession(c.EndSessionCommand)
	default:
		s.log.Debug("H.245: command passed over", "command", name(c))
	}
}

// receiveEndSession ends the session, with an answer (H.323 8.5).
func (s *Session) receiveEndSession(c *h245.EndSessionCommand) {
	s.endSession()
	s.over = true
	s.user.EndSession(name(c))
}

// receiveMiscellaneous obeys what asks for a fresh picture. Some terminals name the wrong
// channel, so the channel is not looked at. Our picture cannot be refreshed in parts.
func (s *Session) receiveMiscellaneous(t *h245.MiscellaneousCommandType) {
	switch {
	case t.VideoFastUpdatePicture, t.VideoFastUpdateGOB != nil, t.VideoFastUpdateMB != nil,
		t.LostPicture != nil, t.LostPartialPicture != nil, t.RecoveryReferencePicture != nil, t.VideoBadMBs != nil:
		s.user.KeyframeWanted()
	default: // videoFreezePicture and others need no action of a relay
		s.log.Debug("H.245: command passed over", "command", name(t))
	}
}

// receiveFlowControl is told how much we may send (H.245 B.14.4). The rate counts the
// media; of a whole multiplex the sound's part goes off.
func (s *Session) receiveFlowControl(c *h245.FlowControlCommand) {
	rate, free := 0, c.Restriction.MaximumBitRate == nil
	if !free {
		rate = int(min(*c.Restriction.MaximumBitRate, 10_000_000)) * 100
	}
	switch scope := &c.Scope; {
	case scope.LogicalChannelNumber != nil:
		if st := s.ours(*scope.LogicalChannelNumber); st != nil {
			s.restrict(st, rate, free)
		}
	case scope.WholeMultiplex:
		for _, st := range s.streams {
			left := rate
			if st.Kind == media.Video && rate > soundRate {
				left = rate - soundRate
			}
			if st.out != nil {
				s.restrict(st, left, free)
			}
		}
	}
}

// soundRate is what sound takes of a whole multiplex, bit/s.
const soundRate = 64_000

// restrict limits a channel of ours; 0 stops it.
func (s *Session) restrict(st *stream, rate int, free bool) {
	st.stopped = !free && rate == 0
	st.limit = rate
	if !st.stopped && st.Kind == media.Video {
		s.user.BitrateLimit(st.Kind, st.limit)
	}
}

// limitTold is what the far end shall send of a picture, and what it was told.
type limitTold struct {
	wanted, limit int       // bit/s; 0 is no limit of our own
	opened        time.Time // when the channel was
}

// LimitBitrate asks the far end to send no more video than this, bit/s
// (flowControlCommand); 0 lifts it.
func (s *Session) LimitBitrate(now time.Time, bps int) {
	s.now = now
	st := s.find(media.Video)
	if s.done() || st == nil {
		return
	}
	st.told.wanted = max(bps, 0)
	s.limitVideo(st)
	s.tell()
}

// limitVideo tells the limit once pictures can flow, and never one above what we took on
// opening: LifeSize was seen to break by flow control it did not expect, so it is never
// told to send more either.
func (s *Session) limitVideo(st *stream) {
	if len(st.in) == 0 {
		return
	}
	if ready := st.told.opened.Add(tSettle); s.now.Before(ready) {
		s.timers.set("limit", 0, ready, func() { s.limitVideo(st) })
		return
	}
	most := s.cfg.Caps.RecvBitrate
	rate := least(st.told.wanted, most)
	before := least(st.told.limit, most)
	up := before != 0 && (rate == 0 || rate > before)
	if rate == before || up && strings.Contains(strings.ToLower(s.cfg.Device()), "lifesize") {
		return
	}
	st.told.limit = rate
	c := &h245.FlowControlCommand{Scope: h245.FlowControlCommandScope{LogicalChannelNumber: new(st.in[0].number)}}
	if rate > 0 {
		c.Restriction.MaximumBitRate = new(uint32(max(rate/100, 1)))
	} else {
		c.Restriction.NoRestriction = true
	}
	s.command(h245.CommandMessage{FlowControlCommand: c})
}

// RequestKeyframe asks the far end for a keyframe (videoFastUpdatePicture).
func (s *Session) RequestKeyframe(now time.Time) {
	s.now = now
	st := s.find(media.Video)
	if s.done() || st == nil || len(st.in) == 0 {
		return
	}
	s.command(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{
		LogicalChannelNumber: st.in[0].number, Type: h245.MiscellaneousCommandType{VideoFastUpdatePicture: true},
	}})
}
