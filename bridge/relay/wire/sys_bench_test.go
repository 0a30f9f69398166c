package wire

import (
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkKernel is a burst through the kernel and back on one goroutine: what
// its means cost and bring without any waiting. "same" is all datagrams of one
// size, "mixed" no two in a row.
func BenchmarkKernel(b *testing.B) {
	for _, c := range []struct {
		name string
		offload
		mixed bool
	}{
		{name: "none"},
		{name: "stamp", offload: offload{stamp: true}},
		{name: "gro", offload: offload{join: true}},
		{name: "gso", offload: offload{segment: true}},
		{name: "gso+gro", offload: offload{segment: true, join: true}},
		{name: "gso+gro+stamp", offload: offload{segment: true, join: true, stamp: true}},
		{name: "mixed/none", mixed: true},
		{name: "mixed/gso+gro", offload: offload{segment: true, join: true}, mixed: true},
	} {
		for _, size := range []int{160, 1200} {
			b.Run(fmt.Sprintf("%s/%d", c.name, size), func(b *testing.B) {
				from, to := kernelSocket(b, c.offload), kernelSocket(b, c.offload)
				burst := messages(loadBurst, size)
				for i := range burst {
					if c.mixed {
						burst[i] = burst[i][:size-loadBurst+i]
					}
				}
				rx := newReceiver()
				b.ReportAllocs()
				for range b.N {
					if from.Write(to.local, burst) != loadBurst {
						b.Fatal("not sent")
					}
					for got := 0; got < loadBurst; {
						if errno := rx.receive(to.fd, BatchSize, 0); errno != 0 {
							b.Fatal(errno)
						}
						for rx.fill() {
							got += rx.Len()
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*loadBurst), "ns/packet")
			})
		}
	}
}

func kernelSocket(t testing.TB, o offload) *udp {
	u, err := openUDP(netip.MustParseAddrPort("127.0.0.1:0"), alone)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(u.fd) })
	u.use(o)
	return u
}
