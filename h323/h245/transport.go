package h245

import (
	"net/netip"

	"github.com/roombridge/roombridge/h323/per"
)

// Version is the protocol identifier of H.245 version 15, which these types are of.
const Version per.OID = "0.0.8.245.0.15"

// NewTransportAddress gives a unicast address in the form for its family.
func NewTransportAddress(a netip.AddrPort) *TransportAddress {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return &TransportAddress{UnicastAddress: &UnicastAddress{
			IPAddress: &UnicastIPAddress{Network: ip.AsSlice(), TsapIdentifier: a.Port()},
		}}
	}
	return &TransportAddress{UnicastAddress: &UnicastAddress{
		IP6Address: &UnicastIP6Address{Network: ip.WithZone("").AsSlice(), TsapIdentifier: a.Port()},
	}}
}

// AddrPort gives a unicast IP address, if it is one.
func (v *TransportAddress) AddrPort() (a netip.AddrPort, ok bool) {
	if v == nil || v.UnicastAddress == nil {
		return a, false
	}
	var ip per.Octets
	var port uint16
	switch u := v.UnicastAddress; {
	case u.IPAddress != nil:
		ip, port = u.IPAddress.Network, u.IPAddress.TsapIdentifier
	case u.IP6Address != nil:
		ip, port = u.IP6Address.Network, u.IP6Address.TsapIdentifier
	}
	addr, ok := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), port), ok
}
