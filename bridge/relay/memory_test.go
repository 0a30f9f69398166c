package relay

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// loopLeg is a terminal's leg on real sockets, sound and picture, that sends back
// what it receives.
type loopLeg struct {
	streams [2]*Stream
	splices [2]*Splice
	keys    [2]*terminalKeys
	seq     [2]uint16
}

// openLeg opens a leg whose far end is at an address. The suite is SuiteNone for plain RTP.
func openLeg(t testing.TB, p *Plane, far netip.AddrPort, suite media.Suite) *loopLeg {
	t.Helper()
	l := &loopLeg{}
	for i, kind := range []media.Kind{media.Audio, media.Video} {
		s, err := p.Open(StreamOptions{CallID: "leg", Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		st := plainTerms(kind)
		st.Remote, st.RemoteRTCP, st.Mux = far, far, true
		st.Feedback = media.NACK | media.PLI | media.TMMBR
		if suite != media.SuiteNone {
			l.keys[i] = newKeys(t, suite)
			l.keys[i].terms(&st)
		}
		if err := s.Apply(st); err != nil {
			t.Fatal(err)
		}
		l.streams[i], l.splices[i] = s, NewSplice(SpliceConfig{Out: s, Kind: kind})
		s.SetFeedback(l.splices[i])
		l.splices[i].Select(s.Track())
	}
	return l
}

// burst gives the packets of one picture and one of sound, each with the
// address it goes to.
func (l *loopLeg) burst(t testing.TB, each func(to netip.AddrPort, data []byte)) {
	for i, s := range l.streams {
		port, _ := s.Ports()
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		payloads := [][]byte{make([]byte, 160)}
		h := packet.Header{PT: 0, SSRC: 7}
		if s.opts.Kind == media.Video {
			h.PT = 97
			payloads = [][]byte{testSPS, testPPS, testIDR}
			for range 5 {
				payloads = append(payloads, append([]byte{0x41, 0x9a}, make([]byte, 1198)...))
			}
		}
		for k, payload := range payloads {
			l.seq[i]++
			h.Seq, h.Timestamp, h.Marker = l.seq[i], uint32(l.seq[i])*3000, k == len(payloads)-1
			d := datagram(h, payload)
			if l.keys[i] != nil {
				d = l.keys[i].seal(t, h, payload)
			}
			each(to, d)
		}
	}
}

func (l *loopLeg) close() {
	for i, s := range l.streams {
		l.splices[i].Close()
		s.Close()
	}
}

// loopPlane is a plane on the loopback interface and the socket of all far ends.
func loopPlane(t testing.TB) (*Plane, *farEnd) {
	t.Helper()
	p, err := NewPlane(PlaneConfig{Address: netip.MustParseAddr("127.0.0.1"), PortMin: 43000, PortMax: 47999})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadBuffer(4 << 20)
	t.Cleanup(func() {
		conn.Close()
		p.Close()
	})
	return p, &farEnd{conn}
}

// farEnd is the socket of the terminals.
type farEnd struct{ *net.UDPConn }

func (f *farEnd) at() netip.AddrPort { return f.LocalAddr().(*net.UDPAddr).AddrPort() }

// exchange has packets flow through every leg, and waits for those that come back.
func exchange(t testing.TB, far *farEnd, legs []*loopLeg) {
	t.Helper()
	var buf [packet.MaxSize]byte
	for _, l := range legs {
		before := l.streams[1].Stats().Send.Packets
		for range 4 {
			l.burst(t, func(to netip.AddrPort, d []byte) { far.WriteToUDPAddrPort(d, to) })
		}
		for begun := time.Now(); l.streams[1].Stats().Send.Packets < before+20; time.Sleep(100 * time.Microsecond) {
			if time.Since(begun) > 30*time.Second {
				t.Fatalf("%+v", l.streams[1].Stats())
			}
		}
		_ = far.SetReadDeadline(time.Now())
		for {
			if _, err := far.Read(buf[:]); err != nil {
				break
			}
		}
	}
}

// resident is the memory of this process when no garbage is left, and the part
// of it that Go's heap and stacks use.
func resident(t testing.TB) (rss, used int) {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory() // empties pools, too
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return pages * os.Getpagesize(), int(m.HeapAlloc + m.StackInuse)
}

// TestMemoryOfALeg holds what a leg costs beyond the first, when packets flow.
func TestMemoryOfALeg(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	p, far := loopPlane(t)
	const legs = 200
	var all []*loopLeg
	open := func(n int) {
		for range n {
			all = append(all, openLeg(t, p, far.at(), media.AESCM80))
		}
		exchange(t, far, all)
	}
	open(10)
	rss, used := resident(t)
	open(legs)
	rss2, used2 := resident(t)
	perRSS, perUsed := (rss2-rss)/legs, (used2-used)/legs
	t.Logf("a leg takes %d bytes of heap and stacks, %d resident", perUsed, perRSS)
	if perUsed > 100<<10 || perRSS > 100<<10 {
		t.Errorf("a leg takes %d bytes, %d resident", perUsed, perRSS)
	}
	runtime.KeepAlive(all)
}

// TestMemoryIsFlat holds that streams that came and went leave nothing.
func TestMemoryIsFlat(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	p, far := loopPlane(t)
	calls := func(n int) {
		for range n {
			l := openLeg(t, p, far.at(), media.AEADGCM128)
			l.burst(t, func(to netip.AddrPort, d []byte) { far.WriteToUDPAddrPort(d, to) })
			l.close()
		}
	}
	calls(500)
	_, before := resident(t)
	goroutines := runtime.NumGoroutine()
	calls(4500)
	_, after := resident(t)
	t.Logf("%d bytes before, %d after", before, after)
	if after > before+200<<10 || runtime.NumGoroutine() > goroutines {
		t.Errorf("%d bytes and %d goroutines became %d and %d", before, goroutines, after, runtime.NumGoroutine())
	}
	if st := p.Stats(); st.Streams != 0 || st.PortsUsed != 0 || st.Opened != 10000 {
		t.Errorf("%+v", st)
	}
}
