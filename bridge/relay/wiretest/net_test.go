package wiretest

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/relay/wire"
)

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(7)
		a, _ := n.Socket(netip.MustParseAddrPort("10.0.0.1:1"))
		b, _ := n.Socket(netip.MustParseAddrPort("10.0.0.2:0"))
		if _, err := n.Listen(a.LocalAddr()); err == nil {
			t.Fatal("an address was bound twice")
		}
		count := func(l Link) int {
			n.SetLink(l)
			for i := range 1000 {
				a.Send(b.LocalAddr(), []byte{byte(i)})
			}
			time.Sleep(time.Second)
			synctest.Wait()
			return len(b.Take())
		}
		if got := count(Link{}); got != 1000 {
			t.Errorf("%d of 1000 came", got)
		}
		if got := count(Link{Loss: 0.1}); got < 850 || got > 950 {
			t.Errorf("%d of 1000 came with a tenth lost", got)
		}
		if got := count(Link{Duplicate: 0.1, Delay: time.Millisecond}); got < 1050 || got > 1150 {
			t.Errorf("%d came with a tenth doubled", got)
		}
		if got := count(Link{Filter: func(_, _ netip.AddrPort, d []byte) bool { return d[0] == 1 }}); got != 4 {
			t.Errorf("%d came through the filter", got)
		}
		n.SetLink(Link{Jitter: 50 * time.Millisecond})
		for i := range 100 {
			a.Send(b.LocalAddr(), []byte{byte(i)})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		late, top := 0, byte(0)
		for _, d := range b.Take() {
			if d[0] < top {
				late++
			}
			top = max(top, d[0])
		}
		if late == 0 {
			t.Error("jitter did not reorder")
		}
		a.Close()
		b.Close()
		if n.Open() != 0 {
			t.Error("sockets left")
		}
	})
}

// ear is a handler that keeps what it is told.
type ear struct {
	f func() // on each batch

	mu      sync.Mutex
	batches []int // datagrams in each
	due     []int64
}

func (e *ear) Receive(b *wire.Batch, now int64) {
	e.mu.Lock()
	e.batches = append(e.batches, b.Len())
	e.mu.Unlock()
	if e.f != nil {
		e.f()
	}
}

func (e *ear) Due(now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due = append(e.due, now)
}

// told waits until all is quiet.
func (e *ear) told() (batches []int, due []int64) {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	batches, due = e.batches, e.due
	e.batches, e.due = nil, nil
	return batches, due
}

func TestSocketAsTheRealOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		s, _ := n.Socket(netip.MustParseAddrPort("10.0.0.1:1"))
		for range wire.BatchSize + 3 {
			s.Send(s.LocalAddr(), []byte("x"))
		}
		at := wire.Clock() + int64(time.Second)
		s.SetDeadline(at)
		e := &ear{}
		s.Serve(e)
		if batches, due := e.told(); !slices.Equal(batches, []int{wire.BatchSize, 3}) || len(due) != 0 {
			t.Fatalf("batches %v, due %v", batches, due)
		}
		time.Sleep(time.Hour)
		if _, due := e.told(); !slices.Equal(due, []int64{at}) {
			t.Fatalf("due at %v, not once at %v", due, at)
		}
		s.SetDeadline(wire.Clock() + int64(time.Second))
		s.SetDeadline(0)
		s.Send(s.LocalAddr(), []byte("x"))
		time.Sleep(time.Hour)
		if batches, due := e.told(); len(batches) != 1 || len(due) != 0 {
			t.Fatalf("batches %v, due %v", batches, due)
		}
		s.Close()
		if s.Write(s.LocalAddr(), [][]byte{{1}}) != 0 || !errors.Is(s.Close(), net.ErrClosed) {
			t.Fatal("a closed socket goes on")
		}
	})
}

func TestCloseWaitsForTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		s, _ := n.Socket(netip.MustParseAddrPort("10.0.0.1:1"))
		hold, done := make(chan bool), false
		s.Serve(&ear{f: func() { <-hold; done = true }})
		s.Send(s.LocalAddr(), []byte("x"))
		synctest.Wait()
		closed := make(chan bool)
		go func() { s.Close(); closed <- done }()
		hold <- true
		if !<-closed {
			t.Fatal("closed before the handler's end")
		}
		s, _ = n.Socket(netip.MustParseAddrPort("10.0.0.1:1"))
		e := &ear{f: func() { s.Close() }}
		s.Serve(e)
		s.Send(s.LocalAddr(), []byte("x"))
		if batches, _ := e.told(); n.Open() != 0 || len(batches) != 1 {
			t.Fatal("a handler could not close its socket")
		}
	})
}
