package wire

import (
	"encoding/binary"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Bounds of a message that the kernel cuts into datagrams (UDP_SEGMENT).
const (
	maxSegments = 64
	maxMessage  = 65000 // bytes; with headers it stays below 64 kB
)

// outgoing is what sendmmsg reads.
type outgoing struct {
	hdrs  [maxSegments]mmsghdr
	iovs  [maxSegments]unix.Iovec
	sizes [maxSegments]segmentSize
	parts [maxSegments]int // datagrams of each message
	n     int              // messages
	used  int              // datagrams
}

// segmentSize is a control message of UDP_SEGMENT.
type segmentSize struct {
	unix.Cmsghdr
	size [8]byte // a uint16, padded
}

// outgoings are shared by all sockets: a write needs one for moments only.
var outgoings = sync.Pool{New: func() any {
	o := new(outgoing)
	for i := range o.hdrs {
		s := &o.sizes[i]
		s.Level, s.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		s.SetLen(unix.CmsgLen(2))
	}
	return o
}}

// load makes messages to one address of as many datagrams as fit, and gives
// their number. With join those of equal size in a row become one message,
// the last of which may be shorter.
func (o *outgoing) load(data [][]byte, name *unix.RawSockaddrInet6, nameLen uint32, join bool) int {
	o.free()
	taken := 0
	for taken < min(len(data), maxSegments) {
		n := 1
		if join {
			n = run(data[taken:min(len(data), maxSegments)])
		}
		for i, d := range data[taken : taken+n] {
			v := &o.iovs[taken+i]
			v.Base = unsafe.SliceData(d)
			v.SetLen(len(d))
		}
		h := &o.hdrs[o.n].hdr
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(name)), nameLen
		h.Iov = &o.iovs[taken]
		h.SetIovlen(n)
		h.Control = nil
		h.SetControllen(0)
		if n > 1 {
			s := &o.sizes[o.n]
			binary.NativeEndian.PutUint16(s.size[:], uint16(len(data[taken])))
			h.Control = (*byte)(unsafe.Pointer(s))
			h.SetControllen(int(unsafe.Sizeof(*s)))
		}
		o.parts[o.n] = n
		o.n++
		taken += n
	}
	o.used = taken
	return taken
}

// run counts the datagrams at the front that can be one message.
func run(data [][]byte) int {
	size := len(data[0])
	total := size
	n := 1
	for n < len(data) && size > 0 {
		next := len(data[n])
		if next == 0 || next > size || total+next > maxMessage {
			break
		}
		total += next
		n++
		if next < size {
			break
		}
	}
	return n
}

// send hands the messages from one on over, without waiting.
func (o *outgoing) send(fd, from int) (sent int, errno unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&o.hdrs[from])), uintptr(o.n-from), unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// free forgets what was sent.
func (o *outgoing) free() {
	clear(o.iovs[:o.used])
	o.n, o.used = 0, 0
}
