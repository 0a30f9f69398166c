package h323

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers for one zone on loopback.
func nameServer(t *testing.T) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response, m.Additionals = true, nil
			answerName(&m)
			if b, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(b, from)
			}
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("udp", c.LocalAddr().String())
	}}
}

func answerName(m *dnsmessage.Message) {
	q := m.Questions[0]
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	switch name := q.Name.String(); {
	case q.Type == dnsmessage.TypeSRV && name == "_h323cs._tcp.pbx.test.":
		for _, port := range []uint16{1721, 1722} {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.SRVResource{
				Priority: port, Port: port, Target: dnsmessage.MustNewName("room.test."),
			}})
		}
	case q.Type == dnsmessage.TypeA && name == "room.test.":
		for i := range byte(3) {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte{10, 0, 0, i}}})
		}
	case q.Type == dnsmessage.TypeAAAA && strings.HasSuffix(name, ".test."):
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
}

func TestResolve(t *testing.T) {
	e := newEndpoint(Config{Resolver: nameServer(t)}, newFakeBoard())
	for host, want := range map[string]string{
		"room.test":      "10.0.0.0:1720 10.0.0.1:1720 10.0.0.2:1720",
		"room.test:1730": "10.0.0.0:1730 10.0.0.1:1730 10.0.0.2:1730",
		"pbx.test":       "10.0.0.0:1721 10.0.0.1:1721 10.0.0.2:1721 10.0.0.0:1722", // by SRV
		"pbx.test:1720":  "",
		"nobody.test":    "",
		"10.0.0.7":       "10.0.0.7:1720",
		"[::1]:1730":     "[::1]:1730",
	} {
		to, err := readTarget("h323:1001@"+host, false)
		if err != nil {
			t.Fatal(err)
		}
		all, err := e.resolve(t.Context(), to)
		slices.SortStableFunc(all, func(a, b netip.AddrPort) int {
			if a.Port() != b.Port() {
				return int(a.Port()) - int(b.Port())
			}
			return a.Addr().Compare(b.Addr())
		})
		var got []string
		for _, a := range all {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != want || (err == nil) != (want != "") {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
}

// The first address that answers is called.
func TestReachAny(t *testing.T) {
	e := newEndpoint(Config{}, newFakeBoard())
	l := listenAs(t)
	s, err := e.reachAny(t.Context(), []netip.AddrPort{nowhere, l.addr()})
	if err != nil || s.remote != l.addr() {
		t.Fatalf("%v: %v", s, err)
	}
	s.close()
	if _, err := e.reachAny(t.Context(), nil); err == nil {
		t.Error("nobody was reached")
	}
}
