package h323

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

// outgoing is a call that an endpoint places to a scripted terminal.
type outgoing struct {
	*peer
	e      *Endpoint
	call   *fakeCall
	made   <-chan *fakeControl
	setup  *message
	cancel context.CancelFunc
	result chan error
}

// place has an endpoint call a scripted terminal.
func place(t testing.TB, change func(*Config), control func(*fakeControl)) *outgoing {
	t.Helper()
	b := newFakeBoard()
	e := serve(t, b, change)
	o := &outgoing{e: e, call: &fakeCall{board: b}, made: fakeControls(e, control), result: make(chan error, 1)}
	l := listenAs(t)
	o.start(t, "h323:1001@"+l.addr().String())
	o.peer = l.accept()
	o.receiveSetup()
	return o
}

func (o *outgoing) start(t testing.TB, uri string) {
	ctx, cancel := context.WithCancel(t.Context())
	o.cancel = cancel
	t.Cleanup(cancel)
	go func() {
		o.result <- o.e.place(ctx, o.call, bridge.Target{Scheme: "h323", URI: uri, From: "7001", Name: "Phòng A"})
	}()
}

func (o *outgoing) receiveSetup() {
	o.t.Helper()
	o.setup = o.expect(wire.Setup)
	o.ref = o.setup.q.Reference
}

// reply is a message of the called side.
func (o *outgoing) reply(typ wire.Type, body h225.MessageBody) *message {
	m := o.message(typ, body)
	m.q.Answer = true
	return m
}

func (o *outgoing) proceeding() *message {
	return o.reply(wire.CallProceeding, h225.MessageBody{CallProceeding: &h225.CallProceedingUUIE{ProtocolIdentifier: "0.0.8.2250.0.4"}})
}

func (o *outgoing) alerting() *message {
	return o.reply(wire.Alerting, h225.MessageBody{Alerting: &h225.AlertingUUIE{ProtocolIdentifier: "0.0.8.2250.0.4"}})
}

func (o *outgoing) connect() *message {
	return o.reply(wire.Connect, h225.MessageBody{Connect: &h225.ConnectUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", ConferenceID: o.setup.body().Setup.ConferenceID,
		DestinationInfo: h225.EndpointType{Vendor: &h225.VendorIdentifier{ProductId: []byte("Group 500\x00")}},
	}})
}

// refusal waits for the refusal that Place gives.
func (o *outgoing) refusal(t testing.TB, want bridge.Cause) *bridge.Refusal {
	t.Helper()
	r := bridge.AsRefusal(<-o.result)
	if r.Cause != want {
		t.Errorf("refused by %v (%s), want %v", r.Cause, r.Reason, want)
	}
	return r
}

func TestPlacedCall(t *testing.T) {
	o := place(t, func(c *Config) { c.Version = "1.2" }, nil)
	s := o.setup.body().Setup
	display, _ := o.setup.q.Find(wire.Display)
	number, _ := o.setup.q.Find(wire.CalledPartyNumber)
	calling, _ := o.setup.q.Find(wire.CallingPartyNumber)
	b, _ := o.setup.q.Find(wire.BearerCapability)
	bear, err := wire.ParseBearer(b)
	if o.setup.q.Answer || !o.setup.tunnels() || string(display) != "Phòng A" || string(number) != "\x811001" || !strings.HasSuffix(string(calling), "7001") {
		t.Errorf("%+v", o.setup.q)
	}
	if err != nil || bear != (wire.Bearer{Capability: wire.Unrestricted, Rate: 32, Protocol: wire.H221}) {
		t.Errorf("bearer %+v: %v", bear, err)
	}
	if *s.DestinationAddress[0].DialledDigits != "1001" || *s.SourceAddress[0].DialledDigits != "7001" || *s.SourceAddress[1].H323ID != "Phòng A" ||
		len(s.CallIdentifier.GUID) != 16 || s.FastStart != nil || s.H245Address != nil {
		t.Errorf("%+v", s)
	}
	if a, ok := s.DestCallSignalAddress.AddrPort(); !ok || a.String() != o.c.LocalAddr().String() {
		t.Errorf("destCallSignalAddress %v: Polycom m100 crashes without it", a)
	}
	if a, ok := s.SourceCallSignalAddress.AddrPort(); !ok || a.String() != at(o.e) {
		t.Errorf("sourceCallSignalAddress %v, listening on %s", a, at(o.e))
	}
	if got := deviceOf(&s.SourceInfo); got != "Roombridge 1.2" {
		t.Errorf("we are %q", got)
	}
	o.send(o.proceeding())
	o.send(o.alerting())
	o.send(o.alerting())
	until(t, "it rings", func() bool { return get(o.call, func() bool { return o.call.rings == 1 }) })
	m := o.connect()
	m.q.Add(wire.Display, []byte("Board"))
	o.send(m)
	if err := <-o.result; err != nil {
		t.Fatal(err)
	}
	if d := o.call.described; d.Device != "Group 500" || d.Name != "Board" || d.Addr.String() != o.c.LocalAddr().String() {
		t.Errorf("%+v", d)
	}
	if m := o.expect(wire.Facility); carried(t, m) != "roundTripDelayRequest" {
		t.Errorf("after Connect: %q", carried(t, m))
	}
	o.call.leg.Hangup(bridge.CauseRemoved, "enough")
	m = o.expect(wire.ReleaseComplete)
	if cause, _ := causeValue(m.q); cause != 16 || m.q.Answer || carried(t, m) != "endSessionCommand" {
		t.Errorf("cause %d, %q", cause, carried(t, m))
	}
	o.expectEnd()
	o.call.untilEnded(t, bridge.CauseRemoved)
}

