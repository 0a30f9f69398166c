package e2e

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// line joins this network namespace to another one, "far", through two TUN
// devices whose packets pass through the test. It does to IP packets what
// netem does (which not every kernel has): random loss, a delay, and jitter
// that does not overtake.
type line struct {
	rate   atomic.Int64 // bit/s each way, 0 is no bound; what waits longer than lineQueue is dropped
	loss   atomic.Int64 // per mille
	delay  atomic.Int64 // ns
	jitter atomic.Int64 // ns, on top of the delay, even from 0 to this
	passed atomic.Int64
	lost   atomic.Int64
	wg     sync.WaitGroup
}

// lineQueue is how long a packet waits at most before a narrow line.
const lineQueue = 250 * time.Millisecond

const near, far = "10.98.0.1", "10.98.0.2"

func tun(t *testing.T, name string) *os.File {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("/dev/net/tun: %v", err)
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		t.Fatalf("making %s: %v", name, err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), name)
}

// newLine makes the far namespace and joins it.
func newLine(t *testing.T) *line {
	t.Helper()
	a, b := tun(t, "near0"), tun(t, "far0")
	sh(t, "ip netns add far")
	sh(t, "ip link set far0 netns far")
	sh(t, "ip addr add "+near+" peer "+far+" dev near0")
	sh(t, "ip link set near0 up")
	sh(t, "ip -n far addr add "+far+" peer "+near+" dev far0")
	sh(t, "ip -n far link set far0 up")
	sh(t, "ip -n far link set lo up")
	l := &line{}
	l.wg.Go(func() { l.carry(a, b) })
	l.wg.Go(func() { l.carry(b, a) })
	t.Cleanup(func() {
		_ = a.Close()
		_ = b.Close()
		l.wg.Wait()
	})
	return l
}

type onWire struct {
	due time.Time
	ip  []byte
}

// carry reads packets on one side and writes them on the other when they are due.
func (l *line) carry(from, to *os.File) {
	queue := make(chan onWire, 4096)
	l.wg.Go(func() {
		for p := range queue {
			<-time.After(time.Until(p.due))
			_, _ = to.Write(p.ip)
		}
	})
	defer close(queue)
	var last, free time.Time
	for {
		buf := make([]byte, 2048)
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if n < 20 || buf[0]>>4 != 4 {
			continue // IPv6 neighbours and the like
		}
		if rand.Int64N(1000) < l.loss.Load() {
			l.lost.Add(1)
			continue
		}
		now := time.Now()
		if rate := l.rate.Load(); rate > 0 {
			if free.Before(now) {
				free = now
			}
			if free.Sub(now) > lineQueue {
				l.lost.Add(1)
				continue
			}
			free = free.Add(time.Duration(int64(n) * 8 * 1e9 / rate))
			now = free
		}
		l.passed.Add(1)
		due := now.Add(time.Duration(l.delay.Load()))
		if j := l.jitter.Load(); j > 0 {
			due = due.Add(time.Duration(rand.Int64N(j)))
		}
		if due.Before(last) {
			due = last
		}
		last = due
		select {
		case queue <- onWire{due, buf[:n]}:
		default: // a full queue drops, as a router's does
		}
	}
}

// The line itself: what it is told to lose it loses, and what it carries is whole.
func TestLine(t *testing.T) {
	if !namespaced(t) {
		return
	}
	l := newLine(t)
	l.loss.Store(200)
	conn, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(conn) }()
	var b [8]byte
	for i := range uint64(2000) {
		binary.BigEndian.PutUint64(b[:], i)
		// A refusal belongs to a packet before; this one was not sent.
		for err = unix.ECONNREFUSED; err == unix.ECONNREFUSED; {
			err = unix.Sendto(conn, b[:], 0, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{10, 98, 0, 2}})
		}
		if err != nil {
			t.Fatal(err)
		}
		if i%100 == 99 { // the device holds no more
			waitFor(t, "the packets to pass", func() bool { return l.passed.Load()+l.lost.Load() > int64(i) })
		}
	}
	if part := float64(l.lost.Load()) / float64(l.passed.Load()+l.lost.Load()); part < 0.15 || part > 0.25 {
		t.Errorf("%.3f of the packets were lost, not 0.2", part)
	}
}
