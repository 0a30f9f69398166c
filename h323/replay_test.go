package h323

import (
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// conversation is the recorded call signalling of one call, from its Setup on: of both
// ends, in order.
type conversation []*h225.H323UserInformation

// conversations reads the recorded messages, with every address moved to loopback.
func conversations(t testing.TB) (list []conversation) {
	t.Helper()
	path := os.Getenv("H323_CORPUS")
	if path == "" {
		path = "../../shared/corpus/h323/pdus.txt"
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no recorded messages: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		kind, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		if kind != "H225" {
			continue
		}
		ui := new(h225.H323UserInformation)
		if err := per.Unmarshal(b, ui); err != nil {
			t.Fatal(err)
		}
		moveToLoopback(t, ui)
		if ui.H323UUPDU.H323MessageBody.Setup != nil {
			list = append(list, nil)
		}
		if n := len(list); n > 0 {
			list[n-1] = append(list[n-1], ui)
		}
	}
	return list
}

// moveToLoopback puts 127.0.0.1 for every address of a message, of its H.245, and of
// its proposals for fast connect.
func moveToLoopback(t testing.TB, ui *h225.H323UserInformation) {
	rewrite(reflect.ValueOf(ui))
	uu := &ui.H323UUPDU
	again(t, uu.H245Control, func() per.Value { return new(h245.MultimediaSystemControlMessage) })
	channel := func() per.Value { return new(h245.OpenLogicalChannel) }
	switch b := &uu.H323MessageBody; {
	case b.Setup != nil:
		again(t, b.Setup.FastStart, channel)
		again(t, b.Setup.ParallelH245Control, func() per.Value { return new(h245.MultimediaSystemControlMessage) })
	case b.CallProceeding != nil:
		again(t, b.CallProceeding.FastStart, channel)
	case b.Connect != nil:
		again(t, b.Connect.FastStart, channel)
	}
}

func again(t testing.TB, list []per.Octets, fresh func() per.Value) {
	for i := range list {
		v := fresh()
		if err := per.Unmarshal(list[i], v); err != nil {
			t.Fatal(err)
		}
		rewrite(reflect.ValueOf(v))
		b, err := per.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = b
	}
}

// rewrite changes the addresses within a value.
func rewrite(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			rewrite(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			rewrite(v.Index(i))
		}
	case reflect.Struct:
		loopback := per.Octets{127, 0, 0, 1}
		switch a := v.Addr().Interface().(type) {
		case *h225.IPAddress:
			a.IP = loopback
		case *h245.UnicastIPAddress:
			a.Network = loopback
		}
		for i := range v.NumField() {
			rewrite(v.Field(i))
		}
	}
}

// typeOf is the type of the message that a body came in.
func typeOf(b *h225.MessageBody) wire.Type {
	switch {
	case b.Setup != nil:
		return wire.Setup
	case b.CallProceeding != nil:
		return wire.CallProceeding
	case b.Alerting != nil:
		return wire.Alerting
	case b.Connect != nil:
		return wire.Connect
	case b.ReleaseComplete != nil:
		return wire.ReleaseComplete
	}
	return wire.Facility
}

// Every recorded call begins with us as it did with its called side, and whatever both
// ends said in it afterwards, out of its place as it is, breaks nothing.
func TestRecordedCalls(t *testing.T) {
	list := conversations(t)
	if len(list) < 5 {
		t.Fatalf("%d calls", len(list))
	}
	for i, c := range list {
		b := newFakeBoard()
		e := serve(t, b, nil)
		p := connectTo(t, at(e))
		setup := c[0].H323UUPDU.H323MessageBody.Setup
		tunnels := c[0].H323UUPDU.H245Tunnelling
		p.send(&message{q: &wire.Message{Type: wire.Setup, Reference: p.ref}, ui: *c[0]})
		m := p.expect(wire.CallProceeding)
		if got := m.body().CallProceeding.CallIdentifier.GUID; string(got) != string(setup.CallIdentifier.GUID) {
			t.Errorf("call %d: identifier %x, not %x", i, got, setup.CallIdentifier.GUID)
		}
		call := b.call(t)
		connect := p.expect(wire.Connect)
		if connect.tunnels() != (tunnels != nil && *tunnels) {
			t.Errorf("call %d: tunnelling %v, we say %v", i, tunnels, connect.tunnels())
		}
		call.untilConnected(t)
		if call.inv.Caller.Device == "" || call.inv.Caller.Alias == "" {
			t.Errorf("call %d: %+v", i, call.inv)
		}
		t.Logf("call %d: %q dials %q, %s, %d messages, Connect carries %q", i, call.inv.Caller.Alias, call.inv.Number, call.inv.Caller.Device, len(c), carried(t, connect))
		go func() {
			end := &h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: h225.MessageBody{
				ReleaseComplete: &h225.ReleaseCompleteUUIE{ProtocolIdentifier: h225.Version},
			}}}
			for _, ui := range append(c[1:], end) {
				b, err := (&message{q: &wire.Message{Type: typeOf(&ui.H323UUPDU.H323MessageBody), Reference: p.ref}, ui: *ui}).encode()
				if err != nil {
					t.Error(err)
					return
				}
				packet, _ := wire.AppendPacket(nil, b)
				if _, err := p.c.Write(packet); err != nil {
					return // the call is over
				}
			}
		}()
		until(t, "the call ends", func() bool { return get(call, func() bool { return len(call.ended) > 0 }) })
		p.expectEnd()
		if s := e.Stats(); s.ParseErrors != 0 {
			t.Errorf("call %d: %d unreadable messages", i, s.ParseErrors)
		}
	}
}
