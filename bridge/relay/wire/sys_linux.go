package wire

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of recvmmsg(2), which x/sys does not declare.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// sysBatch is what recvmmsg reads into: headers that point at the batch's
// buffers and at room for the source addresses. It is set up once; the
// kernel changes only lengths, flags and addresses.
type sysBatch struct {
	hdrs  [BatchSize]mmsghdr
	iovs  [BatchSize]unix.Iovec
	names [BatchSize]unix.RawSockaddrInet6
}

func (s *sysBatch) init(data *[BatchSize][slot]byte) {
	for i := range s.hdrs {
		s.iovs[i].Base = &data[i][0]
		s.iovs[i].SetLen(slot)
		h := &s.hdrs[i].hdr
		h.Iov = &s.iovs[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		h.Namelen = unix.SizeofSockaddrInet6
	}
}

// receive fills the batch from a descriptor without waiting.
func (b *Batch) receive(fd uintptr) unix.Errno {
	s := &b.sys
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.hdrs[0])), BatchSize, unix.MSG_DONTWAIT, 0, 0)
	for errno == unix.EINTR {
		n, _, errno = unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.hdrs[0])), BatchSize, unix.MSG_DONTWAIT, 0, 0)
	}
	if errno != 0 {
		return errno
	}
	b.n = int(n)
	for i := range b.n {
		b.size[i] = int(s.hdrs[i].len)
		if s.hdrs[i].hdr.Flags&unix.MSG_TRUNC != 0 {
			b.size[i] = slot
		}
		// Neighbours in a batch mostly share their source.
		if i > 0 && s.names[i] == s.names[i-1] {
			b.from[i] = b.from[i-1]
		} else {
			b.from[i] = addrPort(&s.names[i])
		}
		s.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	return 0
}

// addrPort reads a socket address. IPv4 addresses that a dual-stack socket
// gives in their mapped form come out as IPv4.
func addrPort(sa *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:])
	if sa.Family == unix.AF_INET {
		in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in4.Addr), port)
	}
	ip := netip.AddrFrom16(sa.Addr).Unmap()
	if sa.Scope_id != 0 && ip.IsLinkLocalUnicast() {
		ip = ip.WithZone(strconv.FormatUint(uint64(sa.Scope_id), 10))
	}
	return netip.AddrPortFrom(ip, port)
}

// putAddrPort writes a socket address of the socket's family and gives its
// length, 0 when the socket cannot reach that family.
func putAddrPort(sa *unix.RawSockaddrInet6, a netip.AddrPort, v6 bool) uint32 {
	ip := a.Addr()
	if v6 {
		*sa = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: ip.As16(), Scope_id: zoneID(ip)}
		putPort(&sa.Port, a.Port())
		return unix.SizeofSockaddrInet6
	}
	if ip = ip.Unmap(); !ip.Is4() {
		return 0
	}
	in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
	*in4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: ip.As4()}
	putPort(&in4.Port, a.Port())
	return unix.SizeofSockaddrInet4
}

func putPort(at *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(at))[:], port)
}
