package control

import (
	"errors"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
	"github.com/roombridge/roombridge/h323/h245"
)

// capabilitySets is the exchange of capabilities, both ways (H.245 C.3).
type capabilitySets struct {
	sequence     uint8
	awaiting     bool // our last set is not acknowledged
	acknowledged bool // a full set of ours was, and no empty one since
	reduced      bool // the far end could not take all of ours
	holding      bool // our last set was the empty one

	table  capability.Table
	remote *capability.Set // nil: none came
	paused bool            // the far end's last set was the empty one
}

// sendCapabilities sends our set, or the empty one while we hold.
func (s *Session) sendCapabilities() {
	set := &h245.TerminalCapabilitySet{ProtocolIdentifier: h245.Version}
	if !s.caps.holding {
		set = capability.Own(s.offerable())
	}
	s.caps.sequence++
	s.caps.awaiting, s.caps.acknowledged = true, false
	set.SequenceNumber = s.caps.sequence
	s.request(h245.RequestMessage{TerminalCapabilitySet: set})
	s.timers.set("T101", 0, s.now.Add(t101), s.expireCapabilities)
}

// offerable is what of our capabilities the far end can be told: only what there are
// ports for, and little where it could not take all.
func (s *Session) offerable() media.Capabilities {
	c := s.cfg.Caps
	if s.find(media.Audio) == nil {
		c.Audio = nil
	}
	if s.find(media.Video) == nil {
		c.Video = nil
	}
	if s.caps.reduced {
		c.Audio = filter(c.Audio, func(f media.Format) bool { return f.Codec == media.PCMA || f.Codec == media.PCMU })
		c.Video = c.Video[:min(len(c.Video), 1)]
	}
	return c
}

func filter(list []media.Format, keep func(media.Format) bool) (kept []media.Format) {
	for _, f := range list {
		if keep(f) {
			kept = append(kept, f)
		}
	}
	return kept
}

// expireCapabilities ends the wait for an answer to our set. Later in a call it does no
// harm: Huawei's MCU ignores a set that says nothing new.
func (s *Session) expireCapabilities() {
	s.caps.awaiting = false
	s.indicate(h245.IndicationMessage{TerminalCapabilitySetRelease: &h245.TerminalCapabilitySetRelease{}})
	if s.settled && !s.caps.holding {
		s.log.Debug("H.245: no answer to terminalCapabilitySet")
		s.caps.acknowledged = true
		s.settle()
		return
	}
	if !s.settled {
		s.fail(bridge.CauseSignalling, "no answer to terminalCapabilitySet")
	}
}

func (s *Session) receiveCapabilitiesAck(sequence uint8) {
	if !s.caps.awaiting || sequence != s.caps.sequence {
		return
	}
	s.timers.stop("T101", 0)
	s.caps.awaiting, s.caps.acknowledged = false, !s.caps.holding
	s.settle()
}

// receiveCapabilitiesReject hears that our set was too much. One that took the entries
// up to a number has what it needs; others get a small set, once.
func (s *Session) receiveCapabilitiesReject(r *h245.TerminalCapabilitySetReject) {
	if !s.caps.awaiting || r.SequenceNumber != s.caps.sequence {
		return
	}
	if x := r.Cause.TableEntryCapacityExceeded; x != nil && x.HighestEntryNumberProcessed != nil {
		s.receiveCapabilitiesAck(r.SequenceNumber)
		return
	}
	if s.caps.reduced || s.caps.holding {
		s.caps.awaiting = false
		s.timers.stop("T101", 0)
		if !s.settled {
			s.fail(bridge.CauseMedia, "the far end does not take our capabilities: "+name(&r.Cause))
		}
		return
	}
	s.caps.reduced = true
	s.sendCapabilities()
}

// receiveCapabilities takes a set of the far end.
func (s *Session) receiveCapabilities(t *h245.TerminalCapabilitySet) {
	if capability.Empty(t) {
		s.acknowledgeCapabilities(t)
		s.pause()
		return
	}
	if err := s.caps.table.Apply(t); err != nil {
		s.rejectCapabilities(t, err)
		return
	}
	s.acknowledgeCapabilities(t)
	s.caps.remote = s.caps.table.Set()
	if s.caps.paused {
		s.resume()
		return
	}
	s.adapt()
	s.settle()
}

func (s *Session) acknowledgeCapabilities(t *h245.TerminalCapabilitySet) {
	s.respond(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: t.SequenceNumber}})
}

func (s *Session) rejectCapabilities(t *h245.TerminalCapabilitySet, err error) {
	s.note("H.245: capabilities refused", "reason", err)
	var cause h245.TerminalCapabilitySetRejectCause
	switch {
	case errors.Is(err, capability.ErrEntries):
		cause.TableEntryCapacityExceeded = &h245.TerminalCapabilitySetRejectCauseTableEntryCapacityExceeded{NoneProcessed: true}
	case errors.Is(err, capability.ErrDescriptors):
		cause.DescriptorCapacityExceeded = true
	case errors.Is(err, capability.ErrUndefined):
		cause.UndefinedTableEntryUsed = true
	default:
		cause.Unspecified = true
	}
	s.respond(h245.ResponseMessage{TerminalCapabilitySetReject: &h245.TerminalCapabilitySetReject{
		SequenceNumber: t.SequenceNumber, Cause: cause,
	}})
}

// pause obeys an empty set: what we opened is closed, and nothing is opened (H.323
// 8.4.6). What the far end opened stays.
func (s *Session) pause() {
	s.caps.paused = true
	s.caps.table = capability.Table{}
	s.timers.stop("media", 0)
	for _, st := range s.streams {
		if st.out != nil {
			s.closeOurs(st)
		}
		st.forget()
	}
}

// resume begins anew, maybe towards another terminal: roles and capabilities are
// settled again before channels are opened.
func (s *Session) resume() {
	s.caps.paused = false
	if !s.started {
		return
	}
	s.roles.role = Undetermined
	s.sendCapabilities()
	s.determine()
}

// receiveSendCapabilities answers the command to send our set again.
func (s *Session) receiveSendCapabilities() {
	if s.started {
		s.sendCapabilities()
	}
}

// adapt lets channels of ours obey a new set: where it still has their codec their
// limits change, others are closed.
func (s *Session) adapt() {
	for _, st := range s.streams {
		st.forget()
		if st.out == nil || st.out.fast && st.out.entry == nil {
			continue
		}
		list := s.caps.remote.Audio
		if st.Kind == media.Video {
			list = s.caps.remote.Video
		}
		if e := still(list, st.out.format); e != nil {
			f := e.Format
			f.PT = st.out.format.PT
			st.out.format, st.out.entry = f, e
		} else {
			s.closeOurs(st)
		}
	}
}

// still finds the entry for a channel's codec, the same one if it is there.
func still(list []capability.Entry, f media.Format) *capability.Entry {
	var found *capability.Entry
	for i := range list {
		e := &list[i]
		same := e.Format
		same.PT = f.PT
		if same == f {
			return e
		}
		if found == nil && e.Format.Matches(f) {
			found = e
		}
	}
	return found
}

// Hold stops what the far end sends with an empty capability set (H.323 8.4.6), and
// lets it begin again.
func (s *Session) Hold(now time.Time, hold bool) {
	s.now = now
	if s.done() || !s.started || s.caps.holding == hold {
		return
	}
	s.caps.holding = hold
	s.sendCapabilities()
	s.watch()
}
