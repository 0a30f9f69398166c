package h323

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// A call as most terminals make it: H.245 begins in Connect.
func TestTunnelledCall(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	made := fakeControls(e, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	m := p.expect(wire.CallProceeding)
	if m.q.Reference != 77 || !m.q.Answer || !m.tunnels() || string(m.body().CallProceeding.CallIdentifier.GUID) != string(testCallID) {
		t.Errorf("%+v %+v", m.q, m.body().CallProceeding)
	}
	call, f := b.call(t), <-made
	m = p.expect(wire.Connect)
	if carried(t, m) != "roundTripDelayRequest" || !m.tunnels() || m.body().Connect.H245Address != nil {
		t.Errorf("Connect carries %q, %+v", carried(t, m), m.body().Connect)
	}
	if _, ok := m.q.Find(wire.BearerCapability); ok || m.body().Connect.DisplayName != nil {
		t.Error("Codian takes no bearer capability and no displayName in Connect")
	}
	call.untilConnected(t)
	if f.cfg.Caller || f.cfg.Remote.String() != "127.0.0.1" || len(f.cfg.Local) != 2 {
		t.Errorf("%+v", f.cfg)
	}

	// What we say goes in the empty form until the far end uses the other.
	f.note(func() { f.out = append(f.out, roundTrip(9), roundTrip(10)) })
	call.leg.RequestKeyframe()
	m = p.expect(wire.Facility)
	if !m.body().Empty || carried(t, m) != "roundTripDelayRequest roundTripDelayRequest" {
		t.Errorf("%+v carries %q", m.body(), carried(t, m))
	}
	p.send(tunnel(t, p.message(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{TransportedInformation: true},
	}}), roundTrip(1), roundTrip(2)))
	until(t, "both were received", func() bool { return len(f.heard()) == 2 })
	f.note(func() { f.out = append(f.out, roundTrip(11)) })
	call.leg.RequestKeyframe()
	m = p.expect(wire.Facility)
	if m.body().Facility == nil || !m.body().Facility.Reason.TransportedInformation {
		t.Errorf("not in its form: %+v", m.body())
	}

	p.send(tunnel(t, p.message(wire.Facility, h225.MessageBody{Empty: true}), &h245.MultimediaSystemControlMessage{
		Command: &h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: true}},
	}))
	m = p.expect(wire.ReleaseComplete)
	if carried(t, m) != "endSessionCommand" {
		t.Errorf("ReleaseComplete carries %q", carried(t, m))
	}
	p.expectEnd()
	call.untilEnded(t, bridge.CauseNormal)
	if f.started != 1 || f.ended != 1 || f.keyed != 2 {
		t.Errorf("started %d times, ended %d, asked %d", f.started, f.ended, f.keyed)
	}
}

// Avaya takes no Facility without a body: neither calling nor called.
func TestNoEmptyFacilityForAvaya(t *testing.T) {
	avaya := &h225.VendorIdentifier{Vendor: h225.H221NonStandard{T35CountryCode: 181, ManufacturerCode: 16726}, ProductId: []byte("XT5000")}
	check := func(m *message) {
		t.Helper()
		if m.body().Facility == nil || !m.body().Facility.Reason.TransportedInformation || carried(t, m) == "" {
			t.Errorf("%+v carries %q", m.body(), carried(t, m))
		}
	}
	b := newFakeBoard()
	e := serve(t, b, nil)
	made := fakeControls(e, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", func(_ *message, s *h225.SetupUUIE) { s.SourceInfo.Vendor = avaya }))
	p.expect(wire.CallProceeding)
	p.expect(wire.Connect)
	call, f := b.call(t), <-made
	f.note(func() { f.out = append(f.out, roundTrip(9)) })
	call.leg.RequestKeyframe()
	check(p.expect(wire.Facility))
	p.release(16)
	call.untilEnded(t, bridge.CauseNormal)

	o := place(t, nil, nil)
	m := o.connect()
	m.body().Connect.DestinationInfo.Vendor = avaya
	o.send(m)
	check(o.expect(wire.Facility))
	o.release(16)
	o.call.untilEnded(t, bridge.CauseNormal)
}

// What came in Setup is heard once there is an engine, and answered in Connect.
func TestControlInSetup(t *testing.T) {
	b := newFakeBoard()
	b.hold = make(chan struct{})
	e := serve(t, b, nil)
	made := fakeControls(e, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", func(m *message, s *h225.SetupUUIE) {
		tunnel(t, m, roundTrip(1))
		body, _ := per.Marshal(roundTrip(2))
		s.ParallelH245Control = []per.Octets{body, {0xff, 0xff}}
	}))
	p.expect(wire.CallProceeding)
	p.send(tunnel(t, p.message(wire.Facility, h225.MessageBody{Empty: true}), roundTrip(3)))
	p.send(p.message(wire.StatusInquiry, h225.MessageBody{StatusInquiry: &h225.StatusInquiryUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: h225.CallIdentifier{GUID: testCallID},
	}}))
	if state, _ := p.expect(wire.Status).q.Find(wire.CallState); len(state) != 1 || state[0] != 9 {
		t.Errorf("call state %x", state)
	}
	close(b.hold)
	p.expect(wire.Connect)
	if f := <-made; len(f.heard()) != 3 {
		t.Errorf("heard %v", f.heard())
	}
	p.release(16)
	b.call(t).untilEnded(t, bridge.CauseNormal)
	if s := e.Stats(); s.ParseErrors != 1 {
		t.Errorf("%d unreadable", s.ParseErrors)
	}
}

