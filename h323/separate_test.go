package h323

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

var endSession = &h245.MultimediaSystemControlMessage{
	Command: &h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: true}},
}

// untunnelled is a Setup without tunnelling.
func untunnelled(m *message, _ *h225.SetupUUIE) { m.ui.H323UUPDU.H245Tunnelling = new(false) }

// connected is a call of a terminal that does not tunnel, up to our Connect.
func connected(t *testing.T, change func(*message, *h225.SetupUUIE)) (e *Endpoint, p *peer, call *fakeCall, f *fakeControl, at245 *h225.TransportAddress) {
	t.Helper()
	b := newFakeBoard()
	e = serve(t, b, nil)
	made := fakeControls(e, nil)
	p = connectTo(t, at(e))
	p.send(p.setup("1001", func(m *message, s *h225.SetupUUIE) {
		untunnelled(m, s)
		if change != nil {
			change(m, s)
		}
	}))
	p.expect(wire.CallProceeding)
	m := p.expect(wire.Connect)
	if m.tunnels() {
		t.Error("we tunnel, and the terminal does not")
	}
	call = b.call(t)
	call.untilConnected(t)
	return e, p, call, <-made, m.body().Connect.H245Address
}

// connectControl makes the connection of H.245 to an address that we told.
func connectControl(t *testing.T, told *h225.TransportAddress) *peer {
	t.Helper()
	a, ok := told.AddrPort()
	if !ok {
		t.Fatalf("no address: %+v", told)
	}
	return connectTo(t, a.String())
}

// We wait where our Connect says.
func TestControlConnectsToUs(t *testing.T) {
	_, p, call, f, told := connected(t, nil)
	c := connectControl(t, told)
	c.expectControl("roundTripDelayRequest")
	_, _ = c.c.Write([]byte{3, 0, 0, 4})
	c.raw([]byte{0xff})
	c.control(roundTrip(1))
	until(t, "it was received", func() bool { return len(f.heard()) == 1 })
	if _, err := net.DialTimeout("tcp", c.c.RemoteAddr().String(), time.Second); err == nil {
		t.Error("a second connection is taken")
	}
	call.leg.Hangup(bridge.CauseNormal, "")
	c.expectControl("endSessionCommand")
	if m := p.expect(wire.ReleaseComplete); carried(t, m) != "" {
		t.Errorf("ReleaseComplete carries %q", carried(t, m))
	}
	c.expectEnd()
	p.expectEnd()
	call.untilEnded(t, bridge.CauseNormal)
}

// The caller waits where its Setup says; our Connect has no address then.
func TestControlConnectsToTheCaller(t *testing.T) {
	l := listenAs(t)
	_, p, call, f, told := connected(t, func(_ *message, s *h225.SetupUUIE) { s.H245Address = h225.NewTransportAddress(l.addr()) })
	if told != nil {
		t.Errorf("we wait at %v", told)
	}
	c := l.accept()
	c.expectControl("roundTripDelayRequest")
	c.control(roundTrip(1))
	until(t, "it was received", func() bool { return len(f.heard()) == 1 })

	// The far end ends H.245, then the call.
	c.control(endSession)
	c.expectControl("endSessionCommand")
	p.expect(wire.ReleaseComplete)
	call.untilEnded(t, bridge.CauseNormal)
}

// ReleaseComplete that follows the end of H.245 says why the call ended.
func TestReleaseAfterEndSession(t *testing.T) {
	_, p, call, _, told := connected(t, nil)
	c := connectControl(t, told)
	c.expectControl("roundTripDelayRequest")
	c.control(endSession)
	p.release(41)
	call.untilEnded(t, bridge.CauseSignalling)
	c.expectEnd()
}

