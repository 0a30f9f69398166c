package sip

import (
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/siptest"
)

func TestKeepAlives(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	for i, proto := range []string{"udp", "tcp"} {
		p := siptest.Dial(t, e.Addrs()[i])
		p.Write("\r\n\r\n")
		if got := p.Read(siptest.Patience); got != "\r\n" {
			t.Errorf("%s: double CRLF is answered %q", proto, got)
		}
		p.Write("\r\n")
		p.Write("\x00\x00\x00\x00")
		c := p.NewCall("sip:127.0.0.1")
		if proto == "udp" {
			p.Write("\x00\x01\x00\x00\x21\x12\xa4\x42123456789012") // STUN
			p.Write("")
		}
		c.Write("\r\n" + c.Request("OPTIONS", "", ""))
		c.Expect("200")
		if n := e.Stats().ParseErrors; n != 0 {
			t.Errorf("%s: %d keep-alives count as broken messages", proto, n)
		}
	}
}

// TestCutAnywhere: an INVITE of more than 4 kB, byte by byte and in two parts
// cut at many places.
func TestCutAnywhere(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := siptest.Dial(t, e.Addrs()[1])
	long := siptest.SDP(1, "sendrecv") + strings.Repeat("a=x-vendor:"+strings.Repeat("y", 60)+"\r\n", 60)
	for cut := 0; cut <= 5000; cut += 250 {
		c := p.NewCall("sip:1001@127.0.0.1")
		raw := c.Request("INVITE", "", long)
		if len(raw) < 4200 {
			t.Fatalf("only %d bytes", len(raw))
		}
		n := min(cut, len(raw))
		p.Write(raw[:n])
		time.Sleep(time.Millisecond)
		p.Write(raw[n:])
		c.Learn(c.Expect("200"))
		c.Write(c.Request("ACK", "", "") + c.Request("BYE", "", "")) // two in one
		c.Expect("200")
	}
	c := p.NewCall("sip:1001@127.0.0.1")
	for _, x := range []byte(c.Request("INVITE", "", siptest.SDP(1, "sendrecv"))) {
		p.Write(string(x))
	}
	c.Learn(c.Expect("200"))
	c.Send("ACK", "", "")
	c.Hangup()
}

func TestLargeByUDP(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	c := siptest.Dial(t, e.Addrs()[0]).NewCall("sip:1001@127.0.0.1")
	routes := strings.Repeat("Record-Route: <sip:proxy.with.a.long.name.example:5060;lr;token="+strings.Repeat("z", 100)+">\n", 30)
	c.Send("INVITE", routes, siptest.SDP(1, "sendrecv"))
	if ok := c.Expect("200"); len(ok.Raw) < 4000 || len(ok.All("record-route")) != 30 {
		t.Errorf("answer of %d bytes", len(ok.Raw))
	} else {
		c.Learn(ok)
	}
	c.Send("ACK", "", "")
	c.Hangup()
}

func TestBroken(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	for i, proto := range []string{"udp", "tcp"} {
		for name, change := range map[string]func(string) string{
			"no Call-ID":     func(s string) string { return strings.Replace(s, "Call-ID:", "X-ID:", 1) },
			"CSeq":           func(s string) string { return strings.Replace(s, "OPTIONS\r\nContact", "FOO\r\nContact", 1) },
			"CSeq number":    func(s string) string { return strings.Replace(s, "CSeq: 1", "CSeq: x", 1) },
			"From":           func(s string) string { return strings.Replace(s, "<sip:room7@127.0.0.1>", "<sip:room7@127.0.0.1", 1) },
			"no colon":       func(s string) string { return strings.Replace(s, "Max-Forwards: 70", "Max-Forwards 70", 1) },
			"Content-Length": func(s string) string { return strings.Replace(s, "Content-Length: 0", "Content-Length: -5", 1) },
			"Request-URI":    func(s string) string { return strings.Replace(s, "OPTIONS sip:", "OPTIONS sip:[", 1) },
		} {
			p := siptest.Dial(t, e.Addrs()[i])
			c := p.NewCall("sip:127.0.0.1")
			p.Write(change(c.Request("OPTIONS", "", "")))
			if m := p.Next(siptest.Patience); m == nil || m.Status() != 400 || m.Get("via") == "" {
				t.Errorf("%s %s: %v", proto, name, m)
			}
			p.Close()
		}
		// Nothing that could be answered.
		p := siptest.Dial(t, e.Addrs()[i])
		p.Write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		p.Silence(50 * time.Millisecond)
	}
	if n := e.Stats().ParseErrors; n < 16 {
		t.Errorf("%d counted", n)
	}
}