// What becomes of messages in a call beside H.245.
func TestWithinACall(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	fakeControls(e, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	p.expect(wire.CallProceeding)
	p.expect(wire.Connect)
	call := b.call(t)
	call.untilConnected(t)

	_, _ = p.c.Write([]byte{3, 0, 0, 4, 0, 3, 0, 4, 0, 0, 0, 0}) // keep-alives
	keypad := p.message(wire.Information, h225.MessageBody{Information: &h225.InformationUUIE{ProtocolIdentifier: "0.0.8.2250.0.4"}})
	keypad.q.Add(wire.Keypad, []byte("1#x"))
	p.send(keypad)
	p.send(p.message(wire.Notify, h225.MessageBody{Notify: &h225.NotifyUUIE{ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: h225.CallIdentifier{GUID: testCallID}}}))
	p.send(p.message(wire.Status, h225.MessageBody{Status: &h225.StatusUUIE{ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: h225.CallIdentifier{GUID: testCallID}}}))
	p.send(p.message(wire.Progress, h225.MessageBody{Empty: true}))
	p.raw([]byte{8, 2, 0, 77, 0x70})                // a type that nobody knows
	p.raw([]byte{8, 2, 0, 77, 0x62, 0x7e, 0, 1, 5}) // Facility with nothing in it
	p.raw([]byte{9, 9, 9})
	p.ref = 78
	p.send(p.message(wire.Facility, h225.MessageBody{Empty: true})) // of no call
	p.send(p.setup("1002", nil))
	if cause, reason, _ := p.expectRelease(); cause != 47 || reason != "newConnectionNeeded" {
		t.Errorf("a second call is refused by %d, %s", cause, reason)
	}
	p.ref = 77
	p.send(p.message(wire.StatusInquiry, h225.MessageBody{StatusInquiry: &h225.StatusInquiryUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: h225.CallIdentifier{GUID: testCallID},
	}}))
	m := p.expect(wire.Status)
	state, _ := m.q.Find(wire.CallState)
	if cause, _ := causeValue(m.q); len(state) != 1 || state[0] != 10 || cause != 30 {
		t.Errorf("call state %x, cause %d", state, cause)
	}
	until(t, "the keys are heard", func() bool { return get(call, func() bool { return call.digits == "1#" }) })
	call.stream('1') // RFC 4733 tells of the same key
	call.stream('5')
	until(t, "the third key is heard", func() bool { return get(call, func() bool { return call.digits == "1#5" }) })

	p.raw([]byte{8, 2, 0, 77, 0x45, 8, 2, 0x80, 0x90}) // Disconnect, as ISDN has it
	p.expect(wire.ReleaseComplete)
	call.untilEnded(t, bridge.CauseNormal)
	if s := e.Stats(); s.ParseErrors != 1 || s.Messages[MessageKind{false, "other"}] != 2 {
		t.Errorf("%+v", s)
	}
}

