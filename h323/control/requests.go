package control

import (
	"github.com/roombridge/roombridge/h323/h245"
)

// receiveRequest answers a request; every one has an answer.
func (s *Session) receiveRequest(r *h245.RequestMessage) {
	switch {
	case r.MasterSlaveDetermination != nil:
		s.receiveDetermination(r.MasterSlaveDetermination)
	case r.TerminalCapabilitySet != nil:
		s.receiveCapabilities(r.TerminalCapabilitySet)
	case r.OpenLogicalChannel != nil:
		s.receiveOpen(r.OpenLogicalChannel)
	case r.CloseLogicalChannel != nil:
		s.receiveClose(r.CloseLogicalChannel)
	case r.RequestChannelClose != nil:
		s.receiveRequestClose(r.RequestChannelClose)
	case r.RequestMode != nil:
		s.receiveMode(r.RequestMode)
	case r.RoundTripDelayRequest != nil:
		s.respond(h245.ResponseMessage{RoundTripDelayResponse: &h245.RoundTripDelayResponse{
			SequenceNumber: r.RoundTripDelayRequest.SequenceNumber,
		}})
	case r.ConferenceRequest != nil:
		s.receiveConference(r)
	case r.GenericRequest != nil:
		s.receiveGeneric(r)
	default:
		s.refuseRequest(r)
	}
}

// refuseRequest answers what a room terminal's gateway does not do, by the request's own
// refusal where it has one.
func (s *Session) refuseRequest(r *h245.RequestMessage) {
	switch {
	case r.MaintenanceLoopRequest != nil:
		t := &r.MaintenanceLoopRequest.Type
		s.respond(h245.ResponseMessage{MaintenanceLoopReject: &h245.MaintenanceLoopReject{
			Type: h245.MaintenanceLoopRejectType{
				SystemLoop: t.SystemLoop || t.Addition != nil, MediaLoop: t.MediaLoop, LogicalChannelLoop: t.LogicalChannelLoop,
			},
			Cause: h245.MaintenanceLoopRejectCause{CanNotPerformLoop: true},
		}})
	case r.LogicalChannelRateRequest != nil:
		s.respond(h245.ResponseMessage{LogicalChannelRateReject: &h245.LogicalChannelRateReject{
			SequenceNumber:       r.LogicalChannelRateRequest.SequenceNumber,
			LogicalChannelNumber: r.LogicalChannelRateRequest.LogicalChannelNumber,
			RejectReason:         h245.LogicalChannelRateRejectReason{UndefinedReason: true},
		}})
	case r.Addition != nil:
		s.indicate(h245.IndicationMessage{FunctionNotSupported: &h245.FunctionNotSupported{
			Cause: h245.FunctionNotSupportedCause{UnknownFunction: true},
		}})
	default:
		s.notUnderstood(r)
	}
}

// notUnderstood sends a request back (H.245 B.15.1).
func (s *Session) notUnderstood(r *h245.RequestMessage) {
	s.log.Debug("H.245: request not understood", "request", name(r))
	s.indicate(h245.IndicationMessage{FunctionNotUnderstood: &h245.FunctionNotUnderstood{Request: r}})
}

// receiveResponse takes an answer. Those to nothing of ours are passed over, never sent
// back: Huawei's MCU sends conference responses unasked.
func (s *Session) receiveResponse(r *h245.ResponseMessage) {
	switch {
	case r.MasterSlaveDeterminationAck != nil:
		s.receiveDeterminationAck(r.MasterSlaveDeterminationAck)
	case r.MasterSlaveDeterminationReject != nil:
		s.receiveDeterminationReject()
	case r.TerminalCapabilitySetAck != nil:
		s.receiveCapabilitiesAck(r.TerminalCapabilitySetAck.SequenceNumber)
	case r.TerminalCapabilitySetReject != nil:
		s.receiveCapabilitiesReject(r.TerminalCapabilitySetReject)
	case r.OpenLogicalChannelAck != nil:
		s.receiveOpenAck(r.OpenLogicalChannelAck)
	case r.OpenLogicalChannelReject != nil:
		s.receiveOpenReject(r.OpenLogicalChannelReject)
	case r.CloseLogicalChannelAck != nil:
		s.receiveCloseAck(r.CloseLogicalChannelAck)
	default:
		s.log.Debug("H.245: response passed over", "response", name(r))
	}
}

// receiveIndication takes note.
func (s *Session) receiveIndication(i *h245.IndicationMessage) {
	switch {
	case i.MasterSlaveDeterminationRelease != nil:
		s.receiveDeterminationRelease()
	case i.UserInput != nil:
		s.receiveInput(i.UserInput)
	case i.MiscellaneousIndication != nil:
		if _, c := s.theirs(i.MiscellaneousIndication.LogicalChannelNumber); c != nil {
			t := &i.MiscellaneousIndication.Type
			c.idle = t.LogicalChannelInactive || c.idle && !t.LogicalChannelActive
		}
	case i.ConferenceIndication != nil:
		if l := i.ConferenceIndication.TerminalNumberAssign; l != nil {
			s.label = &h245.TerminalLabel{MCUNumber: l.MCUNumber, TerminalNumber: l.TerminalNumber}
		}
	case i.FunctionNotUnderstood != nil, i.FunctionNotSupported != nil:
		s.note("H.245: the far end does not understand", "message", name(i))
	default:
		s.log.Debug("H.245: indication passed over", "indication", name(i))
	}
}