func TestOddButGood(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	for i := range 2 {
		for name, change := range map[string]func(string) string{
			"LF only": func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") },
			"compact": func(s string) string {
				return strings.NewReplacer("\r\nVia:", "\r\nv:", "\r\nFrom:", "\r\nf:", "\r\nTo:", "\r\nt:", "\r\nCall-ID:", "\r\ni:", "\r\nContent-Length:", "\r\nl:", "\r\nContact:", "\r\nm:").Replace(s)
			},
			"folded":        func(s string) string { return strings.Replace(s, ";tag=", "\r\n ;tag=", 1) },
			"bad Contact":   func(s string) string { return strings.Replace(s, "Contact: <sip:", "Contact: <<", 1) },
			"bad hops":      func(s string) string { return strings.Replace(s, "Max-Forwards: 70", "Max-Forwards: many", 1) },
			"wide CSeq":     func(s string) string { return strings.Replace(s, " OPTIONS\r\n", "   OPTIONS  \r\n", 1) },
			"empty headers": func(s string) string { return strings.Replace(s, "Contact:", "Subject:\r\nX:\r\nContact:", 1) },
			"Cisco Contact": func(s string) string {
				return strings.Replace(s, "Contact:", "X-Y: z\r\nContact: <sip:a@127.0.0.1;transport=tcp>;+u.sip!devicename.ccm.cisco.com=\"SEP,001\";video;bfcp\r\nX-C:", 1)
			},
		} {
			p := siptest.Dial(t, e.Addrs()[i])
			c := p.NewCall("sip:127.0.0.1")
			p.Write(change(c.Request("OPTIONS", "", "")))
			if m := p.Next(siptest.Patience); m == nil || m.Status() != 200 {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
}

func TestTooLarge(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	p := siptest.Dial(t, e.Addrs()[1])
	c := p.NewCall("sip:127.0.0.1")
	p.Write(strings.Replace(c.Request("OPTIONS", "", ""), "Content-Length: 0", "Content-Length: 999999", 1))
	if m := p.Next(siptest.Patience); m == nil || m.Status() != 400 {
		t.Errorf("a body without end is answered %v", m)
	}
	until(t, "the connection is closed", func() bool { return e.Stats().Connections == 0 })
	p = siptest.Dial(t, e.Addrs()[1])
	p.Write("OPTIONS sip:x SIP/2.0\r\nX: " + strings.Repeat("a", maxHead+1))
	until(t, "a head without end closes the connection", func() bool { return e.Stats().Connections == 0 })
}

// streams is a listener in memory, for tests in virtual time.
type streams struct {
	dialled chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// addressed is an end of a pipe that has addresses.
type addressed struct {
	net.Conn
	local, remote net.Addr
}

func (p addressed) LocalAddr() net.Addr  { return p.local }
func (p addressed) RemoteAddr() net.Addr { return p.remote }

func (s *streams) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060} }

func (s *streams) Accept() (net.Conn, error) {
	select {
	case c := <-s.dialled:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *streams) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// dial connects a far end's port.
func (s *streams) dial(t *testing.T, port int) *siptest.Peer {
	ours, theirs := net.Pipe()
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	s.dialled <- addressed{theirs, s.Addr(), from}
	return siptest.NewPeer(t, "TCP", addressed{ours, from, s.Addr()})
}

func TestIdleAndHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := newFakeBoard(), &streams{dialled: make(chan net.Conn), closed: make(chan struct{})}
		e := newEndpoint(Config{
			Goodbye: time.Second,
			Limits:  TransportLimits{HalfOpen: 100 * time.Millisecond, Idle: 150 * time.Millisecond, PerSource: 3},
		}, b)
		e.t.addListener(l, "tcp")
		run(t, e)
		silent, slow, talker := l.dial(t, 7001), l.dial(t, 7002), l.dial(t, 7003)
		until(t, "three are here", func() bool { return e.Stats().Connections == 3 })
		over := l.dial(t, 7004) // one too many
		until(t, "the fourth is refused", func() bool { return e.Stats().Limited == 1 })
		over.Close()
		c := talker.NewCall("sip:1001@127.0.0.1")
		c.Invite("")
		call := b.call(t)
		slow.Write("OPTIONS sip:x")
		until(t, "the silent and the slow are gone", func() bool { return e.Stats().Connections == 1 })
		silent.Close()
		time.Sleep(300 * time.Millisecond)
		call.leg.RequestKeyframe() // a call holds its connection, however quiet it is
		c.Write(c.Expect("INFO").Reply(200, "OK", "", "", ""))
		c.Hangup()
		until(t, "an idle connection is closed", func() bool { return e.Stats().Connections == 0 })
	})
}

