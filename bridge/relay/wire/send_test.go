package wire

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRunsBecomeMessages(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		want  []int // datagrams of each message
	}{
		{"nothing", nil, nil},
		{"one", []int{5}, []int{1}},
		{"equal", []int{5, 5, 5}, []int{3}},
		{"a shorter last", []int{5, 5, 3}, []int{3}},
		{"behind a shorter one", []int{5, 3, 3, 5}, []int{2, 1, 1}},
		{"longer ones", []int{3, 5, 7}, []int{1, 1, 1}},
		{"empty ones", []int{0, 0, 5, 0, 5}, []int{1, 1, 1, 1, 1}},
		{"64 kB", []int{40000, 20000, 40000, 30000}, []int{2, 1, 1}},
		{"64 datagrams", make65(), []int{64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var data [][]byte
			for _, n := range c.sizes {
				data = append(data, make([]byte, n))
			}
			o := outgoings.New().(*outgoing)
			taken := o.load(data, new(unix.RawSockaddrInet6), 0, true)
			if taken != min(len(data), maxSegments) || o.n != len(c.want) {
				t.Fatalf("%d datagrams in %d messages", taken, o.n)
			}
			for i, n := range c.want {
				if o.parts[i] != n || o.hdrs[i].hdr.Iovlen != uint64(n) || (o.hdrs[i].hdr.Control != nil) != (n > 1) {
					t.Errorf("message %d has %d datagrams", i, o.parts[i])
				}
			}
			if taken := o.load(data, new(unix.RawSockaddrInet6), 0, false); o.n != taken {
				t.Errorf("%d messages for %d datagrams when none may be joined", o.n, taken)
			}
		})
	}
}

func make65() []int {
	s := make([]int, 65)
	for i := range s {
		s[i] = 9
	}
	return s
}

// TestAllSizesArrive sends rows of all kinds with each of the kernel's means.
func TestAllSizesArrive(t *testing.T) {
	if o := offloads(); !o.segment || !o.join {
		t.Skip("the kernel has no UDP_SEGMENT or UDP_GRO")
	}
	for _, o := range []offload{{}, {segment: true}, {join: true}, {segment: true, join: true, stamp: true}} {
		l, err := newLoops(1, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		a, b := listen(t, l, "127.0.0.1"), listen(t, l, "127.0.0.1")
		ear := serve(b, nil)
		r := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			var want [][]byte
			for size := 0; len(want) < 60; {
				if r.IntN(4) == 0 {
					size = r.IntN(1501)
				}
				d := make([]byte, size)
				for i := range d {
					d[i] = byte(r.Uint32())
				}
				want = append(want, d)
			}
			if n := a.Write(b.LocalAddr(), want); n != len(want) {
				t.Fatalf("%+v: sent %d of %d", o, n, len(want))
			}
			got := ear.read(t, len(want))
			for i := range want {
				if !bytes.Equal(got.data[i], want[i]) || !got.whole[i] || got.from[i] != a.LocalAddr() {
					t.Fatalf("%+v: datagram %d of %d bytes came as %d", o, i, len(want[i]), len(got.data[i]))
				}
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRefusedSegmentation holds that what the kernel does not cut goes out
// datagram by datagram. It cuts none for sockets without checksums.
func TestRefusedSegmentation(t *testing.T) {
	l := loops(t, 1)
	a, b := listen(t, l, "127.0.0.1").(*udp), listen(t, l, "127.0.0.1")
	ear := serve(b, nil)
	if !a.join {
		t.Skip("the kernel has no UDP_SEGMENT")
	}
	if err := unix.SetsockoptInt(a.fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if n := a.Write(b.LocalAddr(), messages(5, 100)); n != 5 {
			t.Fatalf("sent %d of 5", n)
		}
		ear.read(t, 5)
	}
	if a.refusal != 1 || a.refused[0] != b.LocalAddr() || !a.join {
		t.Fatalf("refused %d times, for %v", a.refusal, a.refused)
	}
	// A device that cannot: nothing more is tried.
	if a.refuse(unix.ENETUNREACH) || !a.refuse(unix.EIO) || a.join {
		t.Fatal("errors are mistaken")
	}
}

func TestMark(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1", "::"} {
		s := listen(t, loops(t, 1), addr).(*udp)
		if err := s.Mark(46); err != nil {
			t.Fatalf("%s: %v", addr, err)
		}
		if addr != "::1" {
			if tos, err := unix.GetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_TOS); err != nil || tos != 46<<2 {
				t.Errorf("%s: %#x, %v", addr, tos, err)
			}
		}
		if addr != "127.0.0.1" {
			if class, err := unix.GetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS); err != nil || class != 46<<2 {
				t.Errorf("%s: %#x, %v", addr, class, err)
			}
		}
		s.Close()
		if s.Mark(46) == nil {
			t.Error("marked a closed socket")
		}
	}
}

func TestBurstToNowhereIsDropped(t *testing.T) {
	s := listen(t, loops(t, 1), "127.0.0.1")
	if n := s.Write(netip.AddrPort{}, messages(3, 10)); n != 0 {
		t.Fatalf("sent %d to no address", n)
	}
	if n := s.Write(s.LocalAddr(), nil); n != 0 {
		t.Fatalf("sent %d of none", n)
	}
}
