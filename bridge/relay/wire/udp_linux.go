package wire

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelBuffer is asked for each direction of a socket: a keyframe's burst
// must fit. The kernel may grant less.
const kernelBuffer = 1 << 20

// udp is a socket of the operating system. Its descriptor is our own: it is
// closed by Close and by nothing else.
type udp struct {
	loop  *loop
	local netip.AddrPort
	v6    bool

	// Of the loop, or of the owner before Serve.
	turn    Turn // guards what follows
	handler Handler
	place   int32  // in the loop's table; -1: not served
	most    int    // messages that the next read takes
	dropped uint32 // datagrams that the kernel dropped so far
	early   int64  // the deadline that was set before Serve
	due     deadline

	write   sync.Mutex // guards what follows
	fd      int        // -1 when closed
	join    bool       // runs of datagrams go as one message
	refused [4]netip.AddrPort
	refusal int // count of addresses that refused has taken
	name    unix.RawSockaddrInet6
	nameLen uint32
	to      netip.AddrPort // what name says
}

// sharing says whether sockets of one port share it (SO_REUSEPORT).
type sharing uint8

const (
	alone  sharing = iota
	opens          // the first: the port is nobody else's, and shared from now on
	shares         // another one of a port that was opened so
)

// listenUDP binds a UDP socket. It takes IPv4 and IPv6 when at is [::], IPv4
// only where there is no IPv6.
func listenUDP(at netip.AddrPort, how sharing) (*udp, error) {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if !at.Addr().IsValid() {
		at = netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())
	}
	u, err := openUDP(at, how)
	if errors.Is(err, unix.EAFNOSUPPORT) && at.Addr() == netip.IPv6Unspecified() {
		u, err = openUDP(netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()), how)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "udp", Addr: net.UDPAddrFromAddrPort(at), Err: err}
	}
	return u, nil
}

func openUDP(at netip.AddrPort, how sharing) (*udp, error) {
	domain := unix.AF_INET
	if at.Addr().Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	u := &udp{fd: fd, v6: domain == unix.AF_INET6, place: -1, most: BatchSize}
	u.due.sock = u
	if err := u.bind(at, how); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return u, nil
}

// share lets sockets of this user bind the port as well.
func (u *udp) share() error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(u.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
}

func (u *udp) bind(at netip.AddrPort, how sharing) error {
	if how == shares {
		if err := u.share(); err != nil {
			return err
		}
	}
	if u.v6 {
		only := 1
		if at.Addr().IsUnspecified() {
			only = 0
		}
		if err := unix.SetsockoptInt(u.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	for _, opt := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		// The first needs a privilege; what the kernel grants is enough to start with.
		if unix.SetsockoptInt(u.fd, unix.SOL_SOCKET, opt[0], kernelBuffer) != nil {
			_ = unix.SetsockoptInt(u.fd, unix.SOL_SOCKET, opt[1], kernelBuffer)
		}
	}
	var name unix.RawSockaddrInet6
	n := putAddrPort(&name, at, u.v6)
	if _, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(u.fd), uintptr(unsafe.Pointer(&name)), uintptr(n)); errno != 0 {
		return os.NewSyscallError("bind", errno)
	}
	if how == opens {
		if err := u.share(); err != nil {
			return err
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(u.fd), uintptr(unsafe.Pointer(&name)), uintptr(unsafe.Pointer(&n))); errno != 0 {
		return os.NewSyscallError("getsockname", errno)
	}
	u.local = addrPort(&name)
	return nil
}

// offloads asks the kernel what it has.
func offloads() offload {
	o := offload{stamp: true}
	if fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err == nil {
		_, err = unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT)
		o.segment = err == nil
		o.join = unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1) == nil
		_ = unix.Close(fd)
	}
	return o
}

