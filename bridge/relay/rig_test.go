package relay

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

func TestMain(m *testing.M) {
	if os.Getenv(floodEnv) != "" {
		if err := flood(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var (
	gateway = netip.MustParseAddr("10.0.0.1")
	farAddr = netip.MustParseAddr("10.0.0.2")
	other   = netip.MustParseAddr("10.0.0.66")
)

// rig is a stream with a far end, in virtual time on a network in memory.
type rig struct {
	t      testing.TB
	net    *wiretest.Net
	plane  *Plane
	stream *Stream
	far    *wiretest.Socket // RTP of the far end
	farCtl *wiretest.Socket
	sink   *collector
}

// inBubble runs a test in virtual time with a rig, and afterwards checks that
// nothing is left over.
func inBubble(t *testing.T, kind media.Kind, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, kind)
		defer r.close()
		f(r)
	})
}

func newRig(t testing.TB, kind media.Kind) *rig {
	r := &rig{t: t, net: wiretest.New(1), sink: &collector{}}
	var err error
	r.plane, err = NewPlane(PlaneConfig{
		Address: gateway, PortMin: 20000, PortMax: 20099,
		MediaTimeout: 10 * time.Second, Listen: r.net.Listen,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.stream = r.open(kind)
	r.far = r.socket(netip.AddrPortFrom(farAddr, 5000))
	r.farCtl = r.socket(netip.AddrPortFrom(farAddr, 5001))
	r.stream.Track().Attach(r.sink)
	return r
}

func (r *rig) open(kind media.Kind) *Stream {
	r.t.Helper()
	s, err := r.plane.Open(StreamOptions{CallID: "call", Kind: kind, CNAME: "gateway"})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) socket(at netip.AddrPort) *wiretest.Socket {
	r.t.Helper()
	s, err := r.net.Socket(at)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) close() {
	r.t.Helper()
	if err := r.plane.Close(); err != nil {
		r.t.Error(err)
	}
	if n := r.plane.buffers.Outstanding(); n != 0 {
		r.t.Errorf("%d packets outstanding", n)
	}
	if n := wire.Outstanding(); n != 0 {
		r.t.Errorf("%d batches outstanding", n)
	}
	if st := r.plane.Stats(); st.PortsUsed != 0 || st.Streams != 0 {
		r.t.Errorf("%d ports and %d streams left", st.PortsUsed, st.Streams)
	}
}

// apply negotiates, from plain terms that the changes adapt.
func (r *rig) apply(change ...func(*media.Stream)) {
	r.t.Helper()
	st := plainTerms(r.stream.opts.Kind)
	for _, f := range change {
		f(&st)
	}
	if err := r.stream.Apply(st); err != nil {
		r.t.Fatal(err)
	}
}

var (
	h264Format = media.Format{Codec: media.H264, PT: 97, ClockRate: 90000,
		H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1}}
	vp8Format  = media.Format{Codec: media.VP8, PT: 100, ClockRate: 90000}
	pcmuFormat = media.Format{Codec: media.PCMU, PT: 0, ClockRate: 8000}
	opusFormat = media.Format{Codec: media.Opus, PT: 111, ClockRate: 48000, Channels: 2}
)

func plainTerms(kind media.Kind) media.Stream {
	st := media.Stream{
		Kind: kind, Direction: media.SendRecv,
		Remote:     netip.AddrPortFrom(farAddr, 5000),
		RemoteRTCP: netip.AddrPortFrom(farAddr, 5001),
		Send:       pcmuFormat, Recv: []media.Format{pcmuFormat, opusFormat},
		SendDTMF: 101, RecvDTMF: 101,
	}
	if kind == media.Video {
		st.Send, st.Recv = h264Format, []media.Format{h264Format, vp8Format}
		st.SendDTMF, st.RecvDTMF = 0, 0
	}
	return st
}

// ours is the stream's RTP address as the far end knows it.
func (r *rig) ours() netip.AddrPort {
	rtp, _ := r.stream.Ports()
	return netip.AddrPortFrom(gateway, rtp)
}

func (r *rig) oursRTCP() netip.AddrPort {
	_, rtcp := r.stream.Ports()
	return netip.AddrPortFrom(gateway, rtcp)
}

// datagram makes an RTP packet.
func datagram(h packet.Header, payload []byte) []byte {
	b := make([]byte, packet.HeaderSize, packet.HeaderSize+len(payload))
	packet.Write(b, h)
	return append(b, payload...)
}

// audio sends n packets of sound from a socket and waits until they are taken.
func (r *rig) audio(from *wiretest.Socket, ssrc uint32, seq uint16, n int) {
	for i := range n {
		h := packet.Header{PT: 0, Seq: seq + uint16(i), Timestamp: uint32(seq+uint16(i)) * 160, SSRC: ssrc}
		from.Send(r.ours(), datagram(h, []byte{byte(i), 1, 2, 3}))
		time.Sleep(20 * time.Millisecond)
	}
	synctest.Wait()
}

func (r *rig) drops(reason string) uint64 { return r.stream.Stats().Drops[reason] }

// reports gives the RTCP packets that the far end got, decoded.
func reports(t testing.TB, s *wiretest.Socket) []rtcp.Packet {
	t.Helper()
	var all []rtcp.Packet
	for _, d := range s.Take() {
		if packet.Classify(d) != packet.RTCP {
			continue
		}
		p, err := rtcp.Unmarshal(d)
		if err != nil {
			t.Fatalf("RTCP of ours does not parse: %v", err)
		}
		all = append(all, p...)
	}
	return all
}

func count[T rtcp.Packet](packets []rtcp.Packet) (n int) {
	for _, p := range packets {
		if _, ok := p.(T); ok {
			n++
		}
	}
	return n
}

// collector is a sink that keeps copies.
type collector struct {
	mu      sync.Mutex
	packets []packet.Packet
	flushes int
}

func (c *collector) WriteRTP(p *packet.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := *p
	q.Payload = bytes.Clone(p.Payload)
	c.packets = append(c.packets, q)
}

func (c *collector) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flushes++
}

func (c *collector) take() []packet.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.packets
	c.packets = nil
	return all
}

// Parameter sets of Constrained Baseline pictures of 320 by 240, and the
// beginnings of an IDR and of a P slice, whose macroblocks nobody looks at.
var (
	testSPS = []byte{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x05, 0x07, 0xe4}
	testPPS = []byte{0x68, 0xce, 0x38, 0x80}
	testIDR = []byte{0x65, 0x88, 0x84, 0x40, 0xaa, 0xbb}
	testP   = []byte{0x41, 0x9a, 0x20, 0x80, 0xcc}
)