// The address in Setup leads nowhere: startH245 has the caller connect to us.
func TestControlAddressOfTheCallerIsWrong(t *testing.T) {
	_, p, call, _, told := connected(t, func(_ *message, s *h225.SetupUUIE) { s.H245Address = h225.NewTransportAddress(nowhere) })
	if told != nil {
		t.Errorf("we wait at %v", told)
	}
	m := p.expect(wire.Facility)
	if f := m.body().Facility; f == nil || !f.Reason.StartH245 {
		t.Fatalf("%+v", m.body())
	}
	c := connectControl(t, m.body().Facility.H245Address)
	c.expectControl("roundTripDelayRequest")
	p.release(16)
	c.expectEnd()
	call.untilEnded(t, bridge.CauseNormal)
}

// H.245's connection breaks: the call ends, unless ReleaseComplete says why first.
func TestControlBreaks(t *testing.T) {
	_, p, call, _, told := connected(t, nil)
	c := connectControl(t, told)
	c.expectControl("roundTripDelayRequest")
	c.close()
	p.expect(wire.ReleaseComplete)
	call.untilEnded(t, bridge.CauseSignalling)

	_, p, call, _, told = connected(t, nil)
	c = connectControl(t, told)
	c.expectControl("roundTripDelayRequest")
	c.close()
	p.release(16)
	call.untilEnded(t, bridge.CauseNormal)
}

// A gatekeeper that routed the Setup leaves: H.245 and the call go on.
func TestSignallingLeaves(t *testing.T) {
	e, p, call, f, told := connected(t, nil)
	c := connectControl(t, told)
	c.control(roundTrip(1)) // with which the fake engine is established
	until(t, "it was received", func() bool { return len(f.heard()) == 1 })
	p.close()
	c.control(roundTrip(2))
	until(t, "it was received", func() bool { return len(f.heard()) == 2 })
	if s := e.Stats(); s.Calls != 1 || get(call, func() int { return len(call.ended) }) != 0 {
		t.Errorf("the call ended: %+v", s)
	}
	c.control(endSession)
	c.expectControl("roundTripDelayRequest")
	c.expectControl("endSessionCommand")
	call.untilEnded(t, bridge.CauseNormal)
}

// In calls of ours the address may be in any message, or in none.
func TestPlacedCallsControl(t *testing.T) {
	facility := func(o *outgoing, at *h225.TransportAddress) *message {
		return o.reply(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
			ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{StartH245: true}, H245Address: at,
		}})
	}
	progress := func(o *outgoing, at *h225.TransportAddress) *message {
		return o.reply(wire.Progress, h225.MessageBody{Progress: &h225.ProgressUUIE{
			ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: h225.CallIdentifier{GUID: testCallID}, H245Address: at,
		}})
	}
	for name, say := range map[string]func(o *outgoing, at *h225.TransportAddress){
		"CallProceeding": func(o *outgoing, at *h225.TransportAddress) {
			m := o.proceeding()
			m.body().CallProceeding.H245Address = at
			o.send(m)
			o.send(o.connect())
		},
		"Alerting": func(o *outgoing, at *h225.TransportAddress) {
			m := o.alerting()
			m.body().Alerting.H245Address = at
			o.send(m)
			o.send(o.connect())
		},
		"Progress": func(o *outgoing, at *h225.TransportAddress) { o.send(progress(o, at)); o.send(o.connect()) },
		"Connect": func(o *outgoing, at *h225.TransportAddress) {
			m := o.connect()
			m.body().Connect.H245Address = at
			o.send(m)
		},
		"Facility": func(o *outgoing, at *h225.TransportAddress) { o.send(facility(o, at)); o.send(o.connect()) },
		"Facility after Connect": func(o *outgoing, at *h225.TransportAddress) {
			o.send(o.connect())
			o.send(facility(o, at))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := place(t, noTunnelling, nil)
			l := listenAs(t)
			say(o, h225.NewTransportAddress(l.addr()))
			c := l.accept()
			c.expectControl("roundTripDelayRequest")
			f := <-o.made
			c.control(roundTrip(1))
			until(t, "it was received", func() bool { return len(f.heard()) == 1 })
			if err := <-o.result; err != nil {
				t.Fatal(err)
			}
			o.call.leg.Hangup(bridge.CauseNormal, "")
			c.expectControl("endSessionCommand")
			o.call.untilEnded(t, bridge.CauseNormal)
		})
	}
	for name, ask := range map[string]bool{"Scopia VC240 waits for startH245": false, "startH245 without address": true} {
		t.Run(name, func(t *testing.T) {
			o := place(t, noTunnelling, nil)
			o.send(o.connect())
			m := o.expect(wire.Facility)
			if ask {
				o.send(facility(o, nil))
				m = o.expect(wire.Facility)
			}
			if f := m.body().Facility; !f.Reason.StartH245 {
				t.Fatalf("%+v", f)
			}
			c := connectControl(t, m.body().Facility.H245Address)
			c.expectControl("roundTripDelayRequest")
			o.release(16)
			c.expectEnd()
			o.call.untilEnded(t, bridge.CauseNormal)
		})
	}
}

