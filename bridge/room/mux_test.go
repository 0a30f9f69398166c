package room

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

var (
	roomAt    = netip.MustParseAddrPort("192.0.2.1:8444")
	browserAt = netip.MustParseAddrPort("198.51.100.7:50000")
)

// muxRig is a mux with one door on a simulated network.
type muxRig struct {
	t   testing.TB
	net *wiretest.Net
	mux mux
}

func newMuxRig(t testing.TB) *muxRig {
	r := &muxRig{t: t, net: wiretest.New(1)}
	s, err := r.net.Listen(roomAt)
	if err != nil {
		t.Fatal(err)
	}
	r.mux.open([]wire.Socket{s})
	t.Cleanup(r.mux.close)
	return r
}

func (r *muxRig) remote(at netip.AddrPort) *wiretest.Socket {
	s, err := r.net.Socket(at)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (r *muxRig) end(b *berth, name string) *iceEnd {
	c, err := b.GetConn(name, net.UDPAddrFromAddrPort(roomAt))
	if err != nil {
		r.t.Fatal(err)
	}
	return c.(*iceEnd)
}

// expect reads one datagram of an end.
func (r *muxRig) expect(e *iceEnd, want []byte, from netip.AddrPort) {
	r.t.Helper()
	type got struct {
		b    []byte
		from net.Addr
		err  error
	}
	c := make(chan got, 1)
	go func() {
		b := make([]byte, 2000)
		n, a, err := e.ReadFrom(b)
		c <- got{b[:n], a, err}
	}()
	select {
	case g := <-c:
		if g.err != nil || string(g.b) != string(want) || g.from.String() != from.String() {
			r.t.Fatalf("%x from %v, %v", g.b, g.from, g.err)
		}
	case <-time.After(30 * time.Second):
		r.t.Fatal("nothing arrived")
	}
}

// dropped waits until so many datagrams were dropped for a reason.
func (r *muxRig) dropped(why dropReason, n uint64) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); r.mux.drops[why].Load() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%v, want %d for %s", r.mux.drops.read(), n, dropNames[why])
		}
	}
}

// stunMessage is a message with a user name, or without one.
func stunMessage(kind uint16, name string) []byte {
	b := appendIndication(nil)
	binary.BigEndian.PutUint16(b, kind)
	if name != "" {
		b = binary.BigEndian.AppendUint16(b, stunUsername)
		b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
		b = append(b, name...)
		b = append(b, make([]byte, -len(name)&3)...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-stunHeader))
	return b
}

// deaf takes media and believes none of it.
type deaf struct{}

func (deaf) receive([][]byte, int64, *workbench) bool { return false }

var dtlsRecord = append([]byte{22, 254, 253}, make([]byte, 10)...)

func (r *muxRig) answer(e *iceEnd, at netip.AddrPort) {
	r.t.Helper()
	if _, err := e.WriteTo(stunMessage(stunSuccess, ""), net.UDPAddrFromAddrPort(at)); err != nil {
		r.t.Fatal(err)
	}
}

func TestMuxRoutes(t *testing.T) {
	r := newMuxRig(t)
	a, b := newBerth(&r.mux, func([]byte) bool { return true }, deaf{}), newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	ea, eb := r.end(a, "anna"), r.end(b, "binh")
	s := r.remote(browserAt)
	check := stunMessage(stunRequest, "anna:far")
	s.Send(roomAt, dtlsRecord) // nobody's yet
	r.dropped(dropStranger, 1)
	s.Send(roomAt, check)
	r.expect(ea, check, browserAt)
	r.answer(ea, browserAt)
	s.Send(roomAt, dtlsRecord)
	r.expect(ea, dtlsRecord, browserAt)
	response := stunMessage(stunSuccess, "")
	s.Send(roomAt, response)
	r.expect(ea, response, browserAt)
	if got := s.Take(); len(got) != 1 || string(got[0]) != string(response) {
		t.Errorf("the browser got %x", got)
	}
	// Another session's check from the same address is that session's.
	other := stunMessage(stunRequest, "binh:far")
	s.Send(roomAt, other)
	r.expect(eb, other, browserAt)
	r.answer(eb, browserAt)
	s.Send(roomAt, dtlsRecord)
	r.expect(eb, dtlsRecord, browserAt)
}

