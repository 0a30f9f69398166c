package wire

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The load of the comparisons: bursts as a camera's picture makes them.
const (
	loadBurst  = 7
	loadSize   = 1200
	loadFrames = 30 // bursts a second and stream
)

// loadOrder is what the load generator, a process of its own, is told.
type loadOrder struct {
	To   []netip.AddrPort
	Join bool          // with UDP_SEGMENT
	For  time.Duration // how long
	Core int           // that it has for itself; -1: any
}

// loadResult is what it saw.
type loadResult struct {
	Sent, Received int
	P50, P99, P999 time.Duration // from its sending to its receiving
}

// loadEnv makes the test binary a load generator.
const loadEnv = "WIRE_LOAD"

// generate is the load generator: it sends what it is told to, and receives at
// the address that it writes first. It never sleeps, so that it is punctual.
func generate(in io.Reader, out io.Writer) error {
	sink, err := openUDP(netip.MustParseAddrPort("127.0.0.1:0"), alone)
	if err != nil {
		return err
	}
	_ = unix.SetsockoptInt(sink.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20)
	fmt.Fprintln(out, sink.local)
	var o loadOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	pin(o.Core)
	var from []*udp
	for range o.To {
		s, err := openUDP(netip.MustParseAddrPort("127.0.0.1:0"), alone)
		if err != nil {
			return err
		}
		s.join = o.Join
		from = append(from, s)
	}
	burst := messages(loadBurst, loadSize)
	rx := newReceiver()
	var res loadResult
	var delays []time.Duration
	every := int64(time.Second) / int64(loadFrames*len(o.To))
	begun := Clock()
	for due, i := begun, 0; ; {
		now := Clock()
		if now > begun+int64(o.For)+int64(50*time.Millisecond) {
			break
		}
		if now >= due && now < begun+int64(o.For) {
			due += every
			for _, b := range burst {
				binary.NativeEndian.PutUint64(b, uint64(now))
			}
			res.Sent += from[i].Write(o.To[i], burst)
			i = (i + 1) % len(o.To)
		}
		if rx.receive(sink.fd, BatchSize, 0) != 0 {
			continue
		}
		now = Clock()
		for rx.fill() {
			for k := range rx.Len() {
				d, _, _ := rx.Datagram(k)
				delays = append(delays, time.Duration(now-int64(binary.NativeEndian.Uint64(d))))
			}
		}
	}
	slices.Sort(delays)
	if n := len(delays); n > 0 {
		res.Received, res.P50, res.P99, res.P999 = n, delays[n/2], delays[n*99/100], delays[n*999/1000]
	}
	return json.NewEncoder(out).Encode(res)
}

// pin binds all threads of this process to one core.
func pin(core int) {
	if core < 0 {
		return
	}
	var set unix.CPUSet
	set.Set(core)
	for _, id := range threads() {
		_ = unix.SchedSetaffinity(id, &set)
	}
}

func threads() (ids []int) {
	names, _ := filepath.Glob("/proc/self/task/*")
	for _, n := range names {
		id, _ := strconv.Atoi(filepath.Base(n))
		ids = append(ids, id)
	}
	return ids
}

// cpuTime is the processor time of all threads. The scheduler counts it to the
// nanosecond, other than the ticks of getrusage.
func cpuTime() (total time.Duration) {
	for _, id := range threads() {
		b, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/schedstat", id))
		if f := strings.Fields(string(b)); err == nil && len(f) > 0 {
			ns, _ := strconv.ParseInt(f[0], 10, 64)
			total += time.Duration(ns)
		}
	}
	return total
}

// forward is a handler that sends on what it receives, as a relay does.
type forward struct {
	sock Socket
	to   netip.AddrPort
	data [BatchSize][]byte
	n    int
}

func (f *forward) Receive(b *Batch, _ int64) {
	for i := range b.Len() {
		f.data[i], _, _ = b.Datagram(i)
	}
	f.n += b.Len()
	f.sock.Write(f.to, f.data[:b.Len()])
}

func (f *forward) Due(int64) {}