// An address beside tunnelling is none to use.
func TestAddressBesideTunnelling(t *testing.T) {
	o := place(t, nil, nil)
	l := listenAs(t)
	m := o.connect()
	m.body().Connect.H245Address = h225.NewTransportAddress(l.addr())
	o.send(m)
	if m := o.expect(wire.Facility); carried(t, m) != "roundTripDelayRequest" {
		t.Errorf("%q", carried(t, m))
	}
	o.release(16)
	o.call.untilEnded(t, bridge.CauseNormal)
	if s := o.e.Stats(); s.Control["tunnel"] != 1 || s.Control["connection"] != 0 {
		t.Errorf("%+v", s)
	}
}

// A gatekeeper says that H.245 is tunnelled before the terminal says that it is not.
func TestTunnellingIsTakenBack(t *testing.T) {
	denying := func(o *outgoing, at *h225.TransportAddress) {
		o.send(o.proceeding())
		m := o.connect()
		m.ui.H323UUPDU.H245Tunnelling = new(false)
		m.body().Connect.H245Address = at
		o.send(m)
	}
	o := place(t, nil, nil)
	l := listenAs(t)
	denying(o, h225.NewTransportAddress(l.addr()))
	c := l.accept()
	c.expectControl("roundTripDelayRequest")
	o.release(16)
	c.expectEnd()
	o.call.untilEnded(t, bridge.CauseNormal)

	o = place(t, nil, nil)
	denying(o, nil)
	m := o.expect(wire.Facility)
	if f := m.body().Facility; f == nil || !f.Reason.StartH245 || m.tunnels() {
		t.Fatalf("%+v", m.body())
	}
	o.release(16)
	o.call.untilEnded(t, bridge.CauseNormal)

	// Nothing said, and H.245 itself, take nothing back.
	o = place(t, nil, nil)
	o.send(o.proceeding())
	m = o.connect()
	m.ui.H323UUPDU.H245Tunnelling = nil
	o.send(m)
	if m := o.expect(wire.Facility); carried(t, m) != "roundTripDelayRequest" {
		t.Errorf("%+v", m.body())
	}
	m = tunnel(t, o.reply(wire.Facility, *emptyBody()), roundTrip(1))
	m.ui.H323UUPDU.H245Tunnelling = new(false)
	o.send(m)
	f := <-o.made
	until(t, "it was received", func() bool { return len(f.heard()) == 1 })
	o.release(16)
	o.call.untilEnded(t, bridge.CauseNormal)
}

