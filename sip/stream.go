package sip

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// streamConn is one TCP or TLS connection, accepted or dialled.
type streamConn struct {
	conn   net.Conn
	proto  string
	laddr  netip.AddrPort
	raddr  netip.AddrPort
	holds  atomic.Int32
	closed chan struct{}
	once   sync.Once

	writing sync.Mutex
}

func newStreamConn(c net.Conn, proto string) *streamConn {
	return &streamConn{
		conn: c, proto: proto, closed: make(chan struct{}),
		laddr: unmapped(addrPort(c.LocalAddr())), raddr: unmapped(addrPort(c.RemoteAddr())),
	}
}

func (s *streamConn) network() string       { return s.proto }
func (s *streamConn) local() netip.AddrPort { return s.laddr }
func (s *streamConn) done() <-chan struct{} { return s.closed }
func (s *streamConn) hold(n int)            { s.holds.Add(int32(n)) }

// writeTimeout is how long a far end may refuse to read before its
// connection is given up. SIP fits the socket buffers many times over.
const writeTimeout = 3 * time.Second

func (s *streamConn) write(b []byte, _ netip.AddrPort) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	select {
	case <-s.closed:
		return errClosed
	default:
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.conn.Write(b); err != nil {
		s.close() // part of a message may be out: the stream is lost
		return err
	}
	return nil
}

func (s *streamConn) close() {
	s.once.Do(func() {
		close(s.closed)
		// tls.Conn.Close writes an alert and would wait for a far end that does not read.
		_ = s.conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
		_ = s.conn.Close()
	})
}

// read frames the stream and hands its messages on in their order, until the
// far end, an idle timeout or broken framing ends it.
func (s *streamConn) read(t *transport) {
	defer t.forget(s)
	if c, ok := s.conn.(*tls.Conn); ok {
		_ = c.SetDeadline(time.Now().Add(t.cfg.HalfOpen))
		if err := c.Handshake(); err != nil {
			t.log.Debug("sip: TLS handshake", "remote", s.raddr.String(), "error", err)
			return
		}
	}
	var f framer
	buf := make([]byte, 16<<10)
	deadline, spoken := time.Now().Add(t.cfg.HalfOpen), false
	for {
		_ = s.conn.SetReadDeadline(deadline)
		n, err := s.conn.Read(buf)
		if err != nil {
			if !s.tolerates(err, &f, spoken) {
				return
			}
			deadline = time.Now().Add(t.cfg.Idle)
			continue
		}
		begun := f.partial()
		f.push(buf[:n])
		got, ok := s.drain(t, &f)
		if !ok {
			return
		}
		spoken = spoken || got
		switch {
		case spoken && !f.partial():
			deadline = time.Now().Add(t.cfg.Idle)
		case got || !begun && f.partial(): // a message begins: its time starts
			deadline = time.Now().Add(t.cfg.HalfOpen)
		}
	}
}

// tolerates says whether a read error leaves the connection open: an idle
// timeout does while a dialog holds it.
func (s *streamConn) tolerates(err error, f *framer, spoken bool) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout() && spoken && !f.partial() && s.holds.Load() > 0 && flow{socket: s}.alive()
}

// drain hands on what is complete. got says that there was a message or a
// keep-alive, ok that the stream can go on.
func (s *streamConn) drain(t *transport, f *framer) (got, ok bool) {
	for {
		msg, pings, err := f.next()
		for range pings {
			got = true
			if s.write([]byte("\r\n"), s.raddr) != nil {
				return got, false
			}
		}
		if err != nil {
			t.broken(flow{s, s.raddr}, msg, err)
			return got, false
		}
		if msg == nil {
			return got, true
		}
		got = true
		t.deliver(flow{s, s.raddr}, msg)
	}
}
