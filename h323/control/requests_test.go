package control

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// ofHuawei identifies what its MCU sends beside the standard, under country 86.
var ofHuawei = h245.NonStandardMessage{NonStandardData: h245.NonStandardParameter{
	NonStandardIdentifier: h245.NonStandardIdentifier{H221NonStandard: &h245.NonStandardIdentifierH221NonStandard{
		T35CountryCode: 86, T35Extension: 1, ManufacturerCode: 2457,
	}},
}}

// Requests that are not about channels, and their answers.
func TestRequests(t *testing.T) {
	label := h245.TerminalLabel{MCUNumber: 1, TerminalNumber: 2}
	conference := func(c h245.ConferenceRequest) h245.RequestMessage { return h245.RequestMessage{ConferenceRequest: &c} }
	for _, x := range []struct {
		name string
		r    h245.RequestMessage
		want string // path of alternatives
	}{
		{"round trip", h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: 9}}, "roundTripDelayResponse"},
		{"loop", h245.RequestMessage{MaintenanceLoopRequest: &h245.MaintenanceLoopRequest{Type: h245.MaintenanceLoopRequestType{MediaLoop: new(uint16(1))}}}, "maintenanceLoopReject"},
		{"rate", h245.RequestMessage{LogicalChannelRateRequest: &h245.LogicalChannelRateRequest{LogicalChannelNumber: 1}}, "logicalChannelRateReject"},
		{"communication mode", h245.RequestMessage{CommunicationModeRequest: &h245.CommunicationModeRequest{}}, "functionNotUnderstood"},
		{"multiplex entry", h245.RequestMessage{RequestMultiplexEntry: &h245.RequestMultiplexEntry{EntryNumbers: []uint16{1}}}, "functionNotUnderstood"},
		{"multilink", h245.RequestMessage{MultilinkRequest: &h245.MultilinkRequest{CallInformation: &h245.MultilinkRequestCallInformation{MaxNumberOfAdditionalConnections: 1}}}, "functionNotUnderstood"},
		{"of its own", h245.RequestMessage{NonStandard: &ofHuawei}, "functionNotUnderstood"},
		{"of the future", h245.RequestMessage{Addition: &per.Addition{Index: 60, Data: per.Octets{1}}}, "functionNotSupported"},
		{"generic of another kind", h245.RequestMessage{GenericRequest: &h245.GenericMessage{MessageIdentifier: h245.CapabilityIdentifier{Standard: new(per.OID("0.0.8.460.1"))}}}, "functionNotUnderstood"},
		{"terminal list", conference(h245.ConferenceRequest{TerminalListRequest: true}), "functionNotUnderstood"},
		{"password", conference(h245.ConferenceRequest{EnterH243Password: true}), "functionNotUnderstood"},
		{"chair", conference(h245.ConferenceRequest{MakeMeChair: true}), "conferenceResponse makeMeChairResponse"},
		{"chair given back", conference(h245.ConferenceRequest{CancelMakeMeChair: true}), ""},
		{"drop", conference(h245.ConferenceRequest{DropTerminal: &label}), "conferenceResponse terminalDropReject"},
		{"broadcast", conference(h245.ConferenceRequest{BroadcastMyLogicalChannel: new(uint16(1))}), "conferenceResponse broadcastMyLogicalChannelResponse"},
		{"broadcaster", conference(h245.ConferenceRequest{MakeTerminalBroadcaster: &label}), "conferenceResponse makeTerminalBroadcasterResponse"},
		{"source", conference(h245.ConferenceRequest{SendThisSource: &label}), "conferenceResponse sendThisSourceResponse"},
		{"MC", conference(h245.ConferenceRequest{RemoteMCRequest: &h245.RemoteMCRequest{MasterActivate: true}}), "conferenceResponse remoteMCResponse"},
	} {
		l := newLone(t, nil)
		got := ""
		for _, m := range l.request(x.r) {
			got += kind(m)
			if m.Response != nil && m.Response.ConferenceResponse != nil {
				got += " " + name(m.Response.ConferenceResponse)
			}
		}
		equal(t, x.name, got, x.want)
	}
}

func TestRoundTrip(t *testing.T) {
	l := newLone(t, nil)
	out := l.request(h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: 9}})
	equal(t, "sequence number", out[0].Response.RoundTripDelayResponse.SequenceNumber, uint8(9))
}

// Huawei's VP9660 assigns a label and asks for it again every 15 to 20 s.
func TestTerminalLabel(t *testing.T) {
	l := newLone(t, func(c *Config) { c.Name = "Gateway" })
	ask := h245.RequestMessage{ConferenceRequest: &h245.ConferenceRequest{EnterH243TerminalID: true}}
	answer := func() h245.ConferenceResponseTerminalIDResponse {
		return *l.request(ask)[0].Response.ConferenceResponse.TerminalIDResponse
	}
	equal(t, "before", answer(), h245.ConferenceResponseTerminalIDResponse{TerminalID: per.Octets("Gateway")})
	l.indicate(h245.IndicationMessage{ConferenceIndication: &h245.ConferenceIndication{
		TerminalNumberAssign: &h245.TerminalLabel{MCUNumber: 1, TerminalNumber: 2},
	}})
	l.indicate(h245.IndicationMessage{ConferenceIndication: &h245.ConferenceIndication{SeenByAll: true}})
	want := h245.ConferenceResponseTerminalIDResponse{
		TerminalLabel: h245.TerminalLabel{MCUNumber: 1, TerminalNumber: 2}, TerminalID: per.Octets("Gateway"),
	}
	equal(t, "after", answer(), want)
	equal(t, "again", answer(), want)
}

