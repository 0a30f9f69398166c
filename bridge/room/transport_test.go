package room

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

func TestSplitListen(t *testing.T) {
	for in, want := range map[string]string{
		"udp://0.0.0.0:8444":  "udp 0.0.0.0:8444",
		"udp://:8444":         "udp [::]:8444",
		"tcp://[::1]:1":       "tcp [::1]:1",
		"udp://localhost:0":   "udp 127.0.0.1:0",
		"tcp://127.0.0.1:443": "tcp 127.0.0.1:443",
	} {
		scheme, addr, err := splitListen(in)
		if err != nil || scheme+" "+addr.String() != want {
			t.Errorf("%s: %s %s %v", in, scheme, addr, err)
		}
	}
	for _, bad := range []string{"", "0.0.0.0:1", "tls://0.0.0.0:1", "udp://0.0.0.0", "udp://0.0.0.0:99999", "udp://host.example:1", "udp://%"} {
		if _, _, err := splitListen(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestListenRefuses(t *testing.T) {
	for _, l := range [][]string{nil, {"udp://127.0.0.1:0", "udp://127.0.0.1:0"}, {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0"}, {"udp://192.0.2.1:0"}, {"x"}} {
		if e, err := New(Config{Listen: l}); err == nil {
			_ = e.Close(t.Context())
			t.Errorf("%q was taken", l)
		}
	}
}

func TestAnnounce(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Announce = []string{"192.0.2.7"} })
	g := r.page("An", roomtest.Options{})
	r.must(g.Offer(r.ctx(), false))
	a := g.Answer()
	if !strings.Contains(a, "192.0.2.7") || strings.Contains(a, "candidate") && strings.Contains(a, " 127.0.0.1 ") {
		t.Errorf("answer\n%s", a)
	}
}

// Bound to every address, a page reaches the room at one of them.
func TestListenEverywhere(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Listen = []string{"udp://0.0.0.0:0"} })
	g := r.guest("An", roomtest.Options{})
	if !strings.Contains(g.Answer(), "a=ice-lite") {
		t.Error("not ice-lite")
	}
}

func TestFullICE(t *testing.T) {
	r := newRig(t, func(c *Config) { c.FullICE = true })
	g := r.guest("An", roomtest.Options{})
	if strings.Contains(g.Answer(), "a=ice-lite") {
		t.Error("ice-lite")
	}
}

func TestAddrs(t *testing.T) {
	r := newRig(t, nil)
	addrs := r.engine.Addrs()
	if len(addrs) != 2 || !strings.HasPrefix(addrs[0], "udp://127.0.0.1:") || !strings.HasPrefix(addrs[1], "tcp://") {
		t.Errorf("%v", addrs)
	}
	if p, err := netip.ParseAddrPort(strings.TrimPrefix(addrs[0], "udp://")); err != nil || p.Port() == 0 {
		t.Errorf("%v %v", p, err)
	}
}