// TestAnswersToTheSource is RFC 3581 and RFC 3261 18.2.2.
func TestAnswersToTheSource(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	p := siptest.Dial(t, e.Addrs()[0])
	c := p.NewCall("sip:127.0.0.1")
	c.ViaHost = "192.168.1.7:5060" // behind a NAT, with and without rport
	for _, c.NoRport = range []bool{false, true} {
		c.Send("OPTIONS", "", "")
		m := c.Expect("200")
		if m.Param("via", "received") != "127.0.0.1" || !c.NoRport && !strings.HasSuffix(p.Addr(), ":"+m.Param("via", "rport")) {
			t.Errorf("via %q", m.Get("via"))
		}
	}
	// It sends from one port and listens on another.
	l := siptest.ListenUDP(t)
	c.ViaHost, c.NoRport = l.Addr(), true
	c.Send("OPTIONS", "", "")
	l.Expect("200")
}

// TestDestination: where requests of ours go by UDP.
func TestDestination(t *testing.T) {
	e := serve(t, newFakeBoard(), nil)
	sock := e.t.udp[0]
	for _, x := range []struct{ name, source, contact, route, want string }{
		{"as it says", "198.51.100.7:5060", "198.51.100.7:5070", "", "198.51.100.7:5070"},
		{"no port", "198.51.100.7:49152", "198.51.100.7", "", "198.51.100.7:5060"},
		{"behind a NAT", "198.51.100.7:4711", "192.168.1.7:5060", "", "198.51.100.7:4711"},
		{"a name", "198.51.100.7:4711", "room.example:5060", "", "198.51.100.7:4711"},
		{"another family", "198.51.100.7:4711", "[2001:db8::1]:5060", "", "198.51.100.7:4711"},
		{"unspecified", "198.51.100.7:4711", "0.0.0.0:5060", "", "198.51.100.7:4711"},
		{"in one network", "192.168.1.9:4711", "192.168.1.7:5060", "", "192.168.1.7:5060"},
		{"by a proxy", "198.51.100.7:5060", "192.168.1.7:5060", "198.51.100.9:5080;lr", "198.51.100.9:5080"},
		{"rport", "198.51.100.7:4711;rport", "198.51.100.7:5070", "", "198.51.100.7:4711"},
		{"rport by a proxy", "198.51.100.7:5060;rport", "198.51.100.8:5060", "198.51.100.9:5080;lr", "198.51.100.9:5080"},
	} {
		source, rport := strings.CutSuffix(x.source, ";rport")
		d := &dialog{callID: "x", localTag: "y"}
		d.target, _ = addressURI("<sip:a@" + x.contact + ">")
		if x.route != "" {
			r, _ := addressURI("<sip:" + x.route + ">")
			d.routes = append(d.routes, r)
		}
		l := newLeg(e, d, flow{sock, addrPort(&strAddr{source})})
		l.rport = rport
		if got := l.destination().remote.String(); got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}

type strAddr struct{ s string }

func (a *strAddr) Network() string { return "udp" }
func (a *strAddr) String() string  { return a.s }

func TestIPv6(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.Listen = []string{"udp://[::1]:0", "tcp://[::1]:0"} })
	for _, addr := range e.Addrs() {
		c := siptest.Dial(t, addr).NewCall("sip:1001@[::1]")
		ok := c.Invite("")
		if !strings.HasPrefix(ok.URI("contact"), "sip:1001@[::1]:") {
			t.Errorf("contact %q", ok.URI("contact"))
		}
		call := b.call(t)
		call.untilConnected(t)
		call.leg.Hangup(bridge.CauseNormal, "")
		bye := c.Expect("BYE")
		if !strings.Contains(bye.Get("via"), " [::1]:") {
			t.Errorf("via %q", bye.Get("via"))
		}
		c.Write(bye.Reply(200, "OK", "", "", ""))
	}
}

func TestListenErrors(t *testing.T) {
	for _, l := range []string{"udp://nowhere", "sctp://127.0.0.1:0", "::", "tcp://127.0.0.1:99999", "udp://127.0.0.1:99999"} {
		if e, err := New(Config{Listen: []string{"udp://127.0.0.1:0", l}}, nil); err == nil {
			t.Errorf("%s is listened on: %v", l, e.Addrs())
		}
	}
}