func TestRefusals(t *testing.T) {
	refused := func(c bridge.Cause) func(*fakeBoard, *Config) {
		return func(b *fakeBoard, _ *Config) { b.refuse = &bridge.Refusal{Cause: c, Reason: "the reason"} }
	}
	for name, c := range map[string]struct {
		change func(*fakeBoard, *Config)
		setup  func(*message, *h225.SetupUUIE)
		cause  uint8
		reason string
		text   string
	}{
		"no such room":   {refused(bridge.CauseNoRoute), nil, 1, "unreachableDestination", "the reason"},
		"forbidden":      {refused(bridge.CauseForbidden), nil, 21, "noPermission", "the reason"},
		"full":           {refused(bridge.CauseCapacity), nil, 42, "gatewayResources", "the reason"},
		"encryption":     {refused(bridge.CauseEncryption), nil, 88, "securityDenied", "the reason"},
		"no ports":       {func(b *fakeBoard, _ *Config) { b.noPorts = true }, nil, 42, "gatewayResources", "no ports"},
		"too many calls": {func(_ *fakeBoard, c *Config) { c.Rate, c.Burst = 1, -1 }, nil, 42, "gatewayResources", "too many"},
		"no media wanted": {nil, func(_ *message, s *h225.SetupUUIE) {
			s.ConferenceGoal = h225.ConferenceGoal{CallIndependentSupplementaryService: true}
		}, 69, "undefinedReason", "without media"},
		"capabilities only": {nil, func(_ *message, s *h225.SetupUUIE) {
			s.ConferenceGoal = h225.ConferenceGoal{CapabilityNegotiation: true}
		}, 69, "undefinedReason", "without media"},
		"another body": {nil, func(m *message, _ *h225.SetupUUIE) { *m.body() = h225.MessageBody{Empty: true} }, 111, "undefinedReason", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFakeBoard()
			e := serve(t, b, func(cfg *Config) {
				if c.change != nil {
					c.change(b, cfg)
				}
			})
			p := connectTo(t, at(e))
			p.send(p.setup("1001", c.setup))
			m := p.next(patience)
			if m != nil && m.q.Type == wire.CallProceeding {
				m = p.next(patience)
			}
			if m == nil || m.q.Type != wire.ReleaseComplete {
				t.Fatalf("%+v", m)
			}
			cause, _ := causeValue(m.q)
			reason := per.Alternative(m.body().ReleaseComplete.Reason)
			text, _ := m.q.Find(wire.Display)
			if cause != c.cause || reason != c.reason || !strings.Contains(string(text), c.text) || !m.q.Answer || m.q.Reference != 77 {
				t.Errorf("cause %d, %s, %q", cause, reason, text)
			}
			p.expectEnd()
		})
	}
}

// What is no Setup of H.323 and is answered all the same.
func TestBeforeACall(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	for name, c := range map[string]struct {
		packet []byte
		cause  uint8
	}{
		"Facility of no call": {[]byte{8, 2, 0, 5, 0x62}, 81},
		"Setup without H.225": {[]byte{8, 2, 0, 5, 5, 4, 3, 0x88, 0x90, 0xa5}, 96},
		"Setup of rubbish":    {[]byte{8, 2, 0, 5, 5, 0x7e, 0, 4, 5, 0x20, 0xff, 0xff}, 111},
	} {
		p := connectTo(t, at(e))
		p.raw([]byte{8, 2, 0, 5, 0x7d}) // Status
		p.raw([]byte{8, 2, 0, 5, 0x5a}) // ReleaseComplete
		p.raw([]byte{8, 2, 0, 5, 0x75}) // StatusInquiry
		if state, _ := p.expect(wire.Status).q.Find(wire.CallState); len(state) != 1 || state[0] != 0 {
			t.Errorf("%s: call state %x", name, state)
		}
		p.raw(c.packet)
		if cause, _, _ := p.expectRelease(); cause != c.cause {
			t.Errorf("%s: cause %d, not %d", name, cause, c.cause)
		}
		p.expectEnd()
	}
	p := connectTo(t, at(e))
	_, _ = p.c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	p.expectEnd()
}

// A call reference that our messages cannot carry begins no call.
func TestLongReference(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	p := connectTo(t, at(e))
	b, err := p.setup("1001", nil).encode()
	if err != nil {
		t.Fatal(err)
	}
	p.raw(append([]byte{8, 3, 0, 0x80, 1}, b[4:]...))
	if cause, _, _ := p.expectRelease(); cause != 81 {
		t.Errorf("cause %d", cause)
	}
	p.expectEnd()
	until(t, "nothing is left", func() bool { return e.Stats().Calls == 0 })
}

