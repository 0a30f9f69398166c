package relay

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// hostile is what somebody sends to the port of a leg with keys. The far end
// has SSRC 7; strange says that it does not come from where the far end is.
type hostile struct {
	name    string
	data    []byte
	strange bool
	verdict string
	opened  int // attempts at opening 10,000 of them within 100 ms, at most
}

func hostiles(t testing.TB) []hostile {
	t.Helper()
	wrong := newKeys(t, media.AESCM80)
	h := packet.Header{PT: 97, Seq: 30, SSRC: 7}
	payload := append([]byte{0x41}, make([]byte, 1180)...)
	foreign := h
	foreign.SSRC = 8
	bad := wrong.seal(t, h, payload)
	report, err := wrong.out.SealRTCP(nil, marshal(&rtcp.ReceiverReport{SSRC: 9}))
	if err != nil {
		t.Fatal(err)
	}
	return []hostile{
		{"garbage", slices.Repeat([]byte{0x55}, 1200), false, "class", 0},
		{"wrong SSRC", wrong.seal(t, foreign, payload), false, "probation", tryTrusted},
		{"wrong source", bad, true, "probation", tryStranger},
		{"wrong key", bad, false, "auth", 10000},
		{"payload type", wrong.seal(t, packet.Header{PT: 1, SSRC: 7}, payload), false, "payload_type", 0},
		{"reports", report, false, "probation", tryControl},
		{"reports of strangers", report, true, "probation", tryReports},
		{"handshakes", append([]byte{22, 254, 253}, make([]byte, 1000)...), false, "idle", 0},
	}
}

// TestHostileLoadIsBounded holds what can be made of floods at a leg's port,
// and that the leg is not disturbed.
func TestHostileLoadIsBounded(t *testing.T) {
	b := newBench(t, media.Video, media.AESCM80, media.SuiteNone)
	defer b.close()
	now := b.in.now()
	for _, h := range hostiles(t) {
		before := b.in.Stats()
		failed := b.in.rx.in.Stats().Failed + b.in.control.in.Stats().Failed
		from := b.from
		if h.strange {
			from = netip.AddrPortFrom(other, 9)
		}
		const n = 10000 / wire.BatchSize
		for range n {
			w := wire.Borrow()
			for w.Append(h.data, from) {
			}
			b.in.rtp.Receive(w, now)
			w.Release()
		}
		now += tryWindow
		after := b.in.Stats()
		tries := b.in.rx.in.Stats().Failed + b.in.control.in.Stats().Failed - failed
		if int(tries) > h.opened {
			t.Errorf("%s: %d attempts at opening, at most %d are right", h.name, tries, h.opened)
		}
		if got := after.Drops[h.verdict] - before.Drops[h.verdict] + tries; got < n*wire.BatchSize {
			t.Errorf("%s: %d of %d counted as %s: %v", h.name, got, n*wire.BatchSize, h.verdict, after.Drops)
		}
		b.batch(t, [][]byte{b.payload})
		if got := b.in.Stats().Recv.Packets; got != before.Recv.Packets+1 {
			t.Errorf("%s: the far end's packet did not come through", h.name)
		}
	}
}

// BenchmarkHostile is what one such datagram costs.
func BenchmarkHostile(b *testing.B) {
	x := newBench(b, media.Video, media.AESCM80, media.SuiteNone)
	defer x.close()
	for _, h := range hostiles(b) {
		b.Run(h.name, func(b *testing.B) {
			from := x.from
			if h.strange {
				from = netip.AddrPortFrom(other, 9)
			}
			w := wire.Borrow()
			defer w.Release()
			for w.Append(h.data, from) {
			}
			b.ReportAllocs()
			for range b.N {
				x.in.rtp.Receive(w, x.in.now())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*w.Len()), "ns/packet")
		})
	}
}

// floodOrder is what the process that floods one leg and asks how another does
// is told.
type floodOrder struct {
	Target, Quiet netip.AddrPort
	Prime         [][]byte // of the target's far end
	Data          []byte
	Strange       bool
	Rate          int // datagrams a second
	For           time.Duration
}

type floodResult struct {
	Sent, Asked    int
	P50, P99, P999 time.Duration // of the quiet leg
}

const (
	floodEnv = "RELAY_FLOOD"
	askEvery = 500 * time.Microsecond
)

