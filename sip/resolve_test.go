package sip

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	sipgo "github.com/emiago/sipgo/sip"
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
			m.Header.Response, m.Additionals = true, nil
			answerName(&m)
			if b, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(b, from)
			}
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return net.Dial("udp", c.LocalAddr().String())
	}}
}

func answerName(m *dnsmessage.Message) {
	q := m.Questions[0]
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	srv := func(target string, port uint16) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.SRVResource{
			Priority: 1, Port: port, Target: dnsmessage.MustNewName(target),
		}})
	}
	a := func(ip ...byte) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte(ip)}})
	}
	switch name := q.Name.String(); {
	case q.Type == dnsmessage.TypeSRV && name == "_sip._udp.pbx.test.":
		srv("a.pbx.test.", 5070)
	case q.Type == dnsmessage.TypeSRV && name == "_sips._tcp.pbx.test.":
		srv("a.pbx.test.", 5071)
	case q.Type == dnsmessage.TypeA && name == "a.pbx.test.":
		a(10, 1, 2, 3)
	case q.Type == dnsmessage.TypeA && name == "room.test.":
		for i := range byte(9) {
			a(10, 0, 0, i)
		}
	case strings.HasSuffix(name, ".test.") && q.Type == dnsmessage.TypeAAAA:
	default:
		m.Header.RCode = dnsmessage.RCodeNameError
	}
}

func TestResolve(t *testing.T) {
	e := newEndpoint(Config{Resolver: nameServer(t)}, newFakeBoard())
	for _, x := range []struct {
		uri   string
		first string
		n     int
	}{
		{"sip:a@10.9.9.9", "10.9.9.9:5060", 1},
		{"sips:a@10.9.9.9", "10.9.9.9:5061", 1},
		{"sip:a@[2001:db8::1]:5080", "[2001:db8::1]:5080", 1},
		{"sip:a@pbx.test", "10.1.2.3:5070", 1},
		{"sips:a@pbx.test", "10.1.2.3:5071", 1},
		{"sip:a@room.test", "10.0.0.0:5060", maxAddresses},
		{"sip:a@room.test:5090", "10.0.0.0:5090", maxAddresses},
		{"sip:a@nowhere.test", "", 0},
	} {
		uri, err := targetURI(x.uri)
		if err != nil {
			t.Fatal(err)
		}
		proto, _ := protocolOf(uri)
		got, err := e.resolve(t.Context(), uri, proto)
		if len(got) != x.n || (err != nil) != (x.n == 0) {
			t.Errorf("%s: %v, %v", x.uri, got, err)
			continue
		}
		if x.n > 0 && !slices.Contains(got, netip.MustParseAddrPort(x.first)) && x.n == 1 {
			t.Errorf("%s: %v", x.uri, got)
		}
	}
	if _, err := e.reach(t.Context(), sipgo.Uri{Scheme: "sip", Host: "nowhere.test"}); err == nil {
		t.Error("a name without address is reached")
	}
	if _, err := e.reach(t.Context(), sipgo.Uri{Scheme: "sip", Host: "127.0.0.1"}); err == nil {
		t.Error("reached without a UDP port")
	}
}

func TestSentBy(t *testing.T) {
	e := newEndpoint(Config{Listen: []string{"udp://:0", "tcp://0.0.0.0:0"}}, newFakeBoard())
	if err := e.listen(); err != nil {
		t.Fatal(err)
	}
	defer e.t.close()
	remote := netip.MustParseAddrPort("127.0.0.1:7")
	f, ok := e.t.datagramFlow(remote)
	if !ok {
		t.Fatal("no way")
	}
	if host, port := e.sentBy(f); host != "127.0.0.1" || port != e.t.udp[0].laddr.Port() {
		t.Errorf("%s %d", host, port)
	}
	if f, ok = e.t.datagramFlow(netip.MustParseAddrPort("[::1]:7")); !ok {
		t.Fatal("a port of both families reaches no IPv6")
	}
	if host, _ := e.sentBy(f); host != "::1" {
		t.Errorf("towards IPv6: %s", host)
	}
	e.cfg.Announce = "gw.example"
	if host, _ := e.sentBy(f); host != "gw.example" {
		t.Errorf("announced: %s", host)
	}
	e.cfg.Announce = ""
	e.localAddr = func(netip.Addr) netip.Addr { return netip.Addr{} }
	if host, _ := e.sentBy(f); host != "0.0.0.0" {
		t.Errorf("without a route: %s", host)
	}
}