// Nobody takes the address of a browser that is heard, and one that only sends
// checks takes none.
func TestMuxHoldsAddresses(t *testing.T) {
	r := newMuxRig(t)
	a, b := newBerth(&r.mux, func([]byte) bool { return true }, deaf{}), newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	ea, eb := r.end(a, "anna"), r.end(b, "binh")
	r.answer(ea, browserAt)
	if _, err := eb.WriteTo(stunMessage(stunRequest, "x:y"), net.UDPAddrFromAddrPort(browserAt)); err != nil {
		t.Fatal(err)
	}
	d := r.mux.doors[0]
	p := (*d.peers.Load())[browserAt]
	if p == nil || p.berth != a {
		t.Fatal("a check took an address away")
	}
	p.heard.Store(wire.Clock())
	r.answer(eb, browserAt)
	if (*d.peers.Load())[browserAt] != p || r.mux.drops[dropContested].Load() != 1 {
		t.Error("the address of a browser that is heard was taken away")
	}
	p.heard.Store(wire.Clock() - peerHeld - 1)
	r.answer(eb, browserAt)
	if q := (*d.peers.Load())[browserAt]; q.berth != b {
		t.Error("the address of a browser that is silent was not taken over")
	}
	a.leave() // takes nothing with it that is another's now
	if q := (*d.peers.Load())[browserAt]; q == nil || q.berth != b {
		t.Error("the address was lost")
	}
	b.leave()
	if len(*d.peers.Load()) != 0 {
		t.Error("addresses are left")
	}
}

func TestMuxIsBounded(t *testing.T) {
	r := newMuxRig(t)
	b := newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	e := r.end(b, "anna")
	r.answer(e, browserAt)
	b.peers[0].heard.Store(1)
	for i := range 3 * maxPeers {
		r.answer(e, netip.AddrPortFrom(browserAt.Addr(), uint16(1000+i)))
	}
	if n := len(*r.mux.doors[0].peers.Load()); n != maxPeers || len(b.peers) != maxPeers {
		t.Errorf("%d addresses", n)
	}
	if (*r.mux.doors[0].peers.Load())[browserAt] == nil {
		t.Error("the address that was heard was forgotten")
	}
	s := r.remote(browserAt)
	for range iceQueue + 10 {
		s.Send(roomAt, dtlsRecord)
	}
	r.dropped(dropCrowd, 10)
}

func TestMuxDropsHostile(t *testing.T) {
	r := newMuxRig(t)
	b := newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	r.end(b, "anna")
	s := r.remote(browserAt)
	long := stunMessage(stunRequest, "anna:far")
	long[3] += 4
	attribute := stunMessage(stunRequest, "anna:far")
	attribute[stunHeader+3] = 200
	for _, d := range [][]byte{
		stunMessage(stunRequest, "nobody:far"), long, attribute, {0}, {0, 1, 0, 0}, make([]byte, 20),
	} {
		s.Send(roomAt, d)
	}
	s.Send(roomAt, []byte{0x80, 96, 0, 1})
	s.Send(roomAt, stunMessage(stunSuccess, ""))
	s.Send(roomAt, []byte{90, 1})
	s.Send(roomAt, make([]byte, 1501))
	r.dropped(dropName, 5)
	r.dropped(dropClass, 2) // one byte tells nothing
	r.dropped(dropStranger, 2)
	r.dropped(dropSize, 1)
}

