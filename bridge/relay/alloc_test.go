package relay

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// bench is the whole path without sockets' system calls: a batch of datagrams
// into one stream, through its track and a splice, out of another stream.
type bench struct {
	in, out *Stream
	from    netip.AddrPort
	keys    *terminalKeys
	seq     uint32
	payload []byte
	buf     [packet.MaxSize]byte
	close   func()
}

// nowhere is a socket that takes everything.
type nowhere struct {
	at      netip.AddrPort
	written int
}

func (n *nowhere) Serve(wire.Handler) {}
func (n *nowhere) SetDeadline(int64)  {}
func (n *nowhere) Write(to netip.AddrPort, data [][]byte) int {
	n.written += len(data)
	return len(data)
}
func (n *nowhere) LocalAddr() netip.AddrPort { return n.at }
func (n *nowhere) Close() error              { return nil }

func newBench(t testing.TB, kind media.Kind, in, out media.Suite) *bench {
	t.Helper()
	p, err := NewPlane(PlaneConfig{Address: gateway, PortMin: 20000, PortMax: 20099,
		Listen: func(at netip.AddrPort) (wire.Socket, error) {
			return &nowhere{at: at}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{from: netip.AddrPortFrom(farAddr, 5000), payload: make([]byte, 1100), seq: 1}
	b.payload[0] = 0x41 // a P slice in one packet
	open := func(suite media.Suite) (*Stream, *terminalKeys) {
		s, err := p.Open(StreamOptions{CallID: "call", Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		st := plainTerms(kind)
		var k *terminalKeys
		if suite != media.SuiteNone {
			k = newKeys(t, suite)
			k.terms(&st)
		}
		if err := s.Apply(st); err != nil {
			t.Fatal(err)
		}
		return s, k
	}
	b.in, b.keys = open(in)
	b.out, _ = open(out)
	splice := NewSplice(SpliceConfig{Out: b.out, Kind: kind})
	splice.Select(b.in.Track())
	b.batch(t, [][]byte{testSPS, testPPS, testIDR})
	if splice.Showing() != b.in.Track() {
		t.Fatal("the splice shows nothing")
	}
	b.close = func() { splice.Close(); p.Close() }
	return b
}

// batch puts payloads through the path, each in a packet of its own.
func (b *bench) batch(t testing.TB, payloads [][]byte) {
	w := wire.Borrow()
	buf := b.buf[:]
	for i, payload := range payloads {
		b.seq++
		h := packet.Header{PT: 97, Seq: uint16(b.seq), Timestamp: b.seq * 3000, SSRC: 7, Marker: i == len(payloads)-1}
		if b.in.opts.Kind == media.Audio {
			h.PT = 0
		} else if len(payloads) == 3 {
			h.Timestamp = (b.seq - uint32(i)) * 3000
		}
		n := packet.Write(buf[:], h) + copy(buf[packet.HeaderSize:], payload)
		data := buf[:n]
		if b.keys != nil {
			sealed, err := b.keys.out.Seal(buf[:0], data)
			if err != nil {
				t.Fatal(err)
			}
			data = sealed
		}
		w.Append(data, b.from)
	}
	b.in.rtp.Receive(w, b.in.now())
	w.Release()
}

var paths = []struct{ in, out media.Suite }{
	{media.SuiteNone, media.SuiteNone},
	{media.SuiteNone, media.AEADGCM128},
	{media.AEADGCM128, media.SuiteNone},
	{media.AEADGCM256, media.AEADGCM128},
	{media.AESCM80, media.AESCM80},
}

// TestNoAllocationForAPacket is about the path without sockets. Under the race
// detector pools forget things on purpose; there only the packets are counted.
func TestNoAllocationForAPacket(t *testing.T) {
	for _, kind := range []media.Kind{media.Audio, media.Video} {
		for _, c := range paths {
			b := newBench(t, kind, c.in, c.out)
			payloads := make([][]byte, 8)
			for i := range payloads {
				payloads[i] = b.payload
			}
			sent := b.out.tx.packets
			n := testing.AllocsPerRun(500, func() { b.batch(t, payloads) })
			if got := b.out.tx.packets - sent; got != 501*8 {
				t.Errorf("%v %v to %v: %d packets of %d came out, drops %v", kind, c.in, c.out, got, 501*8, b.in.Stats().Drops)
			}
			if !raceDetector && n != 0 {
				t.Errorf("%v %v to %v: %v allocations for 8 packets", kind, c.in, c.out, n)
			}
			b.close()
		}
	}
}

// TestNoAllocationOverSockets is about packets from one stream to another by
// the kernel, of all kinds of keys.
func TestNoAllocationOverSockets(t *testing.T) {
	for _, keying := range []struct {
		keying media.Keying
		suites []media.Suite
	}{
		{media.Plain, []media.Suite{media.SuiteNone}},
		{media.SDES, suites},
		{media.DTLS, []media.Suite{media.AEADGCM128}},
	} {
		for _, suite := range keying.suites {
			t.Run(fmt.Sprint(keying.keying, suite), func(t *testing.T) {
				p, _ := loopPlane(t)
				a, b := linked(t, p, keying.keying, suite)
				got := passed{make(chan struct{}, 100)}
				b.Track().Attach(got)
				h := packet.Header{PT: 97}
				payload := append([]byte{0x41}, make([]byte, 1099)...)
				burst := func() {
					for range 8 {
						h.Seq++
						h.Timestamp += 3000
						a.Send(h, payload)
					}
					a.Flush()
					for range 8 {
						<-got.c
					}
				}
				await(t, a, b, got)
				if n := testing.AllocsPerRun(300, burst); n > 1 && !raceDetector {
					t.Errorf("%v allocations for 8 packets", n)
				}
			})
		}
	}
}

// passed is a sink that tells of each packet.
type passed struct{ c chan struct{} }

func (p passed) WriteRTP(*packet.Packet) { p.c <- struct{}{} }
func (p passed) Flush()                  {}

// await sends until the keys are there.
func await(t *testing.T, a, b *Stream, got passed) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 30*time.Second; {
		a.Send(packet.Header{PT: 97}, testP)
		a.Flush()
		select {
		case <-got.c:
			return
		case <-time.After(5 * time.Millisecond): // the handshake is still on its way
		}
	}
	t.Fatalf("nothing came: %+v", b.Stats())
}

// linked are two picture streams of a plane, each the other's far end.
func linked(t testing.TB, p *Plane, keying media.Keying, suite media.Suite) (a, b *Stream) {
	t.Helper()
	var pair [2]*Stream
	for i := range pair {
		var err error
		if pair[i], err = p.Open(StreamOptions{CallID: "linked", Kind: media.Video}); err != nil {
			t.Fatal(err)
		}
	}
	hash, value := p.Fingerprint()
	k := newKeys(t, max(suite, media.AESCM80)) // unused when plain
	for i, s := range pair {
		rtp, _ := pair[1-i].Ports()
		st := plainTerms(media.Video)
		st.Remote = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), rtp)
		st.RemoteRTCP, st.Mux = st.Remote, true
		switch keying {
		case media.SDES:
			st.Security = media.Security{Keying: keying, Suite: suite, LocalKey: k.local, RemoteKey: k.remote}
			if i == 1 {
				st.Security.LocalKey, st.Security.RemoteKey = k.remote, k.local
			}
		case media.DTLS:
			st.Security = media.Security{Keying: keying, DTLSClient: i == 0, FingerprintHash: hash, Fingerprint: value}
		}
		if err := s.Apply(st); err != nil {
			t.Fatal(err)
		}
	}
	return pair[0], pair[1]
}

func BenchmarkPath(b *testing.B) {
	for _, c := range paths {
		b.Run(fmt.Sprintf("%v-%v", c.in, c.out), func(b *testing.B) {
			x := newBench(b, media.Video, c.in, c.out)
			defer x.close()
			payloads := make([][]byte, 8)
			for i := range payloads {
				payloads[i] = x.payload
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				x.batch(b, payloads)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(payloads)), "ns/packet")
		})
	}
}

// BenchmarkManyPaths goes round many paths, as a gateway does: what a burst
// costs when nothing of its stream is in the processor's nearest caches.
func BenchmarkManyPaths(b *testing.B) {
	for _, n := range []int{1, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var all []*bench
			for range n {
				x := newBench(b, media.Video, media.SuiteNone, media.SuiteNone)
				defer x.close()
				all = append(all, x)
			}
			payloads := make([][]byte, 7)
			for i := range payloads {
				payloads[i] = all[0].payload
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				all[i%n].batch(b, payloads)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(payloads)), "ns/packet")
		})
	}
}
