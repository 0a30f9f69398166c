package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bridge/packet"
)

func TestMain(m *testing.M) {
	if os.Getenv(loadEnv) != "" {
		if err := generate(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func loops(t testing.TB, n int) *Loops {
	t.Helper()
	l, err := NewLoops(n, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if n := Outstanding(); n != 0 {
			t.Errorf("%d batches outstanding", n)
		}
	})
	return l
}

func listen(t testing.TB, l *Loops, addr string) Socket {
	t.Helper()
	s, err := l.Listen(netip.AddrPortFrom(netip.MustParseAddr(addr), 0))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hearing is what one call told a handler.
type hearing struct {
	data  [][]byte // nil: the deadline
	from  []netip.AddrPort
	whole []bool
	now   int64
}

// listener tells on what it is told.
type listener struct {
	heard chan hearing
	then  func() // on the loop, before it is told on
}

func serve(s Socket, then func()) *listener {
	l := &listener{heard: make(chan hearing, 100), then: then}
	s.Serve(l)
	return l
}

func (l *listener) Receive(b *Batch, now int64) {
	h := hearing{now: now}
	for i := range b.Len() {
		d, f, w := b.Datagram(i)
		h.data, h.from, h.whole = append(h.data, bytes.Clone(d)), append(h.from, f), append(h.whole, w)
	}
	l.tell(h)
}

func (l *listener) Due(now int64) { l.tell(hearing{now: now}) }

func (l *listener) tell(h hearing) {
	if l.then != nil {
		l.then()
	}
	l.heard <- h
}

// next waits for the next call.
func (l *listener) next(t testing.TB) hearing {
	t.Helper()
	select {
	case h := <-l.heard:
		return h
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		return hearing{}
	}
}

// read gathers n datagrams, however many batches they come in.
func (l *listener) read(t testing.TB, n int) (all hearing) {
	t.Helper()
	for len(all.data) < n {
		h := l.next(t)
		all.data, all.from, all.whole = append(all.data, h.data...), append(all.from, h.from...), append(all.whole, h.whole...)
	}
	return all
}

func messages(n, size int) [][]byte {
	m := make([][]byte, n)
	for i := range m {
		m[i] = bytes.Repeat([]byte{byte(i)}, size)
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		t.Run(addr, func(t *testing.T) {
			l := loops(t, 0)
			a, b := listen(t, l, addr), listen(t, l, addr)
			ear := serve(b, nil)
			want := messages(BatchSize+3, 1200)
			if n := a.Write(b.LocalAddr(), want); n != len(want) {
				t.Fatalf("sent %d of %d", n, len(want))
			}
			got := ear.read(t, len(want))
			for i := range want {
				if !bytes.Equal(got.data[i], want[i]) || got.from[i] != a.LocalAddr() || !got.whole[i] {
					t.Fatalf("datagram %d: %d bytes from %v whole %v", i, len(got.data[i]), got.from[i], got.whole[i])
				}
			}
		})
	}
}

func TestDualStackShowsIPv4AsIPv4(t *testing.T) {
	l := loops(t, 0)
	s, peer := listen(t, l, "::"), listen(t, l, "127.0.0.1")
	ours, theirs := serve(s, nil), serve(peer, nil)
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), s.LocalAddr().Port())
	peer.Write(at, messages(1, 10))
	from := ours.read(t, 1).from[0]
	if from != peer.LocalAddr() {
		t.Fatalf("source is %v, want %v", from, peer.LocalAddr())
	}
	if n := s.Write(from, messages(2, 10)); n != 2 {
		t.Fatalf("sent %d back", n)
	}
	theirs.read(t, 2)
}

// TestLinkLocal answers where a datagram came from, by the zone in its source.
func TestLinkLocal(t *testing.T) {
	at := linkLocal(t)
	l := loops(t, 1)
	a, err := l.Listen(at)
	if err != nil {
		t.Fatal(err)
	}
	b := listen(t, l, "::")
	ours, theirs := serve(a, nil), serve(b, nil)
	to := netip.AddrPortFrom(at.Addr(), b.LocalAddr().Port())
	if n := a.Write(to, messages(2, 10)); n != 2 {
		t.Fatalf("sent %d to %v", n, to)
	}
	from := theirs.read(t, 2).from[0]
	if from.Addr().Zone() == "" || from.Port() != a.LocalAddr().Port() {
		t.Fatalf("it came from %v", from)
	}
	if n := b.Write(from, messages(2, 10)); n != 2 {
		t.Fatalf("sent %d back to %v", n, from)
	}
	ours.read(t, 2)
}

// linkLocal is a link-local address of this machine.
func linkLocal(t *testing.T) netip.AddrPort {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				return netip.AddrPortFrom(p.Addr().WithZone(i.Name), 0)
			}
		}
	}
	t.Skip("no link-local address")
	return netip.AddrPort{}
}