func TestPlaceByTLS(t *testing.T) {
	b := newFakeBoard()
	config, err := TLSConfig(TLSOptions{Min: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	e := serve(t, b, func(c *Config) { c.Listen, c.TLS = []string{"tls://127.0.0.1:0"}, config })
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	call, done := calling(e, b, t.Context(), "sips:room7@"+ln.Addr().String())
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := siptest.NewPeer(t, "TLS", c)
	inv := p.Expect("INVITE")
	if !strings.HasPrefix(inv.Get("via"), "SIP/2.0/TLS") || !strings.HasPrefix(inv.URI("contact"), "sips:1001@127.0.0.1:") {
		t.Errorf("odd INVITE:\n%s", inv.Raw)
	}
	p.Write(inv.Reply(200, "OK", "t1", answerHeaders, answerTo(inv.Body)))
	p.Expect("ACK") // on the same connection, wherever Contact points
	placed(t, done)
	call.leg.Hangup(bridge.CauseNormal, "")
	p.Write(p.Expect("BYE").Reply(200, "OK", "", "", ""))
}

func TestTLSVersions(t *testing.T) {
	if _, err := TLSConfig(TLSOptions{Min: "0.9"}); err == nil {
		t.Error("an unknown version is taken")
	}
	if _, err := TLSConfig(TLSOptions{Cert: "missing.pem", Key: "missing.pem"}); err == nil {
		t.Error("a missing certificate is taken")
	}
	old, err := TLSConfig(TLSOptions{Min: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	e := serve(t, newFakeBoard(), func(c *Config) { c.Listen, c.TLS = []string{"tls://127.0.0.1:0"}, old })
	c, err := tls.Dial("tcp", strings.TrimPrefix(e.Addrs()[0], "tls://"), &tls.Config{
		InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
		CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA},
	})
	if err != nil {
		t.Fatalf("a terminal of the TLS 1.0 days: %v", err)
	}
	p := siptest.NewPeer(t, "TLS", c).NewCall("sip:127.0.0.1")
	p.Send("OPTIONS", "", "")
	p.Expect("200")
	now, err := TLSConfig(TLSOptions{Strict: true})
	if err != nil || now.InsecureSkipVerify || now.MinVersion != tls.VersionTLS12 {
		t.Errorf("%+v, %v", now, err)
	}
	if err := verifyTime(tls.ConnectionState{}); err != nil {
		t.Error(err)
	}
}

// TestTrace: messages in the debug log show no secret.
func TestTrace(t *testing.T) {
	var mu sync.Mutex
	var log strings.Builder
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) {
		c.Trace = true
		c.Log = slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	c := siptest.Dial(t, e.Addrs()[1]).NewCall("sip:1001@127.0.0.1")
	key := "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
	body := strings.Replace(siptest.SDP(1, "sendrecv"), "a=rtpmap:9", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key+"|2^31\r\na=rtpmap:9", 1)
	c.Send("INVITE", "Authorization: Digest username=\"u\", response=\"hunter2\"", body)
	c.Learn(c.Expect("200"))
	c.Send("ACK", "", "")
	c.Send("INFO", "Content-Type: application/dtmf-relay", "Signal=4711\r\n")
	c.Expect("200")
	c.Hangup()
	mu.Lock()
	defer mu.Unlock()
	text := log.String()
	if !strings.Contains(text, "sip: received") || !strings.Contains(text, "sip: sent") || !strings.Contains(text, "Digest") && !strings.Contains(text, "[masked]") {
		t.Errorf("no trace: %s", text)
	}
	for _, s := range []string{key, "hunter2", "4711"} {
		if strings.Contains(text, s) {
			t.Errorf("the trace shows %q", s)
		}
	}
	for _, l := range strings.Split(text, "inline:")[1:] {
		if !strings.HasPrefix(l, "[masked]") {
			t.Errorf("the trace shows a key of ours: %.20s", l)
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestMask(t *testing.T) {
	for in, secret := range map[string]string{
		"SIP/2.0 200 OK\r\nProxy-Authorization: Digest a=b,\r\n response=\"deadbeef\"\r\n\r\n":          "deadbeef",
		"INVITE sip:u:topsecret@h SIP/2.0\r\n\r\n":                                                      "topsecret",
		"INFO sip:h SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n7":                                 "\r\n\r\n7",
		"INFO sip:h SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal= 7\r\nDuration=1\r\n": "= 7",
		"INFO sip:h SIP/2.0\r\n\r\nd=4711\r\n":                                                          "4711",
		"v=0\r\nk=clear:abc\r\na=ice-pwd:xyz\r\n":                                                       "xyz",
	} {
		if out := string(mask([]byte(in))); strings.Contains(out, secret) || !strings.Contains(out, "[masked]") {
			t.Errorf("%q: %q", in, out)
		}
	}
	if out := mask([]byte("a=rtpmap:97 H264/90000\r\n")); string(out) != "a=rtpmap:97 H264/90000\r\n" {
		t.Errorf("changed: %q", out)
	}
}

// TestWriteToTheDead: a far end that does not read is given up.
func TestWriteToTheDead(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	s := newStreamConn(a, "tcp")
	go func() { time.Sleep(10 * time.Millisecond); b.Close() }()
	if err := s.write([]byte("x"), s.raddr); err == nil {
		t.Error("written")
	}
	if (flow{socket: s}).alive() || s.write([]byte("x"), s.raddr) != errClosed {
		t.Error("a broken connection is still used")
	}
}
