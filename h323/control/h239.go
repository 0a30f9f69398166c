package control

import (
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// oidH239 identifies the messages of H.239 11.
const oidH239 per.OID = "0.0.8.239.2"

// Messages and parameters of H.239 tables 12 and 13.
const (
	flowControlReleaseRequest  = 1
	flowControlReleaseResponse = 2
	tokenRequest               = 3
	tokenResponse              = 4

	h239Channel = 42
	h239Label   = 44
	h239Reject  = 127
)

// receiveGeneric answers a generic request. Presentations are not shown, so the token is
// never given, in the form of H.239 11.2 with the parameters that the terminal compares.
func (s *Session) receiveGeneric(r *h245.RequestMessage) {
	g := r.GenericRequest
	id, sub := g.MessageIdentifier.Standard, g.SubMessageIdentifier
	if id == nil || *id != oidH239 || sub == nil {
		s.notUnderstood(r)
		return
	}
	a := &h245.GenericMessage{MessageIdentifier: h245.CapabilityIdentifier{Standard: new(oidH239)}}
	switch *sub {
	case tokenRequest:
		a.SubMessageIdentifier = new(uint8(tokenResponse))
	case flowControlReleaseRequest:
		a.SubMessageIdentifier = new(uint8(flowControlReleaseResponse))
	default:
		s.notUnderstood(r)
		return
	}
	a.MessageContent = []h245.GenericParameter{{
		ParameterIdentifier: h245.ParameterIdentifier{Standard: new(uint8(h239Reject))},
		ParameterValue:      h245.ParameterValue{Logical: true},
	}}
	for _, p := range g.MessageContent {
		if n := p.ParameterIdentifier.Standard; n != nil && (*n == h239Channel || *n == h239Label) && len(a.MessageContent) < 3 {
			a.MessageContent = append(a.MessageContent, p)
		}
	}
	s.respond(h245.ResponseMessage{GenericResponse: a})
}
