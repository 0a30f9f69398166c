package gateway

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/config"
)

// Every listener takes the families of its address: one of IPv4 is of IPv4 alone, [::] and none are of both.
func TestFamiliesOfListeners(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here:", err)
	} else {
		_ = l.Close()
	}
	for at, want := range map[string][2]bool{
		"0.0.0.0:": {true, false}, "127.0.0.1:": {true, false}, "[::1]:": {false, true}, "[::]:": {true, true}, ":": {true, true},
	} {
		g := start(t, func(c *config.Config) {
			with := func(proto string) string { return proto + at + freePort(t) } // which nobody has in the other family
			c.SIP.Listen = []string{with("udp://"), with("tcp://"), with("tls://")}
			c.H323.Listen = []string{with("tcp://")}
			c.H323.RAS, c.H323.Gatekeeper.Enabled = with("udp://"), true
			c.Room.Listen = []string{with("udp://"), with("tcp://")}
			c.Web.Listen, c.Web.HTTP = with(""), with("")
		})
		list := map[string]string{
			"ras":                 "udp://" + g.ras.Addr().String(),
			"web.listen, metrics": "tcp://" + g.web.Addr().String(), "web.http, metrics": "tcp://" + g.web.RedirectAddr().String(),
		}
		for name, addrs := range map[string][]string{"sip ": g.sip.Addrs(), "h323 ": g.h323.Addrs(), "room ": g.engine.Addrs()} {
			for _, a := range addrs {
				list[name+a[:3]] = a
			}
		}
		if len(list) != 9 {
			t.Errorf("%s: %v", at, list)
		}
		for name, a := range list {
			proto, where, _ := strings.Cut(strings.Replace(a, "tls:", "tcp:", 1), "://")
			addr := netip.MustParseAddrPort(where)
			for i, family := range []string{"4", "6"} {
				if want[i] && family == "6" && name == "room udp" && addr.Addr().IsUnspecified() {
					continue // one socket for each address that the machine has
				}
				if got := taken(t, proto+family, addr.Port()); got != want[i] {
					t.Errorf("%s at %s: on IPv%s %t", name, at, family, got)
				}
			}
		}
	}
}

// taken tells whether somebody has a port in a family.
func taken(t *testing.T, network string, port uint16) bool {
	t.Helper()
	any := netip.IPv4Unspecified()
	if strings.HasSuffix(network, "6") {
		any = netip.IPv6Unspecified()
	}
	at := netip.AddrPortFrom(any, port).String()
	if strings.HasPrefix(network, "udp") {
		c, err := net.ListenPacket(network, at)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}
	l, err := net.Listen(network, at)
	if err == nil {
		_ = l.Close()
	}
	return err != nil
}

// [::] stands beside an address of IPv4 with the same port.
func TestBothWildcards(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	_ = l.Close()
	g := start(t, func(c *config.Config) {
		sip, h323 := freePort(t), freePort(t)
		c.SIP.Listen = []string{"tcp://[::]:" + sip, "tls://127.0.0.1:0", "tcp://0.0.0.0:" + sip, ":0"}
		c.H323.Listen = []string{"tcp://0.0.0.0:" + h323, "[::]:" + h323}
	})
	if len(g.sip.Addrs()) != 4 || len(g.h323.Addrs()) != 2 {
		t.Errorf("%v %v", g.sip.Addrs(), g.h323.Addrs())
	}
}
