package control

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
	"github.com/roombridge/roombridge/h323/h245"
)

// receiveMode obeys the first mode that can be sent (H.245 C.9). A description names
// what it is about; streams that it leaves out go on as they are, as MCUs expect that
// ask for another picture codec only.
func (s *Session) receiveMode(r *h245.RequestMode) {
	for i, d := range r.RequestedModes {
		wanted, ok := s.readMode(d)
		if !ok {
			continue
		}
		a := &h245.RequestModeAck{SequenceNumber: r.SequenceNumber}
		a.Response.WillTransmitMostPreferredMode = i == 0
		a.Response.WillTransmitLessPreferredMode = i > 0
		s.respond(h245.ResponseMessage{RequestModeAck: a})
		s.change(wanted)
		return
	}
	s.respond(h245.ResponseMessage{RequestModeReject: &h245.RequestModeReject{
		SequenceNumber: r.SequenceNumber, Cause: h245.RequestModeRejectCause{ModeUnavailable: true},
	}})
}

// maxElements bounds a mode description; a terminal has five streams.
const maxElements = 16

// wish is what a mode wants of a stream.
type wish struct {
	stream *stream
	mode   *capability.Mode
}

// readMode tells what a mode wants, and whether it can be had.
func (s *Session) readMode(d h245.ModeDescription) (list []wish, ok bool) {
	if !s.negotiated() || len(d) == 0 || len(d) > maxElements {
		return nil, false
	}
	for i := range d {
		m := capability.ReadMode(&d[i].Type)
		st := s.find(m.Kind)
		if st == nil || !s.can(st, m) {
			return nil, false
		}
		list = append(list, wish{st, &m})
	}
	return list, true
}

// can tells whether a stream can be sent as a mode wants it.
func (s *Session) can(st *stream, m capability.Mode) bool {
	c := s.caps.remote.Choose(s.offerable(), func(e *capability.Entry) bool {
		return e.Format.Codec.Kind() == st.Kind && !m.Matches(e)
	}, nil)
	if st.Kind == media.Audio {
		return c.Audio != nil
	}
	return c.Video != nil
}

// change opens the channels of a mode; one whose codec it wants stays, and obeys its size
// and rate.
func (s *Session) change(list []wish) {
	for _, w := range list {
		st := w.stream
		if o := st.out; o != nil && o.entry != nil && w.mode.Matches(o.entry) {
			st.wanted = w.mode
			pt := o.format.PT
			o.format = w.mode.Narrow(o.entry.Format)
			o.format.PT = pt
			continue
		}
		st.forget()
		st.wanted = w.mode
		if st.out != nil {
			s.closeOurs(st)
		}
		if s.done() {
			return
		}
	}
	s.openMissing()
}
