package secure

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/pion/srtp/v2"

	"github.com/roombridge/roombridge/bridge/media"
)

// burst is how many packets a frame of video commonly has.
const burst = 7

// line carries packets of one stream in memory of its own, again and again.
type line struct {
	out  *Outbound
	in   *Inbound
	seq  uint16
	size int
	mem  [burst][]byte
	pkts [burst][]byte
}

func newLine(t testing.TB, s media.Suite, size int) *line {
	l := &line{size: size}
	l.out, l.in = pair(t, s, newKey(t, s))
	l.in.Admit(1)
	for i := range l.mem {
		l.mem[i] = append(make([]byte, 0, size+16), rtpPacket(1, 0, strings.Repeat("x", size-12))...)
	}
	return l
}

// renew gives the packets new numbers. What the payload is does not matter.
func (l *line) renew(n int) [][]byte {
	for i := range n {
		l.seq++
		binary.BigEndian.PutUint16(l.mem[i][2:], l.seq)
		l.pkts[i] = l.mem[i][:l.size]
	}
	return l.pkts[:n]
}

func (l *line) seal(t testing.TB) []byte {
	pkt := l.renew(1)[0]
	sealed, err := l.out.Seal(pkt[:0], pkt)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// again lets packets in that were opened before.
func (l *line) again() {
	l.in.sources[0].rtp.started, l.in.sources[0].rtp.bits = true, [windowBlocks]uint64{}
}

// TestNoAllocation is every way in which a packet may go, and those that are refused.
func TestNoAllocation(t *testing.T) {
	each(t, func(t *testing.T, s media.Suite, _ media.Key) {
		l := newLine(t, s, 1200)
		stranger, _ := pair(t, s, newKey(t, s))
		foreign := mustSeal(t, stranger, rtpPacket(2, 40000, "x"))
		copied := make([]byte, len(foreign))
		report := append(make([]byte, 0, 200), rtcpPacket(1, "twelve bytes")...)
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"seal and open", func() {
				sealed := l.seal(t)
				if _, err := l.in.OpenNew(sealed[:0], sealed); err != nil {
					t.Fatal(err)
				}
			}},
			{"batches", func() {
				pkts := l.renew(burst)
				if l.out.SealBatch(pkts) != 0 || l.in.OpenBatch(pkts) != 0 {
					t.Fatal("refused")
				}
			}},
			{"RTCP", func() {
				sealed, err := l.out.SealRTCP(report[:0], report)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := l.in.OpenNewRTCP(sealed[:0], sealed); err != nil {
					t.Fatal(err)
				}
			}},
			{"forged", func() {
				sealed := l.seal(t)
				sealed[len(sealed)-1] ^= 1
				l.in.Open(sealed[:0], sealed)
			}},
			{"stranger", func() { l.in.OpenNew(copied[:0], copied[:copy(copied, foreign)]) }},
			{"replayed", func() {
				sealed := l.seal(t)
				binary.BigEndian.PutUint16(sealed[2:], l.seq-500)
				l.in.Open(sealed[:0], sealed)
			}},
		} {
			if n := testing.AllocsPerRun(200, c.f); n != 0 {
				t.Errorf("%s: %v allocations", c.name, n)
			}
		}
		st := l.in.Stats()
		if st.Failed < 400 || st.Replayed < 200 || st.Packets < 200*(burst+2) {
			t.Errorf("%+v", st)
		}
	})
}

// heap is the live memory after f, less what was before, for each of n.
func heap(n int, f func() any) int {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return int(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / n
}

// TestMemory holds what the package's documentation says of a context's size.
func TestMemory(t *testing.T) {
	const n = 1000
	each(t, func(t *testing.T, s media.Suite, key media.Key) {
		used := func(i int, out *Outbound) {
			out.SealBatch([][]byte{rtpPacket(1, 1, ""), rtpPacket(1, 2, "")})
			mustSealRTCP(t, out, rtcpPacket(1, ""))
		}
		ours := heap(n, func() any {
			all := make([]*Outbound, n)
			for i := range all {
				all[i], _ = NewOutbound(s, key)
				used(i, all[i])
			}
			return all
		})
		pkt, report := rtpPacket(1, 1, ""), rtcpPacket(1, "")
		pions := heap(n, func() any {
			all := make([]*srtp.Context, n)
			for i := range all {
				all[i] = newPion(t, s, key)
				all[i].EncryptRTP(nil, pkt, nil)
				all[i].EncryptRTCP(nil, report, nil)
			}
			return all
		})
		t.Logf("%d bytes a direction, pion %d", ours, pions)
		if ours > 3000 {
			t.Errorf("%d bytes a direction", ours)
		}
	})
}

// BenchmarkSeal and BenchmarkOpen set ours, one by one and in bursts, beside
// pion/srtp. Figures are for a packet.
func BenchmarkSeal(b *testing.B) {
	costs(b, func(b *testing.B, s media.Suite, size int) {
		b.Run("one", func(b *testing.B) {
			l := newLine(b, s, size)
			b.ReportAllocs()
			for b.Loop() {
				l.seal(b)
			}
		})
		b.Run("burst", func(b *testing.B) {
			l := newLine(b, s, size)
			b.ReportAllocs()
			for b.Loop() {
				if l.out.SealBatch(l.renew(burst)) != 0 {
					b.Fatal("refused")
				}
			}
			perPacket(b, burst)
		})
		b.Run("pion", func(b *testing.B) {
			l, theirs, buf := newLine(b, s, size), newPion(b, s, newKey(b, s)), make([]byte, 0, 1500)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := theirs.EncryptRTP(buf, l.renew(1)[0], nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// BenchmarkOpen is described at BenchmarkSeal.
func BenchmarkOpen(b *testing.B) {
	costs(b, func(b *testing.B, s media.Suite, size int) {
		sealed := func(l *line) (pkts [burst][]byte) {
			l.out.SealBatch(l.renew(burst))
			for i, p := range l.pkts {
				pkts[i] = append([]byte(nil), p...)
			}
			return pkts
		}
		b.Run("one", func(b *testing.B) {
			l := newLine(b, s, size)
			pkts, buf := sealed(l), make([]byte, 0, 1500)
			b.ReportAllocs()
			for b.Loop() {
				l.again()
				if _, err := l.in.Open(buf, pkts[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("burst", func(b *testing.B) {
			l := newLine(b, s, size)
			pkts := sealed(l)
			b.ReportAllocs()
			for b.Loop() {
				l.again()
				for i, p := range pkts {
					l.pkts[i] = append(l.mem[i][:0], p...)
				}
				if l.in.OpenBatch(l.pkts[:]) != 0 {
					b.Fatal("refused")
				}
			}
			perPacket(b, burst)
		})
		b.Run("pion", func(b *testing.B) {
			key := newKey(b, s)
			theirs, buf := newPion(b, s, key), make([]byte, 0, 1500)
			pkt, err := newPion(b, s, key).EncryptRTP(nil, newLine(b, s, size).mem[0], nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := theirs.DecryptRTP(buf, pkt, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func costs(b *testing.B, f func(b *testing.B, s media.Suite, size int)) {
	for _, s := range suites {
		for _, size := range []int{200, 1200} {
			b.Run(fmt.Sprintf("%v/%d", s, size), func(b *testing.B) { f(b, s, size) })
		}
	}
}

func perPacket(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/packet")
}
