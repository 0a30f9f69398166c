package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

func marshal(t testing.TB, v per.Value) []byte {
	t.Helper()
	b, err := per.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func roundTrip(n uint8) *h245.MultimediaSystemControlMessage {
	return &h245.MultimediaSystemControlMessage{Request: &h245.RequestMessage{
		RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: n}}}
}

// tunnel is an empty H.225.0 message that carries H.245.
func tunnel(t testing.TB, list ...per.Octets) *h225.H323UserInformation {
	t.Helper()
	return &h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{
		H323MessageBody: h225.MessageBody{Empty: true}, H245Tunnelling: new(true), H245Control: list,
	}}
}

// facility puts an H.225.0 message in Q.931.
func facility(t testing.TB, payload []byte) []byte {
	t.Helper()
	m := wire.Message{Type: wire.Facility, Reference: 7, Answer: true}
	m.Add(wire.Display, []byte("Room"))
	m.Add(wire.Cause, wire.CauseValue{Value: 16}.Bytes())
	m.Add(wire.CalledPartyNumber, wire.Number{Plan: wire.E164, Digits: "1001"}.Called())
	m.SetPayload(payload)
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func packet(t testing.TB, b []byte) []byte {
	t.Helper()
	b, err := wire.AppendPacket(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// text prints a message as JSON on one line.
func text(t testing.TB, m *Message) string {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A message is shown as what it is however it is wrapped, and comes back the same.
func TestWrapping(t *testing.T) {
	h245PDU := marshal(t, roundTrip(3))
	h225PDU := marshal(t, tunnel(t, h245PDU, marshal(t, roundTrip(4))))
	gcf := marshal(t, &h225.RasMessage{GatekeeperConfirm: &h225.GatekeeperConfirm{
		RequestSeqNum: 9, ProtocolIdentifier: h225.Version, RASAddress: h225.TransportAddress{Nsap: per.Octets{1}}}})
	q931 := facility(t, h225PDU)
	for name, c := range map[string]struct {
		kind Kind
		b    []byte
		want []string
	}{
		"bare H.225.0": {H225, h225PDU, []string{`"h225":`, `"tunnelled":[{"request":{"roundTripDelayRequest":{"sequenceNumber":3}}},{"request"`}},
		"Q.931": {H225, q931, []string{`"q931":{"type":"Facility","reference":7,"answer":true`, `"name":"display"`, `"text":"Room"`,
			`"cause":16`, `"text":"1001"`, `"sequenceNumber":4`}},
		"TPKT":              {H225, packet(t, q931), []string{`{"tpkt":true,"q931":`, `"sequenceNumber":4`}},
		"keep-alive":        {H225, wire.KeepAlive, []string{`{"tpkt":true}`}},
		"bare H.245":        {H245, h245PDU, []string{`{"h245":{"request":`}},
		"H.245 in a TPKT":   {H245, packet(t, h245PDU), []string{`{"tpkt":true,"h245":{"request":`}},
		"Q.931 alone":       {H225, []byte{8, 2, 0, 1, 0x75}, []string{`{"q931":{"type":"StatusInquiry","reference":1,"answer":false}}`}},
		"foreign user-user": {H225, []byte{8, 2, 0, 1, 0x7b, 0x7e, 0, 2, 4, 9}, []string{`{"name":"userUser","data":"0409"}`}},
		"RAS":               {RAS, gcf, []string{`{"ras":{"gatekeeperConfirm":{"requestSeqNum":9`}},
	} {
		list, err := Decode(c.kind, c.b)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %d messages, %v", name, len(list), err)
			continue
		}
		got := text(t, list[0])
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s is not in\n%s", name, want, got)
			}
		}
		if b, err := list[0].Encode(); err != nil || !bytes.Equal(b, c.b) {
			t.Errorf("%s: encoded again it is\n%x, not\n%x: %v", name, b, c.b, err)
		}
	}
}

// Channels of fast connect and the messages beside them are shown.
func TestFastStart(t *testing.T) {
	olc := marshal(t, &h245.OpenLogicalChannel{ForwardLogicalChannelNumber: 101,
		ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
			DataType: h245.DataType{NullData: true},
			MultiplexParameters: h245.ForwardMultiplexParameters{
				H2250LogicalChannelParameters: &h245.H2250LogicalChannelParameters{SessionID: 1}}}})
	list, guid := []per.Octets{olc}, make(per.Octets, 16)
	setup := &h225.SetupUUIE{ProtocolIdentifier: h225.Version, ConferenceGoal: h225.ConferenceGoal{Create: true},
		CallType: h225.CallType{PointToPoint: true}, ConferenceID: guid, FastStart: list,
		CallIdentifier:      &h225.CallIdentifier{GUID: guid},
		ParallelH245Control: []per.Octets{marshal(t, roundTrip(8))}}
	bodies := map[string]h225.MessageBody{
		"setup":   {Setup: setup},
		"alert":   {Alerting: &h225.AlertingUUIE{ProtocolIdentifier: h225.Version, FastStart: list}},
		"proceed": {CallProceeding: &h225.CallProceedingUUIE{ProtocolIdentifier: h225.Version, FastStart: list}},
		"connect": {Connect: &h225.ConnectUUIE{ProtocolIdentifier: h225.Version, ConferenceID: guid, FastStart: list}},
		"facility": {Facility: &h225.FacilityUUIE{ProtocolIdentifier: h225.Version, FastStart: list,
			Reason: h225.FacilityReason{UndefinedReason: true}}},
		"progress": {Progress: &h225.ProgressUUIE{ProtocolIdentifier: h225.Version, FastStart: list,
			CallIdentifier: h225.CallIdentifier{GUID: guid}}},
		"information": {Information: &h225.InformationUUIE{ProtocolIdentifier: h225.Version, FastStart: list,
			CallIdentifier: &h225.CallIdentifier{GUID: guid}}},
	}
	for name, body := range bodies {
		b := marshal(t, &h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: body}})
		got, err := Decode(H225, b)
		if err != nil || len(got) != 1 || len(got[0].FastStart) != 1 || got[0].FastStart[0].ForwardLogicalChannelNumber != 101 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if name == "setup" && (len(got[0].Parallel) != 1 || got[0].Parallel[0].Request.RoundTripDelayRequest.SequenceNumber != 8) {
			t.Errorf("beside fast connect: %+v", got[0].Parallel)
		}
		if again, err := got[0].Encode(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: encoded again %x, not %x: %v", name, again, b, err)
		}
	}
}

