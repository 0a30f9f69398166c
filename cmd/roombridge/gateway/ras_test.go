package gateway

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/h323"
)

// start runs a gateway on the loopback.
func start(t *testing.T, change func(*config.Config)) *Gateway {
	t.Helper()
	c := config.Default()
	c.SIP.Listen = []string{"udp://127.0.0.1:0"}
	c.H323.Listen = []string{"tcp://127.0.0.1:0"}
	c.Media.Address, c.Room.Listen = "127.0.0.1", []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	c.Web.Listen, c.Web.HTTP, c.Web.StateDir = "127.0.0.1:0", "", t.TempDir()
	c.Store.URL = "sqlite:" + filepath.Join(t.TempDir(), "db")
	c.Limits.Load = 0
	change(&c)
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	ready, done := make(chan *Gateway, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- Run(ctx, c, Options{Version: "test", Started: func(g *Gateway) { ready <- g }}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case g := <-ready:
		return g
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	return nil
}

// eventually waits for a condition that the network brings.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(20 * time.Second)
	for !f() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// A gatekeeper that says 0 does not lift the limit that it set before.
func TestNoBandwidth(t *testing.T) {
	var got []int
	for _, n := range []int{512_000, 0, 100} {
		limit(func(_ h323.CallID, n int) { got = append(got, n) }, nil, n)
	}
	if !slices.Equal(got, []int{512_000, 100}) {
		t.Errorf("limited to %v", got)
	}
}

// One gateway is the gatekeeper, the other registers with it. They call each other by
// alias alone; both tables know of the calls, and of their end.
func TestGatekeeperAndRegistration(t *testing.T) {
	gk := start(t, func(c *config.Config) {
		c.H323.RAS = "udp://127.0.0.1:0"
		c.H323.Gatekeeper.Enabled, c.H323.Gatekeeper.Passwords = true, []config.Secret{"9001=geheim", "branch=geheim"}
	})
	gw := start(t, func(c *config.Config) {
		r := &c.H323.Register
		r.Gatekeeper, r.Listen = gk.ras.Addr().String(), "udp://127.0.0.1:0"
		r.Aliases, r.User, r.Password, r.Security = []string{"9001", "branch"}, "branch", "geheim", "h235.1"
	})
	eventually(t, "the registration", func() bool { return len(gk.Terminals()) == 1 })
	d := gk.Terminals()[0]
	if d.Product != "Roombridge" || d.Version != "test" || d.User != "branch" || strings.Join(d.Aliases, " ") != "9001 branch" {
		t.Errorf("%+v", d)
	}

	call := func(from, to *Gateway, target string) {
		t.Helper()
		c, err := from.Core().Place(context.Background(), bridge.Target{Scheme: "h323", URI: target, From: "1"}, "5001")
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		eventually(t, "the call at the other end", func() bool {
			list := to.Core().Calls()
			return len(list) == 1 && list[0].State == bridge.StateConnected
		})
		if to == gk {
			eventually(t, "the call in the gatekeeper's table", func() bool { return gk.Terminals()[0].Calls == 1 })
		}
		from.Core().Hangup(c.ID(), bridge.CauseNormal, "seen")
		eventually(t, "the end", func() bool { return len(to.Core().Calls()) == 0 && gk.Terminals()[0].Calls == 0 })
		if st, _ := gw.ras.Registration(); st.Calls != 0 {
			t.Errorf("%+v", st)
		}
	}
	call(gk, gw, "h323:branch") // by our own table
	call(gk, gw, "h323:9001")
	call(gw, gk, "h323:1234") // by the other's gatekeeper, to one of its rooms
	c, err := gk.Core().Place(context.Background(), bridge.Target{Scheme: "h323", URI: "h323:nobody", From: "1"}, "5001")
	if err != nil {
		t.Fatal(err)
	}
	if r := bridge.AsRefusal(c.Wait(t.Context())); r.Cause != bridge.CauseUnreachable {
		t.Errorf("nobody: %v", r)
	}

	// The gatekeeper ends a call of the other, which hangs up.
	if _, err = gw.Core().Place(context.Background(), bridge.Target{Scheme: "h323", URI: "h323:1234", From: "1"}, "5001"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the call", func() bool { return len(gk.Core().Calls()) == 1 && gk.Terminals()[0].Calls == 1 })
	if !gk.ras.HangUp("branch") {
		t.Error("there is nothing to hang up")
	}
	eventually(t, "its end", func() bool { return len(gk.Core().Calls()) == 0 && len(gw.Core().Calls()) == 0 })
}