// A call that tunnels goes over to a connection (H.323 8.2.3).
func TestTunnelToConnection(t *testing.T) {
	o := place(t, nil, nil)
	o.send(o.connect())
	o.expect(wire.Facility)
	f := <-o.made
	l := listenAs(t)
	o.send(o.reply(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{StartH245: true}, H245Address: h225.NewTransportAddress(l.addr()),
	}}))
	c := l.accept()
	until(t, "it is used", func() bool {
		f.note(func() { f.out = append(f.out, roundTrip(9)) })
		o.call.leg.RequestKeyframe()
		select {
		case <-c.in:
			return true
		case <-time.After(10 * time.Millisecond):
			return false
		}
	})
	if f.started != 1 {
		t.Errorf("started %d times", f.started)
	}
	o.call.leg.Hangup(bridge.CauseNormal, "")
	for m := o.next(patience); ; m = o.next(patience) {
		if m == nil {
			t.Fatal("no ReleaseComplete")
		}
		if m.q.Type == wire.ReleaseComplete {
			if m.tunnels() {
				t.Error("it still says that we tunnel")
			}
			break
		}
	}
}

// Both ends open a connection (H.323 8.2): that of the lower address gives way.
func TestBothOpenControl(t *testing.T) {
	for name, c := range map[string]struct {
		theirs   string
		fails    bool
		keepOurs bool
	}{
		"their address is lower":  {"127.0.0.1:1025", false, true},
		"their address is higher": {"127.0.0.1:65535", false, false},
		"ours leads nowhere":      {"127.0.0.1:1025", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFakeBoard()
			e := serve(t, b, noTunnelling)
			made := fakeControls(e, nil)
			dialled := make(chan *memConn, 1)
			release := make(chan struct{})
			e.dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
				<-release
				if c.fails {
					return nil, errors.New("nobody there")
				}
				ours, theirs := memPipe(netip.MustParseAddrPort("127.0.0.1:40000"), to)
				dialled <- theirs
				return ours, nil
			}
			p := connectTo(t, at(e))
			p.send(p.setup("1001", nil))
			p.expect(wire.CallProceeding)
			told := p.expect(wire.Connect).body().Connect.H245Address
			p.send(p.message(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
				ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{StartH245: true},
				H245Address: h225.NewTransportAddress(netip.MustParseAddrPort(c.theirs)),
			}}))
			p.send(p.message(wire.StatusInquiry, h225.MessageBody{Empty: true}))
			p.expect(wire.Status) // the Facility has been heard
			rival := connectControl(t, told)
			until(t, "it is accepted", func() bool { return e.Stats().Connections == 2 })
			rival.control(roundTrip(1)) // which it has to be heard with when it stays
			rival.control(roundTrip(2))
			p.send(p.message(wire.StatusInquiry, h225.MessageBody{Empty: true}))
			p.expect(wire.Status)
			close(release)
			var ours *peer
			if !c.fails {
				ours = newPeer(t, <-dialled)
			}
			if c.keepOurs {
				ours.expectControl("roundTripDelayRequest")
				rival.expectEnd()
			} else {
				rival.expectControl("roundTripDelayRequest")
				f := <-made
				until(t, "what it said is heard", func() bool { return len(f.heard()) == 2 })
				if ours != nil {
					ours.expectEnd()
				}
			}
			p.release(16)
			b.call(t).untilEnded(t, bridge.CauseNormal)
		})
	}
}

// rivalry is a call whose terminal has us dial for H.245, which lasts until release is
// closed, and waits to be connected to meanwhile.
func rivalry(t *testing.T) (e *Endpoint, p *peer, b *fakeBoard, f *fakeControl, told netip.AddrPort, release chan struct{}) {
	t.Helper()
	b = newFakeBoard()
	e = serve(t, b, noTunnelling)
	made := fakeControls(e, nil)
	release = make(chan struct{})
	e.dial = func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil, errors.New("nobody there")
	}
	p = connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	p.expect(wire.CallProceeding)
	told, _ = p.expect(wire.Connect).body().Connect.H245Address.AddrPort()
	p.send(p.message(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{StartH245: true},
		H245Address: h225.NewTransportAddress(netip.MustParseAddrPort("127.0.0.1:1025")),
	}}))
	p.send(p.message(wire.StatusInquiry, h225.MessageBody{Empty: true}))
	p.expect(wire.Status) // the Facility has been heard
	return e, p, b, <-made, told, release
}