// load has a generator send through n sockets and gives the processor time of
// a packet on this side.
func load(b *testing.B, n int, join bool, listen func(netip.AddrPort) (Socket, error)) (loadResult, time.Duration) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), loadEnv+"=1", "GOMAXPROCS=1", "GOGC=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		b.Fatal("no load generator")
	}
	defer cmd.Wait()
	defer in.Close()
	var sink string
	if _, err := fmt.Fscanln(out, &sink); err != nil {
		b.Fatal(err)
	}
	o := loadOrder{Join: join, For: 400 * time.Millisecond, Core: 1}
	to := netip.MustParseAddrPort(sink)
	for range n {
		s, err := listen(netip.MustParseAddrPort("127.0.0.1:0"))
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		s.Serve(&forward{sock: s, to: to})
		o.To = append(o.To, s.LocalAddr())
	}
	pin(0)
	before := cpuTime()
	if err := json.NewEncoder(in).Encode(o); err != nil {
		b.Fatal(err)
	}
	var res loadResult
	if err := json.NewDecoder(out).Decode(&res); err != nil {
		b.Fatal(err)
	}
	return res, (cpuTime() - before) / time.Duration(max(res.Received, 1))
}

// BenchmarkRelay compares loops with a goroutine for each socket, and what
// the kernel's means bring. A round lasts a second, whatever b.N.
//
//	go test -run - -bench Relay -benchtime 1x -count 3
func BenchmarkRelay(b *testing.B) {
	for _, n := range []int{10, 200, 500, 1000} {
		for _, c := range []struct {
			name    string
			offload offload
			plain   bool
			join    bool // what comes was sent with UDP_SEGMENT
		}{
			{"goroutines", offload{}, true, false},
			{"loops", offload{}, false, false},
			{"loops+stamp", offload{stamp: true}, false, false},
			{"loops+gso", offload{segment: true}, false, false},
			{"loops+gro", offload{join: true}, false, false},
			{"loops+gso+gro", offload{segment: true, join: true}, false, false},
			{"loops+gso+gro+joined", offload{segment: true, join: true}, false, true},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, c.name), func(b *testing.B) {
				l, err := newLoops(1, nil, c.offload)
				if err != nil {
					b.Fatal(err)
				}
				defer l.Close()
				listen := l.Listen
				if c.plain {
					listen = listenPlain
				}
				res, cpu := load(b, n, c.join, listen)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(cpu)/1e3, "µs/packet")
				if !c.plain {
					b.ReportMetric(float64(l.loops[0].meter.busy.Load())/1e3/float64(max(res.Received, 1)), "busy-µs/packet")
				}
				b.ReportMetric(float64(res.P50)/1e3, "p50-µs")
				b.ReportMetric(float64(res.P99)/1e3, "p99-µs")
				b.ReportMetric(float64(res.P999)/1e3, "p99.9-µs")
				b.ReportMetric(float64(res.Sent-res.Received), "lost")
			})
		}
	}
}

// plain is a socket with a goroutine of its own that waits in the runtime's
// poller.
type plain struct {
	*udp
	file *os.File
	raw  syscall.RawConn
	h    Handler
	rx   *receiver
}

var receivers = sync.Pool{New: func() any { return newReceiver() }}

func listenPlain(at netip.AddrPort) (Socket, error) {
	u, err := openUDP(at, alone)
	if err != nil {
		return nil, err
	}
	p := &plain{udp: u, file: os.NewFile(uintptr(u.fd), "socket")}
	p.raw, err = p.file.SyscallConn()
	return p, err
}

func (p *plain) Serve(h Handler) {
	p.h = h
	go p.run()
}

func (p *plain) run() {
	read := func(fd uintptr) bool {
		p.rx = receivers.Get().(*receiver)
		if p.rx.receive(int(fd), BatchSize, 0) == 0 {
			return true
		}
		receivers.Put(p.rx)
		return false
	}
	for p.raw.Read(read) == nil {
		for p.rx.fill() {
			p.h.Receive(&p.rx.Batch, Clock())
		}
		receivers.Put(p.rx)
	}
}

func (p *plain) SetDeadline(int64) {}
func (p *plain) Close() error      { return p.file.Close() }