// A stream of TPKTs is several messages; what follows one without is shown as such.
func TestSeveral(t *testing.T) {
	a, b := marshal(t, roundTrip(1)), marshal(t, roundTrip(2))
	stream := append(append(packet(t, a), wire.KeepAlive...), packet(t, b)...)
	list, err := Decode(H245, stream)
	if err != nil || len(list) != 3 || list[2].H245.Request.RoundTripDelayRequest.SequenceNumber != 2 {
		t.Errorf("%d messages, %v", len(list), err)
	}
	list, err = Decode(H245, append(a, 0xab, 0xcd))
	if err != nil || len(list) != 1 || !bytes.Equal(list[0].After, []byte{0xab, 0xcd}) {
		t.Errorf("%+v, %v", list, err)
	}
}

// An openLogicalChannel begins with the octets of a TPKT; its length tells them apart.
func TestChannelIsNoPacket(t *testing.T) {
	olc := &h245.MultimediaSystemControlMessage{Request: &h245.RequestMessage{OpenLogicalChannel: &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: 101,
		ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
			DataType: h245.DataType{NullData: true},
			MultiplexParameters: h245.ForwardMultiplexParameters{
				H2250LogicalChannelParameters: &h245.H2250LogicalChannelParameters{SessionID: 1}}}}}}
	b := marshal(t, olc)
	if b[0] != 3 || b[1] != 0 {
		t.Fatalf("it begins with %x", b[:2])
	}
	list, err := Decode(H245, b)
	if err != nil || len(list) != 1 || list[0].TPKT {
		t.Fatalf("%+v, %v", list, err)
	}
	if diff := cmp.Diff(olc, list[0].H245); diff != "" {
		t.Error(diff)
	}
}

