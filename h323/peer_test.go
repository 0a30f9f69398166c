package h323

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// peer is a scripted terminal: one connection of call signalling or H.245, whose
// messages are written and looked at one by one.
type peer struct {
	t    testing.TB
	c    net.Conn
	ref  uint16
	in   chan []byte // contents of packets; closed at the end of the connection
	done chan struct{}
}

func newPeer(t testing.TB, c net.Conn) *peer {
	p := &peer{t: t, c: c, ref: 77, in: make(chan []byte, 256), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer close(p.in)
		r := wire.NewReader(c)
		for {
			b, err := r.Next()
			if err != nil {
				return
			}
			p.in <- append([]byte(nil), b...)
		}
	}()
	t.Cleanup(p.close)
	return p
}

func (p *peer) close() {
	_ = p.c.Close()
	<-p.done
}

// connectTo makes a connection to where an endpoint is called.
func connectTo(t testing.TB, address string) *peer {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, c)
}

func (p *peer) raw(content []byte) {
	p.t.Helper()
	b, err := wire.AppendPacket(nil, content)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.c.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) send(m *message) {
	p.t.Helper()
	b, err := m.encode()
	if err != nil {
		p.t.Fatal(err)
	}
	p.raw(b)
}

// message begins a message of the terminal.
func (p *peer) message(typ wire.Type, body h225.MessageBody) *message {
	return &message{
		q:  &wire.Message{Type: typ, Reference: p.ref},
		ui: h225.H323UserInformation{H323UUPDU: h225.H323UUPDU{H323MessageBody: body, H245Tunnelling: new(true)}},
	}
}

var testCallID = per.Octets("0123456789abcdef")

// setup is the Setup of a common terminal that tunnels.
func (p *peer) setup(number string, change func(m *message, s *h225.SetupUUIE)) *message {
	s := &h225.SetupUUIE{
		ProtocolIdentifier: "0.0.8.2250.0.4", ConferenceID: make(per.Octets, 16), ConferenceGoal: h225.ConferenceGoal{Create: true},
		CallType: h225.CallType{PointToPoint: true}, CallIdentifier: &h225.CallIdentifier{GUID: testCallID},
		SourceInfo: h225.EndpointType{Terminal: &h225.TerminalInfo{}},
	}
	if number != "" {
		s.DestinationAddress = aliases(number)
	}
	m := p.message(wire.Setup, h225.MessageBody{Setup: s})
	m.q.Add(wire.BearerCapability, wire.Bearer{Capability: wire.Unrestricted, Rate: 6, Protocol: wire.H221}.Bytes())
	if change != nil {
		change(m, s)
	}
	return m
}

// next gives the next message within d, nil when the connection ended or nothing came.
func (p *peer) next(d time.Duration) *message {
	p.t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case b, ok := <-p.in:
		if !ok {
			return nil
		}
		m, err := parseMessage(b)
		if err != nil || m.uiErr != nil {
			p.t.Fatalf("unreadable %x: %v, %v", b, err, m)
		}
		return m
	case <-timer.C:
		return nil
	}
}

// expect gives the next message, which has to be of a type.
func (p *peer) expect(typ wire.Type) *message {
	p.t.Helper()
	m := p.next(patience)
	switch {
	case m == nil:
		p.t.Fatalf("no %v", typ)
	case m.q.Type != typ:
		p.t.Fatalf("%v, not %v: %+v", m.q.Type, typ, m.body())
	}
	return m
}

// expectEnd waits for the end of the connection, whatever comes before.
func (p *peer) expectEnd() {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-p.in:
			if !ok {
				return
			}
		case <-timer.C:
			p.t.Fatal("the connection stays")
		}
	}
}

// expectRelease gives cause, reason and text of the ReleaseComplete that has to come.
func (p *peer) expectRelease() (cause uint8, reason, text string) {
	p.t.Helper()
	m := p.expect(wire.ReleaseComplete)
	cause, _ = causeValue(m.q)
	display, _ := m.q.Find(wire.Display)
	return cause, per.Alternative(m.body().ReleaseComplete.Reason), string(display)
}

// release hangs up.
func (p *peer) release(cause uint8) {
	m := p.message(wire.ReleaseComplete, h225.MessageBody{ReleaseComplete: &h225.ReleaseCompleteUUIE{ProtocolIdentifier: "0.0.8.2250.0.4"}})
	m.q.Add(wire.Cause, wire.CauseValue{Value: cause}.Bytes())
	p.send(m)
}

// control sends H.245 on a connection of its own.
func (p *peer) control(m *h245.MultimediaSystemControlMessage) {
	p.t.Helper()
	b, err := per.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	p.raw(b)
}

// tunnel puts H.245 into a message.
func tunnel(t testing.TB, m *message, list ...*h245.MultimediaSystemControlMessage) *message {
	t.Helper()
	for _, c := range list {
		b, err := per.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		m.ui.H323UUPDU.H245Control = append(m.ui.H323UUPDU.H245Control, b)
	}
	return m
}

// carried names the H.245 in a message.
func carried(t testing.TB, m *message) string {
	t.Helper()
	var list []string
	for _, b := range m.ui.H323UUPDU.H245Control {
		list = append(list, controlOf(t, b))
	}
	return strings.Join(list, " ")
}

func controlOf(t testing.TB, b []byte) string {
	t.Helper()
	c := new(h245.MultimediaSystemControlMessage)
	if err := per.Unmarshal(b, c); err != nil {
		t.Fatal(err)
	}
	return controlName(c)
}

// expectControl gives the next message of an H.245 connection.
func (p *peer) expectControl(name string) {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case b, ok := <-p.in:
		if !ok {
			p.t.Fatalf("the connection ended before %s", name)
		}
		if got := controlOf(p.t, b); got != name {
			p.t.Fatalf("%s, not %s", got, name)
		}
	case <-timer.C:
		p.t.Fatalf("no %s", name)
	}
}

// called is a listener of a terminal.
type called struct {
	t testing.TB
	l net.Listener
}

// nowhere is an address where nobody listens, and that the kernel gives no other test.
var nowhere = netip.MustParseAddrPort("127.0.0.1:1025")

func listenAs(t testing.TB) *called {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &called{t, l}
}

func (c *called) addr() netip.AddrPort { return addrPort(c.l.Addr()) }

func (c *called) accept() *peer {
	c.t.Helper()
	_ = c.l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	conn, err := c.l.Accept()
	if err != nil {
		c.t.Fatal(err)
	}
	return newPeer(c.t, conn)
}
