package gateway

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roombridge/roombridge/config"
)

// A gateway that cannot open its pages gives back the ports of its front-ends.
func TestNewFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := config.Default()
	sipPort, h323Port := freeTCP(t), freeTCP(t)
	c.SIP.Listen, c.H323.Listen = []string{"tcp://" + sipPort}, []string{"tcp://" + h323Port}
	c.Media.Address, c.Room.Listen = "127.0.0.1", []string{"udp://127.0.0.1:0"}
	c.Web.Listen, c.Web.HTTP, c.Web.StateDir = taken.Addr().String(), "", t.TempDir()
	c.Store.URL = "sqlite:" + filepath.Join(t.TempDir(), "db")
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if g, err := New(c, Options{Version: "test"}); err == nil {
		g.close()
		t.Fatal("two listen on one port")
	}
	for _, a := range []string{sipPort, h323Port} {
		l, err := net.Listen("tcp", a)
		if err != nil {
			t.Errorf("still listened on: %v", err)
			continue
		}
		_ = l.Close()
	}
}

// What the provider said of somebody is believed for as long as the configuration says.
func TestTrustOfProvider(t *testing.T) {
	g := start(t, func(c *config.Config) { c.Admin.OIDC.Session = time.Hour })
	if s := g.administration(g.log); s.Trust != time.Hour {
		t.Errorf("for %v", s.Trust)
	}
}

// freeTCP is an address of the loopback with a free port.
func freeTCP(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + freePort(t)
}

// freePort is a port that nobody has now, whatever the protocol and the family, nor gets from the kernel by
// asking for any.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10000 + (os.Getpid()*10+int(tried.Add(1)))%10000)
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			continue
		}
		c, err := net.ListenPacket("udp", ":"+port)
		_ = l.Close()
		if err == nil {
			_ = c.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// tried counts the ports that were looked at.
var tried atomic.Int32
