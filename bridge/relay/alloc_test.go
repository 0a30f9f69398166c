package relay

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/secure"
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

// ciphersAllocate measures what one packet costs in the SRTP contexts alone,
// sealed and opened.
func ciphersAllocate(t testing.TB, suite media.Suite) (seal, open float64) {
	if suite == media.SuiteNone {
		return 0, 0
	}
	k := newKeys(t, suite)
	in, err := secure.NewInbound(suite, k.local)
	if err != nil {
		t.Fatal(err)
	}
	var buf [packet.MaxSize]byte
	seq := uint16(0)
	both := func(open bool) {
		seq++
		n := packet.Write(buf[:], packet.Header{Seq: seq, SSRC: 7}) + 1000
		sealed, err := k.out.Seal(buf[:0], buf[:n])
		if err == nil && open {
			_, err = in.OpenNew(sealed[:0], sealed)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	seal = testing.AllocsPerRun(200, func() { both(false) })
	open = testing.AllocsPerRun(200, func() { both(true) }) - seal
	return seal, open
}

// TestNoAllocationForAPacket holds that the path adds nothing to what the
// ciphers allocate. Under the race detector pools forget things on purpose;
// there only the packets are counted.
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
			// The far end's own sealing is in the figure where it is keyed.
			farSeal, open := ciphersAllocate(t, c.in)
			seal, _ := ciphersAllocate(t, c.out)
			if !raceDetector && n >= 8*(farSeal+open+seal)+1 {
				t.Errorf("%v %v to %v: %v allocations for 8 packets, the ciphers' own are %v", kind, c.in, c.out, n, 8*(farSeal+open+seal))
			}
			b.close()
		}
	}
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
