package control

import (
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// receiveConference answers as a terminal that is no MC (H.323 8.4.3): it says who it is,
// and denies what only an MC can give.
func (s *Session) receiveConference(r *h245.RequestMessage) {
	c := r.ConferenceRequest
	var a h245.ConferenceResponse
	switch {
	case c.EnterH243TerminalID: // Huawei's VP9660 asks every 15 to 20 s and wants its label back
		a.TerminalIDResponse = &h245.ConferenceResponseTerminalIDResponse{TerminalLabel: s.ownLabel(), TerminalID: s.terminalID()}
	case c.MakeMeChair:
		a.MakeMeChairResponse = &h245.ConferenceResponseMakeMeChairResponse{DeniedChairToken: true}
	case c.CancelMakeMeChair:
		return // has no answer
	case c.DropTerminal != nil:
		a.TerminalDropReject = true
	case c.BroadcastMyLogicalChannel != nil:
		a.BroadcastMyLogicalChannelResponse = &h245.ConferenceResponseBroadcastMyLogicalChannelResponse{DeniedBroadcastMyLogicalChannel: true}
	case c.MakeTerminalBroadcaster != nil:
		a.MakeTerminalBroadcasterResponse = &h245.ConferenceResponseMakeTerminalBroadcasterResponse{DeniedMakeTerminalBroadcaster: true}
	case c.SendThisSource != nil:
		a.SendThisSourceResponse = &h245.ConferenceResponseSendThisSourceResponse{DeniedSendThisSource: true}
	case c.RemoteMCRequest != nil:
		a.RemoteMCResponse = &h245.RemoteMCResponse{Reject: &h245.RemoteMCResponseReject{FunctionNotSupported: true}}
	default:
		s.notUnderstood(r)
		return
	}
	s.respond(h245.ResponseMessage{ConferenceResponse: &a})
}

// ownLabel is what an MCU assigned (terminalNumberAssign).
func (s *Session) ownLabel() h245.TerminalLabel {
	if s.label == nil {
		return h245.TerminalLabel{}
	}
	return *s.label
}

// terminalID is our name, of at most 128 octets.
func (s *Session) terminalID() per.Octets {
	return per.Octets(s.cfg.Name[:min(len(s.cfg.Name), 128)])
}