func TestPlacedCallRefused(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(o *outgoing)
		want   bridge.Cause
	}{
		"busy":                   {func(o *outgoing) { o.release(17) }, bridge.CauseBusy},
		"busy after ringing":     {func(o *outgoing) { o.send(o.alerting()); o.release(17) }, bridge.CauseBusy},
		"without a word":         {func(o *outgoing) { o.close() }, bridge.CauseUnreachable},
		"a bare ReleaseComplete": {func(o *outgoing) { o.raw([]byte{8, 2, 0x80 | byte(o.ref>>8), byte(o.ref), 0x5a}) }, bridge.CauseDeclined},
		"by ISDN's Release":      {func(o *outgoing) { o.raw([]byte{8, 2, 0x80 | byte(o.ref>>8), byte(o.ref), 0x4d, 8, 2, 0x80, 0x91}) }, bridge.CauseBusy},
		"sent elsewhere": {func(o *outgoing) {
			o.send(o.reply(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
				ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{CallForwarded: true},
			}}))
		}, bridge.CauseNoRoute},
	} {
		t.Run(name, func(t *testing.T) {
			o := place(t, nil, nil)
			c.answer(o)
			o.refusal(t, c.want)
			o.call.untilEnded(t, c.want)
		})
	}
}

func TestUnreachable(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	for uri, want := range map[string]bridge.Cause{
		"h323:1001@" + nowhere.String():    bridge.CauseUnreachable,
		"h323:1001@does.not.exist.invalid": bridge.CauseUnreachable,
		"h323:":                            bridge.CauseNoRoute,
		"h323:1001@127.0.0.1:99999":        bridge.CauseNoRoute,
		"h323:1001@host name":              bridge.CauseNoRoute,
	} {
		o := &outgoing{e: e, call: &fakeCall{board: newFakeBoard()}, result: make(chan error, 1)}
		o.start(t, uri)
		if r := bridge.AsRefusal(<-o.result); r.Cause != want {
			t.Errorf("%s: %v", uri, r)
		}
	}
}

// We give up: before anything came, while it rings, and just as the answer comes.
func TestGivingUp(t *testing.T) {
	for name, before := range map[string]func(o *outgoing){
		"at once":        func(*outgoing) {},
		"proceeding":     func(o *outgoing) { o.send(o.proceeding()) },
		"while it rings": func(o *outgoing) { o.send(o.alerting()) },
		"as it answers":  func(o *outgoing) { go o.send(o.connect()) },
	} {
		t.Run(name, func(t *testing.T) {
			o := place(t, nil, nil)
			before(o)
			o.cancel()
			if err := <-o.result; err != nil {
				if r := bridge.AsRefusal(err); r.Cause != bridge.CauseCancelled {
					t.Errorf("%v", r)
				}
			}
			if name == "as it answers" {
				o.call.leg.Hangup(bridge.CauseNormal, "") // it may have been answered before
			}
			for m := o.next(patience); m == nil || m.q.Type != wire.ReleaseComplete; m = o.next(patience) {
				if m == nil {
					t.Fatal("no ReleaseComplete")
				}
			}
			o.expectEnd()
			until(t, "the call ended once", func() bool { return get(o.call, func() bool { return len(o.call.ended) == 1 }) })
		})
	}
}

