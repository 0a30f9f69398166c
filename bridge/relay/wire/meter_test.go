package wire

import (
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMeter(t *testing.T) {
	const ms = int64(time.Millisecond)
	var m meter
	was := m.read(1000 * ms)
	m.begin(1000 * ms)
	m.begin(1050 * ms) // goes on
	m.end(1100 * ms)
	m.end(1200 * ms)
	for range 98 {
		m.waited(int64(70 * time.Microsecond))
	}
	m.waited(3 * ms)
	m.waited(5 * ms)
	m.waited(-1)
	m.batch(&Batch{n: 7, lost: 2})
	m.begin(1900 * ms)
	now := m.read(2000 * ms)
	s := now.stats(&was)
	if math.Abs(s.Busy-0.2) > 1e-9 || math.Abs(s.Late-2.0/101) > 1e-9 || s.Wait != 4096*time.Microsecond || s.Datagrams != 7 || s.Lost != 2 {
		t.Fatalf("%+v", s)
	}
	// Most of the next second was spent in one turn.
	m.end(2900 * ms)
	then := m.read(3000 * ms)
	if s := then.stats(&now); math.Abs(s.Busy-0.9) > 1e-9 || s.Late != 0 || s.Wait != 0 || s.Datagrams != 7 {
		t.Fatalf("%+v", s)
	}
	if s := then.stats(&then); s.Busy != 0 {
		t.Fatalf("%+v", s)
	}
}

// TestStats holds that a handler that takes its time shows, and who had to wait for it.
func TestStats(t *testing.T) {
	l := loops(t, 1)
	a, b := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1")
	running := make(chan bool)
	serve(a, func() { running <- true; <-running; time.Sleep(20 * time.Millisecond) })
	waiting := serve(b, nil)
	a.Write(a.LocalAddr(), messages(1, 10))
	<-running
	a.Write(b.LocalAddr(), messages(1, 10))
	running <- true // from here on it waits
	waiting.read(t, 1)
	b.Close() // its turn is over and counted
	l.look()
	s := l.Stats()
	if len(s) != 1 || s[0].Sockets != 1 || s[0].Busy <= 0.01 || s[0].Datagrams != 2 || s[0].Lost != 0 {
		t.Fatalf("%+v", s)
	}
	if s[0].Late < 0.5 || s[0].Wait < LateAfter {
		t.Fatalf("nobody waited: %+v", s)
	}
}

// TestSomeAreStamped holds that a loop with many sockets still knows how late it is.
func TestSomeAreStamped(t *testing.T) {
	l := loops(t, 1)
	stamped := 0
	for range 200 {
		s := listen(t, l, "127.0.0.1").(*udp)
		on, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS)
		if err != nil {
			t.Fatal(err)
		}
		stamped += on
	}
	if stamped < stampAll || stamped > 100 {
		t.Fatalf("%d of 200 sockets tell when datagrams came", stamped)
	}
}

// TestLost fills a socket's buffer.
func TestLost(t *testing.T) {
	l := loops(t, 1)
	a, b := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1").(*udp)
	if err := unix.SetsockoptInt(b.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096); err != nil {
		t.Fatal(err)
	}
	const n = 50
	for range n {
		a.Write(b.LocalAddr(), messages(1, 1000))
	}
	lost, got := make(chan uint32, 100), make(chan int, 100)
	b.Serve(handlerFunc(func(b *Batch) { lost <- b.Lost(); got <- b.Len() }))
	total := <-got
	if first := <-lost; first != 0 {
		t.Fatalf("%d were lost before the first", first)
	}
	for dropped := uint32(0); dropped == 0; {
		a.Write(b.LocalAddr(), messages(1, 1000))
		dropped = <-lost
		if total += <-got; dropped != 0 && int(dropped)+total < n+1 {
			t.Fatalf("%d lost and %d received of more than %d", dropped, total, n)
		}
	}
}

type handlerFunc func(b *Batch)

func (f handlerFunc) Receive(b *Batch, _ int64) { f(b) }
func (f handlerFunc) Due(int64)                 {}