// The token for presentations is refused with the parameters that came (H.239 11.2).
func TestPresentationToken(t *testing.T) {
	number := func(id uint8, v uint16) h245.GenericParameter {
		return h245.GenericParameter{
			ParameterIdentifier: h245.ParameterIdentifier{Standard: new(id)}, ParameterValue: h245.ParameterValue{UnsignedMin: new(v)},
		}
	}
	message := func(sub uint8) *h245.GenericMessage {
		return &h245.GenericMessage{
			MessageIdentifier:    h245.CapabilityIdentifier{Standard: new(oidH239)},
			SubMessageIdentifier: new(sub),
			MessageContent:       []h245.GenericParameter{number(44, 258), number(42, 129), number(43, 93)},
		}
	}
	l := newLone(t, nil)
	for request, response := range map[uint8]uint8{3: 4, 1: 2} {
		out := l.request(h245.RequestMessage{GenericRequest: message(request)})
		a := out[0].Response.GenericResponse
		equal(t, "answer", *a.SubMessageIdentifier, response)
		equal(t, "content", a.MessageContent, []h245.GenericParameter{
			{ParameterIdentifier: h245.ParameterIdentifier{Standard: new(uint8(127))}, ParameterValue: h245.ParameterValue{Logical: true}},
			number(44, 258), number(42, 129),
		})
	}
	equal(t, "of the future", kinds(l.request(h245.RequestMessage{GenericRequest: message(9)})), []string{"functionNotUnderstood"})
	equal(t, "release", kinds(l.command(h245.CommandMessage{GenericCommand: message(5)})), []string(nil))
	equal(t, "owner", kinds(l.indicate(h245.IndicationMessage{GenericIndication: message(6)})), []string(nil))
}

// What must be met with silence.
func TestSilence(t *testing.T) {
	l, _, _ := talk(t, nil)
	for name, m := range map[string]*message{
		"command of Huawei's own":        {Command: &h245.CommandMessage{NonStandard: &ofHuawei}},
		"response of Huawei's own":       {Response: &h245.ResponseMessage{NonStandard: &ofHuawei}},
		"indication of its own (RMX)":    {Indication: &h245.IndicationMessage{NonStandard: &ofHuawei}},
		"conference response":            {Response: &h245.ResponseMessage{ConferenceResponse: &h245.ConferenceResponse{VideoCommandReject: true}}},
		"conference command":             {Command: &h245.CommandMessage{ConferenceCommand: &h245.ConferenceCommand{DropConference: true}}},
		"communication mode":             {Command: &h245.CommandMessage{CommunicationModeCommand: &h245.CommunicationModeCommand{}}},
		"not understood":                 {Indication: &h245.IndicationMessage{FunctionNotUnderstood: &h245.FunctionNotUnderstood{Command: &h245.CommandMessage{NonStandard: &ofHuawei}}}},
		"not supported":                  {Indication: &h245.IndicationMessage{FunctionNotSupported: &h245.FunctionNotSupported{}}},
		"vendor":                         {Indication: &h245.IndicationMessage{VendorIdentification: &h245.VendorIdentification{}}},
		"jitter":                         {Indication: &h245.IndicationMessage{JitterIndication: &h245.JitterIndication{}}},
		"round trip that nobody asked":   {Response: &h245.ResponseMessage{RoundTripDelayResponse: &h245.RoundTripDelayResponse{}}},
		"command of the future":          {Command: &h245.CommandMessage{Addition: &per.Addition{Index: 60}}},
		"response of the future":         {Response: &h245.ResponseMessage{Addition: &per.Addition{Index: 60}}},
		"indication of the future":       {Indication: &h245.IndicationMessage{Addition: &per.Addition{Index: 60}}},
		"message of the future":          {Addition: &per.Addition{Index: 4}},
		"empty message":                  {},
		"release of a request to close":  {Indication: &h245.IndicationMessage{RequestChannelCloseRelease: &h245.RequestChannelCloseRelease{}}},
		"acknowledgement of no request":  {Response: &h245.ResponseMessage{RequestModeAck: &h245.RequestModeAck{}}},
		"close acknowledged, never sent": {Response: &h245.ResponseMessage{CloseLogicalChannelAck: &h245.CloseLogicalChannelAck{ForwardLogicalChannelNumber: 1}}},
	} {
		l.Receive(l.now, m)
		equal(t, name, kinds(l.take()), []string(nil))
	}
	l.Receive(l.now, nil)
	if l.failed != "" || len(l.Status().Channels) != 4 {
		t.Errorf("failed %q, channels %v", l.failed, l.Status().Channels)
	}
}

// A session whose messages nobody takes does not grow.
func TestOutputBounded(t *testing.T) {
	l := newLone(t, nil)
	for range 10 * maxOutput {
		l.Receive(l.now, &message{Request: &h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{}}})
	}
	equal(t, "waiting", len(l.take()), maxOutput)
	equal(t, "failure", l.failed, "protocol: H.245 messages are not taken away")
}

// A far end that errs without end does not fill the log.
func TestNotesBounded(t *testing.T) {
	var text strings.Builder
	l := newLone(t, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&text, nil)) })
	for range 50 * maxNotes {
		equal(t, "answer", l.answerTo(presentation(0)), "dataTypeNotSupported")
	}
	equal(t, "lines", strings.Count(text.String(), "\n"), maxNotes)
}