// connectFrom connects from one of the loopback's addresses.
func connectFrom(t *testing.T, ip string, to netip.AddrPort) *peer {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}).Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, c)
}

// What made a stranger a rival is heard, too, once it is H.245's connection.
func TestStrangerAsRival(t *testing.T) {
	e, p, b, f, told, release := rivalry(t)
	rival := connectFrom(t, "127.0.0.2", told)
	rival.control(roundTrip(1))
	rival.control(roundTrip(2))
	until(t, "it is there", func() bool { return e.Stats().Connections == 2 })
	l := e.find(testCallID)
	until(t, "it was read", func() bool {
		n := make(chan int, 1)
		l.box.Post(func() { n <- len(l.h245.unheard) })
		return <-n == 2
	})
	close(release)
	rival.expectControl("roundTripDelayRequest")
	until(t, "all of it is heard", func() bool { return len(f.heard()) == 2 })
	p.release(16)
	b.call(t).untilEnded(t, bridge.CauseNormal)
}

// A rival that says more than can be kept is given up.
func TestTalkativeRival(t *testing.T) {
	_, p, b, f, told, release := rivalry(t)
	rival := connectFrom(t, "127.0.0.1", told)
	for i := range maxEarly + 1 {
		rival.control(roundTrip(byte(i)))
	}
	rival.expectEnd()
	close(release)
	if m := p.expect(wire.Facility); !m.body().Facility.Reason.StartH245 { // our connection failed
		t.Errorf("%+v", m.body().Facility)
	}
	if n := len(f.heard()); n != 0 {
		t.Errorf("%d messages were heard", n)
	}
	p.release(16)
	b.call(t).untilEnded(t, bridge.CauseNormal)
}

// A call that ends while both connections are in the making leaves none of them.
func TestRivalOfACallThatEnds(t *testing.T) {
	e, p, b, _, told, release := rivalry(t)
	rival := connectFrom(t, "127.0.0.1", told)
	until(t, "it is accepted", func() bool { return e.Stats().Connections == 2 })
	p.release(16)
	close(release)
	rival.expectEnd()
	b.call(t).untilEnded(t, bridge.CauseNormal)
}

// Strangers that connect to where we wait: the first that speaks H.245 is taken, and
// those that say nothing hold nobody up.
func TestStrangers(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, noTunnelling)
	fakeControls(e, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	p.expect(wire.CallProceeding)
	a, _ := p.expect(wire.Connect).body().Connect.H245Address.AddrPort()
	from := func(ip string) *peer { return connectFrom(t, ip, a) }
	var silent []*peer
	for range maxStrangers {
		silent = append(silent, from("127.0.0.2"))
	}
	until(t, "they are there", func() bool { return e.Stats().Connections == 1+maxStrangers })
	from("127.0.0.3").expectEnd() // one too many
	silent[0].raw([]byte{0xff, 0xff})
	silent[1].control(roundTrip(1))
	silent[1].expectControl("roundTripDelayRequest")
	for i, s := range silent {
		if i != 1 {
			s.expectEnd()
		}
	}
	p.release(16)
	silent[1].expectEnd()
	b.call(t).untilEnded(t, bridge.CauseNormal)
}

// A gateway that tells its own address as the terminal's does not call itself.
func TestControlAtOurOwnAddress(t *testing.T) {
	l := listenAs(t)
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.NoTunnelling = true })
	fakeControls(e, nil)
	a, _ := netip.ParseAddrPort(at(e))
	p := connectFrom(t, "127.0.0.2", a)
	p.send(p.setup("1001", func(_ *message, s *h225.SetupUUIE) { s.H245Address = h225.NewTransportAddress(l.addr()) }))
	p.expect(wire.CallProceeding)
	if told := p.expect(wire.Connect).body().Connect.H245Address; told == nil {
		t.Error("we connect to ourselves")
	}
	p.release(16)
	b.call(t).untilEnded(t, bridge.CauseNormal)
}

// shortOf is a listener that fails now and then, as without descriptors.
type shortOf struct {
	net.Listener
	failed atomic.Bool
}

