package wire

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveBuffer is asked for each socket: a keyframe's burst must fit.
const receiveBuffer = 1 << 20

// listenUDP binds a UDP socket for the loops. shared lets others bind the port as well.
func listenUDP(l *Loops, at netip.AddrPort, shared bool) (*udp, error) {
	network := "udp4"
	if !at.Addr().Unmap().Is4() {
		network = "udp6"
		if !at.Addr().IsValid() || at.Addr().IsUnspecified() {
			network = "udp"
		}
	}
	var cfg net.ListenConfig
	if shared {
		cfg.Control = reusePort
	}
	conn, err := cfg.ListenPacket(context.Background(), network, at.String())
	if err != nil {
		return nil, err
	}
	s, err := newUDP(l, conn.(*net.UDPConn))
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

func reusePort(_, _ string, c syscall.RawConn) error {
	var err error
	cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	return errors.Join(cerr, err)
}

// udp reads and writes batches on the descriptor of a net.UDPConn, which
// stays in the runtime's poller: a reader that waits costs no thread and
// holds no buffer.
type udp struct {
	loops *Loops
	turn  Turn
	ended chan struct{} // closed when the goroutine has ended; nil before Serve
	conn  *net.UDPConn
	raw   syscall.RawConn
	local netip.AddrPort
	v6    bool

	// Of the reader.
	batch   *Batch
	errno   unix.Errno
	receive func(fd uintptr) bool

	write   sync.Mutex // guards what follows
	hdrs    [BatchSize]mmsghdr
	iovs    [BatchSize]unix.Iovec
	name    unix.RawSockaddrInet6
	nameLen uint32
	to      netip.AddrPort // what name says
	from, n int            // messages of hdrs that are still to be sent
	sent    int
	send    func(fd uintptr) bool
}

func newUDP(l *Loops, conn *net.UDPConn) (*udp, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	// The kernel may grant less; what it grants is enough to start with.
	_ = conn.SetReadBuffer(receiveBuffer)
	u := &udp{loops: l, conn: conn, raw: raw}
	u.receive, u.send = u.receiveFD, u.sendFD
	for i := range u.hdrs {
		u.hdrs[i].hdr.Iov = &u.iovs[i]
		u.hdrs[i].hdr.SetIovlen(1)
		u.hdrs[i].hdr.Name = (*byte)(unsafe.Pointer(&u.name))
	}
	var domain int
	if cerr := raw.Control(func(fd uintptr) { domain, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN) }); cerr != nil {
		return nil, cerr
	}
	if err != nil {
		return nil, err
	}
	u.v6 = domain == unix.AF_INET6
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	u.local = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	return u, nil
}

func (u *udp) LocalAddr() netip.AddrPort { return u.local }

func (u *udp) SetDeadline(at int64) {
	var t time.Time
	if at != 0 {
		t = time.Now().Add(time.Duration(at - u.loops.now()))
	}
	_ = u.conn.SetReadDeadline(t) // of a closed socket, which has none
}

func (u *udp) Close() error {
	if !u.turn.Finish() {
		return net.ErrClosed
	}
	u.loops.forget(u)
	err := u.conn.Close()
	if u.ended != nil && !u.turn.Mine() {
		<-u.ended
	}
	return err
}

func (u *udp) Serve(h Handler) {
	u.ended = make(chan struct{})
	go u.run(h)
}

// run calls the handler until the socket is closed.
func (u *udp) run(h Handler) {
	defer close(u.ended)
	u.turn.Own()
	for {
		b, err := u.read()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if u.turn.Begin() {
			now := u.loops.now()
			if err == nil {
				h.Receive(b, now)
			} else if errors.Is(err, os.ErrDeadlineExceeded) {
				_ = u.conn.SetReadDeadline(time.Time{})
				h.Due(now)
			}
			u.turn.End()
		}
		if b != nil {
			b.Release()
		}
	}
}

func (u *udp) read() (*Batch, error) {
	for {
		err := u.raw.Read(u.receive)
		b, errno := u.batch, u.errno
		u.batch = nil
		if err != nil {
			return nil, err
		}
		if errno == 0 {
			return b, nil
		}
		// ICMP errors and the like are of one datagram, not of the socket.
		if errno == unix.EBADF {
			return nil, net.ErrClosed
		}
	}
}

// receiveFD borrows a batch only while it tries, so that idle sockets hold none.
func (u *udp) receiveFD(fd uintptr) bool {
	b := Borrow()
	u.errno = b.receive(fd)
	if u.errno == 0 {
		u.batch = b
		return true
	}
	b.Release()
	return u.errno != unix.EAGAIN
}

func (u *udp) Write(to netip.AddrPort, data [][]byte) int {
	u.write.Lock()
	defer u.write.Unlock()
	if to != u.to || u.nameLen == 0 {
		u.to, u.nameLen = to, putAddrPort(&u.name, to, u.v6)
	}
	if u.nameLen == 0 {
		return 0
	}
	u.sent = 0
	for len(data) > 0 {
		n := min(len(data), BatchSize)
		for i, d := range data[:n] {
			u.iovs[i].Base = unsafe.SliceData(d)
			u.iovs[i].SetLen(len(d))
			u.hdrs[i].hdr.Namelen = u.nameLen
		}
		u.from, u.n = 0, n
		if u.raw.Write(u.send) != nil {
			break
		}
		data = data[n:]
	}
	return u.sent
}

// sendFD hands the messages over. A message that the kernel refuses is
// skipped; when its buffer is full the rest is dropped, for media that waits
// is worth nothing.
func (u *udp) sendFD(fd uintptr) bool {
	for u.from < u.n {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&u.hdrs[u.from])), uintptr(u.n-u.from), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			u.sent += int(n)
			u.from += int(n)
		case unix.EINTR:
		case unix.EAGAIN, unix.ENOBUFS, unix.EBADF:
			return true
		default:
			u.from++
		}
	}
	return true
}

func zoneID(ip netip.Addr) uint32 {
	zone := ip.Zone()
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}