func TestOversizeIsTold(t *testing.T) {
	l := loops(t, 0)
	a, b := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1")
	ear := serve(b, nil)
	a.Write(b.LocalAddr(), [][]byte{make([]byte, packet.MaxSize), make([]byte, packet.MaxSize+1), make([]byte, 9000), {}})
	got := ear.read(t, 4)
	if w := got.whole; !w[0] || w[1] || w[2] || !w[3] {
		t.Fatalf("whole: %v", w)
	}
	if len(got.data[2]) != packet.MaxSize || len(got.data[3]) != 0 {
		t.Fatalf("sizes %d and %d", len(got.data[2]), len(got.data[3]))
	}
}

func TestWriteToOtherFamilyIsRefused(t *testing.T) {
	s := listen(t, loops(t, 0), "127.0.0.1")
	if n := s.Write(netip.MustParseAddrPort("[::1]:9"), messages(1, 1)); n != 0 {
		t.Fatal("an IPv4 socket reached IPv6")
	}
	if n := s.Write(netip.MustParseAddrPort("[::ffff:127.0.0.1]:9"), messages(1, 1)); n != 1 {
		t.Fatal("a mapped address was refused")
	}
}

func TestDeadline(t *testing.T) {
	l := loops(t, 0)
	s := listen(t, l, "127.0.0.1")
	const after = int64(20 * time.Millisecond)
	at := Clock() + after
	s.SetDeadline(at)
	ear := serve(s, func() { s.SetDeadline(Clock() + after); s.SetDeadline(0) })
	if h := ear.next(t); h.data != nil || h.now < at {
		t.Fatalf("due %v early", time.Duration(at-h.now))
	}
	// One that was lifted does not come, nor does an old one again.
	s.Write(s.LocalAddr(), messages(1, 1))
	ear.read(t, 1)
	select {
	case h := <-ear.heard:
		t.Fatalf("told %v with no deadline", h)
	case <-time.After(3 * time.Duration(after)):
	}
}

func TestDeadlineAmongDatagrams(t *testing.T) {
	l := loops(t, 1)
	s := listen(t, l, "127.0.0.1")
	const after = int64(time.Second) // the datagram is faster than that
	begun := Clock()
	s.SetDeadline(begun + after)
	ear := serve(s, nil)
	s.Write(s.LocalAddr(), messages(1, 1))
	if h := ear.next(t); h.data == nil {
		t.Fatal("due at once")
	}
	if h := ear.next(t); h.data != nil || h.now-begun < after {
		t.Fatal("not due after the datagram")
	}
}

func TestClose(t *testing.T) {
	l := loops(t, 1)
	s := listen(t, l, "127.0.0.1")
	running, hold, done := make(chan bool), make(chan bool), false
	ear := serve(s, func() { running <- true; <-hold; done = true })
	s.Write(s.LocalAddr(), messages(1, 1))
	<-running
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case <-closed:
		t.Fatal("closed while the handler runs")
	case <-time.After(20 * time.Millisecond):
	}
	hold <- true
	if err := <-closed; err != nil || !done {
		t.Fatalf("closed with %v, the handler's end was awaited: %v", err, done)
	}
	if err := s.Close(); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("closed again: %v", err)
	}
	if n := s.Write(netip.MustParseAddrPort("127.0.0.1:9"), messages(1, 1)); n != 0 {
		t.Fatal("wrote on a closed socket")
	}
	ear.read(t, 1)
	if _, err := l.Listen(s.LocalAddr()); err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
}

func TestHandlerClosesItsSocket(t *testing.T) {
	l := loops(t, 1)
	s := listen(t, l, "127.0.0.1")
	var err error
	ear := serve(s, func() { err = s.Close() })
	s.Write(s.LocalAddr(), messages(3, 1))
	ear.next(t)
	if err != nil || !errors.Is(s.Close(), net.ErrClosed) {
		t.Fatalf("closed with %v", err)
	}
}

func TestClosedLoops(t *testing.T) {
	l, err := NewLoops(2, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, l, "127.0.0.1")
	serve(s, nil)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(s.Close(), net.ErrClosed) {
		t.Fatal("a socket outlived its loops")
	}
	if _, err := l.Listen(s.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("closed loops bound a socket: %v", err)
	}
}

