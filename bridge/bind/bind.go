// Package bind says how a socket is opened at an address of the configuration: on IPv4, on IPv6 or on both. What
// the net package does by itself is no answer: its "tcp" and "udp" take IPv6 at 0.0.0.0 as well.
package bind

import (
	"net"
	"net/netip"
)

// Network gives what net.Listen or net.ListenPacket is to be asked for, so that proto, "tcp" or "udp", is taken at
// HOST:PORT: at an address of IPv4 on IPv4 alone, at one of IPv6 on IPv6 alone, and at [::] or without a host on both,
// or on what the machine has of them. beside are the other addresses of the protocol: where one of IPv4 has the
// same port, [::] is of IPv6 alone, and both can be listened on.
func Network(proto, at string, beside ...string) (network, address string) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return proto, at // the net package says what is wrong
	}
	a, err := netip.ParseAddr(host)
	switch {
	case host != "" && err != nil:
		return proto, at // a name, such as localhost
	case a.Unmap().Is4():
		return proto + "4", net.JoinHostPort(a.Unmap().String(), port)
	case a.IsValid() && (!a.IsUnspecified() || of4(port, beside)):
		return proto + "6", at
	}
	return proto, net.JoinHostPort("", port)
}

// of4 tells whether one of the addresses is of IPv4 and has a port; port 0 is a free one.
func of4(port string, list []string) bool {
	for _, at := range list {
		host, other, err := net.SplitHostPort(at)
		if a, bad := netip.ParseAddr(host); err == nil && bad == nil && a.Unmap().Is4() && other == port && port != "0" {
			return true
		}
	}
	return false
}

// Both tells whether a network is of IPv4 and IPv6.
func Both(network string) bool { return network == "tcp" || network == "udp" }
