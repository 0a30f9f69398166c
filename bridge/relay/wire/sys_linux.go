package wire

import (
	"encoding/binary"
	"net"
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