// TestShared holds that a far end stays with one socket, and that each port's
// sockets are all heard.
func TestShared(t *testing.T) {
	l := loops(t, 2)
	all, err := l.ListenShared(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil || len(all) != 2 || all[0].LocalAddr() != all[1].LocalAddr() {
		t.Fatalf("%v, %v", all, err)
	}
	// Another gateway does not get a share of it.
	for _, listen := range []func(netip.AddrPort) error{
		func(at netip.AddrPort) error { _, err := l.ListenShared(at); return err },
		func(at netip.AddrPort) error { _, err := l.Listen(at); return err },
	} {
		if err := listen(all[0].LocalAddr()); !errors.Is(err, unix.EADDRINUSE) {
			t.Errorf("a port that somebody has: %v", err)
		}
	}
	ears := []*listener{serve(all[0], nil), serve(all[1], nil)}
	used := [2]int{}
	for range 64 {
		s := listen(t, l, "127.0.0.1")
		s.Write(all[0].LocalAddr(), messages(1, 1))
		s.Write(all[0].LocalAddr(), messages(1, 1))
		for n := 0; n < 2; {
			select {
			case h := <-ears[0].heard:
				used[0] += len(h.data)
				n += len(h.data)
			case h := <-ears[1].heard:
				used[1] += len(h.data)
				n += len(h.data)
			}
		}
		if used[0]%2 != 0 {
			t.Fatal("a far end came to both sockets")
		}
	}
	if used[0] == 0 || used[1] == 0 {
		t.Fatalf("sockets got %v", used)
	}
}

// TestNothingIsMissed has datagrams fly to and fro, each sent when the one
// before has come: a loop that overlooks one never hears of it again.
func TestNothingIsMissed(t *testing.T) {
	l := loops(t, 2)
	const pairs, rounds = 20, 1000
	done := make(chan bool, pairs)
	ball := messages(1, 100)
	for range pairs {
		a, b := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1")
		a.Serve(handlerFunc(func(*Batch) { a.Write(b.LocalAddr(), ball) }))
		n := 0
		b.Serve(handlerFunc(func(*Batch) {
			if n++; n == rounds {
				done <- true
				return
			}
			b.Write(a.LocalAddr(), ball)
		}))
		b.Write(a.LocalAddr(), ball)
	}
	for range pairs {
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("a datagram was overlooked")
		}
	}
}

// TestTurns holds that a socket that is flooded gets no more than one read
// before the others get theirs.
func TestTurns(t *testing.T) {
	l, err := newLoops(1, nil, offload{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	flooded, quiet, from := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1")
	from.Write(flooded.LocalAddr(), messages(200, 100))
	from.Write(quiet.LocalAddr(), messages(1, 100))
	// Both are ready when the loop looks for the first time after it was busy.
	busy, first := make(chan struct{}), listen(t, l, "127.0.0.1")
	first.Serve(handlerFunc(func(*Batch) { busy <- struct{}{}; <-busy }))
	from.Write(first.LocalAddr(), messages(1, 1))
	<-busy
	heard := make(chan Socket, 201)
	for _, s := range []Socket{flooded, quiet} {
		s.Serve(handlerFunc(func(b *Batch) {
			for range b.Len() {
				heard <- s
			}
		}))
	}
	busy <- struct{}{}
	waited := 0
	for <-heard != quiet {
		waited++
	}
	if waited > BatchSize {
		t.Fatalf("the quiet socket waited for %d datagrams", waited)
	}
	for range 200 - waited {
		<-heard
	}
}

func TestMost(t *testing.T) {
	for _, c := range [][3]int{{1, 1, 32}, {32, 32, 32}, {1, 64, 32}, {2, 128, 1}, {32, 224, 9}, {32, 2048, 1}} {
		if got := most(c[0], c[1]); got != c[2] {
			t.Errorf("%d messages of %d datagrams: %d", c[0], c[1], got)
		}
	}
}

func TestAppendIsBounded(t *testing.T) {
	b := Borrow()
	defer b.Release()
	for i := range BatchSize {
		if !b.Append([]byte{byte(i)}, netip.AddrPort{}) {
			t.Fatalf("no room for %d", i)
		}
	}
	if b.Append([]byte{1}, netip.AddrPort{}) || b.Len() != BatchSize {
		t.Fatal("the batch grew beyond its size")
	}
	if d, _, whole := b.Datagram(5); len(d) != 1 || d[0] != 5 || !whole {
		t.Fatal("datagram 5 is not what was appended")
	}
}

// counting is a handler that counts.
type counting struct {
	n    int
	want int
	done chan struct{}
}

func (c *counting) Receive(b *Batch, _ int64) {
	if c.n += b.Len(); c.n >= c.want {
		c.n -= c.want
		c.done <- struct{}{}
	}
}

func (c *counting) Due(int64) {}

func TestNoAllocation(t *testing.T) {
	l := loops(t, 0)
	a, b := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1")
	c := &counting{want: 8, done: make(chan struct{}, 1)}
	b.Serve(c)
	msgs, to := messages(8, 1200), b.LocalAddr()
	n := testing.AllocsPerRun(200, func() {
		a.Write(to, msgs)
		<-c.done
	})
	if n > 0.1 {
		t.Fatalf("%v allocations for each batch", n)
	}
}

func BenchmarkLoopback(b *testing.B) {
	l := loops(b, 0)
	s, r := listen(b, l, "127.0.0.1"), listen(b, l, "127.0.0.1")
	c := &counting{want: 8, done: make(chan struct{}, 1)}
	r.Serve(c)
	msgs, to := messages(8, 1200), r.LocalAddr()
	b.ReportAllocs()
	for range b.N {
		s.Write(to, msgs)
		<-c.done
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(msgs)), "ns/packet")
}
