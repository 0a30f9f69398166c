package lockout

import "net/netip"

// Place tells who counts as one, an address or of IPv6 a /64, and the networks around it, of 24 and 16 bits or of 48
// and 32. All are invalid where the address is.
func Place(a netip.Addr) (who, network, region netip.Prefix) {
	a = a.Unmap().WithZone("")
	bits := [...]int{32, 24, 16}
	if a.Is6() {
		bits = [...]int{64, 48, 32}
	}
	var out [len(bits)]netip.Prefix
	for i, b := range bits {
		out[i], _ = a.Prefix(b) // the invalid prefix where there is no address
	}
	return out[0], out[1], out[2]
}