// flood is that process. It says first which addresses the far ends of the
// target and of the quiet leg have.
func flood(in io.Reader, out io.Writer) error {
	var fds [3]int // the target's far end, the quiet leg's, a stranger
	var at [3]netip.AddrPort
	for i := range fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return err
		}
		name, err := unix.Getsockname(fd)
		if err != nil {
			return err
		}
		fds[i], at[i] = fd, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(name.(*unix.SockaddrInet4).Port))
	}
	if err := json.NewEncoder(out).Encode(at); err != nil {
		return err
	}
	var o floodOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	to := func(a netip.AddrPort) unix.Sockaddr {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	target, quiet := to(o.Target), to(o.Quiet)
	for _, d := range o.Prime {
		_ = unix.Sendto(fds[0], d, 0, target)
	}
	from := fds[0]
	if o.Strange {
		from = fds[2]
	}
	var res floodResult
	var waits []time.Duration
	var buf [packet.MaxSize]byte
	ask := make([]byte, packet.HeaderSize+160)
	h := packet.Header{SSRC: 5}
	begun := Clock()
	next := begun
	for now := begun; now < begun+int64(o.For); now = Clock() {
		for range 8 {
			if res.Sent < int(float64(now-begun)/1e9*float64(o.Rate)) {
				_ = unix.Sendto(from, o.Data, 0, target)
				res.Sent++
			}
		}
		if now = Clock(); now >= next {
			next += int64(askEvery)
			h.Seq++
			h.Timestamp += 160
			packet.Write(ask, h)
			binary.NativeEndian.PutUint64(ask[packet.HeaderSize:], uint64(now))
			_ = unix.Sendto(fds[1], ask, 0, quiet)
			res.Asked++
		}
		for {
			n, _, err := unix.Recvfrom(fds[1], buf[:], 0)
			if err != nil {
				break
			}
			if n == len(ask) {
				waits = append(waits, time.Duration(Clock()-int64(binary.NativeEndian.Uint64(buf[packet.HeaderSize:]))))
			}
		}
	}
	slices.Sort(waits)
	if n := len(waits); n > 0 {
		res.P50, res.P99, res.P999 = waits[n/2], waits[n*99/100], waits[n*999/1000]
	}
	return json.NewEncoder(out).Encode(res)
}

// BenchmarkFlood is the delay of a quiet leg's packets while the port of
// another on the same loop gets 1 Gbit/s of what is hostile. A round lasts half a
// second, whatever b.N.
//
//	go test -run - -bench Flood -benchtime 1x
func BenchmarkFlood(b *testing.B) {
	list := append([]hostile{{name: "nothing"}}, hostiles(b)...)
	for _, h := range list {
		b.Run(h.name, func(b *testing.B) {
			loops, err := wire.NewLoops(1, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer loops.Close()
			p, err := NewPlane(PlaneConfig{Address: netip.MustParseAddr("127.0.0.1"), PortMin: 43000, PortMax: 47999, Listen: loops.Listen})
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			o := floodOrder{Data: h.data, Strange: h.strange, For: 500 * time.Millisecond}
			if h.data != nil {
				o.Rate = 1e9 / 8 / len(h.data)
			}
			res, target := besieged(b, p, o)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(res.Sent), "hostile")
			b.ReportMetric(float64(res.P50)/1e3, "p50-µs")
			b.ReportMetric(float64(res.P99)/1e3, "p99-µs")
			b.ReportMetric(float64(res.P999)/1e3, "p99.9-µs")
			b.ReportMetric(loops.Stats()[0].Busy*100, "busy-%")
			b.Log(h.name, target.Stats().Drops)
		})
	}
}

// besieged runs the flood against a leg with keys, beside a plain one.
func besieged(b *testing.B, p *Plane, o floodOrder) (res floodResult, target *Stream) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), floodEnv+"=1", "GOMAXPROCS=1", "GOGC=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		b.Fatal("no flood")
	}
	defer cmd.Wait()
	defer in.Close()
	answers := json.NewDecoder(out)
	var far [3]netip.AddrPort
	if err := answers.Decode(&far); err != nil {
		b.Fatal(err)
	}
	leg := openLeg(b, p, far[0], media.AESCM80)
	quiet := openLeg(b, p, far[1], media.SuiteNone)
	target = leg.streams[1]
	port, _ := target.Ports()
	o.Target = netip.AddrPortFrom(p.cfg.Address, port)
	port, _ = quiet.streams[0].Ports()
	o.Quiet = netip.AddrPortFrom(p.cfg.Address, port)
	for i := range 3 {
		o.Prime = append(o.Prime, leg.keys[1].seal(b, packet.Header{PT: 97, Seq: uint16(i), SSRC: 7}, testP))
	}
	if err := json.NewEncoder(in).Encode(o); err != nil {
		b.Fatal(err)
	}
	if err := answers.Decode(&res); err != nil {
		b.Fatal(fmt.Errorf("flood: %w", err))
	}
	return res, target
}
