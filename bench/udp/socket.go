// Package udp is the socket layer of the benchmark: raw descriptors, recvmmsg
// and sendmmsg, and the kernel's receive time stamps. It shares no code with
// the gateway's.
package udp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Socket is a raw UDP socket that does not block.
type Socket struct {
	FD    int
	Local netip.AddrPort
}

// Buffers of a socket, so large that it is never the generator that loses.
const bufferSize = 4 << 20

// Options say how a socket receives.
type Options struct {
	Stamps bool // with the kernel's receive time stamps
	Joined bool // takes datagrams in a row as one message (UDP_GRO), as a network card hands them over that sends what is segmented
}

// Open binds a socket to any port of an address.
func Open(at netip.Addr, o Options) (*Socket, error) {
	family := unix.AF_INET6
	if at.Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("udp: socket: %w", err)
	}
	s := &Socket{FD: fd}
	if err := s.prepare(at, o); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("udp: socket at %v: %w", at, err)
	}
	return s, nil
}

func (s *Socket) prepare(at netip.Addr, with Options) error {
	for _, o := range []struct{ force, plain int }{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(s.FD, unix.SOL_SOCKET, o.force, bufferSize) != nil { // not root
			_ = unix.SetsockoptInt(s.FD, unix.SOL_SOCKET, o.plain, bufferSize)
		}
	}
	if with.Stamps {
		if err := unix.SetsockoptInt(s.FD, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			return err
		}
	}
	if with.Joined {
		if err := unix.SetsockoptInt(s.FD, unix.IPPROTO_UDP, unix.UDP_GRO, 1); err != nil {
			return err
		}
	}
	if err := unix.Bind(s.FD, sockaddr(netip.AddrPortFrom(at, 0))); err != nil {
		return err
	}
	name, err := unix.Getsockname(s.FD)
	if err != nil {
		return err
	}
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		s.Local = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		s.Local = netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// Connect says where datagrams go and from where alone they come.
func (s *Socket) Connect(to netip.AddrPort) error { return unix.Connect(s.FD, sockaddr(to)) }

// Write sends one datagram to where the socket is connected.
func (s *Socket) Write(b []byte) error {
	_, err := unix.Write(s.FD, b)
	return err
}

// Close closes it.
func (s *Socket) Close() { _ = unix.Close(s.FD) }

// message is the kernel's struct mmsghdr.
type message struct {
	unix.Msghdr
	n uint32
	_ [4]byte
}

// BatchSize is the most datagrams of one system call.
const BatchSize = 64

// Sender hands bursts to the kernel. It belongs to one goroutine.
type Sender struct {
	messages [BatchSize]message
	parts    [BatchSize]unix.Iovec
	control  [32]byte
}

// Send sends datagrams over a connected socket, and tells how many the kernel took.
func (s *Sender) Send(fd int, data [][]byte) int {
	n := min(len(data), BatchSize)
	for i, b := range data[:n] {
		s.parts[i] = unix.Iovec{Base: &b[0], Len: uint64(len(b))}
		s.messages[i] = message{}
		s.messages[i].Iov, s.messages[i].Iovlen = &s.parts[i], 1
	}
	sent := 0
	for sent < n {
		got, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&s.messages[sent])), uintptr(n-sent), 0, 0, 0)
		if errno == unix.EINTR || errno == unix.ECONNREFUSED { // the latter is about an earlier datagram
			continue
		}
		if errno != 0 {
			break
		}
		sent += int(got)
	}
	return sent
}

// SendSegmented sends datagrams of one size as one message that the kernel
// segments (UDP_SEGMENT), as a network card hands over what it received in a row.
func (s *Sender) SendSegmented(fd int, data [][]byte) int {
	for i, b := range data {
		s.parts[i] = unix.Iovec{Base: &b[0], Len: uint64(len(b))}
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0]))
	h.Level, h.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(s.control[unix.CmsgLen(0):], uint16(len(data[0])))
	m := unix.Msghdr{Iov: &s.parts[0], Iovlen: uint64(len(data)), Control: &s.control[0]}
	m.SetControllen(unix.CmsgSpace(2))
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), 0)
		switch errno {
		case 0:
			return len(data)
		case unix.EINTR, unix.ECONNREFUSED:
		default:
			return 0
		}
	}
}

// Sizes of what a Receiver reads into.
const (
	plainSize      = 2048
	joinedSize     = 1 << 16
	joinedMessages = 16 // at once
)

// Receiver takes datagrams from sockets. It belongs to one goroutine.
type Receiver struct {
	messages []message
	parts    []unix.Iovec
	control  [][64]byte
	data     [][]byte
	got      []datagram
	full     bool
}

type datagram struct {
	data []byte
	at   int64
}

// NewReceiver makes a Receiver, for sockets whose messages are joined or for others.
func NewReceiver(joined bool) *Receiver {
	n, size := BatchSize, plainSize
	if joined {
		n, size = joinedMessages, joinedSize
	}
	r := &Receiver{messages: make([]message, n), parts: make([]unix.Iovec, n), control: make([][64]byte, n), data: make([][]byte, n)}
	for i := range r.messages {
		r.data[i] = make([]byte, size)
		r.parts[i] = unix.Iovec{Base: &r.data[i][0], Len: uint64(size)}
		r.messages[i].Iov, r.messages[i].Iovlen = &r.parts[i], 1
		r.messages[i].Control = &r.control[i][0]
	}
	return r
}

// Receive takes what waits at a socket and tells how many datagrams it was.
func (r *Receiver) Receive(fd int) int {
	for i := range r.messages {
		r.messages[i].SetControllen(len(r.control[i]))
	}
	r.got, r.full = r.got[:0], false
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.messages[0])), uintptr(len(r.messages)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			for i := range int(n) {
				r.split(i)
			}
			r.full = int(n) == len(r.messages)
			return len(r.got)
		case unix.EINTR, unix.ECONNREFUSED:
		default:
			return 0
		}
	}
}

// Full tells whether the last Receive may have left something.
func (r *Receiver) Full() bool { return r.full }

// split takes a message apart.
func (r *Receiver) split(i int) {
	m := &r.messages[i]
	data, size := r.data[i][:m.n], int(m.n)
	var at int64
	for c := r.control[i][:m.Controllen]; len(c) >= unix.SizeofCmsghdr; {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&c[0]))
		switch {
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS:
			at = (*unix.Timespec)(unsafe.Pointer(&c[unix.CmsgLen(0)])).Nano()
		case h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO:
			size = int(*(*int32)(unsafe.Pointer(&c[unix.CmsgLen(0)])))
		}
		c = c[min(len(c), unix.CmsgSpace(int(h.Len)-unix.CmsgLen(0))):]
	}
	for len(data) > size {
		r.got = append(r.got, datagram{data[:size], at})
		data = data[size:]
	}
	r.got = append(r.got, datagram{data, at})
}

// Datagram gives one of the last Receive and when the kernel took it in, 0
// without stamps.
func (r *Receiver) Datagram(i int) (data []byte, at int64) { return r.got[i].data, r.got[i].at }

// Wait is epoll_wait, at most so many nanoseconds, or for ever if negative. It
// keeps the thread's place in Go's scheduler, so that waking up is the kernel's
// business alone; the process needs another place for its other goroutines.
func Wait(epoll int, events []unix.EpollEvent, most int64) int {
	var t *unix.Timespec
	if most >= 0 {
		limit := unix.NsecToTimespec(most)
		t = &limit
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(unsafe.Pointer(t)), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// Sleep is nanosleep, with Wait's care.
func Sleep(ns int64) {
	t := unix.NsecToTimespec(ns)
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}
