package h323

import (
	"testing"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

func TestCallStates(t *testing.T) {
	for s, want := range map[state]byte{
		stateRouting: 9, stateCalling: 1, stateProceeding: 3, stateRinging: 4, stateUp: 10, stateGone: 0,
	} {
		if got := (&leg{state: s}).q931(); got != want {
			t.Errorf("state %d is %d, not %d", s, got, want)
		}
	}
}

// The tunnelling flag: a gatekeeper's provisional one says nothing.
func TestTunnels(t *testing.T) {
	for name, c := range map[string]struct {
		uu   h225.H323UUPDU
		want bool
	}{
		"said":        {h225.H323UUPDU{H245Tunnelling: new(true)}, true},
		"denied":      {h225.H323UUPDU{H245Tunnelling: new(false)}, false},
		"absent":      {h225.H323UUPDU{}, false},
		"done":        {h225.H323UUPDU{H245Control: []per.Octets{{1}}}, true},
		"provisional": {h225.H323UUPDU{H245Tunnelling: new(true), ProvisionalRespToH245Tunnelling: true}, false},
	} {
		m := &message{q: &wire.Message{}, ui: h225.H323UserInformation{H323UUPDU: c.uu}}
		if m.tunnels() != c.want {
			t.Errorf("%s: not %v", name, c.want)
		}
		if m.denies() != (name == "denied") {
			t.Errorf("%s: denied is %v", name, m.denies())
		}
	}
}

// Where H.245 and fast connect are found in each message.
func TestOffered(t *testing.T) {
	at, fast := &h225.TransportAddress{}, []per.Octets{{1}}
	for name, b := range map[string]h225.MessageBody{
		"Setup":          {Setup: &h225.SetupUUIE{H245Address: at, FastStart: fast}},
		"CallProceeding": {CallProceeding: &h225.CallProceedingUUIE{H245Address: at, FastStart: fast, FastConnectRefused: true}},
		"Alerting":       {Alerting: &h225.AlertingUUIE{H245Address: at, FastStart: fast, FastConnectRefused: true}},
		"Progress":       {Progress: &h225.ProgressUUIE{H245Address: at, FastStart: fast, FastConnectRefused: true}},
		"Connect":        {Connect: &h225.ConnectUUIE{H245Address: at, FastStart: fast, FastConnectRefused: true}},
		"Facility":       {Facility: &h225.FacilityUUIE{H245Address: at, FastStart: fast, FastConnectRefused: true}},
		"Information":    {Information: &h225.InformationUUIE{FastStart: fast, FastConnectRefused: true}},
	} {
		m := &message{ui: h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: b}}}
		o := m.offered()
		if len(o.fastStart) != 1 || (o.address == nil) != (name == "Information") || o.refused == (name == "Setup") {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if o := (&message{}).offered(); o.address != nil || o.fastStart != nil || o.refused {
		t.Errorf("nothing: %+v", o)
	}
}

// A call belongs to the message that names it, in whatever body.
func TestCallID(t *testing.T) {
	id := h225.CallIdentifier{GUID: testCallID}
	for name, b := range map[string]h225.MessageBody{
		"Setup": {Setup: &h225.SetupUUIE{CallIdentifier: &id}}, "Connect": {Connect: &h225.ConnectUUIE{CallIdentifier: &id}},
		"Facility": {Facility: &h225.FacilityUUIE{CallIdentifier: &id}}, "Status": {Status: &h225.StatusUUIE{CallIdentifier: id}},
		"StatusInquiry": {StatusInquiry: &h225.StatusInquiryUUIE{CallIdentifier: id}},
	} {
		m := &message{ui: h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: b}}}
		if string(m.callID()) != string(testCallID) {
			t.Errorf("%s: %x", name, m.callID())
		}
	}
	if (&message{}).callID() != nil {
		t.Error("a message without one has one")
	}
}

func TestBearerOfOurs(t *testing.T) {
	for bitrate, want := range map[int]uint8{0: 1, 64_000: 1, 384_000: 6, 2_000_000: 32, 100_000_000: 127} {
		if got := bearer(bitrate).Rate; got != want {
			t.Errorf("%d bit/s is %d channels, not %d", bitrate, got, want)
		}
	}
}
