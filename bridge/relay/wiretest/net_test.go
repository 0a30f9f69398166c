package wiretest

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"
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

func TestSocketAsTheRealOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		s, _ := n.Socket(netip.MustParseAddrPort("10.0.0.1:1"))
		s.SetReadDeadline(time.Now().Add(time.Second))
		begun := time.Now()
		if _, err := s.Read(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != time.Second {
			t.Fatalf("deadline: %v after %v", err, time.Since(begun))
		}
		s.SetReadDeadline(time.Time{})
		go s.Send(s.LocalAddr(), []byte("x"))
		b, err := s.Read()
		if err != nil || b.Len() != 1 {
			t.Fatal(err)
		}
		b.Release()
		done := make(chan error)
		go func() { _, err := s.Read(); done <- err }()
		synctest.Wait()
		s.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		if s.Write(s.LocalAddr(), [][]byte{{1}}) != 0 || s.Close() == nil {
			t.Fatal("a closed socket goes on")
		}
	})
}
