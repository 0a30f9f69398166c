// Package floor is a relay that does nothing but system calls: what a socket
// takes in with recvmmsg goes out with sendmmsg, or, joined by the kernel where
// it can, as one segmented message.
// No relay on this machine can cost less without another interface to the
// kernel, so it says what the others' figures are worth.
package floor

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bench/udp"
)

// relay has one loop. What it forwards is set up over TCP, a line for each
// group: the addresses of the far ends, the first of which sends to all others,
// and the second to the first. The answer names a port for each of them.
type relay struct {
	addr    netip.Addr
	segment bool
	epoll   int

	mu    sync.Mutex
	flows map[int32][]*udp.Socket // by descriptor, where it goes
}

// Serve runs the relay until its listener fails.
func Serve(control string, segment bool) error {
	l, err := net.Listen("tcp", control)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	r := &relay{addr: l.Addr().(*net.TCPAddr).AddrPort().Addr().Unmap(), segment: segment, flows: map[int32][]*udp.Socket{}}
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	runtime.GOMAXPROCS(2)
	go r.run()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		r.control(c)
	}
}

func (r *relay) control(c net.Conn) {
	defer func() { _ = c.Close() }()
	for s := bufio.NewScanner(c); s.Scan(); {
		ports, err := r.group(strings.Fields(s.Text()))
		if err != nil {
			_, _ = fmt.Fprintln(c, "error", err)
			return
		}
		_, _ = fmt.Fprintln(c, strings.Trim(fmt.Sprint(ports), "[]"))
	}
}

// group opens a socket for each far end.
func (r *relay) group(ends []string) (ports []uint16, err error) {
	var socks []*udp.Socket
	for _, e := range ends {
		to, err := netip.ParseAddrPort(e)
		if err != nil {
			return nil, err
		}
		s, err := udp.Open(r.addr, udp.Options{Joined: r.segment})
		if err != nil {
			return nil, err
		}
		if err := s.Connect(to); err != nil {
			return nil, err
		}
		socks, ports = append(socks, s), append(ports, s.Local.Port())
	}
	if len(socks) < 2 {
		return nil, fmt.Errorf("floor: a group has two ends at least")
	}
	r.mu.Lock()
	r.flows[int32(socks[0].FD)], r.flows[int32(socks[1].FD)] = socks[1:], socks[:1]
	r.mu.Unlock()
	for _, s := range socks[:2] {
		if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, s.FD, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.FD)}); err != nil {
			return nil, err
		}
	}
	return ports, nil
}

func (r *relay) run() {
	runtime.LockOSThread()
	var events [32]unix.EpollEvent
	rx, tx := udp.NewReceiver(r.segment), &udp.Sender{}
	data := make([][]byte, 0, udp.BatchSize)
	for {
		for i := range udp.Wait(r.epoll, events[:], -1) {
			data = data[:0]
			for j := range rx.Receive(int(events[i].Fd)) {
				b, _ := rx.Datagram(j)
				data = append(data, b)
			}
			r.mu.Lock()
			to := r.flows[events[i].Fd]
			r.mu.Unlock()
			for _, s := range to {
				r.forward(tx, s, data)
			}
		}
	}
}

// forward sends datagrams, in one message those in a row that are of one size.
func (r *relay) forward(tx *udp.Sender, s *udp.Socket, data [][]byte) {
	for len(data) > 0 {
		n := 1
		for r.segment && n < len(data) && len(data[n]) == len(data[0]) && (n+1)*len(data[0]) < 65000 {
			n++
		}
		switch {
		case !r.segment:
			n = tx.Send(s.FD, data)
			if n == 0 {
				return
			}
		case n > 1:
			tx.SendSegmented(s.FD, data[:n])
		default:
			tx.Send(s.FD, data[:1])
		}
		data = data[n:]
	}
}
