package wire

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

func listen(t testing.TB, addr string) Socket {
	t.Helper()
	s, err := Listen(netip.AddrPortFrom(netip.MustParseAddr(addr), 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// read gathers n datagrams, however many batches they come in.
func read(t testing.TB, s Socket, n int) (data [][]byte, from []netip.AddrPort, whole []bool) {
	t.Helper()
	s.SetReadDeadline(time.Now().Add(5 * time.Second))
	for len(data) < n {
		b, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			d, f, w := b.Datagram(i)
			data, from, whole = append(data, bytes.Clone(d)), append(from, f), append(whole, w)
		}
		b.Release()
	}
	return data, from, whole
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
			a, b := listen(t, addr), listen(t, addr)
			want := messages(BatchSize+3, 1200)
			if n := a.Write(b.LocalAddr(), want); n != len(want) {
				t.Fatalf("sent %d of %d", n, len(want))
			}
			got, from, whole := read(t, b, len(want))
			for i := range want {
				if !bytes.Equal(got[i], want[i]) || from[i] != a.LocalAddr() || !whole[i] {
					t.Fatalf("datagram %d: %d bytes from %v whole %v", i, len(got[i]), from[i], whole[i])
				}
			}
		})
	}
}

func TestDualStackShowsIPv4AsIPv4(t *testing.T) {
	s := listen(t, "::")
	peer := listen(t, "127.0.0.1")
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), s.LocalAddr().Port())
	peer.Write(at, messages(1, 10))
	_, from, _ := read(t, s, 1)
	if from[0] != peer.LocalAddr() {
		t.Fatalf("source is %v, want %v", from[0], peer.LocalAddr())
	}
	if n := s.Write(from[0], messages(2, 10)); n != 2 {
		t.Fatalf("sent %d back", n)
	}
	read(t, peer, 2)
}

func TestOversizeIsTold(t *testing.T) {
	a, b := listen(t, "127.0.0.1"), listen(t, "127.0.0.1")
	a.Write(b.LocalAddr(), [][]byte{make([]byte, packet.MaxSize), make([]byte, packet.MaxSize+1), make([]byte, 9000), {}})
	data, _, whole := read(t, b, 4)
	if !whole[0] || whole[1] || whole[2] || !whole[3] {
		t.Fatalf("whole: %v", whole)
	}
	if len(data[2]) != packet.MaxSize || len(data[3]) != 0 {
		t.Fatalf("sizes %d and %d", len(data[2]), len(data[3]))
	}
}

func TestWriteToOtherFamilyIsRefused(t *testing.T) {
	s := listen(t, "127.0.0.1")
	if n := s.Write(netip.MustParseAddrPort("[::1]:9"), messages(1, 1)); n != 0 {
		t.Fatal("an IPv4 socket reached IPv6")
	}
	if n := s.Write(netip.MustParseAddrPort("[::ffff:127.0.0.1]:9"), messages(1, 1)); n != 1 {
		t.Fatal("a mapped address was refused")
	}
}

func TestDeadlineAndClose(t *testing.T) {
	s := listen(t, "127.0.0.1")
	s.SetReadDeadline(time.Unix(1, 0))
	if _, err := s.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("past deadline: %v", err)
	}
	s.SetReadDeadline(time.Time{})
	done := make(chan error)
	go func() { _, err := s.Read(); done <- err }()
	s.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Fatalf("after close: %v", err)
	}
	if n := s.Write(netip.MustParseAddrPort("127.0.0.1:9"), messages(1, 1)); n != 0 {
		t.Fatal("wrote on a closed socket")
	}
	if n := Outstanding(); n != 0 {
		t.Fatalf("%d batches outstanding", n)
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

func TestNoAllocation(t *testing.T) {
	a, b := listen(t, "127.0.0.1"), listen(t, "127.0.0.1")
	msgs, to := messages(8, 1200), b.LocalAddr()
	n := testing.AllocsPerRun(200, func() {
		a.Write(to, msgs)
		for got := 0; got < len(msgs); {
			batch, err := b.Read()
			if err != nil {
				t.Fatal(err)
			}
			got += batch.Len()
			batch.Release()
		}
	})
	if n > 0.1 {
		t.Fatalf("%v allocations for each batch", n)
	}
}

func BenchmarkLoopback(b *testing.B) {
	s, r := listen(b, "127.0.0.1"), listen(b, "127.0.0.1")
	msgs, to := messages(8, 1200), r.LocalAddr()
	b.ReportAllocs()
	for range b.N {
		s.Write(to, msgs)
		for got := 0; got < len(msgs); {
			batch, err := r.Read()
			if err != nil {
				b.Fatal(err)
			}
			got += batch.Len()
			batch.Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(msgs)), "ns/packet")
}
