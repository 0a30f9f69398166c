package h225

import (
	"net/netip"

	"github.com/roombridge/roombridge/h323/per"
)

// Version is the protocol identifier of H.225.0 version 7, which these types are of.
const Version per.OID = "0.0.8.2250.0.7"

// NewTransportAddress gives an address in the form for its family.
func NewTransportAddress(a netip.AddrPort) *TransportAddress {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return &TransportAddress{IPAddress: &IPAddress{IP: ip.AsSlice(), Port: a.Port()}}
	}
	return &TransportAddress{IP6Address: &IP6Address{IP: ip.WithZone("").AsSlice(), Port: a.Port()}}
}

// AddrPort gives an IP address, if it is one. A source route leads to its end.
func (v *TransportAddress) AddrPort() (a netip.AddrPort, ok bool) {
	var ip per.Octets
	var port uint16
	switch {
	case v == nil:
	case v.IPAddress != nil:
		ip, port = v.IPAddress.IP, v.IPAddress.Port
	case v.IP6Address != nil:
		ip, port = v.IP6Address.IP, v.IP6Address.Port
	case v.IPSourceRoute != nil:
		ip, port = v.IPSourceRoute.IP, v.IPSourceRoute.Port
	}
	addr, ok := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), port), ok
}

// Text gives what an alias says: digits, name or address. It is empty for what people
// do not call each other by.
func (v *AliasAddress) Text() string {
	switch {
	case v == nil:
	case v.DialledDigits != nil:
		return *v.DialledDigits
	case v.H323ID != nil:
		return *v.H323ID
	case v.URLID != nil:
		return *v.URLID
	case v.EmailID != nil:
		return *v.EmailID
	case v.TransportID != nil:
		if a, ok := v.TransportID.AddrPort(); ok {
			return a.String()
		}
	case v.PartyNumber != nil:
		return v.PartyNumber.Digits()
	}
	return ""
}

// Digits gives the digits of a number of any plan.
func (v *PartyNumber) Digits() string {
	for _, digits := range []*string{v.DataPartyNumber, v.TelexPartyNumber, v.NationalStandardPartyNumber} {
		if digits != nil {
			return *digits
		}
	}
	switch {
	case v.E164Number != nil:
		return v.E164Number.PublicNumberDigits
	case v.PrivateNumber != nil:
		return v.PrivateNumber.PrivateNumberDigits
	}
	return ""
}