// use sets what makes a socket cheaper or tells more, where the kernel has it.
func (u *udp) use(o offload) {
	u.join = o.segment
	if o.join {
		_ = unix.SetsockoptInt(u.fd, unix.SOL_UDP, unix.UDP_GRO, 1)
	}
	if o.stamp {
		_ = unix.SetsockoptInt(u.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	_ = unix.SetsockoptInt(u.fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
}

func (u *udp) LocalAddr() netip.AddrPort { return u.local }

// Mark is described at Marker.
func (u *udp) Mark(dscp uint8) error {
	u.write.Lock()
	defer u.write.Unlock()
	if u.fd < 0 {
		return net.ErrClosed
	}
	tos := int(dscp) << 2
	err := os.NewSyscallError("setsockopt", unix.SetsockoptInt(u.fd, unix.IPPROTO_IP, unix.IP_TOS, tos))
	if u.v6 {
		err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(u.fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, tos))
		// A dual-stack socket has a mark for each family; one of IPv6 alone refuses the other.
		_ = unix.SetsockoptInt(u.fd, unix.IPPROTO_IP, unix.IP_TOS, tos)
	}
	return err
}

func (u *udp) Serve(h Handler) {
	u.handler = h
	u.loop.add(u)
}

func (u *udp) SetDeadline(at int64) {
	u.loop.mu.Lock()
	defer u.loop.mu.Unlock()
	if u.place < 0 {
		u.early = at
		return
	}
	u.loop.due.set(&u.due, at)
}

func (u *udp) Close() error {
	if !u.turn.Finish() {
		return net.ErrClosed
	}
	u.loop.remove(u)
	u.loop.all.forget(u)
	return u.unbind()
}

func (u *udp) unbind() error {
	u.write.Lock()
	defer u.write.Unlock()
	fd := u.fd
	u.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}

func (u *udp) Write(to netip.AddrPort, data [][]byte) int {
	u.write.Lock()
	defer u.write.Unlock()
	if u.fd < 0 {
		return 0
	}
	if to != u.to || u.nameLen == 0 {
		u.to, u.nameLen = to, putAddrPort(&u.name, to, u.v6)
	}
	if u.nameLen == 0 {
		return 0
	}
	sent, _ := u.send(data, u.join && !slices.Contains(u.refused[:], to))
	return sent
}

// send hands datagrams over. One that the kernel refuses is skipped; when its
// buffer is full the rest is dropped, for media that waits is worth nothing,
// and ok is false.
func (u *udp) send(data [][]byte, join bool) (sent int, ok bool) {
	o := outgoings.Get().(*outgoing)
	defer func() { o.free(); outgoings.Put(o) }()
	for len(data) > 0 {
		taken := o.load(data, &u.name, u.nameLen, join)
		n, ok := u.flush(o, data[:taken])
		if sent += n; !ok {
			return sent, false
		}
		data = data[taken:]
	}
	return sent, true
}

// flush sends what was loaded, which is data.
func (u *udp) flush(o *outgoing, data [][]byte) (sent int, ok bool) {
	for at := 0; at < o.n; {
		n, errno := o.send(u.fd, at)
		switch errno {
		case 0:
			for range n {
				sent += o.parts[at]
				data = data[o.parts[at]:]
				at++
			}
		case unix.EAGAIN, unix.ENOBUFS, unix.EBADF:
			return sent, false
		default:
			n := o.parts[at]
			if n > 1 && u.refuse(errno) {
				k, ok := u.send(data[:n], false)
				if sent += k; !ok {
					return sent, false
				}
			}
			data = data[n:]
			at++
		}
	}
	return sent, true
}

// refuse notes that the kernel did not cut a message into datagrams and tells
// whether that was the reason of an error: the device cannot (EIO), or the
// path takes smaller ones only, which the kernel fragments when they come one by one.
func (u *udp) refuse(errno unix.Errno) bool {
	switch errno {
	case unix.EIO, unix.EOPNOTSUPP:
		u.join = false
	case unix.EINVAL, unix.EMSGSIZE:
		u.refused[u.refusal%len(u.refused)] = u.to
		u.refusal++
	default:
		return false
	}
	return true
}
