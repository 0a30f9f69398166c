package relay

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// arrivals is a sink that tells of each packet.
type arrivals struct{ c chan packet.Packet }

func (a *arrivals) WriteRTP(p *packet.Packet) {
	q := *p
	q.Payload = append([]byte(nil), p.Payload...)
	a.c <- q
}
func (a *arrivals) Flush() {}

func receive[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
	}
	return v
}

// TestRealSockets talks over the loopback interface: two streams of one
// plane, each the other's far end, in both families and through a dual-stack socket.
func TestRealSockets(t *testing.T) {
	for _, c := range []struct{ bind, dial string }{
		{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"::", "127.0.0.1"}, {"::", "::1"}, {"0.0.0.0", "127.0.0.1"},
	} {
		for _, suite := range []media.Suite{media.SuiteNone, media.AEADGCM128} {
			t.Run(c.bind+" "+c.dial+" "+suite.String(), func(t *testing.T) {
				overLoopback(t, netip.MustParseAddr(c.bind), netip.MustParseAddr(c.dial), suite)
			})
		}
	}
}

func overLoopback(t *testing.T, bind, dial netip.Addr, suite media.Suite) {
	p, err := NewPlane(PlaneConfig{Address: bind, PortMin: 41000, PortMax: 41199})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	keySuite := max(suite, media.AESCM80) // unused when plain
	k := newKeys(t, keySuite)
	a, b := openOn(t, p), openOn(t, p)
	for i, s := range []*Stream{a, b} {
		peer := []*Stream{b, a}[i]
		rtp, rtcp := peer.Ports()
		st := plainTerms(media.Audio)
		st.Remote, st.RemoteRTCP = netip.AddrPortFrom(dial, rtp), netip.AddrPortFrom(dial, rtcp)
		if suite != media.SuiteNone {
			st.Security = media.Security{Keying: media.SDES, Suite: suite, LocalKey: k.local, RemoteKey: k.remote}
			if s == b {
				st.Security.LocalKey, st.Security.RemoteKey = k.remote, k.local
			}
		}
		if err := s.Apply(st); err != nil {
			t.Fatal(err)
		}
	}
	got := &arrivals{make(chan packet.Packet, 1000)}
	b.Track().Attach(got)
	for i := range 100 {
		a.Send(packet.Header{Seq: uint16(i), Timestamp: uint32(i) * 160}, []byte{byte(i)})
		if i%7 == 0 {
			a.Flush()
		}
	}
	a.Flush()
	for i := range 100 {
		if q := receive(t, got.c); q.Payload[0] != byte(i) {
			t.Fatalf("packet %d holds %d", i, q.Payload[0])
		}
	}
	if st := p.Stats(); st.Received != 100 || st.Sent != 100 || st.Streams != 2 || st.PortsUsed != 2 {
		t.Fatalf("%+v", st)
	}
	b.Track().Detach(got)
}