// A Setup that cannot be answered leaves no call behind.
func TestUnansweredSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		e := m.endpoint(newFakeBoard())
		ours, theirs := memPipe(netip.MustParseAddrPort("10.0.0.1:1720"), netip.MustParseAddrPort("10.0.0.9:33000"))
		p := newPeer(t, theirs)
		l := newLeg(e, newConn(ours, true, time.Time{}, time.Second), identity{reference: 0x8001, answer: true, call: or16(nil)})
		l.in = p.setup("1001", nil)
		if err := e.add(l); err != nil {
			t.Fatal(err)
		}
		l.box.Post(l.invited)
		synctest.Wait()
		if s := e.Stats(); s.Calls != 0 || s.Ended["signalling"] != 1 {
			t.Errorf("%+v", s)
		}
		l.sig.close()
	})
}

// The caller gives up while the core thinks about its call, with a word or without.
func TestCallerGivesUp(t *testing.T) {
	for name, leave := range map[string]func(*peer){
		"by ReleaseComplete": func(p *peer) { p.release(16) },
		"without a word":     func(p *peer) { _ = p.c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newFakeBoard()
			b.hold = make(chan struct{})
			e := serve(t, b, nil)
			p := connectTo(t, at(e))
			p.send(p.setup("1001", nil))
			p.expect(wire.CallProceeding)
			leave(p)
			until(t, "the leg is gone", func() bool { return e.Stats().Calls == 0 })
			if s := e.Stats(); s.Ended["cancelled"] != 1 {
				t.Errorf("%+v", s.Ended)
			}
		})
	}
}

// The core's answer and the end of the call cross.
func TestGivingUpCrossesTheAnswer(t *testing.T) {
	for range 30 {
		b := newFakeBoard()
		b.hold = make(chan struct{})
		e := serve(t, b, nil)
		p := connectTo(t, at(e))
		p.send(p.setup("1001", nil))
		p.expect(wire.CallProceeding)
		go close(b.hold)
		p.release(16)
		until(t, "the leg is gone", func() bool { return e.Stats().Calls == 0 })
		select {
		case c := <-b.calls:
			until(t, "the call ends", func() bool { return get(c, func() bool { return len(c.ended) == 1 }) })
		default: // the core was not reached any more
		}
	}
}

// A connection that ends without a word ends an answered call.
func TestConnectionBreaks(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	call := b.call(t)
	call.untilConnected(t)
	p.close()
	call.untilEnded(t, bridge.CauseSignalling)
}

// No seat in the room: the terminal hears why.
func TestNoSeat(t *testing.T) {
	b := newFakeBoard()
	b.noSeat = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
	e := serve(t, b, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	p.expect(wire.CallProceeding)
	p.expect(wire.Connect)
	for m := p.next(patience); ; m = p.next(patience) {
		if m == nil {
			t.Fatal("no ReleaseComplete")
		}
		if m.q.Type != wire.ReleaseComplete {
			continue
		}
		if cause, _ := causeValue(m.q); cause != 42 {
			t.Errorf("cause %d", cause)
		}
		break
	}
	b.call(t).untilEnded(t, bridge.CauseCapacity)
}

// The number and name of a call in every dress reach the core.
func TestInvite(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("127.0.0.1##1001##99", func(m *message, s *h225.SetupUUIE) {
		s.DestCallSignalAddress = h225.NewTransportAddress(netip.MustParseAddrPort(at(e)))
		s.CallIdentifier = nil // version 1
		m.q.Add(wire.Display, []byte("Ph\xf2ng"))
		m.ui.H323UUPDU.H245Tunnelling = nil
	}))
	call := b.call(t)
	if call.inv.Number != "1001" || call.inv.PIN != "99" || call.inv.Caller.Name != "Phòng" || call.inv.Transport != "tcp" {
		t.Errorf("%+v", call.inv)
	}
	if m := p.expect(wire.CallProceeding); len(m.body().CallProceeding.CallIdentifier.GUID) != 16 || m.tunnels() {
		t.Errorf("%+v", m.body().CallProceeding)
	}
	if m := p.expect(wire.Connect); m.body().Connect.H245Address == nil || m.tunnels() {
		t.Errorf("%+v", m.body().Connect)
	}
	p.release(16)
	call.untilEnded(t, bridge.CauseNormal)
}