// The timers of Q.931 for a call of ours.
func TestPlacedCallTimers(t *testing.T) {
	for name, c := range map[string]struct {
		answers func(o *outgoing)
		after   time.Duration
		text    string
	}{
		"T303: nothing comes":               {func(*outgoing) {}, 10 * time.Second, "does not answer"},
		"T310: no more than CallProceeding": {func(o *outgoing) { o.send(o.proceeding()) }, time.Minute, "does not ring"},
		"T301: it rings":                    {func(o *outgoing) { o.send(o.proceeding()); o.send(o.alerting()) }, time.Minute, "nobody answered"},
		"T301: Progress, again and again": {func(o *outgoing) {
			for range 3 {
				o.send(o.reply(wire.Progress, *emptyBody()))
			}
		}, time.Minute, "nobody answered"},
		"no H.245": {func(o *outgoing) { o.send(o.connect()) }, 30 * time.Second, "no media"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t)
				o := &outgoing{e: m.endpoint(newFakeBoard()), call: &fakeCall{board: newFakeBoard()}, result: make(chan error, 1)}
				fakeControls(o.e, nil)
				o.start(t, "h323:1001@10.0.0.7")
				o.peer = newPeer(t, <-m.dialled)
				o.receiveSetup()
				c.answers(o)
				synctest.Wait()
				start := time.Now()
				for r := o.next(time.Hour); r == nil || r.q.Type != wire.ReleaseComplete; r = o.next(time.Hour) {
					if r == nil {
						t.Fatal("no ReleaseComplete")
					}
				}
				if d := time.Since(start); d != c.after {
					t.Errorf("given up after %v, not %v", d, c.after)
				}
				synctest.Wait()
				if reason := get(o.call, func() string { return o.call.reason }); !strings.Contains(reason, c.text) {
					t.Errorf("because %q", reason)
				}
			})
		})
	}
}

func TestReadTarget(t *testing.T) {
	for uri, want := range map[string]target{
		"h323:1001@10.0.0.7":           {"1001", "10.0.0.7", 0},
		"h323:1001@10.0.0.7:1730":      {"1001", "10.0.0.7", 1730},
		"H323:1001@[2001:db8::1]:1730": {"1001", "2001:db8::1", 1730},
		"h323:1001@[2001:db8::1]":      {"1001", "2001:db8::1", 0},
		"h323:10.0.0.7":                {"", "10.0.0.7", 0},
		"h323:10.0.0.7##1001":          {"1001", "10.0.0.7", 0},
		"h323:host.example:1730":       {"", "host.example", 1730},
		"h323:host.example":            {"", "host.example", 0},
		"h323:a@b@host;x=y":            {"a@b", "host", 0},
		"h323:ph%C3%B2ng@host":         {"phòng", "host", 0},
		"1001@host":                    {"1001", "host", 0},
	} {
		if got, err := readTarget(uri, false); err != nil || got != want {
			t.Errorf("%s is %+v, not %+v: %v", uri, got, want, err)
		}
	}
	if got, err := readTarget("h323:1001", true); err != nil || got != (target{alias: "1001"}) {
		t.Errorf("an alias alone, with a gatekeeper: %+v, %v", got, err)
	}
	for _, uri := range []string{"", "h323:", "h323:x@", "h323:x@:1720", "h323:x@h:0", "h323:x@h:99999", "h323:x@h h", "h323:x@h/y", "h323:x@h##1", "h323:h#1", "h323:\x00@h", "h323:" + strings.Repeat("x", 300)} {
		if got, err := readTarget(uri, false); err == nil {
			t.Errorf("%q is %+v", uri, got)
		}
	}
}

// memory is an endpoint's network within a synctest bubble.
type memory struct {
	t       testing.TB
	dialled chan *memConn
}

func newMemory(t testing.TB) *memory { return &memory{t, make(chan *memConn, 16)} }

// endpoint serves without listening: connections come by dial.
func (m *memory) endpoint(b *fakeBoard) *Endpoint {
	e := newEndpoint(Config{Goodbye: time.Second, Rate: -1, Log: b.log}, b)
	here := netip.MustParseAddrPort("10.0.0.1:1720")
	e.dial = m.dialer(here)
	run(m.t, e)
	return e
}
