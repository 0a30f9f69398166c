package siptest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// Patience is how long Expect waits for what must come, however slow the machine is.
var Patience = 30 * time.Second

// Peer is one end of a signalling path.
type Peer struct {
	t     testing.TB
	Proto string // UDP, TCP or TLS, as a Via says it
	Info  bool   // requests for keyframes are answered and not shown
	conn  link
	buf   []byte
	read  []byte
	known map[string]bool // messages that Expect gave
}

// link is a socket with one far end.
type link interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	SetReadDeadline(time.Time) error
	LocalAddr() net.Addr
	Close() error
}

// Dial opens a socket to an endpoint's address ("udp://127.0.0.1:5060").
func Dial(t testing.TB, addr string) *Peer {
	t.Helper()
	proto, host, _ := strings.Cut(addr, "://")
	var c net.Conn
	var err error
	switch proto {
	case "tls":
		c, err = tls.Dial("tcp", host, &tls.Config{InsecureSkipVerify: true})
	default:
		c, err = net.Dial(proto, host)
	}
	if err != nil {
		t.Fatal(err)
	}
	return NewPeer(t, strings.ToUpper(proto), c)
}

// Listen waits for one TCP connection of the endpoint.
func Listen(t testing.TB) (addr string, accept func() *Peer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), func() *Peer {
		t.Helper()
		_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(Patience))
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return NewPeer(t, "TCP", c)
	}
}

// ListenUDP is a terminal that waits to be called by UDP.
func ListenUDP(t testing.TB) *Peer {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return NewPeer(t, "UDP", &udpLink{UDPConn: c})
}

// udpLink answers whoever spoke last.
type udpLink struct {
	*net.UDPConn
	from netip.AddrPort
}

func (u *udpLink) Read(b []byte) (int, error) {
	n, from, err := u.ReadFromUDPAddrPort(b)
	if err == nil {
		u.from = from
	}
	return n, err
}

func (u *udpLink) Write(b []byte) (int, error) { return u.WriteToUDPAddrPort(b, u.from) }

// NewPeer speaks over an open socket, which is closed with the test.
func NewPeer(t testing.TB, proto string, c link) *Peer {
	t.Cleanup(func() { _ = c.Close() })
	return &Peer{t: t, Proto: proto, conn: c, read: make([]byte, 64<<10), known: map[string]bool{}}
}

// Addr is the peer's own address.
func (p *Peer) Addr() string { return p.conn.LocalAddr().String() }

// Close closes the socket.
func (p *Peer) Close() { _ = p.conn.Close() }

// Write sends bytes as they are.
func (p *Peer) Write(raw string) {
	p.t.Helper()
	if _, err := p.conn.Write([]byte(raw)); err != nil {
		p.t.Fatal(err)
	}
}

// Read gives the next bytes within d, or "" when none come.
func (p *Peer) Read(d time.Duration) string {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(d))
	n, err := p.conn.Read(p.read)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ""
	}
	if err != nil {
		return ""
	}
	return string(p.read[:n])
}

// Next gives the next message within d, or nil.
func (p *Peer) Next(d time.Duration) *Message {
	p.t.Helper()
	deadline := time.Now().Add(d)
	for {
		m := p.cut()
		if m != nil && p.Info && m.Status() == 0 && m.Method() == "INFO" {
			p.Write(m.Reply(200, "OK", "", "", ""))
			continue
		}
		if m != nil {
			return m
		}
		_ = p.conn.SetReadDeadline(deadline)
		n, err := p.conn.Read(p.read)
		if err != nil {
			return nil
		}
		p.buf = append(p.buf, p.read[:n]...)
	}
}

// cut takes one message from what was read.
func (p *Peer) cut() *Message {
	p.buf = bytes.TrimLeft(p.buf, "\r\n")
	head := bytes.Index(p.buf, []byte("\r\n\r\n"))
	if head < 0 {
		return nil
	}
	m := Parse(string(p.buf[:head+4]))
	n := 0
	for _, c := range m.Get("content-length") {
		n = n*10 + int(c-'0')
	}
	if len(p.buf) < head+4+n {
		return nil
	}
	m = Parse(string(p.buf[:head+4+n]))
	p.buf = p.buf[head+4+n:]
	return m
}

// Expect gives the next message that is a request of this method or a
// response of this status ("INVITE", "200"). 100 Trying is passed over unless asked for,
// and so is what the endpoint repeats because this end is slow (see repeated).
func (p *Peer) Expect(what string) *Message {
	p.t.Helper()
	m := p.Next(Patience)
	for m != nil && (m.Status() == 100 && what != "100" || p.repeated(m, what)) {
		m = p.Next(Patience)
	}
	if m == nil {
		p.t.Fatalf("expected %s, nothing came", what)
		return nil
	}
	if !m.is(what) {
		p.t.Fatalf("expected %s, got:\n%s", what, m.Raw)
	}
	p.known[m.Raw] = true
	return m
}

// repeated tells whether a message is one that Expect gave before and that is not meant
// now: a request (RFC 3261 17.1.1.2, 17.1.2.2), or the final answer to an INVITE (13.3.1.4).
func (p *Peer) repeated(m *Message, what string) bool {
	return p.known[m.Raw] && (!m.is(what) || m.Status() >= 200 && m.Method() == "INVITE")
}

// Silence fails when a message comes within d.
func (p *Peer) Silence(d time.Duration) {
	p.t.Helper()
	if m := p.Next(d); m != nil {
		p.t.Fatalf("expected nothing, got:\n%s", m.Raw)
	}
}