func openOn(t *testing.T, p *Plane) *Stream {
	t.Helper()
	s, err := p.Open(StreamOptions{CallID: "loop", Kind: media.Audio})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDTLSOverLoopback(t *testing.T) {
	p, err := NewPlane(PlaneConfig{Address: netip.MustParseAddr("127.0.0.1"), PortMin: 41200, PortMax: 41299})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	hash, value := p.Fingerprint()
	a, b := openOn(t, p), openOn(t, p)
	for i, s := range []*Stream{a, b} {
		rtp, _ := []*Stream{b, a}[i].Ports()
		st := plainTerms(media.Audio)
		st.Remote, st.Mux = netip.AddrPortFrom(p.cfg.Address, rtp), true
		st.RemoteRTCP = st.Remote
		st.Security = media.Security{Keying: media.DTLS, DTLSClient: s == a, FingerprintHash: hash, Fingerprint: value}
		if err := s.Apply(st); err != nil {
			t.Fatal(err)
		}
	}
	got := &arrivals{make(chan packet.Packet, 100)}
	b.Track().Attach(got)
	seq := uint16(0)
	for begun := time.Now(); time.Since(begun) < 30*time.Second; {
		seq++
		a.Send(packet.Header{Seq: seq}, []byte("hello"))
		a.Flush()
		select {
		case q := <-got.c:
			if string(q.Payload) != "hello" {
				t.Fatalf("got %q", q.Payload)
			}
			return
		case <-time.After(10 * time.Millisecond): // the handshake is still on its way
		}
	}
	t.Fatal("nothing came")
}

// marked is a socket that notes its mark.
type marked struct {
	nowhere
	dscp uint8
}

func (m *marked) Mark(dscp uint8) error {
	m.dscp = dscp
	return nil
}

func TestMarks(t *testing.T) {
	for _, c := range []struct {
		dscp         map[media.Kind]uint8
		audio, video uint8
	}{
		{nil, 46, 34},
		{map[media.Kind]uint8{}, 0, 0},
		{map[media.Kind]uint8{media.Video: 26}, 0, 26},
	} {
		p, err := NewPlane(PlaneConfig{Address: gateway, PortMin: 20000, PortMax: 20099, DSCP: c.dscp,
			Listen: func(at netip.AddrPort) (wire.Socket, error) { return &marked{nowhere: nowhere{at: at}}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		for kind, want := range map[media.Kind]uint8{media.Audio: c.audio, media.Video: c.video} {
			s, err := p.Open(StreamOptions{Kind: kind})
			if err != nil {
				t.Fatal(err)
			}
			if rtp, rtcp := s.pair.rtp.(*marked).dscp, s.pair.rtcp.(*marked).dscp; rtp != want || rtcp != want {
				t.Errorf("%v: %v is marked %d and %d", c.dscp, kind, rtp, rtcp)
			}
		}
		p.Close()
	}
}

func TestPortsOfOthersAreSkipped(t *testing.T) {
	// An address that no other process has, since these ports have to be free.
	pid := uint32(os.Getpid())
	own := netip.AddrFrom4([4]byte{127, 64 | byte(pid>>16)&63, byte(pid >> 8), byte(pid)})
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(own, port) }
	var taken []*net.UDPConn
	for _, port := range []uint16{20301, 20304} { // the odd one of the first pair, the even one of the third
		s, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at(port)))
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, s)
	}
	p, err := NewPlane(PlaneConfig{Address: at(0).Addr(), PortMin: 20299, PortMax: 20307})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	a, b := openOn(t, p), openOn(t, p)
	ra, ca := a.Ports()
	rb, cb := b.Ports()
	if ra != 20302 || ca != 20303 || rb != 20306 || cb != 20307 {
		t.Fatalf("ports %d %d %d %d", ra, ca, rb, cb)
	}
	if _, err := p.Open(StreamOptions{Kind: media.Audio}); err == nil {
		t.Fatal("opened a stream without free ports")
	}
	a.Close()
	for _, s := range taken {
		s.Close()
	}
	// The freed pair is not the next one: first come those not used so far.
	if r, _ := openOn(t, p).Ports(); r == ra {
		t.Fatal("a freed pair was used again at once")
	}
}

func TestManyStreamsAtOnce(t *testing.T) {
	p, err := NewPlane(PlaneConfig{Address: netip.MustParseAddr("127.0.0.1"), PortMin: 41400, PortMax: 41599})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var mu sync.Mutex
	seen := map[uint16]bool{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			s, err := p.Open(StreamOptions{Kind: media.Video})
			if err != nil {
				t.Error(err)
				return
			}
			rtp, rtcp := s.Ports()
			mu.Lock()
			defer mu.Unlock()
			if seen[rtp] || rtp%2 != 0 || rtcp != rtp+1 {
				t.Errorf("ports %d %d", rtp, rtcp)
			}
			seen[rtp] = true
		})
	}
	wg.Wait()
}

func TestAnnouncedAddress(t *testing.T) {
	addr := netip.MustParseAddr
	for _, c := range []struct {
		address, announce, remote, want string
	}{
		{"127.0.0.1", "", "127.0.0.1", "127.0.0.1"},
		{"0.0.0.0", "192.0.2.7", "127.0.0.1", "192.0.2.7"},
		{"0.0.0.0", "", "127.0.0.1", "127.0.0.1"},
		{"::", "", "::1", "::1"},
		{"::", "", "::ffff:127.0.0.1", "127.0.0.1"},
		{"::1", "", "::1", "::1"},
	} {
		cfg := PlaneConfig{Address: addr(c.address)}
		if c.announce != "" {
			cfg.Announce = addr(c.announce)
		}
		p, err := NewPlane(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.LocalAddr(addr(c.remote)); got != addr(c.want) {
			t.Errorf("%+v: %v", c, got)
		}
		if got := p.LocalAddr(netip.Addr{}); !got.IsValid() || got.IsUnspecified() {
			t.Errorf("%+v: %v without a far end", c, got)
		}
		p.Close()
	}
}

func TestUselessRangesAreRefused(t *testing.T) {
	for _, c := range [][2]uint16{{0, 10}, {11, 11}, {11, 12}, {20, 10}} {
		if p, err := NewPlane(PlaneConfig{PortMin: c[0], PortMax: c[1]}); err == nil {
			p.Close()
			t.Errorf("range %v", c)
		}
	}
}
