package bind

import (
	"net"
	"testing"
	"time"
)

func TestNetwork(t *testing.T) {
	for _, c := range []struct{ at, beside, network, address string }{
		{"0.0.0.0:80", "", "tcp4", "0.0.0.0:80"},
		{"127.0.0.1:80", "", "tcp4", "127.0.0.1:80"},
		{"[::ffff:0.0.0.0]:80", "", "tcp4", "0.0.0.0:80"},
		{"[::1]:80", "", "tcp6", "[::1]:80"},
		{"[fe80::1%eth0]:80", "", "tcp6", "[fe80::1%eth0]:80"},
		{"[::]:80", "", "tcp", ":80"},
		{":80", "", "tcp", ":80"},
		{":80", "0.0.0.0:80", "tcp", ":80"}, // as it says, which fails
		{"[::]:80", "0.0.0.0:80", "tcp6", "[::]:80"},
		{"[::]:80", "127.0.0.1:80", "tcp6", "[::]:80"},
		{"[::]:80", "0.0.0.0:81", "tcp", ":80"},
		{"[::]:80", "[::1]:80", "tcp", ":80"},
		{"[::]:80", "nowhere", "tcp", ":80"},
		{"[::]:0", "0.0.0.0:0", "tcp", ":0"},
		{"0.0.0.0:80", "[::]:80", "tcp4", "0.0.0.0:80"},
		{"localhost:80", "", "tcp", "localhost:80"},
		{"80", "", "tcp", "80"},
	} {
		if network, address := Network("tcp", c.at, c.beside); network != c.network || address != c.address {
			t.Errorf("%s beside %q: %s %s", c.at, c.beside, network, address)
		}
	}
	if network, _ := Network("udp", ":1"); network != "udp" || !Both(network) || Both("udp6") || Both("tcp4") {
		t.Errorf("%s", network)
	}
}

// Each address takes the families that it should, as the kernel sees it, and both wildcards stand beside each other.
func TestFamilies(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	_ = l.Close()
	for at, want := range map[string][2]bool{"0.0.0.0:0": {true, false}, "[::1]:0": {false, true}, "[::]:0": {true, true}, ":0": {true, true}} {
		l, err := net.Listen(Network("tcp", at))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for i, host := range []string{"127.0.0.1", "::1"} {
			c, err := net.Dial("tcp", net.JoinHostPort(host, port))
			reached := false
			if err == nil { // by us, or by somebody who has the port in the other family
				reached = accepts(l, c)
				_ = c.Close()
			}
			if reached != want[i] {
				t.Errorf("%s is reached at %s: %t", at, host, reached)
			}
		}
	}
	first, err := net.Listen(Network("tcp", "0.0.0.0:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, port, _ := net.SplitHostPort(first.Addr().String())
	second, err := net.Listen(Network("tcp", "[::]:"+port, "0.0.0.0:"+port))
	if err != nil {
		t.Fatal(err)
	}
	_ = second.Close()
}

// accepts tells whether a connection is one to a listener.
func accepts(l net.Listener, c net.Conn) bool {
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
	got, err := l.Accept()
	if err != nil {
		return false
	}
	defer got.Close()
	return got.RemoteAddr().String() == c.LocalAddr().String()
}