// Errors say which part is wrong and at which octet of the input.
func TestErrors(t *testing.T) {
	good := marshal(t, roundTrip(3))
	whole := marshal(t, tunnel(t, good, good[:1]))
	at := bytes.LastIndex(whole, []byte{1, good[0]}) + 2 // after the length and what there is of it
	wrapped := packet(t, facility(t, whole))
	for name, c := range map[string]struct {
		kind   Kind
		b      []byte
		want   error
		in     string
		offset int
	}{
		"H.245":            {H245, good[:1], per.ErrTruncated, "H.245", 1},
		"tunnelled":        {H225, whole, per.ErrTruncated, "tunnelled H.245 2", at},
		"tunnelled, TPKT":  {H225, wrapped, per.ErrTruncated, "tunnelled H.245 2", len(wrapped) - len(whole) + at},
		"H.225.0 in Q.931": {H225, facility(t, whole[:3]), per.ErrTruncated, "H.225.0", len(facility(t, whole[:3]))},
		"no Q.931":         {H225, packet(t, []byte{9, 9}), wire.ErrNotQ931, "Q.931", 4},
		"cut Q.931":        {H225, packet(t, []byte{8, 2, 0}), wire.ErrTruncated, "Q.931", 4},
	} {
		list, err := Decode(c.kind, c.b)
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, c.want) || e.In != c.in || e.Offset != c.offset {
			t.Errorf("%s: %v, want %v in %s at octet %d", name, err, c.want, c.in, c.offset)
			continue
		}
		if len(list) != 1 || text(t, list[0]) == "{}" {
			t.Errorf("%s: nothing is shown of it", name)
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("octet %d", c.offset)) {
			t.Errorf("%s: the text does not say where: %v", name, err)
		}
	}
	if _, err := Decode(H245, nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := Decode("q931", good); err == nil {
		t.Error("a kind that is none is taken")
	}
}

func TestParseHex(t *testing.T) {
	for _, s := range []string{"08020001", "08 02\n00 01\r\n", "0x08,0x02,0x00,0X01", "08:02-00:01"} {
		if b, err := ParseHex(s); err != nil || !bytes.Equal(b, []byte{8, 2, 0, 1}) {
			t.Errorf("%q: %x, %v", s, b, err)
		}
	}
	for _, s := range []string{"080", "08 zz", "é0"} {
		if b, err := ParseHex(s); err == nil {
			t.Errorf("%q: %x", s, b)
		}
	}
}

// Whatever the input, something can be shown, and what was read can be encoded and
// read again.
func FuzzDecode(f *testing.F) {
	good := marshal(f, roundTrip(3))
	ui := marshal(f, tunnel(f, good))
	for i := range 3 {
		for _, b := range [][]byte{good, ui, facility(f, ui), packet(f, facility(f, ui)), packet(f, good), {3, 0, 0, 4, 3, 0, 0, 4}} {
			f.Add(uint8(i), b)
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, b []byte) {
		kind := []Kind{H225, H245, RAS}[k%3]
		list, err := Decode(kind, b)
		for _, m := range list {
			text(t, m)
		}
		var e *Error
		if errors.As(err, &e) && (e.Offset < 0 || e.Offset > len(b)) {
			t.Fatalf("%v in %d octets", err, len(b))
		}
		if err != nil {
			return
		}
		var again []byte
		for _, m := range list {
			part, err := m.Encode()
			if errors.Is(err, wire.ErrElement) || errors.Is(err, wire.ErrTooLong) {
				return // Q.931 is read more tolerantly than it is written
			}
			if err != nil {
				t.Fatalf("%s cannot be encoded: %v", text(t, m), err)
			}
			again = append(again, part...)
		}
		if len(again) > 0 {
			if _, err := Decode(kind, again); err != nil {
				t.Fatalf("%x, encoded from %x: %v", again, b, err)
			}
		}
	})
}
