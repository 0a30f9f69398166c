package floor

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"
)

// A group's first end is heard by all others, and hears the second.
func TestFloor(t *testing.T) {
	for _, segment := range []bool{false, true} {
		control := freeAddress(t)
		go func() { _ = Serve(control, segment) }()
		c := dial(t, control)
		var ends [3]*net.UDPConn
		for i := range ends {
			u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = u.Close() }()
			ends[i] = u
		}
		_, _ = fmt.Fprintln(c, ends[0].LocalAddr(), ends[1].LocalAddr(), ends[2].LocalAddr())
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var ports [3]int
		if _, err := fmt.Sscan(line, &ports[0], &ports[1], &ports[2]); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		say := func(from int, text string) {
			_, _ = ends[from].WriteTo([]byte(text), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: ports[from]})
		}
		hear := func(at int, want string) {
			t.Helper()
			b := make([]byte, 100)
			_ = ends[at].SetReadDeadline(time.Now().Add(30 * time.Second))
			n, from, err := ends[at].ReadFrom(b)
			if err != nil || string(b[:n]) != want || from.(*net.UDPAddr).Port != ports[at] {
				t.Errorf("end %d heard %q from %v, %v, want %q", at, b[:n], from, err, want)
			}
		}
		for _, s := range []string{"one", "two", "three!"} {
			say(0, s)
			hear(1, s)
			hear(2, s)
		}
		say(1, "back")
		hear(0, "back")
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// dial waits until somebody listens.
func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	for begun := time.Now(); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}
