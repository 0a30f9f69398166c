package wire

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A message holds a datagram, or several of one sender that the kernel joined
// (UDP_GRO), up to 64 kB. Buffers lie a little further apart, or the beginnings
// of all would share a few sets of the processor's caches.
const (
	messageRoom = 1 << 16
	stride      = messageRoom + 1536
)

// controlRoom holds the control messages of one message: its time stamp, the
// size of joined datagrams, the count of dropped ones.
const controlRoom = 96

// receiver is what recvmmsg reads into, and the batches that are made of it.
// It belongs to a loop. Memory of its buffers that nothing was joined in is
// never touched.
type receiver struct {
	Batch
	hdrs    [BatchSize]mmsghdr
	iovs    [BatchSize]unix.Iovec
	names   [BatchSize]unix.RawSockaddrInet6
	control [BatchSize][controlRoom]byte
	buf     []byte

	n    int  // messages received
	full bool // there may be more
	message
	stamp   int64  // when the kernel received the first, wall clock in nanoseconds; 0 is unknown
	dropped uint32 // datagrams that the kernel dropped at the socket so far
}

// message is what of a received message is still to be read.
type message struct {
	next   int // number of the one behind it
	rest   []byte
	more   bool // rest is a datagram, be it an empty one
	size   int  // of each datagram but the last
	source netip.AddrPort
}

func newReceiver() *receiver {
	r := &receiver{buf: make([]byte, BatchSize*stride)}
	for i := range r.hdrs {
		r.iovs[i].Base = &r.buf[i*stride]
		r.iovs[i].SetLen(messageRoom)
		h := &r.hdrs[i].hdr
		h.Iov = &r.iovs[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Control = &r.control[i][0]
		r.rearm(i)
	}
	return r
}

// rearm undoes what the kernel changed in a header.
func (r *receiver) rearm(i int) {
	h := &r.hdrs[i].hdr
	h.Namelen = unix.SizeofSockaddrInet6
	h.SetControllen(controlRoom)
}

// receive takes what waits at a socket, so many messages at most, without
// waiting itself. dropped is the socket's count as it was known.
func (r *receiver) receive(fd, most int, dropped uint32) unix.Errno {
	for i := range r.n {
		r.rearm(i)
	}
	r.n, r.full, r.message, r.stamp, r.dropped = 0, false, message{}, 0, dropped
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.hdrs[0])), uintptr(most), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			r.n, r.full = int(n), int(n) == most
		case unix.EINTR:
			continue
		case unix.EAGAIN:
		default: // of one datagram that we sent, not of those that came
			r.full = true
		}
		return errno
	}
}

// fill makes the next batch of what was received and tells whether there is one.
func (r *receiver) fill() bool {
	r.Batch.n, r.lost = 0, 0
	for r.Batch.n < BatchSize {
		if !r.more && !r.open() {
			break
		}
		n := min(r.size, len(r.rest))
		r.add(r.rest[:n], r.source)
		r.rest = r.rest[n:]
		r.more = len(r.rest) > 0
	}
	return r.Batch.n > 0
}

// open goes to the next message.
func (r *receiver) open() bool {
	i := r.next
	if i == r.n {
		return false
	}
	m := &r.message
	m.rest, m.more = r.buf[i*stride:][:r.hdrs[i].len], true
	m.size = len(m.rest)
	// Neighbours mostly share their source.
	if i == 0 || r.names[i] != r.names[i-1] {
		m.source = addrPort(&r.names[i])
	}
	m.next++
	if n := r.hdrs[i].hdr.Controllen; n > 0 {
		r.read(r.control[i][:n])
	}
	return true
}

// read takes in the control messages of the present message.
func (r *receiver) read(c []byte) {
	const head = unix.SizeofCmsghdr
	for len(c) >= head {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&c[0]))
		if h.Len < head || uint64(len(c)) < uint64(h.Len) {
			return
		}
		switch body := c[head:h.Len]; {
		case h.Level == unix.SOL_UDP && h.Type == unix.UDP_GRO && len(body) >= 4:
			if size := binary.NativeEndian.Uint32(body); size > 0 {
				r.size = int(size)
			}
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL && len(body) >= 4:
			r.dropped = binary.NativeEndian.Uint32(body)
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS && len(body) >= 16 && r.stamp == 0:
			r.stamp = int64(binary.NativeEndian.Uint64(body))*1e9 + int64(binary.NativeEndian.Uint64(body[8:]))
		}
		c = c[min(len(c), unix.CmsgSpace(int(h.Len)-head)):]
	}
}