func TestMuxEnds(t *testing.T) {
	r := newMuxRig(t)
	b := newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	e := r.end(b, "anna")
	if again := r.end(b, "anna"); again != e {
		t.Error("two ends for one name")
	}
	if _, err := newBerth(&r.mux, func([]byte) bool { return true }, deaf{}).GetConn("anna", e.LocalAddr()); err == nil {
		t.Error("the name was given twice")
	}
	if _, err := b.GetConn("anna", &net.UDPAddr{IP: net.IPv4(9, 9, 9, 9), Port: 1}); err == nil {
		t.Error("an end at an address that is not bound")
	}
	done := make(chan error, 1)
	go func() { _, _, err := e.ReadFrom(make([]byte, 100)); done <- err }()
	b.RemoveConnByUfrag("anna")
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != io.EOF {
		t.Error(err)
	}
	if _, err := e.WriteTo([]byte{1}, e.LocalAddr()); err == nil {
		t.Error("a closed end writes")
	}
	b.leave()
	if _, err := b.GetConn("anna", e.LocalAddr()); err == nil {
		t.Error("one who left has an end")
	}
	other := newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	left := r.end(other, "chi")
	r.mux.close()
	if _, _, err := left.ReadFrom(make([]byte, 100)); err != io.EOF {
		t.Error(err)
	}
	if r.net.Open() != 0 {
		t.Error("the socket is bound")
	}
}

// An ICE restart changes the name; the addresses stay the session's.
func TestMuxRestart(t *testing.T) {
	r := newMuxRig(t)
	b := newBerth(&r.mux, func([]byte) bool { return true }, deaf{})
	e := r.end(b, "first")
	s := r.remote(browserAt)
	r.answer(e, browserAt)
	b.RemoveConnByUfrag("first")
	_ = e.Close()
	s.Send(roomAt, stunMessage(stunRequest, "first:far"))
	r.dropped(dropName, 1)
	next := r.end(b, "second")
	check := stunMessage(stunRequest, "second:far")
	s.Send(roomAt, check)
	r.expect(next, check, browserAt)
	s.Send(roomAt, dtlsRecord)
	r.expect(next, dtlsRecord, browserAt)
	if p := b.find(browserAt, netip.Addr{}); p == nil || p.berth != b {
		t.Error("the address was lost")
	}
}

func FuzzMux(f *testing.F) {
	f.Add(stunMessage(stunRequest, "anna:far"))
	f.Add(stunMessage(stunSuccess, ""))
	f.Add(dtlsRecord)
	f.Add([]byte{0x80, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &mux{}
		d := &door{mux: m, at: roomAt, addr: net.UDPAddrFromAddrPort(roomAt), names: map[string]*iceEnd{}}
		d.peers.Store(&map[netip.AddrPort]*peer{})
		d.socks = []wire.Socket{nowhere{}}
		m.doors = append(m.doors, d)
		b := newBerth(m, func([]byte) bool { return true }, deaf{})
		c, err := b.GetConn("anna", d.addr)
		if err != nil {
			t.Fatal(err)
		}
		b.meet(d, browserAt, true)
		e := &porter{door: d, sock: nowhere{}}
		batch := wire.Borrow()
		defer batch.Release()
		batch.Append(data, browserAt)
		batch.Append(data, netip.AddrPortFrom(browserAt.Addr(), 9))
		e.Receive(batch, 1)
		if q := c.(*iceEnd).queue; len(q) > 2 || len(q) > 0 && string(q[0].data) != string(data) {
			t.Errorf("%d datagrams for pion", len(q))
		}
	})
}

// nowhere is a socket that takes everything.
type nowhere struct{}

func (nowhere) Serve(wire.Handler)                        {}
func (nowhere) SetDeadline(int64)                         {}
func (nowhere) Write(_ netip.AddrPort, data [][]byte) int { return len(data) }
func (nowhere) LocalAddr() netip.AddrPort                 { return roomAt }
func (nowhere) Close() error                              { return nil }