func (s *shortOf) Accept() (net.Conn, error) {
	if !s.failed.Swap(true) {
		return nil, syscall.EMFILE
	}
	return s.Listener.Accept()
}

// Where we wait for H.245 we go on after an error.
func TestAcceptControlGoesOn(t *testing.T) {
	e, p, call, f, told := connected(t, nil)
	l := e.find(testCallID)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.acceptControl(&shortOf{Listener: ln})
	}()
	c := connectTo(t, ln.Addr().String())
	c.control(roundTrip(1))
	until(t, "it was received", func() bool { return len(f.heard()) == 1 })
	_ = ln.Close()
	<-ended
	if told == nil {
		t.Error("we do not wait")
	}
	p.release(16)
	c.expectEnd()
	call.untilEnded(t, bridge.CauseNormal)
}

func TestReachable(t *testing.T) {
	us := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("fe80::5%eth0")}
	at := func(s string) *h225.TransportAddress { return h225.NewTransportAddress(netip.MustParseAddrPort(s)) }
	for name, c := range map[string]struct {
		told *h225.TransportAddress
		peer string
		want string
	}{
		"as told":                {at("10.0.0.9:3000"), "10.0.0.9", "10.0.0.9:3000"},
		"elsewhere":              {at("10.0.0.10:3000"), "10.0.0.9", "10.0.0.10:3000"},
		"IPv6":                   {at("[2001:db8::1]:3000"), "2001:db8::2", "[2001:db8::1]:3000"},
		"none told":              {at("0.0.0.0:3000"), "10.0.0.9", "10.0.0.9:3000"},
		"behind a NAT":           {at("192.168.1.5:3000"), "198.51.100.7", "198.51.100.7:3000"},
		"loopback among us":      {at("127.0.0.1:3000"), "127.0.0.1", "127.0.0.1:3000"},
		"link-local":             {at("[fe80::1]:3000"), "fe80::1%eth0", "[fe80::1%eth0]:3000"},
		"loopback from afar":     {at("127.0.0.1:3000"), "10.0.0.9", ""},
		"link-local from afar":   {at("169.254.169.254:3000"), "10.0.0.9", ""},
		"multicast":              {at("224.0.0.1:3000"), "10.0.0.9", ""},
		"broadcast":              {at("255.255.255.255:3000"), "10.0.0.9", ""},
		"a well-known service":   {at("10.0.0.9:25"), "10.0.0.9", ""},
		"port zero":              {at("10.0.0.9:0"), "10.0.0.9", ""},
		"ourselves":              {at("10.0.0.1:3000"), "10.0.0.9", ""},
		"ourselves, mapped":      {at("[::ffff:10.0.0.1]:3000"), "10.0.0.9", ""},
		"what we announce":       {at("198.51.100.1:3000"), "10.0.0.9", ""},
		"beside us":              {at("10.0.0.1:3000"), "10.0.0.1", "10.0.0.1:3000"},
		"ourselves, link-local":  {at("[fe80::5]:3000"), "fe80::1%eth0", ""},
		"loopback, mapped":       {at("[::ffff:127.0.0.1]:3000"), "10.0.0.9", ""},
		"no IP":                  {&h225.TransportAddress{Nsap: per.Octets{1}}, "10.0.0.9", ""},
		"an address of 3 octets": {&h225.TransportAddress{IPAddress: &h225.IPAddress{IP: per.Octets{1, 2, 3}, Port: 3000}}, "10.0.0.9", ""},
	} {
		got, err := reachable(c.told, netip.MustParseAddr(c.peer), us)
		if (err == nil) != (c.want != "") || err == nil && got.String() != c.want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
		}
	}
}

func TestPortsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := addrPort(l.Addr()).Port()
	if ln, err := (PortRange{port, port}).listen(netip.MustParseAddr("127.0.0.1")); err == nil {
		_ = ln.Close()
		t.Error("a port is taken twice")
	}
}
